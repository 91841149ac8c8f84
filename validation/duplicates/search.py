"""The search for test texts in training texts that come batch after batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import UsageError
from .contamination import Overlap
from .find import SHINGLE, THRESHOLD, checked_threshold, first_equal, silent
from .grams import Grams
from .guard import NOTHING, Bounds, Leaders, Limits, heavy
from .join import Comparison, Found, Index, Probe, prefixes, probe
from .sets import Frequencies, Sets, gathered, sets_of, shingles_of
from .words import Hashes, Indices, Words

NGRAM = 13
CONTAINED = 0.5
BATCH_BUDGET = 10_000_000


class OverlapSearch:
    """Looks for test texts in training texts that come batch after batch."""

    def __init__(
        self,
        test: Words,
        *,
        threshold: float = THRESHOLD,
        ngram: int = NGRAM,
        contained: float = CONTAINED,
        shingle: int = SHINGLE,
        budget: int = BATCH_BUDGET,
    ) -> None:
        """Index the test texts; the parameters are those of `find_overlap`.

        Raises:
            UsageError: A parameter is out of range.
        """
        self.exactly = checked_threshold(threshold, shingle)
        if ngram < 1 or contained <= 0:
            raise UsageError(
                f"ngram is {ngram} and contained {contained}; expected 1 word or more and a share above 0"
            )
        self.threshold, self.ngram, self.least, self.shingle, self.budget = (
            threshold,
            ngram,
            contained,
            shingle,
            budget,
        )
        self.test, self.rows = test, 0
        self.grams = Grams(test, ngram)
        self.fingerprints = test.fingerprints()
        self.known, self.ranks = np.unique(self.fingerprints, return_inverse=True)
        self.exact = np.full(len(self.known), -1, np.int64)
        self.first = first_equal(self.fingerprints, test.counts > 0)
        self._index()

    def _index(self) -> None:
        rows = np.arange(len(self.test), dtype=np.int64)
        single = np.flatnonzero((self.first == rows) & (self.test.counts >= self.shingle))
        shingles = shingles_of(self.test, self.shingle)
        self.frequencies = Frequencies.of(shingles.hashes)
        self.sets = sets_of(shingles, single, self.fingerprints[single], self.frequencies)
        self.short = Index(prefixes(self.sets, self.exactly, short=True))
        self.full = Index(prefixes(self.sets, self.exactly, short=False))
        self.covered = np.zeros(len(single), np.bool_)
        self.grouped, self.unexamined = self.covered.copy(), self.covered.copy()
        self.pairs: list[tuple[Indices, Indices, npt.NDArray[np.float64], Hashes]] = []

    def add(self, train: Words) -> None:
        """Look at the next training texts."""
        self.grams.see(train, self.rows)
        fingerprints = train.fingerprints()
        self._equal(fingerprints, train.counts > 0)
        first = first_equal(fingerprints, train.counts > 0)
        rows = np.arange(len(train), dtype=np.int64)
        single = np.flatnonzero((first == rows) & (train.counts >= self.shingle))
        sets = sets_of(shingles_of(train, self.shingle), single, fingerprints[single], self.frequencies)
        self._near(sets, fingerprints)
        self.rows += len(train)

    def _equal(self, fingerprints: Hashes, some: npt.NDArray[np.bool_]) -> None:
        """Note the first rows that equal a test text."""
        if not len(self.known):
            return
        at = np.minimum(np.searchsorted(self.known, fingerprints), len(self.known) - 1)
        same = (self.known[at] == fingerprints) & some
        texts, where = np.unique(at[same], return_index=True)
        new = self.exact[texts] < 0
        self.exact[texts[new]] = np.flatnonzero(same)[where[new]] + self.rows

    def _near(self, train: Sets, fingerprints: Hashes) -> None:
        sizes, own = train.sizes, self.sets.sizes
        comparison = Comparison(self.sets, train, self.exactly)
        middle = _at(own, sizes, "right")
        smaller = Bounds(_at(own, self.exactly.smallest(sizes), "left"), middle)
        larger = Bounds(middle, _at(own, self.exactly.largest(sizes), "right"))
        for index, short, bounds in ((self.short, False, smaller), (self.full, True, larger)):
            entries = prefixes(train, self.exactly, short=short)
            found = probe(index, entries, bounds.first, bounds.last)
            many = heavy(found, self.budget)
            results = comparison.pairs(index, found.only(~many), silent)
            for result in results:
                self.covered[result.left] = True
            if many.any():
                results += self._crowd(
                    Leaders(comparison, index, self.covered, self.budget, both=False),
                    found.only(many),
                    bounds,
                )
            self._keep(results, train, fingerprints)

    def _crowd(self, leaders: Leaders, found: Probe, bounds: Bounds) -> list[Found]:
        leaders.run(found, bounds, lambda done: silent("", done, done))
        self.grouped |= leaders.touched
        self.unexamined |= leaders.unexamined
        return leaders.found

    def _keep(self, results: list[Found], train: Sets, fingerprints: Hashes) -> None:
        for found in results:
            union = self.sets.sizes[found.left] + train.sizes[found.right] - found.shared
            text = fingerprints[train.rows[found.right]]
            rows = train.rows[found.right] + self.rows
            self.pairs.append((self.sets.rows[found.left], rows, found.shared / union, text))

    def finish(self) -> Overlap:
        """The result, once all training texts have been added."""
        contained, holder = self.grams.result()
        exact = np.where(self.test.counts > 0, self.exact[self.ranks], -1)
        test, train, similarity = self._all_pairs()
        apart = exact[test] < 0
        test, train, similarity = test[apart], train[apart], similarity[apart]
        blank = int((self.test.counts == 0).sum())
        short = int(np.isnan(contained).sum()) - blank
        limits = Limits(
            int((self.grouped & self.covered).sum()), int((self.unexamined & ~self.covered).sum())
        )
        return Overlap(
            self.rows, len(self.test), blank, short, self.threshold, self.ngram, self.least,
            exact, contained, holder, test, train, similarity, limits,
        )  # fmt: skip

    def _all_pairs(self) -> tuple[Indices, Indices, npt.NDArray[np.float64]]:
        """The pairs once each, and for every test row that has the text, ordered by row."""
        empty = (NOTHING, NOTHING, np.zeros(0), np.zeros(0, np.uint64))
        test, train, similarity, texts = (
            np.concatenate(part) for part in zip(empty, *self.pairs, strict=True)
        )
        order = np.lexsort((train, texts, test))
        test, train, similarity, texts = test[order], train[order], similarity[order], texts[order]
        once = np.ones(len(test), np.bool_)
        once[1:] = (test[1:] != test[:-1]) | (texts[1:] != texts[:-1])
        test, train, similarity = test[once], train[once], similarity[once]
        order = np.argsort(self.first, kind="stable")
        low = np.searchsorted(self.first[order], test)
        counts = np.searchsorted(self.first[order], test, "right") - low
        rows = order[gathered(low, counts)]
        train, similarity = np.repeat(train, counts), np.repeat(similarity, counts)
        by_row = np.lexsort((train, rows))
        return rows[by_row], train[by_row], similarity[by_row]


def _at(sizes: Indices, values: Indices, side: Any) -> Indices:
    return np.searchsorted(sizes, values, side).astype(np.int64)
