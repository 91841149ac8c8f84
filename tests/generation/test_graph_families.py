from __future__ import annotations

import pytest
from mensrea.generation.graph_families import MAX_HOPS, MIN_HOPS, GraphFamily
from mensrea.generation.graph_names import FIRST_NAMES, NOUNS


@pytest.mark.parametrize("task", ["prosqa", "prontoqa"])
@pytest.mark.parametrize("hops", [None, *range(MIN_HOPS, MAX_HOPS + 1)])
def test_a_name_gives_its_family_back(task, hops):
    family = GraphFamily(task, hops)
    assert GraphFamily.from_name(family.name) == family
    assert sum(family.mix.values()) == 100
    assert family.steps == max(family.mix)
    low, high = family.nodes
    # Two paths, two people, two bridges.
    assert 2 * family.steps + 4 <= low <= high <= min(len(FIRST_NAMES), len(NOUNS))


def test_sizes():
    assert [GraphFamily("prosqa", hops).nodes for hops in (None, 3, 6, 7, 9)] == [(20, 26)] * 3 + [
        (22, 28),
        (26, 32),
    ]
    assert [GraphFamily("prontoqa", hops).nodes for hops in (None, 3, 6, 9)] == [(25, 25)] * 2 + [
        (30, 30),
        (45, 45),
    ]


@pytest.mark.parametrize("name", ["prosqa-", "prosqa-x", "original", "mnns-4x9", "prosqa-3-4", "", "ProsQA"])
def test_another_name_is_refused(name):
    with pytest.raises(ValueError, match="names no family: expected prosqa or prontoqa"):
        GraphFamily.from_name(name)


@pytest.mark.parametrize("hops", [0, 2, 10])
def test_too_few_or_too_many_hops_are_refused(hops):
    with pytest.raises(ValueError, match=rf"prosqa-{hops}: the number of hops must be in 3\.\.9"):
        GraphFamily.from_name(f"prosqa-{hops}")


def test_a_number_is_written_one_way():
    with pytest.raises(ValueError, match="write 'prontoqa-6'"):
        GraphFamily.from_name("prontoqa-06")
