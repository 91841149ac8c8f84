from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.graph_families import GraphFamily
from mensrea.generation.graph_problems import Problems
from mensrea.generation.graph_rows import problems

from .test_graph_drawing import edges_of, ends_of

DRAWN = problems(GraphFamily("prosqa"), "train", rows=12)


@given(st.lists(st.integers(0, 11), max_size=20))
def test_graphs_taken_are_those_graphs(numbers):
    taken = DRAWN.take(np.array(numbers, int))
    assert len(taken) == len(numbers)
    assert edges_of(taken) == [edges_of(DRAWN)[number] for number in numbers]
    assert ends_of(taken) == [ends_of(DRAWN)[number] for number in numbers]
    assert taken.nodes.tolist() == DRAWN.nodes[numbers].tolist()
    assert taken.width == max([1, *taken.nodes.tolist()])


@given(st.lists(st.integers(0, 12), max_size=3).map(sorted))
def test_parts_are_joined_in_order(cuts):
    bounds = [0, *cuts, 12]
    parts = [DRAWN.take(np.arange(*bounds[place : place + 2])) for place in range(len(bounds) - 1)]
    joined = Problems.joined(parts)
    assert (edges_of(joined), ends_of(joined)) == (edges_of(DRAWN), ends_of(DRAWN))
    assert joined.nodes.tolist() == DRAWN.nodes.tolist()


def test_flat_positions_are_those_of_a_matrix():
    matrix = np.arange(len(DRAWN) * DRAWN.width).reshape(len(DRAWN), DRAWN.width)
    for flat, local in zip(DRAWN.flat, (DRAWN.start, DRAWN.end), strict=True):
        assert flat.tolist() == matrix[DRAWN.graph, local].tolist()
    assert DRAWN.exists.sum(axis=1).tolist() == DRAWN.nodes.tolist()
