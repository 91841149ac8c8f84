"""What shortcuts get right, as the manifest of a release records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """How many rows a shortcut gets right.

    Attributes:
        right: Rows that it gets right; where it can't tell two options apart, half a row.
        rows: All rows.
        low: The lower end of Wilson's 95 % interval of the accuracy.
        high: The upper end.
    """

    right: float
    rows: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        """The share of rows that it gets right."""
        return self.right / self.rows


@dataclass(frozen=True, slots=True)
class Baseline:
    """A shortcut's rule and what it gets right.

    Attributes:
        rule: What it answers, as it was chosen on the first split.
        splits: What it gets right in each split.
        whole: What it gets right in all of them.
    """

    rule: str
    splits: Mapping[str, Share]
    whole: Share
