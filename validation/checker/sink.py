"""Where checks put what they find: numbers at once, pointers and messages only for what will be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .values import Frame, Indices, Mask, Values
from .violations import BatchResult, Violation


@dataclass(frozen=True, slots=True)
class _Hits:
    """Elements that fail one keyword."""

    keyword: str
    values: Values
    indices: Indices
    rows: Indices
    message: Callable[[Any], str]

    def violations(self, last: int) -> list[Violation]:
        few = self.rows <= last
        indices, rows = self.indices[few], self.rows[few].tolist()
        pointers = self.values.frame.pointers(indices)
        messages = [self.message(self.values.elements[index]) for index in indices.tolist()]
        return [
            Violation(row, pointer, self.keyword, message)
            for row, pointer, message in zip(rows, pointers, messages, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Told:
    """What another engine said of elements, by their index."""

    violations: Sequence[Violation]
    frame: Frame

    def placed(self, last: int) -> list[Violation]:
        if not self.violations:
            return []
        indices = np.array([each.row for each in self.violations], np.int64)
        rows, pointers = self.frame.rows(indices).tolist(), self.frame.pointers(indices)
        return [
            Violation(row, pointer + each.pointer, each.keyword, each.message)
            for row, pointer, each in zip(rows, pointers, self.violations, strict=True)
            if row <= last
        ]


class Sink:
    """The violations of one batch."""

    def __init__(self, rows: int, most: int) -> None:
        """Collect for a batch of so many rows; keep so many violations."""
        self.most = most
        self._rows = rows
        self._hits: list[_Hits] = []
        self._told: list[_Told] = []
        self._counts: Counter[str] = Counter()
        self._invalid: list[Indices] = []

    def add(self, keyword: str, values: Values, mask: Mask, message: Callable[[Any], str]) -> None:
        """Elements fail a keyword; `message` is made from the element (an Arrow scalar) when it is shown."""
        indices = np.flatnonzero(mask)
        rows = values.frame.rows(indices)
        self._counts[keyword] += len(indices)
        self._invalid.append(rows)
        self._hits.append(_Hits(keyword, values, indices, rows, message))

    def tell(self, frame: Frame, invalid: Indices, result: BatchResult) -> None:
        """Another engine found violations, whose `row` is an element's index."""
        self._counts.update(result.counts)
        self._invalid.append(frame.rows(invalid))
        self._told.append(_Told(result.violations, frame))

    def result(self) -> BatchResult:
        """The counts, and the first violations in order of row, pointer and keyword."""
        if not self._invalid:
            return BatchResult(self._rows)
        rows, times = np.unique(np.concatenate(self._invalid), return_counts=True)
        # The rows up to this one hold as many violations as are wanted, if there are so many.
        enough = np.searchsorted(np.cumsum(times), self.most)
        last = int(rows[min(enough, len(rows) - 1)]) if self.most else -1
        shown = [each for hits in self._hits for each in hits.violations(last)]
        shown += [each for told in self._told for each in told.placed(last)]
        shown.sort(key=lambda each: (each.row, each.pointer, each.keyword))
        return BatchResult(self._rows, len(rows), self._counts, _whole_rows(shown, self.most))


def _whole_rows(violations: list[Violation], most: int) -> list[Violation]:
    """As many as are wanted, and the rest of the last one's row."""
    end = min(most, len(violations))
    while 0 < end < len(violations) and violations[end].row == violations[end - 1].row:
        end += 1
    return violations[:end]
