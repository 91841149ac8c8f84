"""A rule about lengths far from the others of a split."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from ...errors import UsageError
from ..findings import Finding, Severity
from ..inputs.batch import Batch, Place
from .base import Rule

pc = cast("Any", pyarrow.compute)
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Method = Literal["robust-z", "tukey"]

LEAST_VALUES = 20
NORMAL_DEVIATION = 1.4826022185056018  # of a normal distribution, in median absolute deviations
MEAN_DEVIATION = 1.2533141373155003  # the same in mean absolute deviations
LIMITS: dict[Method, float] = {"robust-z": 6.0, "tukey": 3.0}


@dataclass(frozen=True, slots=True, order=True)
class _Extreme:
    length: int
    row: int
    where: str
    line: int | None


@dataclass
class _Lengths:
    """The lengths of a split: how often each occurs, and the rows of the most extreme ones."""

    most: int
    lengths: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    counts: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    shortest: list[_Extreme] = field(default_factory=list[_Extreme])
    longest: list[_Extreme] = field(default_factory=list[_Extreme])

    def add(self, lengths: Integers, rows: Integers, batch: Batch) -> None:
        both = np.concatenate([self.lengths, lengths])
        weights = np.concatenate([self.counts, np.ones(len(lengths), np.int64)])
        self.lengths, places = np.unique(both, return_inverse=True)
        self.counts = np.zeros(len(self.lengths), np.int64)
        np.add.at(self.counts, places, weights)
        order = np.argsort(lengths, kind="stable")[: self.most]
        self.shortest += [_extreme(batch, lengths, rows, index) for index in order.tolist()]
        self.shortest = sorted(self.shortest)[: self.most]
        order = np.argsort(-lengths, kind="stable")[: self.most]
        self.longest += [_extreme(batch, lengths, rows, index) for index in order.tolist()]
        self.longest = sorted(self.longest, key=lambda item: (-item.length, item.row))[: self.most]

    def beyond(self, low: float, high: float) -> tuple[int, int]:
        """How many are below and above the fences."""
        return int(self.counts[self.lengths < low].sum()), int(self.counts[self.lengths > high].sum())


class LengthOutlier(Rule):
    """No text or list is far longer or shorter than the others of its split."""

    name: ClassVar[str] = "length-outlier"
    severity: ClassVar[Severity] = "warning"

    def __init__(
        self, field: str, method: Method = "robust-z", limit: float | None = None, most: int = 20
    ) -> None:
        """Set how far is far.

        Args:
            field: Path of texts (characters are counted) or lists (items); nulls don't count.
            method: `robust-z`: distance from the median of log(1 + length), in deviations estimated from the
                median absolute deviation. `tukey`: distance from the quartiles, in interquartile ranges.
            limit: The distance allowed; 6 for `robust-z`, 3 for `tukey` unless set.
            most: How many rows are named in each split, the most extreme ones; all are counted.

        Raises:
            UsageError: An argument is out of its range.
        """
        if method not in LIMITS:
            raise UsageError(f"length-outlier: method is {method!r}, expected 'robust-z' or 'tukey'")
        self._limit = LIMITS[method] if limit is None else limit
        if not self._limit > 0 or most < 1:
            raise UsageError(f"length-outlier: limit is {self._limit}, most is {most}; expected above 0")
        self._field, self._method, self._most = field, method, most
        self._places: dict[Place, _Lengths] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The path of the texts or lists."""
        return (self._field,)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Note lengths."""
        column = batch.column(self._field)
        lengths = None if column is None else _lengths(column.values)
        if column is not None and lengths is not None:
            valid = column.values.is_valid().to_numpy(zero_copy_only=False)
            found = np.asarray(lengths.drop_null(), np.int64)
            self._places.setdefault(batch.place, _Lengths(self._most)).add(found, column.rows[valid], batch)
        return ()

    def finish(self) -> Iterable[Finding]:
        """The most extreme rows of every split in order, then how many there are in all."""
        for place, seen in self._places.items():
            if seen.counts.sum() >= LEAST_VALUES:
                yield from self._outliers(place, seen)

    def _outliers(self, place: Place, seen: _Lengths) -> Iterator[Finding]:
        middle = quantile(seen.lengths, seen.counts, 0.5)
        low, high = self._fences(seen)
        short, long = seen.beyond(low, high)
        allowed = f"{max(low, 0):.1f} to {high:.1f} is allowed ({self._method}, limit {self._limit:g})"
        text = f"the median is {middle:g}, and {allowed}"
        for item in self._named(seen, low, high, middle):
            where = {"where": item.where, "line": item.line, "row": item.row}
            message = f"the length is {item.length:,}; {text}"
            yield Finding(
                self.name, message, self.severity, field=self._field, file=place.file, **cast("Any", where)
            )
        if short or long:
            number = f"{short + long:,} of {seen.counts.sum():,} lengths are outliers"
            message = f"{number}, {short:,} short and {long:,} long; {text}"
            yield Finding(self.name, message, self.severity, str(place), self._field, file=place.file)

    def _named(self, seen: _Lengths, low: float, high: float, middle: float) -> list[_Extreme]:
        found = {item for item in seen.shortest if item.length < low}
        found |= {item for item in seen.longest if item.length > high}
        first = sorted(
            found,
            key=lambda item: (-abs(math.log1p(item.length) - math.log1p(middle)), item.row, item.length),
        )
        return sorted(first[: self._most], key=lambda item: (item.row, item.length))

    def _fences(self, seen: _Lengths) -> tuple[float, float]:
        """The shortest and longest length allowed."""
        if self._method == "tukey":
            first, third = (quantile(seen.lengths, seen.counts, share) for share in (0.25, 0.75))
            reach = self._limit * (third - first)
            return first - reach, third + reach
        logs = np.log1p(seen.lengths)
        middle = quantile(logs, seen.counts, 0.5)
        reach = self._limit * _deviation(np.abs(logs - middle), seen.counts)
        with np.errstate(over="ignore"):
            # A length exactly at the fence mustn't fall out by rounding.
            return float(np.expm1(middle - reach)) - 1e-6, float(np.expm1(middle + reach)) + 1e-6


def quantile(values: npt.NDArray[Any], counts: Integers, share: float) -> float:
    """The quantile of values that occur so many times, as `numpy.quantile` interpolates.

    Args:
        values: Different values, ascending.
        counts: How often each occurs.
        share: Between 0 and 1.
    """
    ends = np.cumsum(counts)
    position = share * float(ends[-1] - 1)
    below, above = (
        float(values[np.searchsorted(ends, at, "right")])
        for at in (math.floor(position), math.ceil(position))
    )
    return below + (above - below) * (position - math.floor(position))


def _deviation(distances: Floats, counts: Integers) -> float:
    """A standard deviation from absolute distances: by their median, or their mean if most are zero."""
    order = np.argsort(distances, kind="stable")
    median = quantile(distances[order], counts[order], 0.5)
    if median:
        return median * NORMAL_DEVIATION
    return float(distances @ counts) / float(counts.sum()) * MEAN_DEVIATION


def _lengths(values: Any) -> Any:
    kind = values.type
    if pa.types.is_string_view(kind):
        values, kind = values.cast(pa.large_string()), pa.large_string()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.utf8_length(values)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pc.list_value_length(values)
    return None


def _extreme(batch: Batch, lengths: Integers, rows: Integers, index: int) -> _Extreme:
    row = int(rows[index])
    line = None if batch.lines is None else int(batch.lines[row])
    return _Extreme(int(lengths[index]), batch.first + row, batch.where(row), line)
