"""Trees of models: planted groups, how they hold, and the check by another method."""

import numpy as np
import pytest
from mensrea.scoring.habit_clusters import distances, tree_of
from mensrea.scoring.task_draws import profile_rates, shared_tasks, task_weights
from scipy.cluster import hierarchy
from scipy.spatial.distance import pdist

from .habit_reports import drawn_grid

ONCE = np.ones((1, 400))


def grown(grids, names=None, resamples=200):
    shared = shared_tasks(grids)
    weights = task_weights(shared[0].own, seed=0, resamples=resamples)
    return tree_of(names or [f"m{place}" for place in range(len(grids))], shared, weights)


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 16))
    return [drawn_grid(rng, chance, 0.2, n=4) for chance in (first, second, first, second, first)]


def test_planted_groups_are_found_and_hold(planted):
    cut = grown(planted).cuts[0]
    assert {frozenset(group) for group in cut.groups} == {
        frozenset(("m0", "m2", "m4")),
        frozenset(("m1", "m3")),
    }
    assert cut.together > 0.95
    assert cut.apart < 0.05
    assert cut.ward_agrees


def test_more_groups_than_there_are_do_not_hold(planted):
    cuts = grown(planted).cuts
    assert [len(cut.groups) for cut in cuts] == [2, 3, 4]
    assert cuts[1].apart > 0.2


def test_the_tree_is_average_linkage_on_correlations(planted):
    tree = grown(planted)
    profiles = np.stack([profile_rates(ONCE, each)[0] for each in planted])
    expected = pdist(profiles, "correlation")
    assert distances(profiles) == pytest.approx(expected)
    joins = hierarchy.linkage(expected, "average")
    assert np.array(tree.joins) == pytest.approx(joins)
    assert tree.cophenetic == pytest.approx(hierarchy.cophenet(joins, expected)[0])
    assert tree.order == [f"m{place}" for place in hierarchy.leaves_list(joins)]
    for cut in tree.cuts:
        labels = hierarchy.fcluster(joins, len(cut.groups), "maxclust")
        assert len({labels[int(group[0][1:])] for group in cut.groups}) == len(cut.groups)
        assert all(len({labels[int(name[1:])] for name in group}) == 1 for group in cut.groups)


def test_models_that_are_all_alike_do_not_hold_in_groups():
    rng = np.random.default_rng(2)
    chance = rng.random(16)
    cut = grown([drawn_grid(rng, chance, 0.2) for _ in range(6)]).cuts[1]
    assert cut.together is None or cut.together < 0.8
    assert cut.apart > 0.2


def test_levels_part_models_for_ward_alone():
    rng = np.random.default_rng(3)
    shape = np.linspace(0.1, 0.45, 16)
    other = shape[::-1].copy()
    grids = [drawn_grid(rng, each, 0.2, n=40) for each in (shape, shape + 0.5, other, other + 0.5)]
    assert not grown(grids).cuts[0].ward_agrees


def test_two_models_make_no_tree(planted):
    assert grown(planted[:2]) is None


def test_the_same_seed_gives_the_same_tree(planted):
    assert grown(planted) == grown(planted)
