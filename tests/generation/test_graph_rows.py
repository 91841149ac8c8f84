from __future__ import annotations

import hashlib
from collections import Counter
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from mensrea.generation.graph_families import GraphFamily
from mensrea.generation.graph_rows import SCHEMA, SHARD_ROWS, generate, problems, shards, table
from mensrea.generation.graph_wording import SYMBOLS

from .graph_brute_force import refined, solved

PROSQA, PRONTOQA = GraphFamily("prosqa"), GraphFamily("prontoqa")
NAMES = ["prosqa", "prontoqa", "prosqa-3", "prosqa-9", "prontoqa-3", "prontoqa-9"]


def rows_of(name, split="test", **options):
    tables = list(generate(GraphFamily.from_name(name), split, **options))
    return pa.concat_tables(tables).to_pylist()


def mismatches(rows):
    """Rows that brute force solves otherwise."""
    return [row["id"] for row in rows if any(row[key] != value for key, value in solved(row).items())]


def test_a_row():
    """Mei -> 3 -> 1 -> 4, and another way by 5; the decoy leads to 2."""
    edges = np.array([[3, 1], [0, 3], [1, 4], [6, 2], [0, 5], [5, 1]]).T
    offsets, ends = np.array([0, 6]), [np.array([each]) for each in (0, 4, 2)]
    graph = type(problems(PROSQA, "test", rows=1))(np.array([7]), offsets, *edges, *ends)
    names = ["Mei", "drellop", "agnip", "glorvet", "vondle", "esklor", "Omar"]
    symbols = np.array([[SYMBOLS.index(name) for name in names]])
    question = (
        "Every glorvet is a drellop. Mei is a glorvet. Every drellop is a vondle. Omar is an agnip. "
        "Mei is an esklor. Every esklor is a drellop. Is Mei an agnip or a vondle?"
    )
    frontier = [(1, 3, 1), (1, 5, 1), (2, 1, 2), (3, 4, 2)]
    reach = [*frontier[:2], *[(2, 1, 2), (2, 3, 1), (2, 5, 1)], *[(3, 1, 2), (3, 3, 1), (3, 4, 2), (3, 5, 1)]]
    assert table(PROSQA, graph, symbols, np.array([False])).to_pylist() == [
        {
            "id": f"prosqa:{hashlib.sha256(question.encode()).hexdigest()[:16]}",
            "task": "prosqa",
            "question": question,
            "answer": "Mei is a vondle.",
            "steps": ["Mei is a glorvet.", "Every glorvet is a drellop.", "Every drellop is a vondle."],
            "symbolic": "3>1 0>3 1>4 6>2 0>5 5>1 | 0 ? 2 4",
            "idx_to_symbol": names,
            "edges": edges.T.tolist(),
            "root": 0,
            "target": 4,
            "neg_target": 2,
            "asked": [2, 4],
            "hops": 3,
            "frontier": [dict(zip(("step", "node", "count"), each, strict=True)) for each in frontier],
            "reach": [dict(zip(("step", "node", "count"), each, strict=True)) for each in reach],
            "on_path": [dict(zip(("step", "node", "count"), each, strict=True)) for each in frontier],
        }
    ]
    (row,) = table(PRONTOQA, graph, symbols, np.array([False])).to_pylist()
    assert row["question"].endswith("True or false: it follows that Mei is an agnip.")
    assert (row["answer"], row["asked"], row["steps"], row["on_path"]) == ("False", [2], [], [])
    (row,) = table(PRONTOQA, graph, symbols, np.array([True])).to_pylist()
    assert (row["answer"], row["asked"], len(row["steps"]), len(row["on_path"])) == ("True", [4], 3, 4)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_those_of_brute_force(name):
    rows = rows_of(name, rows=60)
    assert len(rows) == 60
    assert mismatches(rows) == []
    assert {row["hops"] for row in rows} <= set(GraphFamily.from_name(name).mix)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows"), [("prosqa", 4_000), ("prontoqa", 3_000), ("prosqa-9", 1_500), ("prontoqa-9", 1_500)]
)
def test_ten_thousand_rows_are_those_of_brute_force(name, rows):
    assert mismatches(rows_of(name, "train", rows=rows, seed=11)) == []


def test_schema_is_that_of_the_features():
    from mensrea.schemas import load_row_schema
    from mensrea.schemas.arrow import storage_schema

    expected = storage_schema(load_row_schema("cot2", "graph"))
    assert pa.schema([field for field in expected if field.name != "source"]) == SCHEMA


@pytest.mark.parametrize("name", ["prosqa", "prontoqa"])
def test_the_right_option_is_first_in_half_of_the_rows(name):
    rows = rows_of(name, rows=500)
    assert sum(row["asked"][0] == row["target"] for row in rows) == 250


def test_hops_have_the_shares_of_the_published_set():
    rows = rows_of("prosqa", rows=500)
    assert Counter(row["hops"] for row in rows) == {3: 205, 4: 220, 5: 60, 6: 15}
    # Their order tells nothing: each hundred has several of the commonest.
    assert all({3, 4} <= {row["hops"] for row in rows[start : start + 100]} for start in range(0, 500, 100))


def test_no_two_splits_share_a_graph():
    sides = {
        split: {refined(row["edges"]) for row in rows_of(name, split, rows=400)}
        for split in ("train", "validation", "test")
        for name in ["prontoqa-3"]
    }
    assert all(not left & right for left, right in combinations(sides.values(), 2))
    assert all(len(classes) > 350 for classes in sides.values())


def test_splits_differ_by_graph_at_any_seed():
    seen = {
        refined(row["edges"])
        for seed in range(3)
        for row in rows_of("prontoqa-3", "train", rows=200, seed=seed)
    }
    assert not seen & {refined(row["edges"]) for row in rows_of("prontoqa-3", "test", rows=200, seed=1)}


def test_shards_make_up_a_split():
    rows = SHARD_ROWS + 1
    assert [shards(PROSQA, "train", each) for each in (1, SHARD_ROWS, rows)] == [1, 1, 2]
    assert shards(PROSQA, "train") == shards(PRONTOQA, "test") == 1
    assert [PROSQA.default_rows[split] for split in ("train", "validation", "test")] == [16_000, 1_000, 1_000]


def test_seeds_splits_and_families_have_streams_of_their_own():
    made = [
        {row["id"] for row in rows_of(name, split, rows=40, seed=seed)}
        for name, split, seed in [
            ("prosqa", "test", 0),
            ("prosqa", "test", 1),
            ("prosqa", "train", 0),
            ("prosqa-3", "test", 0),
        ]
    ]
    assert sum(map(len, made)) == len(set().union(*made)) == 160
    assert rows_of("prosqa", rows=40) == rows_of("prosqa", rows=40)


def test_rows_stay_what_they_are():
    """Another row here is another major version of the data."""
    digest = hashlib.sha256("".join(row["id"] for row in rows_of("prosqa", rows=20)).encode()).hexdigest()
    assert digest[:16] == "e2c9ad2c9ff2e2e6"


@pytest.mark.parametrize(
    ("split", "shard", "rows", "message"),
    [
        ("dev", 0, 10, "unknown split 'dev'"),
        ("train", 1, 10, "shard 1 of 'train' doesn't exist"),
        ("train", 0, 0, "prosqa: 'train' must have at least one row, not 0"),
    ],
)
def test_what_doesnt_exist_is_refused_before_the_first_table(split, shard, rows, message):
    with pytest.raises(ValueError, match=message):
        generate(PROSQA, split, shard, rows=rows)
