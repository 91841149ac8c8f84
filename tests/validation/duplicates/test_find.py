"""Duplicates in one collection: compared with brute force, in any order, process and number of threads."""

import os
import random
import subprocess
import sys
from fractions import Fraction
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.duplicates.find import connected, find_duplicates

THRESHOLDS = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
collections = st.lists(st.lists(st.sampled_from("abcdef"), max_size=9).map(" ".join), max_size=40)


def shingles(text: str, size: int) -> frozenset[tuple[str, ...]]:
    words = text.split()
    return frozenset(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def by_force(texts: list[str], threshold: float, size: int) -> dict[tuple[int, int], float]:
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        first.setdefault(text, row)
    sets = {row: shingles(text, size) for text, row in first.items()}
    found: dict[tuple[int, int], float] = {}
    for (left, one), (right, other) in combinations(sorted(sets.items()), 2):
        if one and other and Fraction(len(one & other), len(one | other)) >= Fraction(repr(threshold)):
            found[left, right] = len(one & other) / len(one | other)
    return found


def pairs(found) -> dict[tuple[int, int], float]:
    table = found.pairs.to_pydict()
    return dict(zip(zip(table["left"], table["right"], strict=True), table["similarity"], strict=True))


@settings(max_examples=120, deadline=None)
@given(collections, st.sampled_from(THRESHOLDS), st.integers(1, 3))
def test_pairs_are_those_of_brute_force(texts, threshold, size):
    found = find_duplicates(texts, threshold=threshold, shingle=size)
    assert pairs(found) == by_force(texts, threshold, size)
    assert not found.limits.messages()


@settings(max_examples=100, deadline=None)
@given(collections, st.sampled_from([0.3, 0.6, 0.8]), st.integers(0, 60))
def test_a_small_budget_leaves_out_pairs_but_says_so(texts, threshold, budget):
    every = by_force(texts, threshold, 2)
    found = find_duplicates(texts, threshold=threshold, budget=budget)
    some = pairs(found)
    assert some.items() <= every.items()
    if not found.limits.unexamined:
        assert {row for pair in some for row in pair} == {row for pair in every for row in pair}
    if len(some) < len(every):
        assert found.limits.messages()


@settings(max_examples=50, deadline=None)
@given(collections.flatmap(lambda texts: st.tuples(st.just(texts), st.permutations(range(len(texts))))))
def test_order_of_rows_doesnt_matter(given_texts):
    texts, order = given_texts
    straight, mixed = (
        find_duplicates(texts, threshold=0.5),
        find_duplicates([texts[row] for row in order], threshold=0.5),
    )
    by_text = {frozenset((texts[a], texts[b])): value for (a, b), value in pairs(straight).items()}
    assert by_text == {
        frozenset((texts[order[a]], texts[order[b]])): value for (a, b), value in pairs(mixed).items()
    }
    assert {frozenset(order[row] for row in group) for group in mixed.exact()} == set(
        map(frozenset, straight.exact())
    )


SCRIPT = """
import random, zlib
from mensrea.validation.duplicates.find import find_duplicates
draw = random.Random(3)
texts = [" ".join(draw.choices("abcdefgh", k=draw.randint(0, 12))) for _ in range(3000)]
texts += ["Straße — 3.5 你好 " + text for text in texts[:500]]
for budget in (10**8, 20_000):
    found = find_duplicates(texts, threshold=0.6, budget=budget)
    parts = (found.left, found.right, found.similarity, found.first, found.cluster)
    print(len(found.left), [zlib.crc32(part.tobytes()) for part in parts], found.limits)
"""


def test_processes_hash_seeds_and_threads_agree():
    outputs = set()
    for seed, threads in (("0", "1"), ("1", "2"), ("77", "4")):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "POLARS_MAX_THREADS": threads,
            "OMP_NUM_THREADS": threads,
        }
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert int(outputs.pop().split()[0]) > 100


def test_a_result_is_what_it_was():
    """Hashes are this package's own: a library's new version can't change which rows are kept."""
    draw = random.Random(0)
    texts = [" ".join(draw.choices("abcd", k=8)) for _ in range(200)]
    found = find_duplicates(texts, threshold=0.7)
    assert pairs(found) == by_force(texts, 0.7, 2)
    assert found.keep().sum() == 200 - sum(len(group) - 1 for group in found.clusters())


def test_groups_clusters_and_what_is_kept():
    base = "one two three four five six seven eight nine ten eleven twelve"
    texts = [
        base,
        "other words",
        base.upper() + "!",
        base + " more",
        "Other   words.",
        None,
        "",
        base + " more still",
    ]
    found = find_duplicates(texts, threshold=0.8)
    assert found.exact() == [[0, 2], [1, 4]]
    assert pairs(found) == {(0, 3): 11 / 12, (0, 7): 11 / 13, (3, 7): 12 / 13}
    assert found.clusters() == [[0, 2, 3, 7], [1, 4]]
    assert found.keep().tolist() == [True, True, False, False, False, True, True, False]
    assert found.blank == 2
    assert found.found


def test_a_chain_is_one_cluster():
    words = [f"w{number}" for number in range(60)]
    texts = [" ".join(words[start : start + 40]) for start in range(0, 20, 4)]
    found = find_duplicates(texts, threshold=0.8)
    assert found.clusters() == [[0, 1, 2, 3, 4]]
    assert (0, 4) not in pairs(found)


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
    )
)
def test_connected_things_have_the_smallest_as_label(graph):
    count, edges = graph
    labels = list(range(count))
    for _ in range(count):
        for one, other in edges:
            labels[one] = labels[other] = min(labels[one], labels[other])
    left, right = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    assert connected(count, left, right).tolist() == labels


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="nothing"),
        pytest.param(["", None, " \n"], id="blank"),
        pytest.param(["one"], id="one word"),
        pytest.param(["a " * 200_000, "b"], id="one giant text of one word"),
        pytest.param(["x" * 300_000, "y" * 300_000], id="giant words"),
    ],
)
def test_odd_collections_have_no_duplicates(texts):
    found = find_duplicates(texts)
    assert not found.found
    assert found.pairs.num_rows == 0
    assert len(found.keep()) == len(texts)


def test_giant_texts_are_compared():
    draw = random.Random(1)
    words = [f"{draw.randrange(10**9)}" for _ in range(100_000)]
    edited = [*words[:50_000], "edited", *words[50_001:]]
    found = find_duplicates([" ".join(words), "short one", " ".join(edited)])
    assert pairs(found) == {(0, 2): pytest.approx(99_997 / 100_001)}


def test_a_text_with_a_counter_is_one_cluster_in_bounded_work():
    sentence = "the same long sentence is repeated over and over again for each row of the file"
    texts = [f"{sentence} with the number {number} at the end of it" for number in range(20_000)]
    found = find_duplicates(texts, budget=1_000_000)
    assert found.keep().sum() == 1
    assert 19_999 <= len(found.left) <= 200_000
    assert found.limits.grouped == 20_000
    assert not found.limits.unexamined
    assert "20,000 texts" in found.limits.messages()[0]


def test_a_long_template_alone_makes_no_pairs():
    draw = random.Random(2)
    template = "you are a helpful assistant who answers briefly and in plain English tell me about"
    texts = [f"{template} {draw.random()} and {draw.random()} or {draw.random()}" for _ in range(20_000)]
    found = find_duplicates(texts, budget=1_000_000)
    assert not found.found
    assert not found.limits.messages()


def test_very_many_equal_texts_cost_nothing_more():
    found = find_duplicates(pa.array(["say the same thing again and again"] * 100_000 + ["another thing"]))
    assert found.keep().sum() == 2
    assert [len(group) for group in found.exact()] == [100_000]


def test_progress_reaches_its_end():
    calls = []
    texts = ["a b c d e f g h i j", "a b c d e f g h i j k", "a b c d e f g h i k"] * 2
    find_duplicates(texts, progress=lambda *call: calls.append(call))
    assert calls
    assert all(stage == "compare" and done == total for stage, done, total in calls[-1:])


@pytest.mark.parametrize("parameters", [{"threshold": 0}, {"threshold": 1.2}, {"shingle": 0}])
def test_impossible_parameters_are_refused(parameters):
    with pytest.raises(UsageError, match="expected"):
        find_duplicates(["a"], **parameters)
