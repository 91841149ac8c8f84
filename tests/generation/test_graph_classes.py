from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.graph_classes import class_hashes
from mensrea.generation.graph_families import GraphFamily
from mensrea.generation.graph_problems import Problems, offsets_of
from mensrea.generation.graph_rows import problems

from .graph_brute_force import refined

NODES = 7
EDGES = st.sets(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), min_size=1, max_size=15)


def problems_of(graphs, root=0, target=1, negative=2):
    """Graphs with as many vertices as their edges need."""
    count = len(graphs)
    start, end = np.array([edge for edges in graphs for edge in edges]).T
    return Problems(
        np.array([1 + max(max(edge) for edge in edges) for edges in graphs]),
        offsets_of(np.array([len(edges) for edges in graphs])),
        start,
        end,
        *(np.full(count, each) for each in (root, target, negative)),
    )


def relabelled(edges, chance):
    number = chance.sample(range(NODES), NODES)
    return chance.sample([(number[start], number[end]) for start, end in edges], len(edges))


@given(EDGES, st.randoms(use_true_random=False))
def test_names_and_order_dont_count_and_else_it_is_as_another_refinement_says(edges, chance):
    """The other one is written with dictionaries and texts."""
    whole = sorted(edges | {(node, (node + 1) % NODES) for node in range(NODES)})
    other = sorted({*whole, (chance.randrange(NODES), chance.randrange(NODES))} - {whole[0]})
    moved = relabelled(whole, chance)
    found = class_hashes(problems_of([whole, other, moved])).tolist()
    assert found[0] == found[2]
    assert (found[0] == found[1]) == (refined(whole) == refined(other))


def test_direction_counts():
    out, into = [(0, 1), (0, 2), (3, 4)], [(1, 0), (2, 0), (4, 3)]
    left, right = class_hashes(problems_of([out, into])).tolist()
    assert left != right


def test_what_is_asked_doesnt_count():
    edges = [[(0, 1), (1, 2), (3, 2)]]
    assert class_hashes(problems_of(edges)) == class_hashes(problems_of(edges, root=3, target=2, negative=1))


def test_a_hash_doesnt_depend_on_the_graphs_beside_it():
    graphs = [[(0, 1)], [(0, 1), (1, 2), (2, 3)], [(5, 6), (0, 1), (2, 3), (4, 5)]]
    together = class_hashes(problems_of(graphs)).tolist()
    assert together == [class_hashes(problems_of([each])).tolist()[0] for each in graphs]


@pytest.mark.parametrize("name", ["prosqa", "prontoqa", "prontoqa-3"])
def test_hashes_fill_their_range_and_tell_graphs_apart(name):
    hashes = class_hashes(problems(GraphFamily.from_name(name), "train", rows=2_000))
    assert len(np.unique(hashes)) > 1_900
    tenths = np.bincount((hashes / 2**64 * 10).astype(int), minlength=10)
    assert tenths[8:].sum() == 0
    assert tenths[:8].min() > 180


def test_it_is_what_it_was():
    """Another hash here would move graphs from one split to another."""
    assert hex(class_hashes(problems_of([[(0, 1), (1, 2), (3, 2)]]))[0]) == "0xb71d05b156305ddf"


def test_shuffled_copies_of_a_row_have_its_hash():
    drawn = problems(GraphFamily("prosqa"), "test", rows=30)
    chance = random.Random(3)
    for row in range(30):
        one = drawn.take(np.array([row]))
        number = np.array(chance.sample(range(one.width), one.width))
        order = chance.sample(range(len(one.start)), len(one.start))
        ends = (number[each] for each in (one.root, one.target, one.negative))
        copy = Problems(one.nodes, one.offsets, number[one.start[order]], number[one.end[order]], *ends)
        assert class_hashes(copy) == class_hashes(one)
