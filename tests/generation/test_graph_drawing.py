from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.generation.graph_classes import class_hashes
from mensrea.generation.graph_drawing import draw, renumbered
from mensrea.generation.graph_families import GraphFamily
from mensrea.generation.seeds import stream

from .graph_brute_force import shortest_paths

FAMILIES = [GraphFamily(task, hops) for task in ("prosqa", "prontoqa") for hops in (3, 5, 6, 9)]
each_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def drawn(family, graphs, *labels):
    return draw(family, family.steps, graphs, stream(0, "test", *labels))


def edges_of(problems):
    pairs = np.stack([problems.start, problems.end], axis=1).tolist()
    return [pairs[start:stop] for start, stop in pairwise(problems.offsets.tolist())]


def ends_of(problems):
    return list(
        zip(problems.root.tolist(), problems.target.tolist(), problems.negative.tolist(), strict=True)
    )


def undirected(edges, start):
    """Distances where edges may be followed in either direction."""
    distance, queue = {start: 0}, [start]
    for node in queue:
        for near in {b for a, b in edges if a == node} | {a for a, b in edges if b == node}:
            if near not in distance:
                distance[near] = distance[node] + 1
                queue.append(near)
    return distance


@each_family
def test_the_answer_is_single_and_as_far_as_it_should_be(family):
    problems = drawn(family, 100)
    for edges, (root, target, negative) in zip(edges_of(problems), ends_of(problems), strict=True):
        assert all(start < end for start, end in edges)
        best = shortest_paths(edges, root)
        assert len(best[target][0]) == family.steps + 1
        assert negative not in best
        assert not {target, negative} & {start for start, _ in edges}


@each_family
def test_the_decoy_reaches_the_other_option_alone_from_as_far(family):
    problems = drawn(family, 100)
    for edges, (_, target, negative) in zip(edges_of(problems), ends_of(problems), strict=True):
        best = shortest_paths(edges, 1)
        assert len(best[negative][0]) == family.steps + 1
        assert target not in best


@each_family
def test_every_vertex_has_an_edge_and_there_are_as_many_as_the_family_says(family):
    low, high = family.nodes
    problems = drawn(family, 200)
    for nodes, edges in zip(problems.nodes.tolist(), edges_of(problems), strict=True):
        assert {node for edge in edges for node in edge} == set(range(nodes))
        assert len(edges) == len({tuple(edge) for edge in edges})
        assert nodes <= high
        # People who would know nobody are left out.
        assert nodes >= low - 4
        if not family.paths_meet:
            assert nodes == len(edges) == low
    assert low + 1 < problems.nodes.mean() or low == high


@each_family
def test_without_directions_both_options_are_about_as_near(family):
    problems = drawn(family, 300)
    points = 0
    for edges, (root, target, negative) in zip(edges_of(problems), ends_of(problems), strict=True):
        near = undirected(edges, root)
        assert near[negative] <= family.steps
        points += 2 * (near[target] < near[negative]) + (near[target] == near[negative])
    assert points == 300 if not family.paths_meet else 240 <= points <= 400


def test_graphs_are_like_the_published_ones():
    """ProsQA's validation and test files: 22.8 vertices, 36.0 edges; frontiers of 2.94, 4.40 and 3.35."""
    parts = [
        drawn(GraphFamily("prosqa", hops), share * 10) for hops, share in GraphFamily("prosqa").mix.items()
    ]
    assert sum(part.nodes.sum() for part in parts) / 1_000 == pytest.approx(22.8, abs=0.3)
    assert sum(len(part.start) for part in parts) / 1_000 == pytest.approx(36, abs=1)


@pytest.mark.parametrize("task", ["prosqa", "prontoqa"])
def test_options_look_alike(task):
    """Whatever doesn't come of following edges from the root is fair: 4 standard deviations at most."""
    family, rows = GraphFamily(task), 2_000
    problems = drawn(family, rows)
    for feature in FEATURES:
        right, wrong = np.array(
            [feature(edges, ends) for edges, ends in zip(edges_of(problems), ends_of(problems), strict=True)]
        ).T
        lead = np.sign(right - wrong)
        assert abs(lead.sum()) <= 4 * np.sqrt(max(1, np.abs(lead).sum())), feature.__name__


def incoming(edges, ends):
    return [sum(end == node for _, end in edges) for node in ends[1:]]


def ancestors(edges, ends):
    backwards = [[end, start] for start, end in edges]
    return [len(shortest_paths(backwards, node)) for node in ends[1:]]


def parents_children(edges, ends):
    parents = [{start for start, end in edges if end == node} for node in ends[1:]]
    return [sum(start in each for start, _ in edges) for each in parents]


def people_above(edges, ends):
    people = {start for start, _ in edges} - {end for _, end in edges}
    backwards = [[end, start] for start, end in edges]
    return [len(people & shortest_paths(backwards, node).keys()) for node in ends[1:]]


def farthest_person(edges, ends):
    backwards = [[end, start] for start, end in edges]
    return [max(len(paths[0]) for paths in shortest_paths(backwards, node).values()) for node in ends[1:]]


def order_of_drawing(edges, ends):
    del edges
    return ends[1:]


FEATURES = [incoming, ancestors, parents_children, people_above, farthest_person, order_of_drawing]


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(FAMILIES), st.integers(0, 2**32))
def test_numbers_and_order_are_random_and_nothing_else_changes(family, seed):
    problems = drawn(family, 20, seed)
    changed = renumbered(problems, stream(seed))
    assert class_hashes(changed).tolist() == class_hashes(problems).tolist()
    assert changed.nodes.tolist() == problems.nodes.tolist()
    for edges, (root, target, negative) in zip(edges_of(changed), ends_of(changed), strict=True):
        best = shortest_paths(edges, root)
        assert len(best[target][0]) == family.steps + 1
        assert negative not in best
    assert edges_of(changed) != edges_of(renumbered(problems, stream(seed + 1)))


def test_the_root_may_have_any_number():
    family = GraphFamily("prontoqa")
    roots = renumbered(drawn(family, 2_000), stream(1)).root
    assert np.bincount(roots, minlength=25).min() > 40


def test_a_stream_gives_the_same_graphs_again():
    first, again = drawn(FAMILIES[0], 50, "a"), drawn(FAMILIES[0], 50, "a")
    assert edges_of(first) == edges_of(again) != edges_of(drawn(FAMILIES[0], 50, "b"))
