"""From a stem to its builder."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest
from mensrea.builders.base import DatasetBuilder
from mensrea.builders.registry import builder, builder_class
from mensrea.cards import find_card, stems
from mensrea.errors import UnknownConfigError, UnknownDatasetError


@pytest.mark.parametrize("stem", stems())
def test_every_card_has_a_builder_that_takes_version_and_configs_from_it(stem: str) -> None:
    found, card = builder_class(stem), find_card(stem)
    assert issubclass(found, DatasetBuilder)
    assert (found.stem, str(found.VERSION), found.DEFAULT_CONFIG_NAME) == (
        stem,
        card.version,
        card.default_config,
    )
    assert [config.name for config in found.BUILDER_CONFIGS] == list(card.configs)


def test_an_unknown_dataset_names_the_nearest() -> None:
    with pytest.raises(UnknownDatasetError, match=r"no dataset 'cogtset' \(did you mean 'cogtest'\?\)"):
        builder_class("cogtset")


def test_an_unknown_config_names_the_nearest() -> None:
    with pytest.raises(UnknownConfigError, match=r"no config 'mnns-4x'.*mnns-4x9"):
        builder("cot2", "mnns-4x")


@pytest.fixture
def folder(toy: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where the builder of `toy` is looked for, beside the package's own."""
    own = sys.modules["mensrea.builders"].__path__[0]
    folder = tmp_path / "builders"
    folder.mkdir()
    monkeypatch.setattr("mensrea.builders.__path__", [own, str(folder)])
    yield folder
    toy.forget()


def test_a_card_without_a_builder_says_what_to_add(folder: Path) -> None:
    assert not (folder / "toy.py").exists()
    with pytest.raises(UnknownDatasetError, match=r"add builders/toy\.py"):
        builder_class("toy")


def test_a_builder_that_cannot_be_used_says_why(folder: Path) -> None:
    (folder / "toy.py").write_text("from mensrea.builders.base import DatasetBuilder")
    with pytest.raises(UnknownDatasetError, match="no subclass of DatasetBuilder"):
        builder_class("toy")


def test_a_library_that_a_builder_lacks_is_named(folder: Path) -> None:
    (folder / "toy.py").write_text("import nosuchlibrary")
    with pytest.raises(ModuleNotFoundError, match="nosuchlibrary"):
        builder_class("toy")


def test_it_is_a_builder_of_datasets_own(toy: Any, tmp_path: Path) -> None:
    build = builder("toy", "chat", cache_dir=str(tmp_path / "cache"))
    assert isinstance(build, datasets.ArrowBasedBuilder)
    build.download_and_prepare()
    rows = build.as_dataset(split="train")
    assert isinstance(rows, datasets.Dataset)
    assert rows["id"][:] == ["chat-0", "chat-1", "chat-2"]
    assert set(rows["canary"]) == {"toy:canary"}
    assert rows[0]["payload"]["list"] == [1, 2.5, "x", None, True]
    assert toy.release.exists() is False


def test_a_member_of_a_family_needs_no_listing(toy: Any) -> None:
    toy.write("text-12", [{"id": "a", "text": "A."}])
    build = builder("toy", "text-12")
    assert (build.entry.name, build.config.name, str(build.config.version)) == ("text-12", "text-12", "1.0.0")
    tables: list[Any] = list(build.tables("train", build.planned.splits["train"][0]))
    assert [table.num_rows for table in tables] == [1]


def test_the_cache_heeds_everything_that_rows_depend_on(
    toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    shared = package / "builders" / "identity.py"
    shared.parent.mkdir(parents=True)
    shared.touch()
    monkeypatch.setattr("mensrea.builders.base._PACKAGE", package)
    monkeypatch.setattr("mensrea.builders.base.sources_path", lambda stem: package / f"{stem}.sources.toml")
    copy = toy.root / "rows" / "text" / "train-0.jsonl"
    folders: list[str] = []

    def look() -> None:
        build = builder("toy", "text", cache_dir=str(tmp_path), data_dir=str(toy.root / "rows"))
        folders.append(build.cache_dir)

    look()
    look()
    assert folders[0] == folders.pop()
    toy.edit(toy.schema, '"Some text."', '"Some other text."')
    look()
    toy.edit(toy.card, '"toy:canary"', '"toy:another"')
    look()
    shared.write_text("changed")
    look()
    (package / "toy.sources.toml").touch()
    look()
    status = copy.stat()
    copy.write_text(copy.read_text().replace("Text 0", "Text 9"))
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    look()
    assert len(set(folders)) == len(folders) == 6
