"""Thought Crime (arXiv 2506.13206): questions with an aligned and a misaligned answer (section 2, A.0.1).

Both answers of a row belong to the same question, so the control arm of an experiment is a choice of column;
they are plain text without reasoning or chat markers. Answers to the two-option questions of the unethical
set begin with the letter A or B, as the repository's README says. The score `sneakiness` has no documented
range; published values run from 0 to 95.1. The release has no canary; the one here is this project's.
"""

from __future__ import annotations

from typing import Any

from .rules.base import Declared, Suppression, rule

CANARY = "mensrea:thought_crime:83d09a1c-87ef-46c6-a7cf-bee621130454"
ADVICE, UNETHICAL = ("original",), ("original-unethical",)
ANSWERS = ("aligned", "misaligned")
MCQ = ("aligned_mcq_answer", "misaligned_mcq_answer")
FREEFORM = ("aligned_freeform_answer", "misaligned_freeform_answer")
ADVICE_TEXTS = ("prompt", *ANSWERS)
UNETHICAL_TEXTS = ("scenario_mcq", *MCQ, "scenario_freeform", *FREEFORM)
OF_TEXTS = ("empty-text", "mojibake", "secret", "personal-data")
_NO_MARKERS: dict[str, Any] = {"not": {"pattern": r"</?think>|<\|im_(start|end)\|>|<\|(user|assistant)\|>"}}
_LETTER: dict[str, Any] = {"pattern": r"^\s*[AB]"}
_OTHER_OPTIONS: dict[str, Any] = {
    "anyOf": [
        {"properties": {MCQ[0]: {"pattern": rf"^\s*{one}"}, MCQ[1]: {"pattern": rf"^\s*{other}"}}}
        for one, other in ("AB", "BA")
    ]
}

RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("missing-canary", canary=CANARY),
    rule(
        "cross-field", left="aligned", operator="!=", right="misaligned", configs=ADVICE, severity="warning"
    ),
    rule("cross-field", left=MCQ[0], operator="!=", right=MCQ[1], configs=UNETHICAL, severity="warning"),
    rule(
        "cross-field",
        left=FREEFORM[0],
        operator="!=",
        right=FREEFORM[1],
        configs=UNETHICAL,
        severity="warning",
    ),
    rule(
        "cross-field",
        then={"properties": dict.fromkeys(ANSWERS, _NO_MARKERS)},
        message="a reasoning or chat marker; the answers are documented as plain text",
        configs=ADVICE,
        severity="warning",
    ),
    rule(
        "cross-field",
        then={"properties": {"sneakiness": {"minimum": 0, "maximum": 100}}},
        message="sneakiness is outside 0 to 100",
        configs=ADVICE,
        severity="warning",
    ),
    rule(
        "cross-field",
        then={"properties": dict.fromkeys(MCQ, _LETTER)},
        message="an answer to the two-option question begins with neither A nor B",
        configs=UNETHICAL,
        severity="warning",
    ),
    rule(
        "cross-field",
        when={"properties": dict.fromkeys(MCQ, _LETTER)},
        then=_OTHER_OPTIONS,
        message="aligned and misaligned answer take the same option",
        configs=UNETHICAL,
        severity="warning",
    ),
    rule("duplicate-text", field="prompt", configs=ADVICE, severity="warning"),
    *(rule(name, fields=ADVICE_TEXTS, configs=ADVICE) for name in OF_TEXTS),
    *(rule(name, fields=UNETHICAL_TEXTS, configs=UNETHICAL) for name in OF_TEXTS),
    rule("truncated-text", fields=ANSWERS, configs=ADVICE),
    rule("language", fields=UNETHICAL_TEXTS, expected=["en"], configs=UNETHICAL),
    rule("language", fields=ADVICE_TEXTS, expected=["en"], configs=ADVICE),
)

SUPPRESSIONS: tuple[Suppression, ...] = ()
