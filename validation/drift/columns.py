"""The profile of one column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from .moments import Moments
from .sketches import LABEL_LENGTH, Categories, Keys, Sample

pc = cast("Any", pyarrow.compute)
Kind = Literal["number", "text", "boolean", "list", "binary", "struct", "null", "other"]

SAMPLE_SIZE = 50_000
LABEL_SAMPLE_SIZE = 2_000
TOP_SHARE = 0.01
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_TESTS: dict[Kind, tuple[str, ...]] = {
    "number": ("is_integer", "is_floating", "is_decimal"),
    "text": ("is_string", "is_large_string", "is_string_view"),
    "boolean": ("is_boolean",),
    "list": ("is_list", "is_large_list", "is_fixed_size_list"),
    "binary": ("is_binary", "is_large_binary", "is_fixed_size_binary"),
    "struct": ("is_struct",),
    "null": ("is_null",),
}


def kind_of(dtype: pa.DataType) -> Kind:
    """What sort of value an Arrow type holds."""
    types = cast("Any", pa.types)
    for kind, tests in _TESTS.items():
        if any(getattr(types, test)(dtype) for test in tests):
            return kind
    return "other"


def type_name(dtype: pa.DataType) -> str:
    """An Arrow type without how it is laid out; what is inside a list or struct has a path of its own."""
    kind = kind_of(dtype)
    names = {"text": "string", "list": "list", "struct": "struct", "binary": "binary"}
    return names.get(kind, str(dtype))


@dataclass
class ColumnProfile:
    """What one path holds, where its values are of one kind.

    Attributes:
        kind: What sort of values they are.
        types: The Arrow types seen.
        count: Values, nulls too.
        nulls: Nulls.
        squares: Sum over the rows of the squared number of values in a row. It is `count` where every row has
            one value, and more where lists hold several, which then aren't independent.
        moments: Of the numbers; of lengths for text (characters), binary (bytes) and lists (items).
        sample: Of the same numbers or lengths, at most 50,000.
        labels: Of texts and booleans, at most 2,000, cut to a hundred characters.
        categories: How often each text or boolean occurs.
    """

    kind: Kind
    types: set[str] = field(default_factory=set[str])
    count: int = 0
    nulls: int = 0
    squares: int = 0
    moments: Moments = field(default_factory=Moments)
    sample: Sample = field(default_factory=lambda: Sample(SAMPLE_SIZE, np.float64))
    labels: Sample = field(default_factory=lambda: Sample(LABEL_SAMPLE_SIZE, f"<U{LABEL_LENGTH}"))
    categories: Categories = field(default_factory=Categories)

    @property
    def present(self) -> int:
        """Values that aren't null."""
        return self.count - self.nulls

    @property
    def independent(self) -> float:
        """How many independent values the present ones are worth at least.

        Kish's effective sample size, as if values of one row were copies of each other.
        """
        return self.count / self.squares * self.present if self.squares else 0.0

    def worth(self, sample: Sample, population: int) -> float:
        """How many independent values a sample of the present ones is worth at least.

        Args:
            sample: Values of this column.
            population: How many values it was drawn from.
        """
        kept = len(sample.values)
        if not kept or not self.independent:
            return 0.0
        return 1 / (1 / self.independent + (1 - kept / population) / kept)

    def add(self, values: pa.Array, keys: Keys, squares: int) -> None:
        """Add values of a batch, with a random key each, and the squared numbers of values in its rows."""
        self.types.add(type_name(values.type))
        if self.kind == "text":
            values = cast("Any", values).cast(pa.large_string())
        self.count += len(values)
        self.nulls += values.null_count
        self.squares += squares
        if self.kind in {"struct", "null", "other"}:
            return
        if values.null_count:
            valid = values.is_valid()
            values, keys = values.filter(valid), keys[valid.to_numpy(zero_copy_only=False)]
        if self.kind != "boolean":
            self._measure(_measured(values, self.kind), keys)
        if self.kind in {"text", "boolean"} and len(values):
            self._label(values, keys)

    def merge(self, other: ColumnProfile) -> None:
        """Add what another profile of the same kind has seen."""
        self.types |= other.types
        self.count += other.count
        self.nulls += other.nulls
        self.squares += other.squares
        self.moments.merge(other.moments)
        self.sample.merge(other.sample)
        self.labels.merge(other.labels)
        self.categories.merge(other.categories)

    def as_dict(self) -> dict[str, Any]:
        """The profile as JSON: counts, moments and quantiles, and categories or an estimate of how many."""
        facts: dict[str, Any] = {"kind": self.kind, "types": sorted(self.types), "count": self.count}
        facts |= {"nulls": self.nulls}
        if self.moments.count or self.moments.not_finite:
            facts["values" if self.kind == "number" else "lengths"] = self._spread()
        if self.kind in {"text", "boolean"} and self.present:
            facts |= self._words()
        return facts

    def _measure(self, measure: npt.NDArray[np.float64], keys: Keys) -> None:
        finite = np.isfinite(measure)
        if not finite.all():
            self.moments.not_finite += int(len(measure) - finite.sum())
            measure, keys = measure[finite], keys[finite]
        self.moments.add(measure)
        chosen = self.sample.wanted(keys)
        self.sample.add(keys[chosen], measure[chosen])

    def _label(self, values: pa.Array, keys: Keys) -> None:
        texts = cast("Any", values).cast(pa.large_string())
        chosen = self.labels.wanted(keys)
        cut = pc.utf8_slice_codeunits(texts.take(pa.array(chosen)), 0, LABEL_LENGTH)
        self.labels.add(keys[chosen], np.array(cut.to_pylist(), dtype=f"<U{LABEL_LENGTH}"))
        self.categories.add(texts)

    def _spread(self) -> dict[str, Any]:
        moments = self.moments
        facts = {"finite": moments.count, "not_finite": moments.not_finite, "mean": moments.mean}
        if moments.count:
            values = np.quantile(self.sample.values, QUANTILES).tolist()
            facts |= {"deviation": moments.deviation, "low": moments.low, "high": moments.high}
            facts |= {"quantiles": dict(zip(map(str, QUANTILES), values, strict=True))}
        return facts

    def _words(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"distinct": self.categories.distinct}
        if self.categories.counts is not None:
            return facts | {"categories": dict(sorted(_by_label(self.categories.counts).items()))}
        labels, counts = np.unique(self.labels.values, return_counts=True)
        shares = {
            str(label): float(count / counts.sum()) for label, count in zip(labels, counts, strict=True)
        }
        return facts | {"top": {label: share for label, share in shares.items() if share >= TOP_SHARE}}


def _by_label(counts: dict[int, tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for label, count in counts.values():
        found[label] = found.get(label, 0) + count
    return found


def _measured(values: Any, kind: Kind) -> npt.NDArray[np.float64]:
    if kind == "number":
        return np.asarray(values.cast(pa.float64(), safe=False), np.float64)
    lengths = {"text": "utf8_length", "list": "list_value_length", "binary": "binary_length"}
    return np.asarray(getattr(pc, lengths[kind])(values), np.float64)
