"""Rules on ids: unique in the dataset, and in one split of a config."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from ..findings import Finding, Severity
from ..inputs.batch import Batch
from .base import Rule
from .keys import Keys, Occurrence
from .spanning import SpanningRule


class DuplicateId(SpanningRule):
    """An id that occurs more than once in the configs that the rule is declared for.

    Every occurrence but the first is a finding. Nulls are no ids. Values of different types differ.
    """

    name: ClassVar[str] = "duplicate-id"
    severity: ClassVar[Severity] = "error"

    def __init__(self, field: str = "id") -> None:
        """Take the path of the id."""
        self._field = field
        self._keys = Keys()

    @property
    def columns(self) -> tuple[str, ...]:
        """The id."""
        return (self._field,)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the ids."""
        self._keys.add(batch, self._field)
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding for each occurrence after the first."""
        for value, (first, *others) in self._keys.repeated():
            message = f"{value!r} occurs again, first at {first}"
            for each in others:
                yield self.finding(message, each.batch, each.row, self._field)


class SharedId(Rule):
    """A value that occurs in two splits of a config; inside one split it may occur as often as it likes.

    Plain files count as splits. Each further split that has the value is one finding, at its first row there.
    """

    name: ClassVar[str] = "shared-id"
    severity: ClassVar[Severity] = "error"

    def __init__(self, field: str = "id") -> None:
        """Take the path of the value."""
        self._field = field
        self._keys = Keys()

    @property
    def columns(self) -> tuple[str, ...]:
        """The value."""
        return (self._field,)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the values."""
        self._keys.add(batch, self._field)
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding for each split after a value's first."""
        for value, occurrences in self._keys.repeated():
            splits: dict[str, Occurrence] = {}
            for each in occurrences:
                splits.setdefault(each.batch.place.split or each.batch.place.file, each)
            first, *others = splits.values()
            for each in others:
                message = f"{value!r} is in another split too, at {first}"
                yield self.finding(message, each.batch, each.row, self._field)


RULES: tuple[type[Rule], ...] = (DuplicateId, SharedId)
