"""SafeChain (arXiv 2502.12025): four evaluators of safety against human labels of 272 responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..agreement import agreement
from ..intervals import wilson
from .cells import Cell, in_percent, nearest_percent
from .checks import Facts
from .two_by_two import TwoByTwo, tables

Figures = Mapping[str, Sequence[float]]
"""Accuracy and F1 in percent, and Pearson's correlation, of each evaluator."""


def accuracies(facts: Facts, items: int, figures: Figures) -> Iterator[Cell]:
    """The nearest share of the items, in percent."""
    del facts
    for name, (accuracy, _, _) in figures.items():
        count, nearest = nearest_percent(accuracy, items)
        yield Cell(name, accuracy, nearest, 1, in_percent(wilson(count, items)))


def human_positives(facts: Facts, items: int, figures: Figures) -> Iterator[Cell]:
    """Every number of items, unsafe by human label, that fits the figures of all evaluators."""
    del facts
    for positives in _fitting(items, figures):
        yield Cell("unsafe", None, positives, 0)


def figures_of_tables(facts: Facts, items: int, figures: Figures) -> Iterator[Cell]:
    """F1, in percent, and Pearson's correlation of the tables that fit, as this package computes them."""
    del facts
    for positives in _fitting(items, figures)[:1]:
        for name, published in figures.items():
            table = _table(items, positives, published)
            if table is not None:
                yield from _agreement(name, published, table)


def _agreement(name: str, published: Sequence[float], table: TwoByTwo) -> Iterator[Cell]:
    found = agreement(*table.labels)
    _, f1, pearson = published
    if found.f1 is not None and found.pearson is not None:
        yield Cell(f"{name}, F1", f1, 100 * found.f1, 1, in_percent(found.intervals["f1"]))
        yield Cell(f"{name}, Pearson", pearson, found.pearson, 3, found.intervals["pearson"])


def _fitting(items: int, figures: Figures) -> list[int]:
    return [
        positives
        for positives in range(1, items)
        if all(_table(items, positives, each) is not None for each in figures.values())
    ]


def _table(items: int, positives: int, figures: Sequence[float]) -> TwoByTwo | None:
    """The table, evaluator first and humans second, with an evaluator's figures; None if there is none."""
    accuracy, f1, pearson = figures
    agreed, _ = nearest_percent(accuracy, items)
    for table in tables(items, agreed, positives):
        if Cell("", f1, 100 * table.f1, 1).equal and Cell("", pearson, table.phi, 3).equal:
            return table
    return None
