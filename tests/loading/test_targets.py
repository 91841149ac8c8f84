"""What a user points at: paths, folders of splits, and names of repositories."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from mensrea.errors import SourceFormatError, UsageError
from mensrea.loading.targets import data_files, is_dataset, is_release, is_repository


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = (
        "train.jsonl", "main/train-00000-of-00002.parquet", "main/train-00001-of-00002.parquet",
        "main/test.NDJSON", "deep/er/dev.jsonl.gz", "other/rows.json", "other/all.arrow",
        "schema.json", "rows.schema.json", "notes.txt", ".hidden.jsonl",
        ".cache/x.jsonl",
        "findings.jsonl",
    )  # fmt: skip
    for name in names:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "data"


def places(folder: Path, config: str | None = None, split: str | None = None) -> Sequence[str]:
    return [str(file.place) for file in data_files(folder, config, split)]


def test_folders_are_configs_and_names_are_splits(folder: Path) -> None:
    assert places(folder) == [
        "deep/er/dev",
        "findings", "main/test", "main/train", "main/train", "other/all", "other/rows", "train",
    ]  # fmt: skip
    assert [file.place.file for file in data_files(folder, "main", "test")] == [f"{folder}/main/test.NDJSON"]


def test_a_config_or_split_alone(folder: Path) -> None:
    assert places(folder, "main") == ["main/test", "main/train", "main/train"]
    assert places(folder, split="train") == ["main/train", "main/train", "train"]
    with pytest.raises(UsageError, match="no data of config main and split dev; it has deep/er/dev, "):
        places(folder, "main", "dev")


def test_of_many_splits_some_are_named(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"split-{number}.jsonl").touch()
    with pytest.raises(UsageError, match=r"and 20 more$"):
        places(tmp_path, "x")


def test_the_documents_of_a_release_hold_no_rows(folder: Path) -> None:
    (folder / "manifest.json").touch()
    assert is_release(folder)
    assert "findings" not in places(folder)


def test_a_file_has_no_config(folder: Path) -> None:
    (file,) = data_files(folder / "train.jsonl", None, None)
    assert (str(file.place), file.place.split) == (f"{folder}/train.jsonl", "")
    with pytest.raises(UsageError, match="a file has no configs and splits"):
        data_files(folder / "train.jsonl", "main", None)


def test_what_holds_no_rows(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no data in this folder"):
        data_files(tmp_path / "empty", None, None)
    with pytest.raises(UsageError, match="no such file or folder"):
        data_files(tmp_path / "nowhere", None, None)
    with pytest.raises(SourceFormatError, match=r"notes.txt: its ending says nothing that can be read"):
        data_files(folder / "notes.txt", None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("org/name", True),
        ("org/name@v1.0.0", True),
        ("org/name@refs/pr/1", True),
        ("org", False),
        ("org/name/more", False),
        ("data/train.jsonl", False),
        ("data/train.JSONL.gz", False),
        ("./name", False),
        ("../name", False),
        ("/org/name", False),
        ("org/a name", False),
    ],
)
def test_names_of_repositories(text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_repository(text) is expected


def test_a_path_that_exists_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_repository("org/name")
    (tmp_path / "org" / "name").mkdir(parents=True)
    assert not is_repository("org/name")


def test_datasets_are_known_by_their_library() -> None:
    from datasets import Dataset, DatasetDict

    dataset = Dataset.from_dict({"a": [1]})
    assert is_dataset(dataset)
    assert is_dataset(DatasetDict({"train": dataset}))
    assert not is_dataset([{"a": 1}])
