"""Plots of a training run's report: a panel a width, a colour an arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TypeVar

from ..scoring.html_parts import Figure, drawn
from ..scoring.plot_style import CLASS_COLOURS
from .curves import Curve, curves, thinned
from .outcome import Result
from .plots import LEVEL, Line, Panel, Scales, lines
from .report import TrainingReport
from .summary import Row
from .tables import is_beside_chains

_MOST = 200

Looks = dict[str, tuple[int, int]]

T = TypeVar("T", Curve, Row)


def curve_figures(results: Sequence[Result], report: TrainingReport) -> list[Figure]:
    """Accuracy on validation and the loss, or the reward of policies, by epoch.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """
    found = curves(results)
    policies = results[0].method == "grpo"
    prefix = "policies" if policies else "arms"
    looks = _looks(report)
    band = " Bands reach from the lowest to the highest seed." if len(report.recipe.seeds) > 1 else ""
    accuracy = lines(
        _by_width(found, lambda each: _curve_line(each, each.accuracy, looks)),
        Scales("epoch", "right on validation", percent=True),
        name=f"{prefix}-accuracy",
        label="Right answers on validation by epoch",
    )
    what = "mean reward" if policies else "loss in nats"
    loss = lines(
        _by_width(found, lambda each: _curve_line(each, each.loss, looks)),
        Scales("epoch", what, percent=policies),
        name=f"{prefix}-loss",
        label=f"{what.capitalize()} by epoch",
    )
    told = (
        "Rewards in training: the share of right sampled answers."
        if policies
        else "Losses are cross-entropies to what each arm learns: they don't compare between arms."
    )
    return [
        drawn(accuracy, f"Right answers on validation, means over seeds.{band}"),
        drawn(loss, f"{what.capitalize()}. {told}"),
    ]


def chains_figure(report: TrainingReport) -> Figure:
    """pass@k by k and temperature, and single passes across; only of widths with sampled chains.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """
    rows, looks = report.rows, _looks(report)
    panels = [
        Panel(
            _title(width),
            [line for row in rows if row.width == width for line in _chain_lines(row, rows, looks)],
        )
        for width in dict.fromkeys(row.width for row in rows if row.pass_at)
    ]
    title = "Problems that one of k sampled chains solves"
    svg = lines(
        panels,
        Scales("chains", "solved", percent=True, kind="doubling"),
        name="chains",
        label=f"{title}, by k",
    )
    return drawn(svg, f"{title}, on test, and level lines for passes without sampling; means over seeds.")


def entropy_figure(report: TrainingReport) -> Figure:
    """The entropy of each step's distribution.

    Raises:
        MissingLibraryError: matplotlib isn't installed.
    """
    looks = _looks(report)
    panels = _by_width(report.rows, lambda row: _entropy_line(row, looks))
    title = "Entropy of the model by step"
    svg = lines(panels, Scales("step", "nats", kind="whole"), name="entropy", label=title)
    return drawn(svg, f"{title}, on test, means over seeds.")


def _by_width(items: Sequence[T], line: Callable[[T], Line]) -> list[Panel]:
    widths = dict.fromkeys(each.width for each in items)
    return [Panel(_title(width), [line(each) for each in items if each.width == width]) for width in widths]


def _title(width: int) -> str:
    return f"d = {width}"


def _looks(report: TrainingReport) -> Looks:
    """The colour and the pattern of each arm's and policy's lines, all over the page."""
    names = dict.fromkeys(each.name for each in report.rows)
    return {name: (place % CLASS_COLOURS, place // CLASS_COLOURS) for place, name in enumerate(names)}


def _curve_line(curve: Curve, seeds: Sequence[Sequence[float]], looks: Looks) -> Line:
    kept = thinned(range(len(curve.epochs)), _MOST)
    points = [[each[place] for each in seeds] for place in kept]
    several = len(seeds) > 1
    return Line(
        curve.name,
        [curve.epochs[place] for place in kept],
        [fmean(each) for each in points],
        [min(each) for each in points] if several else (),
        [max(each) for each in points] if several else (),
        *looks[curve.name],
    )


def _chain_lines(row: Row, rows: Sequence[Row], looks: Looks) -> list[Line]:
    colour, _ = looks[row.name]
    found = [
        Line(
            f"{row.name}, T = {heat}",
            [int(k) for k in shares],
            [each.mean for each in shares.values()],
            colour=colour,
            dash=place,
            marked=True,
        )
        for place, (heat, shares) in enumerate(row.pass_at.items())
    ]
    if is_beside_chains(row, rows):
        ends = [int(k) for each in rows for shares in each.pass_at.values() for k in shares]
        found.append(
            Line(f"{row.name}, one pass", [min(ends), max(ends)], [row.mean] * 2, colour=colour, dash=LEVEL)
        )
    return found


def _entropy_line(row: Row, looks: Looks) -> Line:
    told = [(step, each) for step, each in enumerate(row.entropy, start=1) if each is not None]
    colour, dash = looks[row.name]
    return Line(row.name, [s for s, _ in told], [e for _, e in told], colour=colour, dash=dash, marked=True)
