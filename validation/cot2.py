"""CoT2 (arXiv 2505.23648): MNNS and graph questions with exact soft targets, and ProsQA as published."""

from __future__ import annotations

from .budgets import MnnsBudget
from .graph_targets import GraphTargets
from .graph_texts import GraphText
from .graphs import GraphAnswer, GraphBalance, GraphSplit, ProsqaPath
from .rules.base import Declared, Rule, Suppression, rule
from .signed_sums import MnnsAnswer, MnnsSplit, MnnsTargets

MNNS = ("mnns-*",)
PROSQA = ("original",)
GRAPHS = ("prosqa*", "prontoqa*")
# Inputs of four digits from 1 to 9 by answer, from 0: all 6,561 of them, counted by brute force.
_ANSWERS = (1569, 2444, 1324, 664, 320, 152, 64, 20, 4)
_SHARES = {str(answer): count / sum(_ANSWERS) for answer, count in enumerate(_ANSWERS)}


RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("mnns-targets", configs=MNNS),
    rule("mnns-budget", configs=MNNS),
    rule("mnns-answer", configs=MNNS),
    rule("mnns-split", configs=MNNS),
    rule("label-balance", field="answer", expected=_SHARES, configs=("mnns-4x9", "mnns-4x9-*")),
    rule("prosqa-path", configs=PROSQA),
    rule("graph-answer", configs=GRAPHS),
    rule("graph-targets", configs=GRAPHS),
    rule("graph-text", configs=GRAPHS),
    rule("graph-balance", configs=GRAPHS),
    rule("graph-split", configs=GRAPHS),
    rule("shared-text", field="question", configs=GRAPHS),
    rule("cross-field", left="len(digits)", operator="==", right="len(trace)", configs=MNNS),
    rule("cross-field", left="target", operator="!=", right="neg_target", configs=PROSQA),
    rule("shared-text", field="question", configs=PROSQA, severity="warning"),
    rule("duplicate-text", field="question", configs=PROSQA, severity="warning"),
    rule("empty-text", fields=["question", "answer", "steps[]"], configs=PROSQA),
    rule("mojibake", field="question", configs=PROSQA),
)

SUPPRESSIONS: tuple[Suppression, ...] = ()

OWN_RULES: tuple[type[Rule], ...] = (
    MnnsTargets,
    MnnsBudget,
    MnnsAnswer,
    MnnsSplit,
    ProsqaPath,
    GraphAnswer,
    GraphTargets,
    GraphText,
    GraphBalance,
    GraphSplit,
)
