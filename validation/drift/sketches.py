"""What is kept of a column: bounded in size, and the same whatever the batches and the order of merging."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from ..inputs.batch import Indices

Keys = npt.NDArray[np.uint64]
Values = npt.NDArray[Any]

MOST_CATEGORIES = 1_000
SMALLEST_HASHES = 1_024
LABEL_LENGTH = 100
LAST_KEY = np.uint64(2**64 - 1)


def mixed(keys: Keys) -> Keys:
    """Hashes of 64-bit numbers (the finaliser of SplitMix64): evenly spread, the same everywhere."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def text_hashes(texts: pa.Array) -> Keys:
    """XXH3 of every text's UTF-8 bytes; there may be no nulls."""
    texts = cast("Any", texts).cast(pa.large_string())
    _, ends, data = cast("Any", texts).buffers()
    offsets = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1].tolist()
    view, digest = memoryview(data or b""), xxhash.xxh3_64_intdigest
    pairs = itertools.pairwise(offsets)
    return np.fromiter((digest(view[start:end]) for start, end in pairs), np.uint64, len(texts))


class Sample:
    """The values with the smallest keys: a uniform sample without replacement, if keys are random.

    All values are there while there are no more than `size`.
    """

    def __init__(self, size: int, dtype: npt.DTypeLike) -> None:
        """Start empty."""
        self._size = size
        self._limit = LAST_KEY
        self._keys: Keys = np.empty(0, np.uint64)
        self._values: Values = np.empty(0, dtype)

    def wanted(self, keys: Keys) -> Indices:
        """Positions of the keys that may get in; values at others needn't be made."""
        limit = self._limit
        if len(keys) > self._size:
            limit = min(limit, np.partition(keys, self._size)[self._size])
        return np.flatnonzero(keys <= limit)

    def add(self, keys: Keys, values: Values) -> None:
        """Add values under their keys, which has one entry a value."""
        self._keys = np.concatenate([self._keys, keys])
        self._values = np.concatenate([self._values, values.astype(self._values.dtype)])
        if len(self._keys) > 2 * self._size:
            self._prune()

    def merge(self, other: Sample) -> None:
        """Add what another sample of the same size has seen."""
        self.add(other._keys, other._values)

    @property
    def values(self) -> Values:
        """The values, in order of their keys."""
        self._prune()
        return self._values

    def _prune(self) -> None:
        order = np.lexsort((self._values, self._keys))[: self._size]
        self._keys, self._values = self._keys[order], self._values[order]
        if len(order) == self._size:
            self._limit = self._keys[-1]


@dataclass(eq=False)
class Categories:
    """How often each text occurs; if there are more than a thousand, about how many differ.

    Attributes:
        counts: By hash the text, cut to a hundred characters, and its count. None if there were too many.
    """

    counts: dict[int, tuple[str, int]] | None = field(default_factory=dict[int, tuple[str, int]])
    _smallest: Keys = field(default_factory=lambda: np.empty(0, np.uint64))

    @property
    def distinct(self) -> int:
        """How many texts differ: exact up to a thousand, beyond with a standard error of 3 %."""
        if self.counts is not None:
            return len(self.counts)
        if len(self._smallest) < SMALLEST_HASHES:
            return len(self._smallest)
        return round((SMALLEST_HASHES - 1) * 2.0**64 / float(self._smallest[-1]))

    def add(self, texts: pa.Array) -> None:
        """Count texts; there may be no nulls."""
        if self.counts is None:
            self._note(text_hashes(texts))
            return
        found = cast("Any", texts).value_counts()
        values, counts = found.field("values"), found.field("counts")
        hashes = text_hashes(values)
        if len(values) > MOST_CATEGORIES:
            self._overflow(hashes)
            return
        labels = (text[:LABEL_LENGTH] for text in values.to_pylist())
        self._count(dict(zip(hashes.tolist(), zip(labels, counts.to_pylist(), strict=True), strict=True)))

    def merge(self, other: Categories) -> None:
        """Add what another has counted."""
        if other.counts is None:
            self._overflow(other._smallest)
        elif self.counts is None:
            self._note(np.fromiter(other.counts, np.uint64))
        else:
            self._count(other.counts)

    def _count(self, found: dict[int, tuple[str, int]]) -> None:
        known = self.counts or {}
        for key, (label, count) in found.items():
            known[key] = (label, known.get(key, ("", 0))[1] + count)
        self.counts = known
        if len(known) > MOST_CATEGORIES:
            self._overflow(np.empty(0, np.uint64))

    def _overflow(self, hashes: Keys) -> None:
        self._note(np.concatenate([np.fromiter(self.counts or (), np.uint64), hashes]))
        self.counts = None

    def _note(self, hashes: Keys) -> None:
        if len(self._smallest) == SMALLEST_HASHES:
            hashes = hashes[hashes < self._smallest[-1]]
        self._smallest = np.unique(np.concatenate([self._smallest, hashes]))[:SMALLEST_HASHES]
