"""DeceptionBench (arXiv 2505.18807), table 1: what Self-Monitor gains, as the abstract and the text claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from ..comparison import mean_relative_cut
from .cells import Cell, in_percent
from .checks import Facts

Counts = Mapping[str, Sequence[Sequence[int]]]
"""Deceptive and scored items of each family, before and after."""
_SEED = 0


def headline(
    facts: Facts, published: float, models: Sequence[Sequence[str]], counts: Counts
) -> Iterator[Cell]:
    """The mean of the relative cuts of DTR, in percent, from the rates as printed.

    Args:
        facts: Table 1.
        published: The headline.
        models: Of each family, the model before and the model after.
        counts: What the interval is of.
    """
    rates = {row[0]: row[1] for row in facts["table_1"]}
    cut = fmean(1 - rates[after] / rates[before] for before, after in models)
    yield Cell("mean", published, 100 * cut, 1, _cell("", None, counts).interval)


def headline_of_counts(facts: Facts, published: float, counts: Counts) -> Iterator[Cell]:
    """The same from counts."""
    del facts
    yield _cell("mean", published, counts)


def cuts(facts: Facts, counts: Counts) -> Iterator[Cell]:
    """The cut of each family, in percent."""
    del facts
    for family, pair in counts.items():
        yield _cell(family, None, {family: pair})


def win_rates(facts: Facts, models: Sequence[str], **published: float) -> Iterator[Cell]:
    """The mean of one minus win rates, in percent.

    Args:
        facts: Table 1.
        models: Whose win rates.
        **published: What the text claims, in the order of the table's columns.
    """
    rows = [row for row in facts["table_1"] if row[0] in models]
    for column, (name, percent) in enumerate(published.items(), start=2):
        yield Cell(name, percent, 100 * (1 - fmean(row[column] for row in rows)), 0)


def _cell(name: str, published: float | None, counts: Counts) -> Cell:
    pairs = [((before[0], before[1]), (after[0], after[1])) for before, after in counts.values()]
    found = mean_relative_cut(pairs, seed=_SEED)
    return Cell(name, published, 100 * found.value, 1, in_percent(found.interval))
