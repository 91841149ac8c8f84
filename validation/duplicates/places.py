"""Which row of which file a text came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .join import Progress
from .reading import TextRows, data_files, read_texts
from .words import Words, concatenated, words_of


@dataclass
class Places:
    """Rows of files, numbered through.

    Attributes:
        files: The files in the order they were read.
        starts: The number of each file's first row, and of the row after the last.
        ids: The id of each row, or None.
        lines: The line of each row, from 1; 0 for Parquet.
    """

    files: list[Path] = field(default_factory=list[Path])
    starts: list[int] = field(default_factory=lambda: [0])
    ids: list[str | None] = field(default_factory=list[str | None])
    lines: list[int] = field(default_factory=list[int])

    def begin(self, file: Path) -> None:
        """The next rows are of this file."""
        self.files.append(file)
        self.starts.append(self.starts[-1])

    def add(self, rows: TextRows) -> None:
        """Append the next rows of the file."""
        self.ids += rows.ids
        self.lines += rows.lines or [0] * len(rows.texts)
        self.starts[-1] += len(rows.texts)

    def of(self, row: int) -> dict[str, Any]:
        """The row's file, line or number in the file (from 0), and id."""
        file = int(np.searchsorted(self.starts, row, "right")) - 1
        where: dict[str, Any] = {"file": str(self.files[file])}
        if self.lines[row]:
            where["line"] = self.lines[row]
        else:
            where["row"] = row - self.starts[file]
        return where if self.ids[row] is None else {**where, "id": self.ids[row]}

    def rows_of(self, number: int) -> slice:
        """The rows of a file, by its position."""
        return slice(self.starts[number], self.starts[number + 1])


def described(place: dict[str, Any]) -> str:
    """A place on one line: `file:line id`, or `file row n id`."""
    at = f"{place['file']}:{place['line']}" if "line" in place else f"{place['file']} row {place['row']}"
    return f"{at} {place['id']}" if "id" in place else at


def expanded(paths: Sequence[Path | str]) -> list[Path]:
    """The files that the paths name, each once."""
    return list(dict.fromkeys(file for path in paths for file in data_files(Path(path))))


def read_words(files: Sequence[Path], fields: Sequence[str], progress: Progress) -> tuple[Words, Places]:
    """The words of all rows, and where the rows are; texts aren't kept."""
    places, parts = Places(), list[Words]()
    for done, file in enumerate(files):
        places.begin(file)
        for rows in read_texts(file, fields):
            parts.append(words_of(rows.texts))
            places.add(rows)
            progress("read", done, len(files))
    progress("read", len(files), len(files))
    return concatenated(parts), places
