"""One test of one column, and how its outcome reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .columns import TOP_SHARE, ColumnProfile
from .profile import Profile
from .significance import Floats, Tested, categories, cliffs_delta, kolmogorov_smirnov, two_proportions

Aspect = Literal["nulls", "numbers", "categories", "lengths"]
Counts = dict[Any, tuple[str, float, float]]

CLEAR_DIRECTION = 0.05
MOST_NAMED = 3
LONGEST_SHOWN = 40
SMALLEST_P = 1e-300
_NAMES: dict[Aspect, tuple[str, str, str]] = {
    "nulls": ("two-proportion test", "chi-square", "Cohen's h"),
    "numbers": ("Kolmogorov-Smirnov test", "D", "D"),
    "categories": ("chi-square test", "chi-square", "Cramér's V"),
    "lengths": ("Kolmogorov-Smirnov test", "D", "D"),
}


@dataclass(frozen=True)
class Trial:
    """A test that was made.

    Attributes:
        aspect: What of the column was tested.
        where: The split.
        path: The column.
        tested: Statistic, p before correction, and effect size.
        sizes: How many values of the new and of the old version entered.
        direction: What changed, in words; made only for a finding.
    """

    aspect: Aspect
    where: str
    path: str
    tested: Tested
    sizes: tuple[int, int]
    direction: Callable[[], str]

    def described(self, p: float, number: int, least: float) -> str:
        """Test, statistic, p after correction, effect with its threshold, and n.

        Args:
            p: The corrected p.
            number: Over how many tests it was corrected.
            least: The effect size from which on it is a finding.
        """
        test, symbol, effect = _NAMES[self.aspect]
        shown = f"p = {p:.2g}" if p >= SMALLEST_P else f"p < {SMALLEST_P:g}"
        size = f"{effect} = {self.tested.effect:.3f}"
        sides = f"n = {self.sizes[0]:,} and {self.sizes[1]:,}"
        start = f"{test}: " + (f"{symbol} = {self.tested.statistic:.1f}, " if symbol != effect else "")
        return f"{start}{size} (at least {least:g}), {shown} after Holm over {number} tests, {sides}"


def trials(new: Profile, old: Profile, where: str) -> Iterator[Trial]:
    """All tests of two profiles: of columns that both have, with values of the same kind."""
    before = old.columns
    for (path, kind), column in new.columns.items():
        other = before.get((path, kind))
        if other is None or not column.count or not other.count:
            continue
        yield _nulls(where, path, column, other)
        if len(column.sample.values) and len(other.sample.values):
            yield _spread(where, path, column, other)
        if kind in {"text", "boolean"} and column.present and other.present:
            yield from _categories(where, path, column, other)


def _nulls(where: str, path: str, new: ColumnProfile, old: ColumnProfile) -> Trial:
    shares = new.nulls / new.count, old.nulls / old.count
    sizes = new.count**2 / new.squares, old.count**2 / old.squares
    text = f"{shares[0]:.2%} of values are null, was {shares[1]:.2%}"
    tested = two_proportions(*shares, sizes)
    return Trial("nulls", where, path, tested, (new.count, old.count), lambda: text)


def _spread(where: str, path: str, new: ColumnProfile, old: ColumnProfile) -> Trial:
    values = new.sample.values, old.sample.values
    sizes = new.worth(new.sample, new.moments.count), old.worth(old.sample, old.moments.count)
    aspect: Aspect = "numbers" if new.kind == "number" else "lengths"
    tested = kolmogorov_smirnov(*values, sizes)
    return Trial(aspect, where, path, tested, (len(values[0]), len(values[1])), lambda: _moved(new, old))


def _moved(new: ColumnProfile, old: ColumnProfile) -> str:
    delta = cliffs_delta(new.sample.values, old.sample.values)
    more, less = ("larger", "smaller") if new.kind == "number" else ("longer", "shorter")
    change = (
        f"are {more if delta > 0 else less}" if abs(delta) >= CLEAR_DIRECTION else "are spread differently"
    )
    medians = [float(np.median(side.sample.values)) for side in (new, old)]
    median = f"median {medians[0]:.6g}, was {medians[1]:.6g}"
    mean = f"mean {new.moments.mean:.6g}, was {old.moments.mean:.6g}"
    return f"values {change} (Cliff's delta {delta:+.2f}): {median}; {mean}"


def _categories(where: str, path: str, new: ColumnProfile, old: ColumnProfile) -> Iterator[Trial]:
    counts, exact = _exact(new, old), True
    if counts is None:
        counts, exact = _sampled(new, old), False
    sides = np.array([entry[1:] for entry in counts.values()], np.float64).reshape(-1, 2)
    if exact:
        sizes = new.independent, old.independent
    else:
        sizes = new.worth(new.labels, new.present), old.worth(old.labels, old.present)
    tested = categories(sides[:, 0], sides[:, 1], sizes)
    if tested is not None:
        totals = int(sides[:, 0].sum()), int(sides[:, 1].sum())
        yield Trial("categories", where, path, tested, totals, lambda: _shifted(counts, sides))


def _exact(new: ColumnProfile, old: ColumnProfile) -> Counts | None:
    after, before = new.categories.counts, old.categories.counts
    if after is None or before is None:
        return None
    found: Counts = {}
    for key in sorted(after.keys() | before.keys()):
        label = (after.get(key) or before[key])[0]
        found[key] = (label, after.get(key, ("", 0))[1], before.get(key, ("", 0))[1])
    return found


def _sampled(new: ColumnProfile, old: ColumnProfile) -> Counts:
    """Counts in the samples of what is frequent in either, and of all others together."""
    sides = [
        dict(zip(*np.unique(side.labels.values, return_counts=True), strict=True)) for side in (new, old)
    ]
    totals = [len(side.labels.values) for side in (new, old)]
    frequent = {
        label
        for side, total in zip(sides, totals, strict=True)
        for label in side
        if side[label] >= TOP_SHARE * total
    }
    found: Counts = {
        label: (str(label), float(sides[0].get(label, 0)), float(sides[1].get(label, 0)))
        for label in sorted(frequent)
    }
    rest = (
        totals[0] - sum(entry[1] for entry in found.values()),
        totals[1] - sum(entry[2] for entry in found.values()),
    )
    return found | ({None: ("all others", *rest)} if any(rest) else {})


def _shifted(counts: Counts, sides: Floats) -> str:
    """The largest changes of shares, and values that are on one side only."""
    shares = sides / sides.sum(axis=0)
    rows = sorted(
        zip(counts.values(), shares.tolist(), strict=True),
        key=lambda row: (-abs(row[1][0] - row[1][1]), row[0][0]),
    )
    moves = ", ".join(
        f"{_shown(label)} {a:.1%}, was {b:.1%}" for (label, _, _), (a, b) in rows[:MOST_NAMED] if a != b
    )
    fresh = [label for (label, _, b), _ in rows if not b]
    gone = [label for (label, a, _), _ in rows if not a]
    parts = [f"shares changed: {moves}", _named("new", fresh), _named("gone", gone)]
    return "; ".join(part for part in parts if part)


def _named(word: str, labels: list[str]) -> str:
    if not labels:
        return ""
    more = f" and {len(labels) - MOST_NAMED:,} more" if len(labels) > MOST_NAMED else ""
    return f"{word}: {', '.join(map(_shown, labels[:MOST_NAMED]))}{more}"


def _shown(label: str) -> str:
    return repr(label if len(label) <= LONGEST_SHOWN else f"{label[:LONGEST_SHOWN]}...")
