"""Values of one level of nesting, all rows together, and where each of them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .plain import finite, lengths_of, pc, plain

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]


class Frame(Protocol):
    """How an element of a level is found in its row."""

    def rows(self, indices: Indices) -> Indices:
        """The row of each element."""
        ...

    def pointers(self, indices: Indices) -> list[str]:
        """The JSON pointer of each element inside its row."""
        ...


class Root:
    """The level of the rows themselves."""

    def rows(self, indices: Indices) -> Indices:
        """The elements are the rows."""
        return indices

    def pointers(self, indices: Indices) -> list[str]:
        """A row is its own root."""
        return [""] * len(indices)


@dataclass(frozen=True)
class Member:
    """The level of one member of objects."""

    up: Frame
    name: str

    def rows(self, indices: Indices) -> Indices:
        """There is one element an object."""
        return self.up.rows(indices)

    def pointers(self, indices: Indices) -> list[str]:
        """The object's pointer and the escaped name."""
        step = "/" + escaped(self.name)
        return [pointer + step for pointer in self.up.pointers(indices)]


@dataclass(frozen=True)
class Items:
    """The level of the elements of lists, end to end."""

    up: Frame
    lengths: Indices

    @cached_property
    def _parents(self) -> Indices:
        return np.repeat(np.arange(len(self.lengths), dtype=np.int64), self.lengths)

    @cached_property
    def starts(self) -> Indices:
        """Where each list begins."""
        ends = np.cumsum(self.lengths, dtype=np.int64)
        return cast("Indices", ends - self.lengths)

    def rows(self, indices: Indices) -> Indices:
        """The rows of the lists."""
        return self.up.rows(self._parents[indices])

    def pointers(self, indices: Indices) -> list[str]:
        """The list's pointer and the element's position."""
        parents = self._parents[indices]
        positions = indices - self.starts[parents]
        pairs = zip(self.up.pointers(parents), positions.tolist(), strict=True)
        return [f"{pointer}/{position}" for pointer, position in pairs]


@dataclass(frozen=True)
class Picked:
    """The level of some elements of another level."""

    up: Frame
    index: Indices

    def rows(self, indices: Indices) -> Indices:
        """As in the other level."""
        return self.up.rows(self.index[indices])

    def pointers(self, indices: Indices) -> list[str]:
        """As in the other level."""
        return self.up.pointers(self.index[indices])


@dataclass(frozen=True)
class Values:
    """Elements of one level.

    Attributes:
        array: The elements, without chunks, dictionaries and extension types other than JSON. Numbers that
            JSON doesn't have are null.
        frame: Where they stand.
        chosen: Those that a schema is applied to; None for all.
        original: The elements with such numbers, if there are any.
    """

    array: Any
    frame: Frame
    chosen: Mask | None = None
    original: Any = None

    @classmethod
    def of(cls, array: Any, frame: Frame, chosen: Mask | None = None) -> Values:
        """Elements as a plain array has them."""
        numbers = finite(array)
        return cls(numbers, frame, chosen, None if numbers is array else array)

    @property
    def elements(self) -> Any:
        """The elements as messages show them."""
        return self.array if self.original is None else self.original

    def __len__(self) -> int:
        """How many elements there are, chosen or not."""
        return len(self.array)

    @property
    def not_finite(self) -> Mask | None:
        """Numbers that JSON doesn't have: they are of no type and equal nothing. None if there are none."""
        if self.original is None:
            return None
        return numpy_mask(self.original.is_valid()) & numpy_mask(self.array.is_null())

    def among(self, mask: Mask | None) -> Values:
        """The same elements, of which only those of the mask stay chosen."""
        return replace(self, chosen=both(self.chosen, mask))

    def pick(self, index: Indices) -> Values:
        """Some of the elements, in the order given."""
        chosen = None if self.chosen is None else self.chosen[index]
        return Values.of(self.elements.take(pa.array(index)), Picked(self.frame, index), chosen)

    def member(self, position: int, *, null_is_absent: bool) -> Values:
        """A member of the objects among the elements; chosen where there is one."""
        array = self.array
        name = array.type.field(position).name
        if array.null_count:
            child = plain(pc.struct_field(array, [position]))
            chosen = both(self.chosen, numpy_mask(array.is_valid()))
        else:
            child, chosen = plain(array.field(position)), self.chosen
        if null_is_absent and child.null_count:
            chosen = both(chosen, numpy_mask(child.is_valid()))
        return Values.of(child, Member(self.frame, name), chosen)

    def lengths(self) -> Indices:
        """The lengths of the lists among the elements; 0 for null."""
        lengths = lengths_of(self.array).to_numpy(zero_copy_only=False)
        return cast("Indices", lengths.astype(np.int64, copy=False))

    def items(self, lengths: Indices) -> Values:
        """The elements of the lists among the elements, end to end."""
        chosen = None if self.chosen is None else np.repeat(self.chosen, lengths)
        return Values.of(plain(self.array.flatten()), Items(self.frame, lengths), chosen)


def numpy_mask(array: Any) -> Mask:
    """A boolean array as a mask; null counts as false."""
    if array.null_count:
        array = pc.fill_null(array, fill_value=False)
    return cast("Mask", array.to_numpy(zero_copy_only=False))


def found(array: Any) -> Mask | None:
    """A boolean array as a mask, or None if nothing in it is true."""
    return numpy_mask(array) if array.true_count else None


def both(left: Mask | None, right: Mask | None) -> Mask | None:
    """Elements in both masks, where None stands for all."""
    if left is None or right is None:
        return right if left is None else left
    return left & right


def either(masks: Sequence[Mask | None]) -> Mask | None:
    """Elements in any of the masks, where None stands for none."""
    present = [mask for mask in masks if mask is not None]
    if not present:
        return None
    return present[0] if len(present) == 1 else cast("Mask", np.logical_or.reduce(present))


def escaped(name: str) -> str:
    """A member's name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
