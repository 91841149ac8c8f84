"""CogTest (arXiv 2506.21571): own tasks that pass gates, and the published ones held against the same gates.

Published are 400 pairs over 300 distinct prompts, 25 for each of 16 habits; five habits share one file of
mathematics problems, so a prompt belongs to one habit or to exactly those five. The habits and their order
are those of Costa and Kallick's list, on which the paper rests; the counts are those of the repository's
only commit.
"""

from __future__ import annotations

from typing import Any, Literal

from ..scoring.habits import HABITS, habits
from .cogtest_answers import UnderivedAnswer
from .rules.base import Declared, Rule, Suppression, rule

PAIRS, PROMPTS, GENERATED = "original", "original-prompts", "generated"
CORE, TWINS, CONTROLS, EXCERPTS = "core", "twins", "controls", "calibration"
DOMAINS = (
    "trades",
    "kitchen",
    "health",
    "law",
    "software",
    "home",
    "public life",
    "science",
    "farming",
    "transport",
    "arts",
    "schooling",
)
OPENING = 4
"""Words with which no two tasks may both begin."""

TEXT, MEANING = 0.15, 0.75
"""Similarities that no two tasks may reach: of sets of three-word runs, and of embeddings."""

EASIEST, HARDEST = -5.0, 15.0
"""Bounds of a task's automated readability index; a task that is mostly a table or code has a low one."""

LEAKS = {key: list(habit.leaks) for key, habit in habits().items()}
SHARED = [HABITS[number - 1] for number in (4, 5, 6, 7, 9)]
_NUMBERED: dict[str, Any] = {
    "anyOf": [
        {"properties": {"habit": {"const": habit}, "habit_number": {"const": number}}}
        for number, habit in enumerate(HABITS, 1)
    ]
}
_LABELLED: dict[str, Any] = {
    "anyOf": [
        {
            "properties": {
                "present": {"const": True},
                "spans": {"minItems": 1},
                "trap": {"const": ""},
            }
        },
        {
            "properties": {
                "present": {"const": False},
                "spans": {"maxItems": 0},
                "trap": {"minLength": 1},
            }
        },
    ]
}
_SEVERAL: dict[str, Any] = {"properties": {"habits": {"minItems": 2}}}
_FIVE: dict[str, Any] = {"properties": {"habits": {"const": SHARED}}}


def _gates(*configs: str, severity: Literal["error", "warning"] = "error", **compared: Any) -> list[Declared]:
    """The gates that tasks of any kind have to pass."""
    held: dict[str, Any] = {"field": "instruction", "configs": configs, "severity": severity}
    return [
        rule("repeated-opening", words=OPENING, **held, **compared),
        rule("similar-text", threshold=TEXT, **held, **compared),
        rule("similar-meaning", threshold=MEANING, **held, **compared),
    ]


def _worded(config: str, fewest: int, severity: Literal["error", "warning"] = "error") -> list[Declared]:
    """The gates that tasks for a habit have to pass as well."""
    held: dict[str, Any] = {"field": "instruction", "configs": (config,), "severity": severity}
    return [
        rule("giveaway-word", by="habit", words=LEAKS, **held),
        rule("word-count", least=fewest, most=160, **held),
        rule("reading-level", least=EASIEST, most=HARDEST, **held),
    ]


def _texts(field: str, *configs: str) -> list[Declared]:
    """What holds for every text, published or not."""
    return [
        rule("duplicate-text", field=field, configs=configs),
        rule("empty-text", field=field, configs=configs),
        rule("mojibake", field=field, configs=configs),
        rule("language", field=field, expected=["en"], configs=configs),
        rule("secret", field=field, configs=configs),
        rule("personal-data", field=field, configs=configs),
    ]


GATES: tuple[Declared, ...] = (
    *_gates(CORE, CONTROLS, across=True, against=[PROMPTS]),
    *_gates(TWINS),
    *_worded(CORE, 20),
    *_worded(TWINS, 20),
    rule("word-count", field="instruction", least=15, most=100, configs=(CONTROLS,), severity="error"),
    rule(
        "reading-level",
        field="instruction",
        least=EASIEST,
        most=HARDEST,
        configs=(CONTROLS,),
        severity="error",
    ),
    *_gates(PAIRS, severity="warning"),
    *_worded(PAIRS, 20, "warning"),
    rule("incomplete-group", field="habit", size=25, configs=(CORE,)),
    rule("incomplete-group", field="habit", members_field="domain", members=DOMAINS, configs=(CORE,)),
    rule("incomplete-group", field="habit", size=4, configs=(TWINS,)),
    rule("incomplete-group", field="habit", size=10, configs=(EXCERPTS,)),
    rule("incomplete-group", field="item", members_field="habit", members=HABITS, configs=(CORE, EXCERPTS)),
    rule(
        "label-balance",
        field="domain",
        expected=dict.fromkeys(DOMAINS, 1 / len(DOMAINS)),
        max_ratio=2,
        configs=(CORE, CONTROLS),
        severity="error",
    ),
    rule("label-balance", field="present", max_ratio=1, configs=(EXCERPTS,), severity="error"),
    rule("broken-reference", field="task", to="core.id", configs=(TWINS,)),
    rule("underived-answer", rows="item", configs=(CORE,)),
    rule("underived-answer", rows="twin", configs=(TWINS,)),
)

RULES: tuple[Declared, ...] = (
    *GATES,
    rule("duplicate-id"),
    rule("incomplete-group", field="habit", size=25, configs=(PAIRS,)),
    rule("incomplete-group", field="item", members_field="habit", members=HABITS, configs=(PAIRS,)),
    rule(
        "cross-field",
        then=_NUMBERED,
        message="habit and habit_number differ from the order of Costa and Kallick's list",
        configs=(CORE, TWINS, EXCERPTS, PAIRS),
    ),
    rule(
        "cross-field",
        then=_LABELLED,
        message="spans belong to excerpts that show the habit, and a trap to those that don't",
        configs=(EXCERPTS,),
    ),
    rule(
        "cross-field",
        when=_SEVERAL,
        then=_FIVE,
        message="a prompt of several habits; expected exactly the five of the shared mathematics file",
        configs=(PROMPTS,),
    ),
    rule("cross-field", left="len(habits)", operator="==", right="len(items)", configs=(PROMPTS,)),
    rule("broken-reference", field="prompt_id", to="original-prompts.id", configs=(PAIRS,)),
    rule("broken-reference", field="id", to="original.prompt_id", configs=(PROMPTS,)),
    *_texts("instruction", CORE, CONTROLS, TWINS, PAIRS, PROMPTS, GENERATED),
    *_texts("excerpt", EXCERPTS),
)

SUPPRESSIONS: tuple[Suppression, ...] = (
    Suppression(
        "duplicate-text",
        "The files of five habits are byte-identical, so 25 prompts occur five times among the 400 published "
        "pairs; original-prompts holds each once.",
        where="original/*",
    ),
)

OWN_RULES: tuple[type[Rule], ...] = (UnderivedAnswer,)
