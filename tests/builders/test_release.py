"""Building releases: what they hold, what carries over, what is refused, and that nothing is lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mensrea.builders.verify import verify_release
from mensrea.cards.manifest import read_manifest
from mensrea.errors import (
    MensreaError,
    ReleaseCorruptError,
    RowError,
    StorageError,
    UnknownConfigError,
    UnknownDatasetError,
    UsageError,
    VersionBumpError,
)

Hashes = Callable[[Path], dict[str, str]]
DOCUMENTS = {"README.md", "manifest.json", "croissant.json", "schema.json", "findings.jsonl"}
MORE = {"id": "text-9", "text": "Another text."}


def rows(toy: Any, config: str = "text", split: str = "train") -> list[dict[str, Any]]:
    path = toy.root / "rows" / config / f"{split}-0.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def findings(toy: Any) -> list[dict[str, Any]]:
    lines = (toy.release / "findings.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def refused(toy: Any, hashes: Hashes, error: type[MensreaError], *configs: str, **options: Any) -> str:
    """Build, expect this error, and that the release is as it was; return the message."""
    before = hashes(toy.release)
    with pytest.raises(error) as caught:
        toy.build(*configs, **options)
    assert hashes(toy.release) == before
    left = [path.name for path in toy.out.iterdir()] if toy.out.exists() else []
    assert left == (["toy"] if toy.release.exists() else [])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_release_has_its_documents_and_its_data_and_is_valid(toy: Any) -> None:
    report = toy.build("text", "chat", "pictures")
    assert report.path == toy.release
    assert report.built == ("text", "chat", "pictures")
    assert {path.name for path in toy.release.iterdir() if path.is_file()} == DOCUMENTS
    assert sorted(path.relative_to(toy.release).as_posix() for path in toy.release.rglob("*.parquet")) == [
        "chat/train-00000-of-00001.parquet",
        "pictures/train-00000-of-00001.parquet",
        "text/test-00000-of-00001.parquet",
        "text/train-00000-of-00001.parquet",
    ]
    assert report.manifest == read_manifest(toy.release)
    assert list(verify_release(toy.release)) == []
    assert [path.name for path in toy.out.iterdir()] == ["toy"]


def test_configs_that_build_offline_are_the_default(toy: Any) -> None:
    assert toy.build().built == ("text",)


def test_configs_stand_in_the_cards_order_whatever_order_they_are_asked_for_in(toy: Any) -> None:
    toy.write("text-7", [MORE])
    manifest = toy.build("pictures", "text-7", "text", "pictures").manifest
    assert list(manifest.configs) == ["text", "pictures", "text-7"]


def test_two_builds_give_the_same_bytes(toy: Any, hashes: Hashes, tmp_path: Path) -> None:
    toy.build("text", "chat", "pictures")
    toy.build("pictures", "chat", "text", out=tmp_path / "other")
    assert hashes(toy.release) == hashes(tmp_path / "other" / "toy")


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_workers_or_hash_seeds(
    toy: Any, shell: Any, hashes: Hashes, tmp_path: Path
) -> None:
    for shard in range(5):
        note = {"!": "finding", "code": "note", "message": f"Shard {shard}."}
        texts = [{"id": f"{shard}-{number}", "text": f"Text {number}."} for number in range(1_500)]
        toy.write("text", [note, *texts], shard=shard)
    commands = [
        ("build", "toy", "--out", tmp_path / str(workers), "--workers", workers) for workers in (1, 2)
    ]
    running = [
        shell.start(*each, rows=toy.root / "rows", more={"PYTHONHASHSEED": str(seed)})
        for seed, each in enumerate(commands)
    ]
    assert [shell.end(each).code for each in running] == [0, 0]
    toy.build()
    found = [hashes(folder) for folder in (toy.release, tmp_path / "1" / "toy", tmp_path / "2" / "toy")]
    assert found[0] == found[1] == found[2]
    assert read_manifest(toy.release).configs["text"].splits["train"].rows == 7_500


def test_a_config_that_is_not_built_carries_over(toy: Any, hashes: Hashes) -> None:
    odd = {"!": "finding", "code": "odd", "message": "It is \u2028 odd."}
    toy.write("chat", [odd, *rows(toy, "chat")])
    toy.build("text", "chat")
    before = hashes(toy.release)
    toy.version("1.1.0")
    toy.write("text", [*rows(toy), MORE])
    report = toy.build("text")
    assert report.built == ("text",)
    assert list(report.manifest.configs) == ["text", "chat"]
    chat = "chat/train-00000-of-00001.parquet"
    assert hashes(toy.release)[chat] == before[chat]
    (finding,) = findings(toy)
    assert (finding["config"], finding["message"]) == ("chat", "It is \u2028 odd.")
    assert list(verify_release(toy.release)) == []
    assert report.diff is not None
    assert report.diff.rows["text/train"].added == ("text-9",)


def test_a_carried_config_may_not_have_another_schema(toy: Any, hashes: Hashes) -> None:
    toy.build("text", "chat")
    toy.edit(toy.schema, '"Some text."', '"Some other text."')
    message = refused(toy, hashes, UsageError, "chat")
    assert "text was built with another schema" in message
    assert "--config text" in message
    assert toy.build("text", "chat").built == ("text", "chat")


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_carried_file_may_not_be_damaged(toy: Any, hashes: Hashes, damage: str) -> None:
    toy.build("text", "chat")
    path = toy.release / "text" / "train-00000-of-00001.parquet"
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"text-0", b"text-X"))
    assert str(path) in refused(toy, hashes, ReleaseCorruptError, "chat")


def test_a_config_that_the_card_dropped_goes_with_a_major_version(toy: Any, hashes: Hashes) -> None:
    toy.build("text", "chat")
    text = toy.card.read_text()
    start, end = text.index("  chat:"), text.index("  pictures:")
    toy.edit(toy.card, text[start:end], "")
    message = refused(toy, hashes, VersionBumpError, "text")
    assert "2.0.0 or higher (major)" in message
    toy.version("2.0.0")
    assert list(toy.build("text").manifest.configs) == ["text"]


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        (lambda old: [*old, MORE], "1.1.0 or higher (minor)"),
        (lambda old: old[1:], "2.0.0 or higher (major)"),
        (lambda old: [{**old[0], "text": "Changed."}, *old[1:]], "2.0.0 or higher (major)"),
        (lambda old: old[::-1], "2.0.0 or higher (major)"),
    ],
    ids=["added", "removed", "changed", "moved"],
)
def test_a_version_that_says_too_little_is_refused(
    toy: Any, hashes: Hashes, change: Callable[[list[Any]], list[Any]], needed: str
) -> None:
    toy.build()
    toy.write("text", change(rows(toy)))
    message = refused(toy, hashes, VersionBumpError)
    assert "version 1.0.0 replaces 1.0.0, but text/train moved" in message
    assert needed in message
    assert "--overwrite" in message
    toy.version(needed.split(maxsplit=1)[0])
    assert toy.build().diff.is_enough
    assert list(verify_release(toy.release)) == []


def test_overwrite_replaces_whatever_moved(toy: Any) -> None:
    toy.build()
    toy.write("text", [MORE])
    report = toy.build(overwrite=True)
    assert report.diff is None
    assert report.manifest.configs["text"].splits["train"].rows == 1


def test_metadata_may_move_without_a_version(toy: Any) -> None:
    toy.build()
    toy.write("text", [{"!": "finding", "code": "odd", "message": "It is odd."}, *rows(toy)])
    assert toy.build().diff.required == "patch"


@pytest.mark.parametrize(
    ("config", "split", "where"),
    [("text", "train", "a split"), ("text", "test", "two splits"), ("chat", "train", "two configs")],
)
def test_an_id_that_repeats_is_refused(toy: Any, hashes: Hashes, config: str, split: str, where: str) -> None:
    toy.build("text", "chat")
    row = {**rows(toy, config, split)[0], "id": "text-0"}
    toy.write(config, [*rows(toy, config, split), row], split)
    message = refused(toy, hashes, RowError, config)
    assert "id text-0 occurs 2 times" in message, where


@pytest.mark.parametrize(
    ("row", "pieces"),
    [
        ({"id": "a", "text": 3}, ("a: /text", '3 is not of type "string"')),
        ({"id": "a"}, ("a: /", '"text" is a required property')),
        ({"id": "a", "text": "b", "extra": 1}, ("a: /", "'extra' was unexpected")),
        ({"id": "a", "text": "b", "source": "upstream"}, ("a: /", "'source' was unexpected")),
        ({"id": "a", "text": "\ud800"}, ("row a: text", "surrogates not allowed")),
    ],
)
def test_a_row_that_violates_the_schema_is_refused(
    toy: Any, hashes: Hashes, row: dict[str, Any], pieces: tuple[str, ...]
) -> None:
    toy.build()
    toy.write("text", [*rows(toy), row])
    message = refused(toy, hashes, RowError)
    assert all(piece in message for piece in pieces), message


@pytest.mark.parametrize(
    ("column", "value", "piece"),
    [
        ("grid", [[40_000]], "chat-0: /grid/0/0: 40000 is greater than the maximum of 32767"),
        ("score", 2**40, "chat-0: /score: 1099511627776 is greater than the maximum of 2147483647"),
        ("weight", 1e300, "chat-0: /weight: 1e+300 is greater than the maximum"),
        ("payload", 2**70, "row chat-0: payload: Integer exceeds 64-bit range"),
        ("payload", "\ud800", "row chat-0: payload: str is not valid UTF-8"),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_refused(
    toy: Any, hashes: Hashes, column: str, value: object, piece: str
) -> None:
    toy.build("chat")
    toy.write("chat", [{**rows(toy, "chat")[0], column: value}])
    assert piece in refused(toy, hashes, RowError, "chat")


def test_a_split_without_rows_is_refused(toy: Any, hashes: Hashes) -> None:
    toy.build()
    toy.write("text", [], "test")
    assert "toy text/test: no rows" in refused(toy, hashes, RowError)


def test_what_is_unknown_names_the_nearest(toy: Any, hashes: Hashes) -> None:
    assert "did you mean 'text'?" in refused(toy, hashes, UnknownConfigError, "texts")
    from mensrea.builders.release import build_release

    with pytest.raises(UnknownDatasetError, match="no dataset 'toi'"):
        build_release("toi", out=toy.out)
    assert not toy.out.exists() or not list(toy.out.iterdir())


def test_a_failure_of_the_builders_own_leaves_the_release_as_it_was(toy: Any, hashes: Hashes) -> None:
    toy.build()
    before = hashes(toy.out)
    toy.write("text", [MORE, {"!": "fail"}])
    with pytest.raises(ZeroDivisionError):
        toy.build()
    assert hashes(toy.out) == before
    assert [path.name for path in toy.out.iterdir()] == ["toy"]


def test_findings_and_manifest_agree(toy: Any) -> None:
    note = {"!": "finding", "message": "It \u2028 is.", "where": "a.json:1", "severity": "note"}
    toy.write("text", [*({**note, "code": code} for code in ("b", "a", "b")), *rows(toy)])
    toy.edit(toy.card, "splits: {train: 3}", "splits: {train: 4}")
    report = toy.build("text", "chat")
    for name, entry in report.manifest.configs.items():
        codes = [finding["code"] for finding in findings(toy) if finding["config"] == name]
        assert {code: codes.count(code) for code in codes} == entry.findings
        assert len(report.findings[name]) == len(codes)
    assert report.manifest.configs["text"].findings == {"a": 1, "b": 2}
    assert report.manifest.configs["chat"].findings == {"row-count": 1}
    assert findings(toy)[0] == {
        "config": "text",
        "code": "b",
        "message": "It \u2028 is.",
        "severity": "note",
        "where": "a.json:1",
    }


@pytest.mark.parametrize("content", ["not JSON", "[]", '{"code": "odd"}'])
def test_damaged_findings_of_a_carried_config_are_refused(toy: Any, hashes: Hashes, content: str) -> None:
    toy.build("text", "chat")
    (toy.release / "findings.jsonl").write_text(f"{content}\n")
    assert "findings.jsonl:1" in refused(toy, hashes, ReleaseCorruptError, "chat")


def test_a_release_that_cannot_be_read_is_replaced_only_if_asked(toy: Any, hashes: Hashes) -> None:
    toy.build()
    (toy.release / "manifest.json").write_text("{")
    assert "--overwrite" in refused(toy, hashes, ReleaseCorruptError)
    toy.build(overwrite=True)
    assert list(verify_release(toy.release)) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_release_is_never_replaced(toy: Any, hashes: Hashes, *, overwrite: bool) -> None:
    toy.release.mkdir(parents=True)
    (toy.release / "thesis.tex").write_text("Years of work.")
    assert str(toy.release) in refused(toy, hashes, StorageError, overwrite=overwrite)
    shutil.rmtree(toy.release)
    toy.release.write_text("A file.")
    with pytest.raises(StorageError, match="in the way"):
        toy.build(overwrite=overwrite)
    assert toy.release.read_text() == "A file."


def test_an_empty_folder_is_not_in_the_way(toy: Any) -> None:
    toy.release.mkdir(parents=True)
    toy.build()
    assert list(verify_release(toy.release)) == []


def test_a_link_is_followed_and_kept(toy: Any, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    toy.out.mkdir()
    toy.release.symlink_to(elsewhere)
    toy.build()
    toy.version("2.0.0")
    toy.write("text", [MORE])
    toy.build()
    assert toy.release.is_symlink()
    assert read_manifest(elsewhere).version == "2.0.0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "toy"]
    assert [path.name for path in toy.out.iterdir()] == ["toy"]


def test_a_source_for_a_dataset_that_imports_nothing_is_refused(toy: Any, hashes: Hashes) -> None:
    assert "--source has no use" in refused(toy, hashes, UsageError, source=toy.root)


def test_rows_and_seed_are_recorded_where_rows_depend_on_them(toy: Any) -> None:
    toy.edit(toy.card, "row: chat\n    origin: authored", "row: chat\n    origin: procedural")
    toy.edit(toy.schema, '"upstream"', '"procedural"')
    manifest = toy.build("text", "chat", seed=7).manifest
    assert manifest.configs["chat"].seed == 7
    assert manifest.configs["text"].seed is None
    assert manifest.configs["text"].options == {}


@pytest.mark.parametrize("lost", ["thesis.txt", "chat/train-00000-of-00001.parquet"])
def test_overwriting_an_unreadable_release_loses_nothing_else(toy: Any, lost: str) -> None:
    toy.build("text")
    (toy.release / "manifest.json").write_text('{"name": "my web app"}', encoding="utf-8")
    (toy.release / lost).parent.mkdir(exist_ok=True)
    (toy.release / lost).write_text("x", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(StorageError, match="would be lost"):
            toy.build("text", overwrite=overwrite)
    assert (toy.release / lost).read_text(encoding="utf-8") == "x"
    (toy.release / lost).unlink()
    assert toy.build("text", overwrite=True).manifest.configs
