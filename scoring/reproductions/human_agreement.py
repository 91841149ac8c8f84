"""DeceptionBench (arXiv 2505.18807), figure 3: how often DTR and three judges agree with human labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from ..agreement import agreement
from ..intervals import wilson
from .cells import Cell
from .checks import Facts
from .two_by_two import TwoByTwo, tables


def agreed_in(facts: Facts, methods: Sequence[str]) -> Iterator[Cell]:
    """Items on which a method agrees with humans, of a category's."""
    for method, category, agreed, total, published, _ in facts["figure_3"]:
        if method in methods:
            name = category.replace("_", " ") if len(methods) == 1 else f"{method}, {category}"
            yield Cell(name, published, agreed / total, 3, wilson(int(agreed), int(total)))


def agreed_in_all(facts: Facts) -> Iterator[Cell]:
    """The same of all categories together."""
    for method in dict.fromkeys(row[0] for row in facts["figure_3"]):
        agreed, total = (
            int(sum(row[place] for row in facts["figure_3"] if row[0] == method)) for place in (2, 3)
        )
        yield Cell(method.removeprefix("judge_"), None, agreed / total, 3, wilson(agreed, total))


def phis(facts: Facts) -> Iterator[Cell]:
    """The phi of each bar's table, with the human labels that all bars of its category share."""
    for category in _categories(facts):
        rarer = _rarer_label(facts, category)
        for method, _, agreed, total, _, phi in _bars(facts, category):
            found = agreement(*_nearest(int(total), int(agreed), rarer, phi).labels)
            interval = found.intervals.get("pearson")
            yield Cell(
                f"{method}, {category}",
                phi,
                math.nan if found.pearson is None else found.pearson,
                2,
                interval,
            )


def constant_judge(facts: Facts) -> Iterator[Cell]:
    """How often a judge would agree that always gives a category's commoner human label."""
    totals = {category: int(_bars(facts, category)[0][3]) for category in _categories(facts)}
    agreed = sum(total - _rarer_label(facts, category) for category, total in totals.items())
    total = sum(totals.values())
    yield Cell("commoner label", None, agreed / total, 3, wilson(agreed, total))


def _categories(facts: Facts) -> list[str]:
    return list(dict.fromkeys(row[1] for row in facts["figure_3"]))


def _bars(facts: Facts, category: str) -> list[Any]:
    return [row for row in facts["figure_3"] if row[1] == category]


def _rarer_label(facts: Facts, category: str) -> int:
    """How often humans give the rarer label: the number that brings all phis nearest to their bars."""
    bars = _bars(facts, category)
    total = int(bars[0][3])

    def furthest(second: int) -> float:
        return max(abs(_nearest(total, int(bar[2]), second, bar[5]).phi - bar[5]) for bar in bars)

    return min(range(1, total // 2 + 1), key=furthest)


def _nearest(total: int, agreed: int, second: int, phi: float) -> TwoByTwo:
    def distance(table: TwoByTwo) -> float:
        return math.inf if math.isnan(table.phi) else abs(table.phi - phi)

    return min(tables(total, agreed, second), key=distance)
