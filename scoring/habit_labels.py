"""Short names of habits, for tables and plots that have no room for whole ones."""

from __future__ import annotations

from collections.abc import Mapping

from .habits import HABITS

_SHORT = (
    "Persisting",
    "Impulsivity",
    "Empathy",
    "Flexibility",
    "Metacognition",
    "Accuracy",
    "Questioning",
    "Past knowledge",
    "Clarity",
    "Senses",
    "Creating",
    "Wonder",
    "Risks",
    "Humour",
    "Interdependence",
    "Learning",
)
SHORT: Mapping[str, str] = dict(zip(HABITS, _SHORT, strict=True))
"""A word or two by key; `Impulsivity` stands for managing it."""


def short_name(habit: str) -> str:
    """The short name of a habit's key."""
    return SHORT[habit]
