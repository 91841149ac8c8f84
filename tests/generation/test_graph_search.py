from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.graph_search import canonical_paths, frontier, on_path, reach, search

from .graph_brute_force import entries, shortest_paths
from .test_graph_classes import problems_of

NODES = 8
FORWARD = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(
    lambda edge: edge[0] < edge[1]
)
GRAPHS = st.lists(st.sets(FORWARD, min_size=1, max_size=20), min_size=1, max_size=4)


def lists(targets):
    """The entries of each row."""
    columns = zip(targets.step.tolist(), targets.node.tolist(), targets.count.tolist(), strict=True)
    every = [dict(zip(("step", "node", "count"), each, strict=True)) for each in columns]
    return [every[start:stop] for start, stop in zip(targets.offsets, targets.offsets[1:], strict=False)]


@given(GRAPHS, st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.data())
def test_targets_are_those_of_all_paths_listed(graphs, root, target, data):
    """Roots and targets anywhere, reachable or not, and as many steps as one likes."""
    graphs = [sorted({*edges, (0, NODES - 1)}) for edges in graphs]
    problems = problems_of(graphs, root, target)
    steps = np.array([data.draw(st.integers(0, 6)) for _ in graphs])
    found = search(problems)
    rows = zip(
        graphs,
        steps.tolist(),
        *(lists(each(found, steps)) for each in (frontier, reach, on_path)),
        strict=True,
    )
    for edges, limit, exact, within, path in rows:
        best = shortest_paths(edges, root)
        at = {(len(paths[0]) - 1, node): len(paths) for node, paths in best.items() if node != root}
        assert exact == entries({key: count for key, count in at.items() if key[0] <= limit})
        near = {
            (step, node): count for (first, node), count in at.items() for step in range(first, limit + 1)
        }
        assert within == entries(near)
        through: dict[tuple[int, int], int] = {}
        for each in best.get(target, []):
            for step, node in enumerate(each[1 : limit + 1], 1):
                through[step, node] = through.get((step, node), 0) + 1
        assert path == entries(through)


@given(GRAPHS, st.integers(0, NODES - 1))
def test_the_canonical_path_is_the_least(graphs, target):
    graphs = [sorted({*edges, (0, NODES - 1)}) for edges in graphs]
    problems = problems_of(graphs, 0, target)
    for edges, path in zip(graphs, canonical_paths(problems, search(problems), NODES).tolist(), strict=True):
        expected = min(shortest_paths(edges, 0).get(target, [(0,)]))
        assert path == [*expected, *[-1] * (NODES + 1 - len(expected))]


def test_a_cycle_ends_the_search():
    problems = problems_of([[(0, 1), (1, 2), (2, 0), (1, 1), (2, 3)]], 0, 3)
    found = search(problems)
    assert found.distance.tolist() == [[0, 1, 2, 3]]
    assert found.paths.tolist() == [[1, 1, 1, 1]]


def test_no_graphs_are_no_trouble():
    problems = problems_of([[(0, 1)]]).take(np.array([], int))
    found = search(problems)
    assert [len(each(found, np.array([], int)).step) for each in (frontier, reach, on_path)] == [0, 0, 0]
    assert canonical_paths(problems, found, 3).shape == (0, 4)
