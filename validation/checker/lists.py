"""Keywords of arrays over columns of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from .checks import Check, Show
from .messages import describe
from .sink import Sink
from .values import Indices, Mask, Values, either, numpy_mask, pc

Failing = Callable[[Values], Mask | None]


def sized(fails: Callable[[Indices], Mask]) -> Failing:
    """`minItems` and its kind: a condition on the length of what is no null."""

    def failing(values: Values) -> Mask | None:
        mask = fails(values.lengths())
        if values.array.null_count:
            mask &= numpy_mask(values.array.is_valid())
        return mask if mask.any() else None

    return failing


@dataclass(frozen=True)
class Elements(Check):
    """`prefixItems` and `items`: a schema for each of the first places, and one for the rest."""

    prefix: Sequence[Check]
    rest: Check | None

    def fails(self, values: Values) -> Mask | None:
        """Lists with an element that fails."""
        lengths = values.lengths()
        return either(
            [_any_in_list(check, part, lengths, index) for check, part, index in self._parts(values)]
        )

    def tell(self, values: Values, sink: Sink) -> None:
        """The errors of elements."""
        for check, part, _ in self._parts(values):
            check.tell(part, sink)

    def _parts(self, values: Values) -> list[tuple[Check, Values, Indices | None]]:
        lengths = values.lengths()
        items = values.items(lengths)
        if not self.prefix:
            return [] if self.rest is None else [(self.rest, items, None)]
        starts = np.cumsum(lengths) - lengths
        positions = np.arange(len(items), dtype=np.int64) - np.repeat(starts, lengths)
        parts: list[tuple[Check, Values, Indices | None]] = []
        for place, check in enumerate(self.prefix):
            index = np.flatnonzero(positions == place)
            parts.append((check, items.pick(index), index))
        if self.rest is not None:
            index = np.flatnonzero(positions >= len(self.prefix))
            parts.append((self.rest, items.pick(index), index))
        return parts


def _any_in_list(check: Check, part: Values, lengths: Indices, index: Indices | None) -> Mask | None:
    mask = check.fails(part)
    if mask is None:
        return None
    if index is not None:
        whole = np.zeros(int(lengths.sum()), np.bool_)
        whole[index] = mask
        mask = whole
    return per_list(mask, lengths) > 0


def per_list(mask: Mask, lengths: Indices) -> Indices:
    """How many elements of each list are in the mask."""
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask, dtype=np.int64)])
    ends = np.cumsum(lengths)
    return totals[ends] - totals[ends - lengths]


@dataclass(frozen=True)
class Contains(Check):
    """`contains` with `minContains` and `maxContains`, each with the error it gives in `jsonschema`."""

    check: Check
    least: int
    most: int | None
    schema: Mapping[str, Any]
    show: Show | None = None

    def fails(self, values: Values) -> Mask | None:
        """Lists with too few or too many elements that pass."""
        return either([mask for _, mask, _ in self._errors(values)])

    def tell(self, values: Values, sink: Sink) -> None:
        """One error a list."""
        for keyword, mask, expected in self._errors(values):
            sink.add(keyword, values, mask, self._teller(keyword, expected))

    def _errors(self, values: Values) -> list[tuple[str, Mask, int]]:
        lengths = values.lengths()
        items = values.items(lengths)
        failing = self.check.fails(items)
        passing = lengths if failing is None else lengths - per_list(failing, lengths)
        applies = numpy_mask(values.array.is_valid())
        if values.chosen is not None:
            applies = applies & values.chosen
        many = applies & (passing > self.most) if self.most is not None else np.zeros(len(values), np.bool_)
        few = applies & ~many & (passing < self.least)
        parts = [
            ("maxContains", many, self.most or 0),
            ("contains", few & (passing == 0), self.least),
            ("minContains", few & (passing > 0), self.least),
        ]
        return [part for part in parts if part[1].any()]

    def _teller(self, keyword: str, expected: int) -> Callable[[Any], str]:
        show = self.show or (lambda scalar: scalar.as_py())
        return lambda scalar: describe(keyword, expected, show(scalar), self.schema)


def repeated(values: Values) -> Mask | None:
    """`uniqueItems` over lists of scalars: lists that hold an element twice."""
    lengths = values.lengths()
    items = values.items(lengths)
    if len(items) < 2:  # noqa: PLR2004  # what takes two
        return None
    codes = _codes(items)
    lists = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    order = np.lexsort((codes, lists))
    codes, lists = codes[order], lists[order]
    twice = (codes[1:] == codes[:-1]) & (lists[1:] == lists[:-1])
    if not twice.any():
        return None
    mask = np.zeros(len(lengths), np.bool_)
    mask[lists[1:][twice]] = True
    return mask


def _codes(items: Values) -> Indices:
    """A number for each distinct element; null has one too."""
    array = items.array
    if pa.types.is_floating(array.type):
        # Equal numbers have equal bits, once the zeros have one sign.
        array = pc.add(array.cast("float64"), 0.0)
    encoded = pc.dictionary_encode(array, null_encoding="encode")
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    if items.not_finite is not None:
        apart = np.flatnonzero(items.not_finite)
        codes[apart] = -1 - apart
    return codes
