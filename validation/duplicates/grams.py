"""Which n-grams of some texts occur in others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .sets import Shingles, shingles_of
from .words import Hashes, Indices, Words


class Grams:
    """Which n-grams of the test texts have been seen, and in which training row first."""

    def __init__(self, words: Words, size: int) -> None:
        """Collect the n-grams of texts that have as many words."""
        self.size = size
        self.shingles = _whole(words, size)
        self.known, self.ranks = np.unique(self.shingles.hashes, return_inverse=True)
        self.rows = np.full(len(self.known), -1, np.int64)
        self.filter = np.zeros(1 << 22, np.bool_)
        self.filter[self._short(self.known)] = True

    def _short(self, hashes: Hashes) -> Indices:
        return (hashes >> np.uint64(42)).astype(np.int64)

    def see(self, words: Words, first_row: int) -> None:
        """Look for them in training texts; the first of these is a row of this number."""
        if not len(self.known):
            return
        shingles = _whole(words, self.size)
        maybe = np.flatnonzero(self.filter[self._short(shingles.hashes)])
        hashes = shingles.hashes[maybe]
        at = np.minimum(np.searchsorted(self.known, hashes), len(self.known) - 1)
        hit = self.known[at] == hashes
        at, positions = at[hit], maybe[hit]
        rows = np.searchsorted(shingles.offsets, positions, "right") - 1 + first_row
        new, where = np.unique(at, return_index=True)
        unseen = self.rows[new] < 0
        self.rows[new[unseen]] = rows[where[unseen]]

    def result(self) -> tuple[npt.NDArray[np.float64], Indices]:
        """For each test text the share that was seen, and a row that holds the first of it."""
        counts = np.diff(self.shingles.offsets)
        rows = self.rows[self.ranks]
        seen = np.concatenate([np.zeros(1, np.int64), np.cumsum(rows >= 0)])[self.shingles.offsets]
        hits = np.diff(seen)
        share = np.divide(hits, counts, out=np.full(len(counts), np.nan), where=counts > 0)
        holder = np.full(len(counts), -1, np.int64)
        holder[hits > 0] = rows[rows >= 0][seen[:-1][hits > 0]]
        return share, holder


def _whole(words: Words, size: int) -> Shingles:
    """The n-grams of texts that have as many words; none of the others."""
    shingles = shingles_of(words, size)
    counts = np.diff(shingles.offsets)
    enough = words.counts >= size
    hashes = shingles.hashes[np.repeat(enough, counts)]
    return Shingles(hashes, np.concatenate([np.zeros(1, np.int64), np.cumsum(np.where(enough, counts, 0))]))
