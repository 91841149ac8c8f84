"""Keywords of objects over columns of structs, whose members' names the type settles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .checks import Check
from .plain import pc, plain
from .sink import Sink
from .values import Indices, Mask, Values, either, numpy_mask

Failing = Callable[[Values], Mask | None]


@dataclass(frozen=True)
class Presence:
    """Which objects have a member.

    In a table every object has every member of its type, as null if nothing else; where null stands
    for absent, those with a value.
    """

    null_is_absent: bool

    def objects(self, values: Values) -> Mask:
        """Elements that are objects."""
        if not values.array.null_count:
            return np.ones(len(values), np.bool_)
        return numpy_mask(values.array.is_valid())

    def of(self, values: Values, name: str) -> Mask:
        """Objects that have the member."""
        position = values.array.type.get_field_index(name)
        if position < 0:
            return np.zeros(len(values), np.bool_)
        if not self.null_is_absent:
            return self.objects(values)
        return numpy_mask(plain(pc.struct_field(values.array, [position])).is_valid())

    def count(self, values: Values) -> Indices:
        """How many members each object has."""
        names = [member.name for member in values.array.type]
        total = np.zeros(len(values), np.int64)
        for name in names:
            total += self.of(values, name)
        return total

    def lacking(self, name: str) -> Failing:
        """`required`: objects without the member."""

        def failing(values: Values) -> Mask | None:
            if not self.null_is_absent and values.array.type.get_field_index(name) >= 0:
                return None
            return _some(self.objects(values) & ~self.of(values, name))

        return failing

    def dependent(self, name: str, needed: str) -> Failing:
        """`dependentRequired`: objects with one member but not the other."""
        return lambda values: _some(self.of(values, name) & ~self.of(values, needed))

    def having(self, names: Sequence[str]) -> Failing:
        """Objects that have any of the members."""
        return lambda values: either([_some(self.of(values, name)) for name in names])

    def counted(self, fails: Callable[[Indices], Mask]) -> Failing:
        """`minProperties` and its kind: a condition on the number of members."""
        return lambda values: _some(self.objects(values) & fails(self.count(values)))


@dataclass(frozen=True)
class Members(Check):
    """`properties` and its kin: a check for members by their position in the type."""

    checks: Sequence[tuple[int, Check]]
    null_is_absent: bool

    def fails(self, values: Values) -> Mask | None:
        """Objects with a member that fails."""
        return either([check.fails(self._part(values, position)) for position, check in self.checks])

    def tell(self, values: Values, sink: Sink) -> None:
        """The errors of members."""
        for position, check in self.checks:
            check.tell(self._part(values, position), sink)

    def _part(self, values: Values, position: int) -> Values:
        return values.member(position, null_is_absent=self.null_is_absent)


def _some(mask: Mask) -> Mask | None:
    return mask if mask.any() else None
