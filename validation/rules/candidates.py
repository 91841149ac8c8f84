"""Rules over texts: one vectorised look at all of them, and a close one at the few that may be wrong."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from ...errors import MissingLibraryError, UsageError
from ..findings import Finding
from ..inputs.batch import Batch, Column
from .base import Rule

if TYPE_CHECKING:
    import polars as pl

AT_ONCE = 256


class FieldRule(Rule):
    """A rule about each text of one or several columns.

    Values that are null, and columns that are absent or hold no text, are passed over.
    """

    def __init__(self, *, field: str | Sequence[str] = (), fields: Sequence[str] = ()) -> None:
        """Name the columns.

        Args:
            field: A path such as `response` or `messages[].content`, or several.
            fields: More paths.

        Raises:
            UsageError: No path is given.
        """
        self._fields = (*((field,) if isinstance(field, str) else field), *fields)
        if not self._fields:
            raise UsageError(f"rule {self.name}: no field is named; give field= or fields=")

    @property
    def columns(self) -> tuple[str, ...]:
        """The paths it reads."""
        return self._fields

    @abstractmethod
    def chosen(self, column: Column) -> Iterable[tuple[str, int]]:
        """The texts to examine, each with its row in the batch."""

    @abstractmethod
    def examine(self, text: str) -> Iterable[str]:
        """What is wrong with a text, one line each; nothing if it is fine."""

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """One finding for each remark of `examine`."""
        for path in self._fields:
            column = batch.column(path)
            if column is None or not is_text(column.values.type):
                continue
            for text, row in self.chosen(column):
                for remark in self.examine(text):
                    yield self.finding(remark, batch, row, path)


class TextRule(FieldRule):
    """A rule whose `suspects` sees a whole column at native speed, and `examine` only what it points at."""

    @abstractmethod
    def suspects(self, texts: pl.Series) -> pl.Series:
        """For each text whether to examine it: no bad text may be missed here."""

    def chosen(self, column: Column) -> Iterator[tuple[str, int]]:
        """The suspect texts with their rows, a few at a time in memory."""
        import polars as pl

        texts = cast("pl.Series", pl.from_arrow(cast("Any", column.values)))
        positions = np.flatnonzero(self.suspects(texts).fill_null(value=False).to_numpy())
        for start in range(0, len(positions), AT_ONCE):
            some = positions[start : start + AT_ONCE]
            values = cast("list[str]", column.values.take(pa.array(some)).to_pylist())
            yield from zip(values, column.rows[some].tolist(), strict=True)


class Allowed:
    """Texts that are fine: an entry is a text itself, or between slashes (`/…/`) a regular expression."""

    def __init__(self, entries: Iterable[str], where: str) -> None:
        """Read the entries.

        Raises:
            UsageError: An expression can't be compiled; the message starts with `where`.
        """
        self._exact: set[str] = set()
        self._patterns: list[re.Pattern[str]] = []
        for entry in entries:
            if len(entry) > 1 and entry.startswith("/") and entry.endswith("/"):
                self._patterns.append(_compiled(entry[1:-1], where))
            else:
                self._exact.add(entry)

    def __contains__(self, text: str) -> bool:
        """Whether the text is an entry, or holds a match of one."""
        return text in self._exact or any(pattern.search(text) for pattern in self._patterns)

    def ends(self, text: str) -> bool:
        """Whether the text ends with an entry, or a match of one reaches its end."""
        if text.endswith(tuple(self._exact)):
            return True
        return any(match.end() == len(text) for each in self._patterns for match in each.finditer(text))


def needed(load: Callable[[], Any], rule: str, package: str) -> Any:
    """What `load` imports.

    Raises:
        MissingLibraryError: The library isn't installed.
    """
    try:
        return load()
    except ImportError as error:
        raise MissingLibraryError(
            f"the rule {rule} needs {package}: pip install 'mensrea[checks]'"
        ) from error


def masked(text: str) -> str:
    """What may be shown of a secret: its first 4 characters, if it has 16 or more, and its length."""
    shown = text[:4] if len(text) >= 4 * 4 else ""
    return f"{shown}… ({len(text):,} characters)"


def _compiled(pattern: str, where: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{where}: /{pattern}/ is no regular expression: {error}") from error


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are texts."""
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))
