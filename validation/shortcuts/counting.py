"""Counting what shortcuts get right while rows stream past."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import pyarrow as pa  # noqa: TC002 (used in annotations that tools evaluate)

from ...scoring.intervals import wilson_ends
from ..inputs.batch import Batch
from .base import Shortcut
from .baselines import Baseline, Share

_LEVEL = 0.95
_DECIMALS = 6


class BaselineCounter:
    """What the shortcuts of one config get right.

    Only sums are kept, so that it doesn't matter how rows are cut into tables, nor in which order the tables
    of a split come. Splits come one after another; the first is where variants are chosen.
    """

    def __init__(self, shortcuts: Sequence[Shortcut]) -> None:
        """Start without rows."""
        self._shortcuts = shortcuts
        self._rows: dict[str, int] = {}
        self._points: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def observe(self, split: str, table: pa.Table) -> None:
        """Count rows of a split."""
        if not self._shortcuts:
            return
        self._rows[split] = self._rows.get(split, 0) + table.num_rows
        for batch in map(Batch, table.to_batches()):
            for shortcut in self._shortcuts:
                self._points[shortcut.name, split].update(shortcut.score(batch))

    def counted(self) -> dict[str, Baseline]:
        """What each shortcut gets right, by its name; nothing if there were no rows."""
        return {each.name: self._baseline(each) for each in self._shortcuts} if self._rows else {}

    def _baseline(self, shortcut: Shortcut) -> Baseline:
        first = next(iter(self._rows))
        fitted = self._points[shortcut.name, first]
        choice = min(fitted, key=lambda variant: (-fitted[variant], variant))
        points = {split: self._points[shortcut.name, split][choice] for split in self._rows}
        return Baseline(
            rule=shortcut.rule.format(choice=choice, split=first),
            splits={split: _share(points[split], rows) for split, rows in self._rows.items()},
            whole=_share(sum(points.values()), sum(self._rows.values())),
        )


def _share(points: int, rows: int) -> Share:
    low, high = wilson_ends(points / (2 * rows), rows, _LEVEL)
    return Share(points / 2, rows, round(low, _DECIMALS), round(high, _DECIMALS))
