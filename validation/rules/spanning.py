"""Rules that look at several configs at once."""

from __future__ import annotations

from ..inputs.batch import Batch
from .base import Rule


class SpanningRule(Rule):
    """A rule of which one instance sees all configs; of any other rule each config has its own."""

    @property
    def other_configs(self) -> tuple[str, ...]:
        """Configs that it must see even if it isn't declared for them."""
        return ()

    def look_up(self, batch: Batch) -> None:
        """Learn from a batch of a config that the rule isn't declared for."""
        del batch
