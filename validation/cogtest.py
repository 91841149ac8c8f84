"""CogTest (arXiv 2506.21571): 25 tasks for each of 16 habits, 400 pairs over 300 distinct prompts.

The habits and their order are those of Costa and Kallick's list, on which the paper rests; the counts are
those of the repository's only commit. Five habits share one file of mathematics problems, so a prompt
belongs to one habit or to exactly those five.
"""

from __future__ import annotations

from typing import Any

from .rules.base import Declared, Suppression, rule

PAIRS, PROMPTS = "original", "original-prompts"
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
SHARED = [HABITS[number - 1] for number in (4, 5, 6, 7, 9)]
_NUMBERED: dict[str, Any] = {
    "anyOf": [
        {"properties": {"habit": {"const": habit}, "habit_number": {"const": number}}}
        for number, habit in enumerate(HABITS, 1)
    ]
}
_SEVERAL: dict[str, Any] = {"properties": {"habits": {"minItems": 2}}}
_FIVE: dict[str, Any] = {"properties": {"habits": {"const": SHARED}}}

RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("incomplete-group", field="habit", size=25, configs=(PAIRS,)),
    rule("incomplete-group", field="item", members_field="habit", members=HABITS, configs=(PAIRS,)),
    rule(
        "cross-field",
        then=_NUMBERED,
        message="habit and habit_number differ from the order of Costa and Kallick's list",
        configs=(PAIRS,),
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
    rule("duplicate-text", field="instruction"),
    rule("empty-text", field="instruction"),
    rule("mojibake", field="instruction"),
    rule("language", field="instruction", expected=["en"]),
    rule("secret", field="instruction"),
    rule("personal-data", field="instruction"),
)

SUPPRESSIONS: tuple[Suppression, ...] = (
    Suppression(
        "duplicate-text",
        "The files of five habits are byte-identical, so 25 prompts occur five times among the 400 published "
        "pairs; original-prompts holds each once.",
        where="original/*",
    ),
)
