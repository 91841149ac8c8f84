"""Rules about how values are distributed in a split."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, cast

import numpy as np

from ...errors import UsageError
from ..findings import Finding, Severity
from ..inputs.batch import Batch, Place
from .base import Rule
from .outliers import LengthOutlier

MOST_LABELS = 1_000
MOST_LISTED = 10
LEAST_EFFECT = 0.1
DEFAULT_RATIO = 10.0


class LabelBalance(Rule):
    """The labels of a split are balanced, or distributed as expected."""

    name: ClassVar[str] = "label-balance"
    severity: ClassVar[Severity] = "warning"

    def __init__(
        self,
        field: str,
        max_ratio: float | None = None,
        min_share: float | None = None,
        expected: Mapping[str, float] | None = None,
        alpha: float = 0.01,
    ) -> None:
        """Set what must hold in every split; without any of it, `max_ratio` is 10.

        Args:
            field: Path of the labels: texts, booleans or numbers; nulls don't count.
            max_ratio: How many times as frequent as the rarest label the most frequent may be.
            min_share: The least share of a label.
            expected: Shares by label, which add up to 1. A label of it that no row has counts as rarest, and
                any other label is a finding. Shares differ if a chi-square test says so at `alpha` and the
                effect (Cohen's w) is at least 0.1.
            alpha: Significance of that test.

        Raises:
            UsageError: An argument is out of its range.
        """
        if max_ratio is None and min_share is None and expected is None:
            max_ratio = DEFAULT_RATIO
        if max_ratio is not None and max_ratio < 1:
            raise UsageError(f"label-balance: max_ratio is {max_ratio}, expected at least 1")
        if min_share is not None and not 0 <= min_share <= 1:
            raise UsageError(f"label-balance: min_share is {min_share}, expected 0 to 1")
        if expected is not None and (min(expected.values(), default=0) <= 0 or not _whole(expected)):
            raise UsageError("label-balance: the shares of expected must be above 0 and add up to 1")
        self._field, self._max_ratio, self._min_share = field, max_ratio, min_share
        self._expected, self._alpha = expected, alpha
        self._counts: dict[Place, Counter[str]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The labels' path."""
        return (self._field,)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Count labels."""
        column = batch.column(self._field)
        counts = self._counts.setdefault(batch.place, Counter())
        if column is not None and len(counts) <= MOST_LABELS:
            found = cast("Any", column.values.drop_null()).value_counts()
            for label, count in zip(
                found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True
            ):
                counts[_label(label)] += count
        return ()

    def finish(self) -> Iterable[Finding]:
        """One finding a split and demand."""
        for place, counts in self._counts.items():
            if len(counts) > MOST_LABELS:
                messages = iter(
                    [f"more than {MOST_LABELS:,} different values: not a label; name another field"]
                )
            else:
                messages = self._unbalanced(counts)
            for message in messages:
                yield Finding(self.name, message, self.severity, str(place), self._field, file=place.file)

    def _unbalanced(self, counts: Counter[str]) -> Iterator[str]:
        total = counts.total()
        if not total:
            return
        counts = Counter({**dict.fromkeys(self._expected or (), 0), **counts})
        most, high = max(counts.items(), key=lambda item: (item[1], item[0]))
        least, low = min(counts.items(), key=lambda item: (item[1], item[0]))
        listed = _listed(counts)
        if self._max_ratio is not None and high > low * self._max_ratio:
            times = (
                f"{high / low:.1f} times as frequent as {least!r}" if low else f"there, and {least!r} is not"
            )
            yield f"{most!r} is {times}, expected at most {self._max_ratio:g} times: {listed}"
        if self._min_share is not None and low < total * self._min_share:
            share = f"{low / total:.2%} of {total:,}, expected at least {self._min_share:.2%}"
            yield f"{least!r} has {share}: {listed}"
        if self._expected is not None:
            yield from self._unexpected(counts, self._expected, listed)

    def _unexpected(self, counts: Counter[str], expected: Mapping[str, float], listed: str) -> Iterator[str]:
        from scipy import stats

        others = sorted(label for label in counts if label not in expected)
        if others:
            more = f" and {len(others) - MOST_LISTED:,} more" if len(others) > MOST_LISTED else ""
            yield f"labels that aren't expected: {', '.join(map(repr, others[:MOST_LISTED]))}{more}: {listed}"
        found = np.array([counts[label] for label in expected], np.float64)
        total = found.sum()
        if not total or len(found) == 1:
            return
        wanted = np.array(list(expected.values()), np.float64)
        outcome = cast("Any", stats).chisquare(found, wanted / wanted.sum() * total)
        effect = math.sqrt(float(outcome.statistic) / total)
        if outcome.pvalue <= self._alpha and effect >= LEAST_EFFECT:
            shares = ", ".join(f"{label!r} {share:.1%}" for label, share in expected.items())
            test = (
                f"chi-square = {outcome.statistic:.1f}, Cohen's w = {effect:.3f} (at least {LEAST_EFFECT:g})"
            )
            numbers = f"{test}, p = {outcome.pvalue:.2g}, n = {total:,.0f}"
            yield f"shares differ from the expected {shares}: {listed}; {numbers}"


def _whole(shares: Mapping[str, float]) -> bool:
    return math.isclose(sum(shares.values()), 1, abs_tol=1e-6)


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(counts: Counter[str]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    total = counts.total()
    parts = [f"{label!r} {count:,} ({count / total:.1%})" for label, count in ordered[:MOST_LISTED]]
    more = f" and {len(ordered) - MOST_LISTED:,} more" if len(ordered) > MOST_LISTED else ""
    return ", ".join(parts) + more


RULES: tuple[type[Rule], ...] = (LabelBalance, LengthOutlier)
