"""Rules about texts that occur twice, the same or nearly: in one split, or in two of a config."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ..duplicates.find import THRESHOLD, Duplicates, checked_threshold, duplicates_of, first_equal
from ..duplicates.reading import row_texts
from ..duplicates.words import Hashes, Words, concatenated, words_of
from ..findings import Finding, Severity
from ..inputs.batch import Batch
from .base import Rule


class Rows:
    """The rows of batches, numbered through; of the columns only ids are kept."""

    def __init__(self) -> None:
        """Start without rows."""
        self._batches: list[Batch] = []
        self._starts = [0]

    def add(self, batch: Batch) -> None:
        """Append a batch."""
        names = [name for name in ("id",) if name in batch.table.schema.names]
        self._batches.append(Batch(batch.table.select(names), batch.place, batch.first, batch.lines))
        self._starts.append(self._starts[-1] + len(batch))

    def of(self, row: int) -> tuple[Batch, int]:
        """A row's batch, and its position in that."""
        batch = int(np.searchsorted(self._starts, row, "right")) - 1
        return self._batches[batch], row - self._starts[batch]

    def where(self, row: int) -> str:
        """The row as a person would look it up."""
        batch, position = self.of(row)
        return batch.where(position)

    def splits(self) -> list[str]:
        """The split, or the plain file, of each row."""
        return [
            batch.place.split or batch.place.file
            for batch, first, end in zip(self._batches, self._starts, self._starts[1:], strict=False)
            for _ in range(first, end)
        ]


class TextRule(Rule):
    """A rule that compares the texts of a field; the words of several values in a row are joined."""

    severity: ClassVar[Severity] = "warning"

    def __init__(self, field: str) -> None:
        """Take the path of the texts."""
        self._field = field
        self._rows = Rows()

    @property
    def columns(self) -> tuple[str, ...]:
        """The texts."""
        return (self._field,)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the words, not the texts."""
        self._rows.add(batch)
        self._learn(words_of(row_texts(batch, [self._field])[0]))
        return ()

    @abstractmethod
    def _learn(self, words: Words) -> None:
        """Keep what `finish` needs."""

    def _at(self, row: int, message: str) -> Finding:
        batch, position = self._rows.of(row)
        return self.finding(message, batch, position, self._field)


class EqualTextRule(TextRule):
    """A rule on texts that are the same after normalisation."""

    def __init__(self, field: str) -> None:
        """Take the path of the texts."""
        super().__init__(field)
        self._fingerprints: list[Hashes] = []
        self._filled: list[npt.NDArray[np.bool_]] = []

    def _learn(self, words: Words) -> None:
        self._fingerprints.append(words.fingerprints())
        self._filled.append(words.counts > 0)

    def _repeated(self) -> Iterator[tuple[int, int]]:
        """Each row whose text occurs before, with the first row that has it."""
        if self._fingerprints:
            first = first_equal(np.concatenate(self._fingerprints), np.concatenate(self._filled))
            rows = np.flatnonzero(first != np.arange(len(first)))
            yield from zip(rows.tolist(), first[rows].tolist(), strict=True)


class DuplicateText(EqualTextRule):
    """A text that occurs more than once in a split: every row but the first is a finding."""

    name: ClassVar[str] = "duplicate-text"

    def finish(self) -> Iterator[Finding]:
        """A finding for each row whose text an earlier row of its split has."""
        splits = self._rows.splits()
        earlier: dict[tuple[str, int], int] = {}
        for row, first in self._repeated():
            earlier.setdefault((splits[first], first), first)
            same = earlier.setdefault((splits[row], first), row)
            if same != row:
                yield self._at(row, f"the same text as {self._rows.where(same)}")


class SharedText(EqualTextRule):
    """A text that is in two splits of a config: each further split is a finding, at its first row."""

    name: ClassVar[str] = "shared-text"
    severity: ClassVar[Severity] = "error"

    def finish(self) -> Iterator[Finding]:
        """A finding for each split after a text's first."""
        splits = self._rows.splits()
        seen: set[tuple[str, int]] = set()
        for row, first in self._repeated():
            if splits[row] != splits[first] and (splits[row], first) not in seen:
                seen.add((splits[row], first))
                yield self._at(row, f"the text is in another split too, at {self._rows.where(first)}")


class NearTextRule(TextRule):
    """A rule on texts that are nearly the same: their sets of word pairs have at least this similarity."""

    def __init__(self, field: str, threshold: float = THRESHOLD) -> None:
        """Take the path of the texts, and the least similarity, above 0 and at most 1.

        Raises:
            UsageError: The threshold is out of range.
        """
        super().__init__(field)
        checked_threshold(threshold, 1)
        self._threshold = threshold
        self._words: list[Words] = []

    def _learn(self, words: Words) -> None:
        self._words.append(words)

    def finish(self) -> Iterator[Finding]:
        """A finding for each row with a partner, at the most similar, and one for each limit."""
        found = duplicates_of(concatenated(self._words), threshold=self._threshold)
        best: dict[int, tuple[float, int]] = {}
        for row, partner, similarity in self._pairs(found, self._rows.splits()):
            best[row] = max(best.get(row, (0.0, 0)), (similarity, -partner))
        for row, (similarity, partner) in sorted(best.items()):
            yield self._at(row, self._message(similarity, self._rows.where(-partner)))
        for message in found.limits.messages():
            yield Finding(self.name, message, "note", field=self._field)

    @abstractmethod
    def _pairs(self, found: Duplicates, splits: list[str]) -> Iterator[tuple[int, int, float]]:
        """Later row, earlier row and similarity of the pairs that it is about."""

    @abstractmethod
    def _message(self, similarity: float, where: str) -> str:
        """What a finding says."""


def _occurrences(found: Duplicates, splits: list[str]) -> dict[int, dict[str, int]]:
    """For each text that is in a pair, by its first row: the first row in each split."""
    paired = set(np.union1d(found.left, found.right).tolist())
    rows: dict[int, dict[str, int]] = {}
    for row, first in enumerate(found.first.tolist()):
        if first in paired:
            rows.setdefault(first, {}).setdefault(splits[row], row)
    return rows


def _row_pairs(found: Duplicates, splits: list[str], *, across: bool) -> Iterator[tuple[int, int, float]]:
    rows = _occurrences(found, splits)
    for left, right, similarity in zip(
        found.left.tolist(), found.right.tolist(), found.similarity, strict=True
    ):
        for split, one in rows[left].items():
            for other_split, other in rows[right].items():
                if (split != other_split) == across:
                    yield max(one, other), min(one, other), float(similarity)


class NearDuplicate(NearTextRule):
    """A text that is nearly that of an earlier row of its split."""

    name: ClassVar[str] = "near-duplicate"

    def _pairs(self, found: Duplicates, splits: list[str]) -> Iterator[tuple[int, int, float]]:
        return _row_pairs(found, splits, across=False)

    def _message(self, similarity: float, where: str) -> str:
        return f"nearly the text of {where}: similarity {similarity:.3f}, expected below {self._threshold:g}"


class NearDuplicateAcrossSplits(NearTextRule):
    """A text that is nearly that of a row in another split of the config."""

    name: ClassVar[str] = "near-duplicate-across-splits"

    def _pairs(self, found: Duplicates, splits: list[str]) -> Iterator[tuple[int, int, float]]:
        return _row_pairs(found, splits, across=True)

    def _message(self, similarity: float, where: str) -> str:
        limit = f"expected below {self._threshold:g}"
        return f"nearly a text of another split, at {where}: similarity {similarity:.3f}, {limit}"


RULES: tuple[type[Rule], ...] = (SharedText, NearDuplicateAcrossSplits, NearDuplicate, DuplicateText)
