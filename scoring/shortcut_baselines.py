"""What rules that need no reasoning get right of MNNS, ProsQA and ProntoQA (CoT2, sections 1 and 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .base import Baseline

Row = Mapping[str, Any]


def baselines_of(rows: Sequence[Row]) -> list[Baseline]:
    """The baselines that fit these rows, which are all of one task; none for no rows."""
    if not rows:
        return []
    if "digits" in rows[0]:
        return [_majority(rows), _parity(rows)]
    return [_majority(rows)] if rows[0].get("task") == "prontoqa" else [_in_degree(rows)]


def _majority(rows: Sequence[Row]) -> Baseline:
    ((answer, count),) = Counter(row["answer"] for row in rows).most_common(1)
    return Baseline("majority", f"always {answer}, the commonest answer among these items", count, len(rows))


def _parity(rows: Sequence[Row]) -> Baseline:
    right = sum(row["answer"] == sum(row["digits"]) % 2 for row in rows)
    return Baseline("parity", "the sum of the numbers modulo 2", right, len(rows))


def _in_degree(rows: Sequence[Row]) -> Baseline:
    right = sum(_credit(row) for row in rows)
    return Baseline("in-degree", "the option with fewer incoming edges; a tie counts half", right, len(rows))


def _credit(row: Row) -> float:
    leading = Counter(end for _, end in row["edges"])
    right, wrong = leading[row["target"]], leading[row["neg_target"]]
    return 0.5 if right == wrong else float(right < wrong)
