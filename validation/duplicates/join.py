"""Pairs of similar sets, by prefix filtering: exact, without comparing every two.

Two sets of sizes a ≤ b whose Jaccard similarity is at least t share ceil(t (a + b) / (1 + t)) members. If
all sets are sorted alike, their prefixes must then share one: of the smaller a - ceil(2 t a / (1 + t)) + 1
members, of the larger b - ceil(t b) + 1 (Xiao et al., "Efficient Similarity Joins for Near Duplicate
Detection", WWW 2008). Where a shared member stands bounds what can follow it. What is left is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from .sets import LEVEL, Sets, gathered
from .words import THREADS, Hashes, Indices

CHUNK = 1_000_000
CELLS = 4_000_000
FILL = np.uint64(0xFFFFFFFFFFFFFFFF)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Threshold:
    """A similarity as a fraction, so that no rounding decides whether a pair is one."""

    over: int
    under: int

    @classmethod
    def of(cls, value: float) -> Threshold:
        """The fraction that a decimal such as 0.8 means."""
        fraction = Fraction(repr(float(value))).limit_denominator(10_000)
        return cls(fraction.numerator, fraction.denominator)

    def smallest(self, sizes: Indices) -> Indices:
        """The smallest size that a set similar to one of these may have."""
        return -(-self.over * sizes // self.under)

    def largest(self, sizes: Indices) -> Indices:
        """The largest size that a set similar to one of these may have."""
        return sizes * self.under // self.over

    def shared(self, sizes: Indices) -> Indices:
        """How many members two sets must share whose sizes sum up to these."""
        return -(-self.over * sizes // (self.over + self.under))

    def holds(self, shared: Indices, sizes: Indices) -> npt.NDArray[np.bool_]:
        """Whether sets that share so many are similar; `sizes` are sums of both sizes."""
        return shared * (self.over + self.under) >= self.over * sizes


@dataclass(frozen=True)
class Entries:
    """The first members of sets, in order of the sets.

    Attributes:
        keys: The member.
        texts: The set.
        places: Its position in the set, from 0.
    """

    keys: Hashes
    texts: Indices
    places: Indices


@dataclass(frozen=True)
class Found:
    """Similar pairs, as positions in the sets.

    Attributes:
        left: Of the indexed sets; in a self-join the one that comes first.
        right: Of the probing sets.
        shared: How many members they share.
    """

    left: Indices
    right: Indices
    shared: Indices


def joined(parts: list[Found]) -> Found:
    """Everything that was found, one part after the other."""
    none = [np.zeros(0, np.int64)]
    left = np.concatenate(none + [part.left for part in parts])
    right = np.concatenate(none + [part.right for part in parts])
    return Found(left, right, np.concatenate(none + [part.shared for part in parts]))


def merged(parts: list[Found]) -> Found:
    """Everything that was found, each pair once."""
    whole = joined(parts)
    _, once = np.unique((whole.right << 32) | whole.left, return_index=True)
    return Found(whole.left[once], whole.right[once], whole.shared[once])


def prefixes(sets: Sets, threshold: Threshold, *, short: bool) -> Entries:
    """The members that a similar set must share one of.

    Args:
        sets: The sets.
        threshold: The least similarity.
        short: Whether the other set is at least as large, which allows a shorter prefix.
    """
    sizes = sets.sizes
    least = threshold.shared(2 * sizes) if short else threshold.smallest(sizes)
    lengths = np.where(sizes > 0, sizes - least + 1, 0)
    positions = gathered(sets.offsets[:-1], lengths)
    texts = np.repeat(np.arange(len(sizes), dtype=np.int64), lengths)
    return Entries(sets.keys[positions], texts, positions - sets.offsets[texts])


def kept(entries: Entries, mask: npt.NDArray[np.bool_]) -> Entries:
    """Some of the entries."""
    return Entries(entries.keys[mask], entries.texts[mask], entries.places[mask])


def repeated(entries: Entries) -> Entries:
    """The entries whose member may occur in another set of the same collection."""
    return kept(entries, (entries.keys >> LEVEL) > np.uint64(1))


class Index:
    """Entries by member, so that the sets that hold one are found."""

    def __init__(self, entries: Entries) -> None:
        """Sort the entries."""
        self.members, ranks = np.unique(entries.keys, return_inverse=True)
        codes = (ranks.astype(np.int64) << 32) | entries.texts
        order = np.argsort(codes, kind="stable")
        self.codes, self.texts, self.places = codes[order], entries.texts[order], entries.places[order]

    def ranks(self, keys: Hashes) -> Indices:
        """The number of each member, or -1 if no set holds it."""
        if not len(self.members):
            return np.full(len(keys), -1, np.int64)
        at = np.minimum(np.searchsorted(self.members, keys), len(self.members) - 1)
        return np.where(self.members[at] == keys, at, -1)

    def span(self, ranks: Indices, first: Indices, last: Indices) -> tuple[Indices, Indices]:
        """Where the sets that hold a member begin, from `first` on, and how many come before `last`."""
        low = np.searchsorted(self.codes, (ranks << 32) | first)
        return low, np.maximum(np.searchsorted(self.codes, (ranks << 32) | last) - low, 0)


@dataclass(frozen=True)
class Probe:
    """Entries that look for partners in an index, and where these are.

    Attributes:
        entries: Entries whose member is in the index.
        ranks: The member's number there.
        low: Where the partners begin.
        counts: How many there are.
    """

    entries: Entries
    ranks: Indices
    low: Indices
    counts: Indices

    def only(self, mask: npt.NDArray[np.bool_]) -> Probe:
        """Some of the entries."""
        return Probe(kept(self.entries, mask), self.ranks[mask], self.low[mask], self.counts[mask])


def probe(index: Index, entries: Entries, first: Indices, last: Indices) -> Probe:
    """Look up entries; `first` and `last` bound the partners of each probing set by their position."""
    ranks = index.ranks(entries.keys)
    known = ranks >= 0
    entries, ranks = kept(entries, known), ranks[known]
    low, counts = index.span(ranks, first[entries.texts], last[entries.texts])
    found = Probe(entries, ranks, low, counts)
    return found.only(counts > 0)


class Comparison:
    """Compares the sets of one collection with those of another, or of the same."""

    def __init__(self, indexed: Sets, probing: Sets, threshold: Threshold) -> None:
        """Sets to compare and how similar they must be."""
        self.indexed, self.probing, self.threshold = indexed, probing, threshold

    def pairs(self, index: Index, found: Probe, progress: Progress) -> list[Found]:
        """All similar pairs among the candidates, each once."""
        results: list[Found] = []
        done, total = 0, int(found.counts.sum())
        pieces = list(_pieces(found))
        with ThreadPoolExecutor(THREADS) as pool:
            for piece, result in zip(
                pieces, pool.map(lambda piece: self._candidates(index, piece), pieces), strict=True
            ):
                results.append(result)
                done += int(piece.counts.sum())
                progress("compare", done, total)
        return results

    def _candidates(self, index: Index, found: Probe) -> Found:
        at = gathered(found.low, found.counts)
        left, right = index.texts[at], np.repeat(found.entries.texts, found.counts)
        places = np.repeat(found.entries.places, found.counts)
        possible = self.possible(left, right, index.places[at], places)
        codes = np.unique((right[possible] << 32) | left[possible])
        return self.verified(codes & 0xFFFFFFFF, codes >> 32)

    def possible(
        self, left: Indices, right: Indices, left_places: Indices, right_places: Indices
    ) -> npt.NDArray[np.bool_]:
        """Whether enough members can follow the shared one."""
        sizes_left, sizes_right = self.indexed.sizes[left], self.probing.sizes[right]
        follow = np.minimum(sizes_left - left_places, sizes_right - right_places)
        return follow >= self.threshold.shared(sizes_left + sizes_right)

    def verified(self, left: Indices, right: Indices) -> Found:
        """The pairs that are similar: members are counted."""
        sizes = self.indexed.sizes[left] + self.probing.sizes[right]
        shared = np.zeros(len(left), np.int64)
        order = np.argsort(sizes, kind="stable")
        for piece in _similar_widths(sizes[order]):
            some = order[piece]
            shared[some] = self._shared(left[some], right[some])
        good = self.threshold.holds(shared, sizes)
        return Found(left[good], right[good], shared[good])

    def _shared(self, left: Indices, right: Indices) -> Indices:
        """Members that both have: sorted together, a shared one is followed by itself."""
        sizes_left, sizes_right = self.indexed.sizes[left], self.probing.sizes[right]
        widest = int(sizes_left.max())
        both = np.full((len(left), widest + int(sizes_right.max())), FILL)
        _fill(both[:, :widest], self.indexed, left, sizes_left)
        _fill(both[:, widest:], self.probing, right, sizes_right)
        both.sort(axis=1)
        return np.count_nonzero((both[:, 1:] == both[:, :-1]) & (both[:, 1:] != FILL), axis=1)


def _fill(cells: Hashes, sets: Sets, texts: Indices, sizes: Indices) -> None:
    within = np.arange(cells.shape[1], dtype=np.int64) < sizes[:, None]
    cells[within] = sets.keys[gathered(sets.offsets[texts], sizes)]


def _pieces(found: Probe) -> Iterator[Probe]:
    """Entries of whole sets with about a million candidates together."""
    ends = np.cumsum(found.counts)
    cuts = np.searchsorted(ends, np.arange(CHUNK, (ends[-1] if len(ends) else 0) + CHUNK, CHUNK))
    texts = found.entries.texts
    cuts = np.unique([0, *(np.searchsorted(texts, texts[cuts[cuts < len(texts)]])), len(texts)])
    for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        here = slice(first, last)
        entries = Entries(found.entries.keys[here], texts[here], found.entries.places[here])
        yield Probe(entries, found.ranks[here], found.low[here], found.counts[here])


def _similar_widths(sizes: Indices) -> Iterator[slice]:
    """Runs of ascending sizes that differ by less than a half and fill a bounded matrix."""
    first = 0
    while first < len(sizes):
        widest = int(sizes[first]) * 3 // 2 + 2
        last = min(int(np.searchsorted(sizes, widest, "right")), first + max(1, CELLS // widest))
        yield slice(first, last)
        first = last
