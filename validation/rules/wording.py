"""Rules on how a text is worded: words that give its label away, and bounds of length and of readability."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ...errors import UsageError
from ..findings import Finding, Severity
from ..inputs.batch import Batch
from .base import Rule
from .candidates import TextRule, is_text

if TYPE_CHECKING:
    import polars as pl

ANY = "*"
_WORDS = r"\S+"
_CHARACTERS = r"[\p{L}\p{N}]"
# A sentence ends at a mark that white space or the end follows, at a line feed, or with the text.
_SENTENCES = r"""[.!?…]+["'”’)\]]*(?:\s+|$)|\n+|[^\s.!?…"'”’)\]]["'”’)\]]*\s*$"""  # noqa: RUF001


class GiveawayWord(Rule):
    """A text with a word that gives the row's label away."""

    name: ClassVar[str] = "giveaway-word"
    severity: ClassVar[Severity] = "warning"

    def __init__(self, field: str, by: str, words: Mapping[str, Sequence[str]]) -> None:
        """Say which words give which label away.

        Args:
            field: Path of the texts, one or several a row.
            by: Path of the labels, at most one a row; others than text are compared as text.
            words: Beginnings of words by label, in any case; those under `*` hold for every row, also for one
                without a label.

        Raises:
            UsageError: A label has no list of words, or an empty word.
        """
        for label, stems in words.items():
            if isinstance(stems, str) or not all(stem.strip() for stem in stems):
                raise UsageError(
                    f"giveaway-word: words: {label}: expected a list of words, none of them empty"
                )
        self._field, self._by = field, by
        self._patterns = {
            label: _pattern([*stems, *(words.get(ANY, ()) if label != ANY else ())])
            for label, stems in words.items()
            if stems
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """The texts and their labels."""
        return (self._field, self._by)

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each text, with all words that give its label away."""
        column = batch.column(self._field)
        if column is None or not is_text(column.values.type):
            return
        labels = self._labels(batch)
        texts = cast("list[str | None]", cast("Any", column.values).to_pylist())
        for text, row in zip(texts, column.rows.tolist(), strict=True):
            label = labels.get(row)
            pattern = self._patterns.get(ANY if label is None else label, self._patterns.get(ANY))
            found = list(dict.fromkeys(pattern.findall(text))) if pattern and text else []
            if found:
                message = f"{', '.join(map(repr, found))} gives {label or 'the label'} away; reword the text"
                yield self.finding(message, batch, row, self._field)

    def _labels(self, batch: Batch) -> dict[int, str]:
        column = batch.column(self._by)
        if column is None:
            return {}
        values = cast("Any", column.values).to_pylist()
        pairs = zip(column.rows.tolist(), values, strict=True)
        return {row: str(value) for row, value in pairs if value is not None}


class WordCount(TextRule):
    """Texts with fewer or more words than allowed; a word is whatever white space surrounds."""

    name: ClassVar[str] = "word-count"
    severity: ClassVar[Severity] = "warning"

    def __init__(self, field: str, least: int = 1, most: int | None = None) -> None:
        """Set the bounds.

        Args:
            field: Path of the texts.
            least: The fewest words.
            most: The most words; None for any number.

        Raises:
            UsageError: The bounds exclude each other.
        """
        if most is not None and most < least:
            raise UsageError(f"word-count: most is {most}, expected at least {least}, which is least")
        super().__init__(field=field)
        self._least, self._most = least, most

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts out of bounds."""
        counts = texts.str.count_matches(_WORDS)
        few = counts < self._least
        return few if self._most is None else few | (counts > self._most)

    def examine(self, text: str) -> Iterator[str]:
        """One remark with the number of words."""
        count = len(text.split())
        yield f"{count:,} word{'' if count == 1 else 's'}, expected {_bounds(self._least, self._most)}"


class ReadingLevel(TextRule):
    """Texts whose automated readability index is out of bounds (Smith and Senter, 1967)."""

    name: ClassVar[str] = "reading-level"
    severity: ClassVar[Severity] = "warning"

    def __init__(self, field: str, least: float | None = None, most: float | None = None) -> None:
        """Set the bounds, in years of school as the index estimates them.

        Args:
            field: Path of the texts.
            least: The lowest index; None for any.
            most: The highest index; None for any.

        Raises:
            UsageError: There is no bound, or they exclude each other.
        """
        if least is None and most is None:
            raise UsageError("reading-level: expected least, most or both")
        if least is not None and most is not None and most < least:
            raise UsageError(f"reading-level: most is {most:g}, expected at least {least:g}, which is least")
        super().__init__(field=field)
        self._least, self._most = least, most

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts out of bounds."""
        index = readability(texts)
        low = -math.inf if self._least is None else self._least
        high = math.inf if self._most is None else self._most
        return (index < low) | (index > high)

    def examine(self, text: str) -> Iterator[str]:
        """One remark with the index."""
        import polars as pl

        index = readability(pl.Series([text])).item()
        yield f"the automated readability index is {index:.1f}, expected {_bounds(self._least, self._most)}"


def readability(texts: pl.Series) -> pl.Series:
    """The automated readability index of each text: 4.71 c/w + 0.5 w/s - 21.43; null without a word.

    Args:
        texts: The texts; c counts letters and digits, w what stands between white space, s sentences.
    """
    import polars as pl

    frame = pl.DataFrame({"text": texts})
    counts = {"c": _CHARACTERS, "w": _WORDS, "s": _SENTENCES}
    counted = frame.select(
        pl.col("text").str.count_matches(pattern).cast(pl.Float64).alias(name)
        for name, pattern in counts.items()
    )
    index = 4.71 * pl.col("c") / pl.col("w") + 0.5 * pl.col("w") / pl.col("s").clip(1) - 21.43
    return counted.select(pl.when(pl.col("w") > 0).then(index).alias("index"))["index"]


def _pattern(stems: Iterable[str]) -> re.Pattern[str]:
    """What finds whole words that begin with a stem."""
    longest = sorted(map(re.escape, stems), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest)})\w*", re.IGNORECASE)


def _bounds(least: float | None, most: float | None) -> str:
    if most is None:
        return f"at least {least:g}"
    return f"at most {most:g}" if least is None else f"{least:g} to {most:g}"


RULES: tuple[type[Rule], ...] = (GiveawayWord, WordCount, ReadingLevel)
