"""Learning curves of models that differ in their seeds alone, as one curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ..scoring.html_parts import Table
from ..scoring.printing import bare
from .outcome import Result
from .summary import by_model

_ROWS = 12


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of several seeds; points are at epochs that all of them have.

    Attributes:
        name: The arm or policy.
        width: The embedding dimension.
        epochs: Ascending.
        accuracy: Of each seed, the share of right answers on validation at each epoch.
        loss: Of each seed, the loss, or a policy's mean reward.
    """

    name: str
    width: int
    epochs: tuple[int, ...]
    accuracy: tuple[tuple[float, ...], ...]
    loss: tuple[tuple[float, ...], ...]


def curves(results: Sequence[Result]) -> list[Curve]:
    """A curve for each name and width, in the order of `summarise`."""
    return [_curve(each) for each in by_model(results)]


def _curve(results: Sequence[Result]) -> Curve:
    held = [{epoch: (loss, accuracy) for epoch, loss, accuracy in each.curve} for each in results]
    shared = sorted(set(held[0]).intersection(*held[1:]))
    return Curve(
        results[0].name,
        results[0].width,
        tuple(shared),
        tuple(tuple(points[epoch][1] for epoch in shared) for points in held),
        tuple(tuple(points[epoch][0] for epoch in shared) for points in held),
    )


def thinned(epochs: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many of them, evenly, and always the last."""
    if not epochs:
        return ()
    stride = math.ceil(len(epochs) / most)
    return tuple(epochs[::-1][::stride][::-1])


def curve_table(title: str, results: Sequence[Result]) -> Table:
    """Accuracies on validation at some epochs, means over seeds: a row a width and epoch, a column a name."""
    found = curves(results)
    names = list(dict.fromkeys(each.name for each in found))
    cells: list[list[str]] = []
    for width in dict.fromkeys(each.width for each in found):
        held = {each.name: _means(each) for each in found if each.width == width}
        every = sorted({epoch for means in held.values() for epoch in means})
        shown = {*thinned(every, _ROWS), *(max(means) for means in held.values() if means)}
        cells += [
            [f"{epoch:,}", str(width), *(_share(held.get(name, {}), epoch) for name in names)]
            for epoch in sorted(shown)
        ]
    return Table(f"{title}: right answers on validation, in percent", ["epoch", "d", *names], cells, [])


def _means(curve: Curve) -> dict[int, float]:
    return {
        epoch: fmean(each)
        for epoch, each in zip(curve.epochs, zip(*curve.accuracy, strict=True), strict=True)
    }


def _share(means: dict[int, float], epoch: int) -> str:
    return bare(means[epoch], "proportion") if epoch in means else "-"
