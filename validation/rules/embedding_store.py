"""Embeddings that are kept on disk: a build, its validation and the next build look at the same texts."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]

_TABLE = "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_AT_ONCE = 500
_DIGEST = 16


class EmbeddingStore:
    """Vectors by a digest of their text; the texts themselves aren't kept.

    Where the file can't be read or written, nothing is found and nothing is kept.

    Attributes:
        path: The file, which belongs to one model and one way of running it.
    """

    def __init__(self, path: Path, width: int) -> None:
        """Nothing is opened yet; vectors have `width` numbers."""
        self.path = path
        self._bytes = width * np.dtype(np.float32).itemsize

    def read(self, texts: Sequence[str]) -> dict[str, Vector]:
        """The vectors of those texts that were kept."""
        keys = {_key(text): text for text in texts}
        rows: list[tuple[bytes, bytes]] = []
        if keys and self.path.exists():
            with self._forgiving(), closing(sqlite3.connect(self.path)) as file:
                for some in _parts(list(keys)):
                    marks = ",".join("?" * len(some))
                    query = f"SELECT text, vector FROM vectors WHERE text IN ({marks})"  # noqa: S608 (marks)
                    rows += file.execute(query, some).fetchall()
        whole = [(keys[key], vector) for key, vector in rows if len(vector) == self._bytes]
        return {text: np.frombuffer(vector, np.float32) for text, vector in whole}

    def keep(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors of texts."""
        rows = [(_key(text), vector.astype(np.float32).tobytes()) for text, vector in vectors.items()]
        if rows:
            with self._forgiving():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with closing(sqlite3.connect(self.path)) as file, file:
                    file.execute(_TABLE)
                    file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    @contextmanager
    def _forgiving(self) -> Generator[None]:
        """What can't be done with the file is left undone; a damaged one makes room for the next."""
        with suppress(OSError):
            try:
                yield
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                    self.path.unlink(missing_ok=True)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def _parts(keys: list[bytes]) -> Iterator[list[bytes]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
