"""The rows of a release that responses are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Items:
    """The rows of one split of a config, and which release they are of.

    Attributes:
        dataset: The dataset's stem.
        config: The config.
        split: The split.
        version: The release's version.
        digest: Content digest of the split, from the manifest.
        rows: Its rows in their order.
    """

    dataset: str
    config: str
    split: str
    version: str
    digest: str
    rows: Sequence[Mapping[str, Any]]

    def first(self, count: int | None) -> Items:
        """The first rows alone; all of them for None."""
        return replace(self, rows=self.rows[:count])
