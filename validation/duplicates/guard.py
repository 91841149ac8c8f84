"""When very many texts are like one another: bounded work, and a word about what that leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .join import Comparison, Found, Index, Probe
from .words import Indices

BUDGET = 50_000_000
LEAST_COST = 500
FEW = 64
# Left and right sets, and the place of the member that they share in each.
Candidates = tuple[Indices, Indices, Indices, Indices]
NOTHING: Indices = np.zeros(0, np.int64)
NONE: Candidates = (NOTHING, NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True)
class Limits:
    """What a bound on the work left out; all zero if nothing.

    Attributes:
        grouped: Texts in groups too large to list every pair. Each that has a near-duplicate is in at least
            one pair, but not in all.
        unexamined: Texts that haven't been compared with every candidate, so that near-duplicates of them may
            be missing.
    """

    grouped: int = 0
    unexamined: int = 0

    def messages(self) -> list[str]:
        """One line for each, fit to be shown."""
        lines: list[str] = []
        if self.grouped:
            lines.append(
                f"{self.grouped:,} texts are in groups of similar texts too large to list every pair: each "
                "that has a near-duplicate is in at least one pair, not in all"
            )
        if self.unexamined:
            lines.append(
                f"{self.unexamined:,} texts share so much with so many others that not all were compared: "
                "near-duplicates of them may be missing; raise the threshold, or use longer shingles"
            )
        return lines


def heavy(found: Probe, budget: int) -> npt.NDArray[np.bool_]:
    """The entries of members that too many sets share: the rest costs no more than the budget."""
    if int(found.counts.sum()) <= budget:
        return np.zeros(len(found.ranks), np.bool_)
    costs = np.bincount(found.ranks, found.counts).astype(np.int64)
    order = np.argsort(costs, kind="stable")
    too_many = np.zeros(len(costs), np.bool_)
    too_many[order[np.cumsum(costs[order]) > budget]] = True
    return too_many[found.ranks]


@dataclass(frozen=True)
class Bounds:
    """For each probing set the indexed sets that its size allows as partners; both ascend.

    Attributes:
        first: The first of them.
        last: The one after the last.
    """

    first: Indices
    last: Indices


@dataclass(frozen=True)
class Member:
    """A member and the sets that have it in their prefixes, ascending, with its place in each."""

    indexed: Indices
    indexed_places: Indices
    probing: Indices
    probing_places: Indices

    @classmethod
    def of(cls, index: Index, found: Probe, rank: int) -> Member:
        """The sets of one member."""
        here = slice(*np.searchsorted(index.codes, [rank << 32, (rank + 1) << 32]).tolist())
        entries = found.ranks == rank
        return cls(
            index.texts[here], index.places[here], found.entries.texts[entries], found.entries.places[entries]
        )

    def after(self, leader: int, bounds: Bounds) -> Candidates:
        """What an indexed set is compared with."""
        at = int(np.searchsorted(self.indexed, leader))
        if at == len(self.indexed) or self.indexed[at] != leader:
            return NONE
        low = int(np.searchsorted(bounds.last[self.probing], leader, "right"))
        high = max(low, int(np.searchsorted(bounds.first[self.probing], leader, "right")))
        many = high - low
        return (
            np.full(many, leader, np.int64),
            self.probing[low:high],
            np.full(many, self.indexed_places[at], np.int64),
            self.probing_places[low:high],
        )

    def before(self, leader: int, bounds: Bounds) -> Candidates:
        """What a probing set is compared with."""
        at = int(np.searchsorted(self.probing, leader))
        if at == len(self.probing) or self.probing[at] != leader:
            return NONE
        low, high = np.searchsorted(self.indexed, [bounds.first[leader], bounds.last[leader]]).tolist()
        many = max(high - low, 0)
        return (
            self.indexed[low : low + many],
            np.full(many, leader, np.int64),
            self.indexed_places[low : low + many],
            np.full(many, self.probing_places[at], np.int64),
        )


class Leaders:
    """Compares the sets that share a common member without comparing every two.

    A set that has no partner yet leads: it is compared with all the others. So a set without a partner has
    been compared with all, and a set with one isn't compared again.
    """

    def __init__(
        self, comparison: Comparison, index: Index, covered: npt.NDArray[np.bool_], budget: int, *, both: bool
    ) -> None:
        """What is compared.

        Args:
            comparison: The sets.
            index: Where indexed sets are found by member.
            covered: Whether each indexed set has a partner; this is brought up to date.
            budget: How many comparisons are left.
            both: Whether probing sets are the indexed ones, and lead too.
        """
        self.comparison, self.index, self.covered, self.left_over, self.both = (
            comparison,
            index,
            covered,
            budget,
            both,
        )
        self.touched = np.zeros(len(covered), np.bool_)
        self.unexamined = np.zeros(len(covered), np.bool_)
        self.found: list[Found] = []

    def run(self, found: Probe, bounds: Bounds, progress: Callable[[int], None]) -> None:
        """Go through the members, the least common first."""
        costs = np.bincount(found.ranks, found.counts)
        order = np.argsort(costs, kind="stable")
        for done, rank in enumerate(order[costs[order] > 0].tolist(), 1):
            self._member(Member.of(self.index, found, rank), bounds)
            progress(done)

    def _member(self, member: Member, bounds: Bounds) -> None:
        texts = np.union1d(member.indexed, member.probing) if self.both else member.indexed
        self.touched[texts] = True
        for leader in texts[~self.covered[texts]].tolist():
            if self.left_over <= 0:
                self.unexamined[leader] |= not self.covered[leader]
            elif not self.covered[leader]:
                self._lead(leader, member.after(leader, bounds))
                if self.both:
                    self._lead(leader, member.before(leader, bounds))

    def _lead(self, leader: int, candidates: Candidates) -> None:
        if self.both:
            self._compare(*candidates)
            return
        # Of a training set one partner is enough, and in a large group it is soon found.
        self._compare(*(part[:FEW] for part in candidates))
        if not self.covered[leader]:
            self._compare(*(part[FEW:] for part in candidates))

    def _compare(self, left: Indices, right: Indices, left_places: Indices, right_places: Indices) -> None:
        possible = self.comparison.possible(left, right, left_places, right_places)
        result = self.comparison.verified(left[possible], right[possible])
        self.left_over -= LEAST_COST + len(left) // 8 + int(possible.sum())
        self.covered[result.left] = True
        if self.both:
            self.covered[result.right] = True
        self.found.append(result)
