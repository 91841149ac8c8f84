"""From words to sets of shingles, in the form that the join reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .hashing import SEED, mix
from .words import THREADS, Hashes, Indices, Words

LEVEL_BITS = 6
HASH_BITS = 64 - LEVEL_BITS
LEVEL = np.uint64(HASH_BITS)
HASH = np.uint64((1 << HASH_BITS) - 1)
# The level of a count: 0 for 0, 1 for 1, and two more for each doubling.
STEPS = np.concatenate([[0], 1 + np.floor(2 * np.log2(np.arange(1, 1 << 16)))]).astype(np.uint8)


@dataclass(frozen=True)
class Shingles:
    """Hashes of each text's runs of `size` words; a shorter text that has words has one, of all of them.

    Attributes:
        hashes: Text after text; a shingle that a text repeats is repeated.
        offsets: Where each text's begin, and the end of the last.
    """

    hashes: Hashes
    offsets: Indices


@dataclass(frozen=True)
class Sets:
    """Texts as sets of shingles, ordered by size.

    Attributes:
        keys: Distinct shingles of text after text, ascending within a text; rare shingles come first.
        offsets: Where each text's begin, and the end of the last.
        rows: The row of each text; ascending in the size of the set.
    """

    keys: Hashes
    offsets: Indices
    rows: Indices

    @cached_property
    def sizes(self) -> Indices:
        """How many shingles each text has, ascending."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Frequencies:
    """How often shingles occur, roughly: a table of levels by the first bits of the hash.

    Any order that all texts share makes the join exact; this one only makes it fast.
    """

    levels: npt.NDArray[np.uint8]
    bits: int

    @classmethod
    def of(cls, hashes: Hashes) -> Frequencies:
        """Count shingles."""
        bits = int(np.clip(len(hashes).bit_length(), 16, 24))
        counts = np.bincount((hashes >> np.uint64(64 - bits)).astype(np.int64), minlength=1 << bits)
        return cls(STEPS[np.minimum(counts, len(STEPS) - 1, out=counts)], bits)

    def keys(self, hashes: Hashes) -> Hashes:
        """The shingles with their level in the highest bits: 0 never seen, 1 once, then more often."""
        levels = self.levels[(hashes >> np.uint64(64 - self.bits)).astype(np.int64)]
        return (levels.astype(np.uint64) << LEVEL) | (hashes & HASH)


def shingles_of(words: Words, size: int) -> Shingles:
    """Every run of `size` words of each text."""
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(lambda block: _shingles(block, size), words.blocks()))
    counts = np.concatenate([np.zeros(1, np.int64), *(np.diff(part.offsets) for part in parts)])
    hashes = np.concatenate([np.zeros(0, np.uint64), *(part.hashes for part in parts)])
    return Shingles(hashes, np.cumsum(counts))


def _shingles(words: Words, size: int) -> Shingles:
    counts, ends = words.counts, words.offsets[1:]
    runs = np.zeros(len(words.hashes), np.uint64)
    for step in range(size):
        stretch = len(runs) - step
        if stretch > 0:
            factor = np.uint64((int(SEED) * (2 * step + 1)) % (1 << 64))
            runs[:stretch] += mix(words.hashes[step:] * factor) if step else words.hashes
    whole = np.ones(len(runs), np.bool_)
    for step in range(1, size):
        whole[ends[counts >= step] - step] = False
    short = (counts > 0) & (counts < size)
    hashes = mix(runs)
    first = words.offsets[:-1][short]
    hashes[first] = words.fingerprints_at_once()[short]
    whole[first] = True
    lengths = np.where(short, 1, np.maximum(counts - size + 1, 0))
    return Shingles(hashes[whole], np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))


def sets_of(shingles: Shingles, rows: Indices, order: Hashes, frequencies: Frequencies) -> Sets:
    """Distinct shingles of some rows.

    Args:
        shingles: Shingles of all rows.
        rows: The rows that are wanted.
        order: A value for each of these rows that decides between sets of one size.
        frequencies: What orders shingles.
    """
    counts = np.diff(shingles.offsets)[rows]
    by_count = np.argsort(counts, kind="stable")
    counts, chosen = counts[by_count], rows[by_count]
    keys = frequencies.keys(shingles.hashes[gathered(shingles.offsets[chosen], counts)])
    _sort_within(keys, counts)
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    starts = np.cumsum(counts) - counts
    new[starts[counts > 0]] = True
    sizes = np.zeros(len(counts), np.int64)
    sizes[counts > 0] = np.add.reduceat(new, starts[counts > 0], dtype=np.int64) if new.size else 0
    by_size = np.lexsort((order[by_count], sizes))
    keys = keys[new]
    starts = np.cumsum(sizes) - sizes
    keys = keys[gathered(starts[by_size], sizes[by_size])]
    return Sets(keys, np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[by_size])]), chosen[by_size])


def gathered(starts: Indices, counts: Indices) -> Indices:
    """The positions `start … start + count - 1` of each, one after the other."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    return np.arange(total, dtype=np.int64) + np.repeat(starts - before, counts)


def _sort_within(keys: Hashes, counts: Indices) -> None:
    """Sort each text's keys in place; `counts` ascends, so texts with as many are rows of a matrix."""
    values, texts = np.unique(counts, return_counts=True)
    first = 0
    for length, many in zip(values.tolist(), texts.tolist(), strict=True):
        keys[first : first + length * many].reshape(many, length).sort(axis=1)
        first += length * many
