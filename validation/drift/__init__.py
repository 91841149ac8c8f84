"""Drift: what differs between two versions of a dataset beyond chance; see `docs/drift.md`."""

from __future__ import annotations

from .compare import Effects, compare, compare_splits
from .profile import Profile

__all__ = ["Effects", "Profile", "compare", "compare_splits"]
