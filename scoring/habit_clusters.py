"""Which models have similar profiles: a tree, and how well its groups hold when tasks are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from .clusters import Floats
from .habit_grid import Grid, Ints
from .profile_likeness import correlation
from .task_draws import profile_rates

LEAST = 3
"""Models that a tree needs."""

_MOST_GROUPS = 6


@dataclass(frozen=True, slots=True)
class Cut:
    """The tree cut into groups.

    Attributes:
        groups: The models of each group, in the tree's order.
        together: Of models that share a group, how often the pair that does so least ends up in one group
            when tasks are drawn again; None if every group has one model.
        apart: Of models in different groups, how often the pair that does so most ends up in one.
        ward_agrees: Whether Ward's method on the rates gives the same groups.
    """

    groups: Sequence[Sequence[str]]
    together: float | None
    apart: float
    ward_agrees: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """Models joined by how alike their profiles are.

    Attributes:
        models: The models, in the order of `joins`' numbers.
        order: The models as the tree's leaves stand, from the top.
        joins: As SciPy has linkages: two nodes, the distance at which they join, and how many models the
            join has; models are numbered from 0, joins from their number on.
        cophenetic: Correlation of the tree's distances with the profiles': 1 if the tree keeps them; None
            for fewer than three models or equal distances.
        cuts: The tree cut into two groups and more.
        habits: The habits that all models have a rate of.
    """

    models: Sequence[str]
    order: Sequence[str]
    joins: Sequence[Sequence[float]]
    cophenetic: float | None
    cuts: Sequence[Cut]
    habits: int


def tree_of(names: Sequence[str], grids: Sequence[Grid], weights: Floats) -> Tree | None:
    """Join models by average linkage on 1 minus Pearson's correlation of their profiles.

    The paper clusters its profiles agglomeratively, without saying by which distance (section 4; how many
    groups differs within its text). 1 - r looks at the shape of a profile, not at its level; Ward's method on
    the rates, which sees both, is the check. A draw in which a profile is flat has distance 1 to all others.

    Args:
        names: The models, none of whose profiles is flat.
        grids: Their judgements, over the same tasks in the same order.
        weights: How often each task comes in each draw; shape `(draws, tasks)`.

    Returns:
        The tree; None for fewer than three models, or fewer than three habits that all have.
    """
    once = np.ones((1, weights.shape[1]))
    profiles = np.stack([profile_rates(once, grid)[0] for grid in grids]) if grids else np.zeros((0, 0))
    known = np.isfinite(profiles).all(axis=0)
    if len(names) < LEAST or known.sum() < LEAST:
        return None
    drawn = np.stack([profile_rates(weights, grid)[:, known] for grid in grids], axis=1)
    profiles = profiles[:, known]
    joins = _average(profiles)
    most = min(_MOST_GROUPS, len(names) - 1)
    linkages = [_average(each) for each in drawn]
    ward = _linkage(profiles, "ward")
    order = _leaves(joins)
    cuts = [
        _cut(order, names, _labels(joins, k), _labels(ward, k), [_labels(each, k) for each in linkages])
        for k in range(2, most + 1)
    ]
    leaves, kept = [names[place] for place in order], _cophenetic(joins, profiles)
    return Tree(list(names), leaves, joins.tolist(), kept, cuts, int(known.sum()))


def distances(profiles: Floats) -> Floats:
    """1 minus the correlation of each two profiles, condensed as SciPy has it; 1 where one is flat."""
    first, second = np.triu_indices(len(profiles), k=1)
    return 1 - np.nan_to_num(correlation(profiles[first], profiles[second]), nan=0.0)


def _average(profiles: Floats) -> Floats:
    return _linkage(distances(profiles), "average")


def _linkage(found: Floats, method: str) -> Floats:
    from scipy.cluster import hierarchy

    return np.asarray(cast("Any", hierarchy).linkage(found, method), dtype=np.float64)


def _leaves(joins: Floats) -> list[int]:
    from scipy.cluster import hierarchy

    return [int(each) for each in cast("Any", hierarchy).leaves_list(joins)]


def _labels(joins: Floats, groups: int) -> Ints:
    """The group of each model, undoing the last joins; ties make no fewer groups."""
    models = len(joins) + 1
    members = {place: [place] for place in range(models)}
    for step, (one, other, *_) in enumerate(joins[: models - groups]):
        members[models + step] = members.pop(int(one)) + members.pop(int(other))
    labels = np.zeros(models, dtype=np.int64)
    for label, places in enumerate(members.values()):
        labels[places] = label
    return labels


def _cut(order: Sequence[int], names: Sequence[str], labels: Ints, ward: Ints, drawn: Sequence[Ints]) -> Cut:
    """One way to cut the tree; labels are those of the tree, of Ward's, and of each draw's."""
    same = _same(labels)
    often = np.mean([_same(each) for each in drawn], axis=0)
    pairs = ~np.eye(len(names), dtype=np.bool_)
    inside, outside = often[same & pairs], often[~same]
    groups = [
        [names[place] for place in order if labels[place] == label] for label in dict.fromkeys(labels[order])
    ]
    agrees = bool((same == _same(ward)).all())
    return Cut(groups, float(inside.min()) if inside.size else None, float(outside.max()), agrees)


def _same(labels: Ints) -> npt.NDArray[np.bool_]:
    return labels[:, np.newaxis] == labels


def _cophenetic(joins: Floats, profiles: Floats) -> float | None:
    from scipy.cluster import hierarchy

    found = distances(profiles)
    of_tree = np.asarray(cast("Any", hierarchy).cophenet(joins), dtype=np.float64)
    value = float(correlation(of_tree, found))
    return value if np.isfinite(value) else None
