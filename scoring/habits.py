"""The sixteen habits of mind of Costa and Kallick, as CogTest (arXiv 2506.21571) takes them, in own words."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

HABITS_FILE = Path(__file__).parent / "prompts/cogtest/habits.toml"

HABITS = (
    "persisting",
    "managing_impulsivity",
    "listening_with_understanding_and_empathy",
    "thinking_flexibly",
    "thinking_about_thinking_metacognition",
    "striving_for_accuracy_and_precision",
    "questioning_and_problem_posing",
    "applying_past_knowledge_to_new_situations",
    "thinking_and_communicating_with_clarity_and_precision",
    "gathering_data_through_all_senses",
    "creating_imagining_and_innovating",
    "responding_with_wonderment_and_awe",
    "taking_responsible_risks",
    "finding_humor",
    "thinking_interdependently",
    "remaining_open_to_continuous_learning",
)
"""Their keys in Costa and Kallick's order, which are the names of the release's files."""


@dataclass(frozen=True, slots=True)
class Habit:
    """A habit, and how to tell it.

    Attributes:
        key: Its key, one of `HABITS`.
        number: Its place in the list, from 1.
        name: Its name.
        gloss: What it is, in a line.
        available: What makes it available in a task.
        not_forced: What would force it.
        route: What its tasks are: problems with an answer, or scenes.
        leaks: Words and stems that give it away in a task, matched at a word's beginning.
        shows: Sentences of reasoning in which it is there.
        lacks: Sentences that only look like it.
    """

    key: str
    number: int
    name: str
    gloss: str
    available: str
    not_forced: str
    route: Literal["problem", "scene"]
    leaks: Sequence[str]
    shows: Sequence[str]
    lacks: Sequence[str]


@cache
def habits() -> Mapping[str, Habit]:
    """The habits by key, in their order."""
    tables = tomllib.loads(HABITS_FILE.read_text(encoding="utf-8"))["habit"]
    return {table["key"]: Habit(**table) for table in tables}
