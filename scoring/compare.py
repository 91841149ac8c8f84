"""Two reports on the same items: what differs between them, item by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from ..errors import UsageError
from .comparison import Difference, correct, paired_difference
from .declared import Declared, declared_from
from .metrics import Kind, Metric, Settings, span_of
from .report import Report
from .subjects import Side, check_same, differences, items_of, side_of
from .units import CLUSTER, UNGROUPED, clusters_by_item, clusters_of

FORMAT = "mensrea-comparison/1"
UNSCORED = "unscored"
"""What transitions call a sample without an outcome."""

_LEAST = 1e-12
_SUMS = ("num_a", "den_a", "num_b", "den_b")


@dataclass(frozen=True, slots=True)
class Change:
    """How a metric differs, over the items that have it in both reports.

    Attributes:
        name: The metric.
        kind: `proportion` or `mean`.
        group: Column and value of the group; empty for all.
        difference: B minus A with interval and test; over pairs of items, or of clusters of items that are
            alike, so `a` and `b` may differ from the reports' values.
        corrected: The p-value after Holm's correction over the metrics of all samples, or over all groups.
        up: Items whose value is higher in B.
        down: Items whose value is lower in B.
    """

    name: str
    kind: Kind
    group: Mapping[str, str]
    difference: Difference
    corrected: float
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two reports on the same items say about each other.

    Attributes:
        dataset: Dataset, config and split.
        a: The first report.
        b: The second.
        differs: What makes figures incomparable: versions, judges, parameters; empty if nothing does.
        changes: Metrics of all samples, then of groups.
        uncompared: Metrics without a comparison, each with the reason.
        only_a: Ids of items that B lacks.
        only_b: Ids of items that A lacks.
        uneven: Items of which the reports have different samples.
        samples: Samples that are in both, by id and number.
        transitions: From an outcome in A to another in B: how many samples, most first.
        settings: How intervals were computed.
        clustered: Whether some items are alike: pairs are then clusters of them.
    """

    dataset: str
    a: Side
    b: Side
    differs: Sequence[str]
    changes: Sequence[Change]
    uncompared: Mapping[str, str]
    only_a: Sequence[str]
    only_b: Sequence[str]
    uneven: int
    samples: int
    transitions: Sequence[tuple[str, str, int]]
    settings: Settings
    clustered: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        return {"format": FORMAT, **asdict(self)}

    def as_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The comparison for a terminal of so many columns."""
        from .compare_text import comparison_text

        return comparison_text(self, width, colour=colour)


def compare(a: Report, b: Report, *, seed: int = 0, resamples: int = 1000, level: float = 0.95) -> Comparison:
    """Compare two reports, paired by item.

    An item that one of the reports hasn't, or has no scored sample of, is in no pair: a model isn't better
    for items that it wasn't scored on.

    Args:
        a: The first report, such as the baseline.
        b: The second.
        seed: Of the bootstrap and of permutations.
        resamples: Of the bootstrap.
        level: Of confidence.

    Raises:
        UsageError: They are about different items: another dataset, config or split, or none in common.
    """
    check_same(a, b)
    settings = Settings(seed, resamples, level)
    ids_a, ids_b = (set(each.samples["id"]) for each in (a, b))
    if not ids_a & ids_b:
        raise UsageError("compare: the reports share no item; were they made from the same release?")
    changes, uncompared = _changes(a, b, settings)
    joined = a.samples.join(b.samples, on=["id", "sample"], suffix="_b")
    return Comparison(
        items_of(a),
        side_of(a),
        side_of(b),
        list(differences(a, b)),
        changes,
        uncompared,
        sorted(ids_a - ids_b),
        sorted(ids_b - ids_a),
        _uneven(a.samples, b.samples),
        joined.height,
        _transitions(joined),
        settings,
        CLUSTER in _clustered(a, b).columns,
    )


def _changes(a: Report, b: Report, settings: Settings) -> tuple[list[Change], dict[str, str]]:
    known = {_key(each): each for each in b.metrics}
    found: list[Change] = []
    uncompared = {
        _name(each): "only in B" for each in b.metrics if _key(each) not in set(map(_key, a.metrics))
    }
    for metric in a.metrics:
        other = known.get(_key(metric))
        if other is None or other.definition != metric.definition:
            uncompared[_name(metric)] = "only in A" if other is None else "defined otherwise in B"
        elif (change := _change(metric, a, b, settings)) is not None:
            found.append(change)
        else:
            uncompared[_name(metric)] = "no item is scored in both"
    overall, groups = ([each for each in found if bool(each.group) is grouped] for grouped in (False, True))
    return [*_corrected(overall), *_corrected(groups)], uncompared


def _key(metric: Metric) -> tuple[str, tuple[tuple[str, str], ...]]:
    return metric.name, tuple(metric.group.items())


def _name(metric: Metric) -> str:
    return " ".join([metric.name, *(f"{column}={value}" for column, value in metric.group.items())])


def _change(metric: Metric, a: Report, b: Report, settings: Settings) -> Change | None:
    declared = declared_from(metric.name, metric.description, metric.definition)
    paired = _pairs(declared, _of_group(a.samples, metric.group), _of_group(b.samples, metric.group))
    if not paired.height:
        return None
    together = _together(paired, _clustered(a, b))
    difference = paired_difference(
        *(together[each].to_numpy() for each in _SUMS),
        seed=settings.seed,
        resamples=settings.resamples,
        level=settings.level,
        bounds=span_of(declared),
    )
    num_a, den_a, num_b, den_b = (paired[each].to_numpy() for each in _SUMS)
    moved = num_b / den_b - num_a / den_a
    up, down = (int(np.count_nonzero(each)) for each in (moved > _LEAST, moved < -_LEAST))
    return Change(metric.name, metric.kind, metric.group, difference, difference.p_value, up, down)


def _pairs(declared: Declared, a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """Sums of the items that count in both."""
    sums = (clusters_of(declared, each) for each in (a, b))
    of_a, of_b = (
        pl.DataFrame({"id": each.ids, f"num_{side}": each.numerators, f"den_{side}": each.denominators})
        for each, side in zip(sums, "ab", strict=True)
    )
    joined = of_a.join(of_b, on="id", maintain_order="left")
    return joined.filter((pl.col("den_a") > 0) & (pl.col("den_b") > 0))


def _clustered(a: Report, b: Report) -> pl.DataFrame:
    """The samples that say which items are alike: B's if only these do, as where A is of an older version."""
    return b.samples if CLUSTER not in a.samples.columns else a.samples


def _together(paired: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """Sums over items that are alike, if any are."""
    clusters = clusters_by_item(samples)
    if clusters is None:
        return paired
    named = paired.join(clusters, on="id", how="left", maintain_order="left")
    return named.group_by(CLUSTER, maintain_order=True).agg(pl.sum(*_SUMS))


def _of_group(samples: pl.DataFrame, group: Mapping[str, str]) -> pl.DataFrame:
    for column, value in group.items():
        samples = samples.filter(pl.col(column).fill_null(UNGROUPED) == value)
    return samples


def _corrected(changes: Sequence[Change]) -> list[Change]:
    if len(changes) == 1:
        return list(changes)
    after = correct([each.difference.p_value for each in changes])
    return [replace(each, corrected=value) for each, value in zip(changes, after, strict=True)]


def _uneven(a: pl.DataFrame, b: pl.DataFrame) -> int:
    of_a, of_b = (each.group_by("id").agg(pl.col("sample").sort()) for each in (a, b))
    return of_a.join(of_b, on="id").filter(pl.col("sample") != pl.col("sample_right")).height


def _transitions(joined: pl.DataFrame) -> list[tuple[str, str, int]]:
    states = joined.select(
        pl.col("outcome").fill_null(UNSCORED).alias("a"), pl.col("outcome_b").fill_null(UNSCORED).alias("b")
    )
    moved = states.filter(pl.col("a") != pl.col("b")).group_by("a", "b").len()
    return [
        (str(a), str(b), int(n))
        for a, b, n in moved.sort(["len", "a", "b"], descending=[True, False, False]).rows()
    ]
