import re
from pathlib import Path

import pytest
from mensrea.errors import ModelError
from mensrea.models.held_name import held_name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "judge-1b"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (folder / name).write_bytes(name.encode())
    return folder


def test_the_name_says_the_folder_and_no_path(folder: Path) -> None:
    assert re.fullmatch(r"held/judge-1b@[0-9a-f]{12}", held_name(folder))


def test_the_name_stays_when_the_folder_moves(folder: Path, tmp_path: Path) -> None:
    before = held_name(folder)
    elsewhere = tmp_path / "elsewhere" / folder.name
    elsewhere.parent.mkdir()
    assert held_name(folder.rename(elsewhere)) == before


@pytest.mark.parametrize(
    "file", ["config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja"]
)
def test_the_name_changes_with_each_file_even_at_the_same_size(folder: Path, file: str) -> None:
    before = held_name(folder)
    content = (folder / file).read_bytes() if (folder / file).exists() else b"x"
    (folder / file).write_bytes(content[:-1] + b"!")
    assert held_name(folder) != before


def test_other_files_dont_count(folder: Path) -> None:
    before = held_name(folder)
    (folder / "README.md").write_text("A judge.")
    (folder / "empty.json").touch()
    (folder / "empty.json").unlink()
    assert held_name(folder) == before


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=re.escape(f"{tmp_path}: no config.json")):
        held_name(tmp_path)
