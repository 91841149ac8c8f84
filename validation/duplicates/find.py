"""Duplicates within one collection of texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import UsageError
from .guard import BUDGET, Bounds, Leaders, Limits, heavy
from .join import Comparison, Found, Index, Progress, Threshold, joined, merged, prefixes, probe, repeated
from .sets import Frequencies, Sets, sets_of, shingles_of
from .words import Indices, Texts, Words, words_of

THRESHOLD = 0.8
SHINGLE = 2


@dataclass(frozen=True)
class Duplicates:
    """What `find_duplicates` found.

    Attributes:
        rows: How many texts there were.
        blank: How many of them are null or white space; these are never duplicates.
        threshold: The least similarity of a pair.
        shingle: Words a shingle.
        first: For each row the first row with the same text: itself, mostly.
        left: First row of each near-duplicate pair; only the first row of equal texts is paired.
        right: The second row; larger than `left`.
        similarity: Jaccard similarity of the pair, from 0 to 1.
        limits: What a bound on the work left out.
    """

    rows: int
    blank: int
    threshold: float
    shingle: int
    first: Indices
    left: Indices
    right: Indices
    similarity: npt.NDArray[np.float64]
    limits: Limits = field(default_factory=Limits)

    @property
    def pairs(self) -> pa.Table:
        """The near-duplicate pairs: `left`, `right` (rows from 0) and `similarity`, ordered by row."""
        return pa.table({"left": self.left, "right": self.right, "similarity": self.similarity})

    def exact(self) -> list[list[int]]:
        """Groups of rows with the same text, of two rows or more, ordered by their first row."""
        return _groups(self.first)

    @cached_property
    def cluster(self) -> Indices:
        """For each row the first row of its cluster: rows that equality and pairs connect."""
        labels = connected(self.rows, self.left, self.right)
        return labels[self.first]

    def clusters(self) -> list[list[int]]:
        """Clusters of two rows or more, ordered by their first row."""
        return _groups(self.cluster)

    def keep(self) -> npt.NDArray[np.bool_]:
        """True for the first row of each cluster, and for every row that is in none."""
        return self.cluster == np.arange(self.rows)

    @property
    def found(self) -> bool:
        """Whether there is any duplicate."""
        return not bool(self.keep().all())


def find_duplicates(
    texts: Texts,
    *,
    threshold: float = THRESHOLD,
    shingle: int = SHINGLE,
    budget: int = BUDGET,
    progress: Progress | None = None,
) -> Duplicates:
    """Find texts that are the same after normalisation, and pairs that are nearly so.

    A pair is two different texts whose sets of shingles (runs of words) have a Jaccard similarity of at least
    the threshold. The pairs are complete and exact unless `limits` says otherwise.

    Args:
        texts: The texts; null is a blank text.
        threshold: The least similarity, above 0 and at most 1.
        shingle: Words a shingle, from 1. Shorter texts are only ever equal.
        budget: How many candidates may be compared before large groups of similar texts are sampled.
        progress: Called with a stage, how much is done, and of how much.

    Raises:
        UsageError: The threshold or the shingle is out of range.
    """
    return duplicates_of(
        words_of(texts), threshold=threshold, shingle=shingle, budget=budget, progress=progress
    )


def duplicates_of(
    words: Words,
    *,
    threshold: float = THRESHOLD,
    shingle: int = SHINGLE,
    budget: int = BUDGET,
    progress: Progress | None = None,
) -> Duplicates:
    """`find_duplicates` for words that are hashed already."""
    exactly = checked_threshold(threshold, shingle)
    fingerprints = words.fingerprints()
    first = first_equal(fingerprints, words.counts > 0)
    single = np.flatnonzero((first == np.arange(len(words))) & (words.counts >= shingle))
    shingles = shingles_of(words, shingle)
    frequencies = Frequencies.of(shingles.hashes)
    sets = sets_of(shingles, single, fingerprints[single], frequencies)
    del shingles
    found, limits = self_join(sets, exactly, budget, progress or silent)
    one, other = sets.rows[found.left], sets.rows[found.right]
    left, right = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((right, left))
    union = sets.sizes[found.left] + sets.sizes[found.right] - found.shared
    similarity = (found.shared / union)[order]
    blank = int((words.counts == 0).sum())
    return Duplicates(
        len(words), blank, threshold, shingle, first, left[order], right[order], similarity, limits
    )


def self_join(sets: Sets, threshold: Threshold, budget: int, progress: Progress) -> tuple[Found, Limits]:
    """All pairs of similar sets, within the budget."""
    index = Index(repeated(prefixes(sets, threshold, short=True)))
    entries = repeated(prefixes(sets, threshold, short=False))
    first = np.searchsorted(sets.sizes, threshold.smallest(sets.sizes)).astype(np.int64)
    bounds = Bounds(first, np.arange(len(sets.sizes), dtype=np.int64))
    found = probe(index, entries, bounds.first, bounds.last)
    many = heavy(found, budget)
    comparison = Comparison(sets, sets, threshold)
    light = found.only(~many)
    results = comparison.pairs(index, light, progress)
    if not many.any():
        return joined(results), Limits()
    covered = np.zeros(len(sets.rows), np.bool_)
    for result in results:
        covered[result.left] = covered[result.right] = True
    leaders = Leaders(comparison, index, covered, budget, both=True)
    crowd = found.only(many)
    groups = len(np.unique(crowd.ranks))
    leaders.run(crowd, bounds, lambda done: progress("compare large groups", done, groups))
    both = leaders.touched & leaders.covered
    limits = Limits(int(both.sum()), int((leaders.unexamined & ~leaders.covered).sum()))
    return merged(results + leaders.found), limits


def checked_threshold(threshold: float, shingle: int) -> Threshold:
    """The threshold as a fraction.

    Raises:
        UsageError: The threshold or the shingle is out of range.
    """
    if not 0 < threshold <= 1:
        raise UsageError(
            f"threshold is {threshold}; expected a similarity above 0 and at most 1, such as 0.8"
        )
    if shingle < 1:
        raise UsageError(f"shingle is {shingle}; expected a number of words from 1")
    return Threshold.of(threshold)


def first_equal(values: npt.NDArray[np.uint64], known: npt.NDArray[np.bool_]) -> Indices:
    """For each value the first position that holds the same one; its own where it isn't known."""
    first = np.arange(len(values), dtype=np.int64)
    some = np.flatnonzero(known)
    _, firsts, ranks = np.unique(values[some], return_index=True, return_inverse=True)
    first[some] = some[firsts[ranks]]
    return first


def connected(count: int, left: Indices, right: Indices) -> Indices:
    """For each of `count` things the smallest that pairs connect it with."""
    labels = np.arange(count, dtype=np.int64)
    while True:
        lower = np.minimum(labels[left], labels[right])
        before = labels.copy()
        for ends in (labels[left], labels[right], left, right):
            np.minimum.at(labels, ends, lower)
        labels = labels[labels]
        if np.array_equal(before, labels):
            return labels


def _groups(labels: Indices) -> list[list[int]]:
    order = np.argsort(labels, kind="stable")
    values, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    del values
    several = counts > 1
    ranges: Any = zip(starts[several].tolist(), counts[several].tolist(), strict=True)
    return [order[start : start + count].tolist() for start, count in ranges]


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""
    del stage, done, total
