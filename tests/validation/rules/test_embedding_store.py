"""Vectors on disk: the same texts give the same vectors, and a bad file costs nothing but time."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.validation.rules.embedding_store import EmbeddingStore

WIDTH = 3
WRITER = """
import sys
from pathlib import Path
import numpy as np
from mensrea.validation.rules.embedding_store import EmbeddingStore
store = EmbeddingStore(Path(sys.argv[1]), 3)
for number in range(50):
    store.keep({f"{sys.argv[2]} {number}": np.full(3, number, np.float32)})
"""


def vector(*numbers: float) -> Any:
    return np.array(numbers, np.float32)


def store(folder: Path) -> EmbeddingStore:
    return EmbeddingStore(folder / "deep" / "vectors.sqlite", WIDTH)


@given(st.dictionaries(st.text(st.characters()), st.lists(st.floats(width=32), min_size=3, max_size=3)))
def test_what_is_kept_is_found(
    tmp_path_factory: pytest.TempPathFactory, drawn: dict[str, list[float]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    vectors = {text: vector(*numbers) for text, numbers in drawn.items()}
    store(folder).keep(vectors)
    found = store(folder).read([*vectors, "something that wasn't kept at all"])
    assert {*found} == {*vectors}
    assert all(found[text].tobytes() == vectors[text].tobytes() for text in vectors)


def test_nothing_is_written_before_something_is_kept(tmp_path: Path) -> None:
    assert store(tmp_path).read(["a"]) == {}
    store(tmp_path).keep({})
    assert not [*tmp_path.iterdir()]


def test_more_texts_than_one_query_takes(tmp_path: Path) -> None:
    vectors = {f"Text {number}": vector(number, 0, 1) for number in range(1_201)}
    store(tmp_path).keep(vectors)
    found = store(tmp_path).read([*reversed(vectors), *vectors])
    assert {text: each.tolist() for text, each in found.items()} == {
        text: each.tolist() for text, each in vectors.items()
    }


def test_the_text_itself_is_not_kept(tmp_path: Path) -> None:
    store(tmp_path).keep({"a private sentence": vector(1, 2, 3)})
    assert b"private" not in store(tmp_path).path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + bytes(100)])
def test_a_damaged_file_finds_nothing_and_is_replaced(tmp_path: Path, content: bytes) -> None:
    held = store(tmp_path)
    held.path.parent.mkdir()
    held.path.write_bytes(content)
    assert held.read(["a"]) == {}
    held.keep({"a": vector(1, 2, 3)})
    assert held.read(["a"])["a"].tolist() == [1, 2, 3]


def test_a_vector_of_another_width_is_not_found(tmp_path: Path) -> None:
    held = store(tmp_path)
    held.keep({"a": vector(1, 2), "b": vector(1, 2, 3)})
    assert {*held.read(["a", "b"])} == {"b"}
    with sqlite3.connect(held.path) as file:
        file.execute("UPDATE vectors SET vector = x'0102'")
    file.close()
    assert held.read(["a", "b"]) == {}


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "deep").write_text("a file")
    store(tmp_path).keep({"a": vector(1, 2, 3)})
    assert store(tmp_path).read(["a"]) == {}


def test_two_processes_at_once(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    children = [subprocess.Popen([sys.executable, "-c", WRITER, path, name]) for name in ("left", "right")]
    assert [child.wait(60) for child in children] == [0, 0]
    found = EmbeddingStore(path, WIDTH).read(
        [f"{name} {number}" for name in ("left", "right") for number in range(50)]
    )
    assert len(found) == 100
    assert found["right 7"].tolist() == [7, 7, 7]
