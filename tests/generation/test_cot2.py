from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.cards import find_card
from mensrea.generation import cot2
from mensrea.generation.cot2 import (
    DEFAULT_ROWS,
    SCHEMA,
    Budget,
    Family,
    answers,
    budgeted_targets,
    generate,
    inputs,
    optimal_patterns,
    shards,
    solve,
    split_hashes,
    table,
    targets,
)
from mensrea.generation.splits import SPLITS, bucket

WHOLE = Family.from_name("mnns-4x9")
DRAWN = Family.from_name("mnns-6x9")
WIDE = Family.from_name("mnns-8x99")


def rows_of(family, split, **options):
    return {tuple(row) for row in inputs(family, split, **options).tolist()}


def sha256(tables):
    whole = pa.concat_tables(tables).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def test_a_row():
    assert table(np.array([[2, 1, 1]]), Family(3, 9)).to_pylist() == [
        {
            "id": "mnns-3x9:2-1-1",
            "digits": [2, 1, 1],
            "answer": 0,
            "trace": [2, 1, 0],
            "optimal_patterns": ["+--", "-++"],
            "targets": [
                {"step": 1, "state": -2, "count": 1},
                {"step": 1, "state": 2, "count": 1},
                {"step": 2, "state": -3, "count": 1},
                {"step": 2, "state": -1, "count": 1},
                {"step": 2, "state": 1, "count": 1},
                {"step": 2, "state": 3, "count": 1},
                {"step": 3, "state": -4, "count": 1},
                {"step": 3, "state": -2, "count": 2},
                {"step": 3, "state": 0, "count": 2},
                {"step": 3, "state": 2, "count": 2},
                {"step": 3, "state": 4, "count": 1},
            ],
            "rule": "all_traces",
            "budget": None,
            "tie_break": "none",
        }
    ]


def test_a_row_with_a_budget():
    family = Family.from_name("mnns-3x9-nonneg2")
    (row,) = table(np.array([[2, 1, 1]]), family).to_pylist()
    assert row["id"] == "mnns-3x9-nonneg2:2-1-1"
    assert [tuple(each.values()) for each in row["targets"]] == [
        *((1, -2, 1), (1, 2, 1)),
        *((2, -1, 1), (2, 1, 1)),
        (3, 0, 2),
    ]
    assert (row["rule"], row["budget"]) == ("topB_nonneg", 2)
    assert row["tie_break"] == "+ before - from the first sign on"


def test_a_budget_changes_targets_and_their_names_alone():
    plain, budgeted = (
        pa.concat_tables(generate(Family.from_name(name), "test", seed=3))
        for name in ("mnns-6x99", "mnns-6x99-minabs4")
    )
    changed = {name for name in SCHEMA.names if plain[name] != budgeted[name]}
    assert changed == {"id", "targets", "rule", "budget", "tie_break"}


@settings(deadline=None, max_examples=40)
@given(
    st.integers(2, 7),
    st.sampled_from([9, 99, 1999]),
    st.none() | st.builds(Budget, st.integers(1, 200), st.sampled_from(["minabs", "nonneg"])),
    st.integers(0, 5),
    st.data(),
)
def test_columns_hold_what_the_functions_give(length, highest, budget, rows, data):
    digit = st.integers(1, highest)
    lists = data.draw(
        st.lists(st.lists(digit, min_size=length, max_size=length), min_size=rows, max_size=rows)
    )
    digits = np.array(lists, dtype=int).reshape(rows, length)
    family = Family(length, highest, budget=budget)
    found = table(digits, family)
    found.validate(full=True)
    assert found.schema == SCHEMA
    assert found["id"].to_pylist() == [f"{family.name}:{'-'.join(map(str, row))}" for row in lists]
    assert found["digits"].to_pylist() == lists
    assert found["answer"].to_pylist() == answers(digits).tolist()
    assert found["trace"].to_pylist() == solve(digits).traces.tolist()
    assert found["optimal_patterns"].to_pylist() == optimal_patterns(digits)
    soft = budgeted_targets(digits, budget) if budget else targets(digits)
    entries = found["targets"].combine_chunks()
    assert entries.offsets.to_pylist() == soft.offsets.tolist()
    for name in ("step", "state", "count"):
        assert entries.values.field(name).to_pylist() == getattr(soft, name).tolist()


def test_schema_is_that_of_the_features():
    from datasets import Features, List, Value

    features = Features(
        {
            "id": Value("string"),
            "digits": List(Value("int16")),
            "answer": Value("int16"),
            "trace": List(Value("int16")),
            "optimal_patterns": List(Value("string")),
            "targets": List({"step": Value("int8"), "state": Value("int16"), "count": Value("int32")}),
            "rule": Value("string"),
            "budget": Value("int16"),
            "tie_break": Value("string"),
        }
    )
    assert features.arrow_schema.remove_metadata() == SCHEMA
    assert str(features.arrow_schema.remove_metadata()) == str(SCHEMA)


def test_a_table_refuses_strangers_and_crowds():
    with pytest.raises(ValueError, match="row 0 isn't an input of mnns-4x9"):
        table(np.array([[1, 2, 3, 10]]), WHOLE)
    with pytest.raises(ValueError, match="at most 25,000 rows"):
        table(np.ones((25_001, 2), int), Family(2, 9))


class TestExhaustive:
    def test_sizes(self):
        sizes = {split: len(inputs(WHOLE, split)) for split in SPLITS}
        assert sizes == {"train": 5290, "validation": 628, "test": 643}
        assert sum(sizes.values()) == WHOLE.space

    def test_multisets(self):
        numbers = {split: len(np.unique(np.sort(inputs(WHOLE, split), axis=1), axis=0)) for split in SPLITS}
        assert numbers == {"train": 398, "validation": 47, "test": 50}

    def test_answers_are_spread_alike(self):
        whole = np.bincount(answers(WHOLE.enumerate()), minlength=9) / WHOLE.space
        for split in SPLITS:
            rows = answers(inputs(WHOLE, split))
            assert np.abs(np.bincount(rows, minlength=9) / len(rows) - whole).max() < 0.03
        assert set(answers(inputs(WHOLE, "train")).tolist()) == set(range(9))

    def test_rows_are_in_order_and_whole(self):
        everything = []
        for split in SPLITS:
            rows = inputs(WHOLE, split).tolist()
            assert rows == sorted(rows)
            everything += rows
        assert sorted(everything) == WHOLE.enumerate().tolist()

    def test_five_digits_from_5_to_13(self):
        """The card's sizes, and all orders of 1,287 multisets on one side each."""
        family = Family.from_name("mnns-5x5-13")
        shown = [inputs(family, split) for split in SPLITS]
        assert dict(zip(SPLITS, map(len, shown), strict=True)) == find_card("cot2").config(family.name).splits
        multisets = [np.unique(np.sort(digits, axis=1), axis=0) for digits in shown]
        assert sum(map(len, multisets)) == len(np.unique(np.concatenate(multisets), axis=0)) == 1_287
        assert len(np.unique(np.concatenate(shown), axis=0)) == 59_049

    def test_the_seed_is_of_no_consequence(self):
        assert sha256(generate(WHOLE, "test", seed=1)) == sha256(generate(WHOLE, "test", seed=2))

    def test_a_number_of_rows_is_refused(self):
        with pytest.raises(ValueError, match="released whole"):
            inputs(WHOLE, "train", rows=10)

    def test_an_empty_split_is_refused(self):
        with pytest.raises(ValueError, match="no input falls in 'validation'"):
            generate(Family(4, 2), "validation")


class TestDrawn:
    @pytest.mark.parametrize("split", SPLITS)
    def test_default_sizes_and_order(self, split):
        rows = inputs(DRAWN, split).tolist()
        assert len(rows) == DEFAULT_ROWS[split]
        assert rows == sorted(rows)
        assert len(set(map(tuple, rows))) == len(rows)

    @pytest.mark.parametrize("length", range(2, 13))
    def test_the_smallest_families_hold_the_default_sizes(self, length):
        highest = next(value for value in range(2, 1000) if not Family(length, value).exhaustive)
        for split, rows in DEFAULT_ROWS.items():
            assert len(inputs(Family(length, highest), split)) == rows

    def test_splits_are_disjoint_by_multiset_across_seeds_and_families(self):
        families = (WHOLE, Family(4, 13), Family(4, 99), Family(4, 23, 5))
        seen = {
            split: {
                tuple(sorted(row))
                for family in families
                for seed in range(4)
                for row in rows_of(family, split, seed=seed)
            }
            for split in SPLITS
        }
        assert not seen["train"] & seen["test"]
        assert not seen["train"] & seen["validation"]
        assert not seen["validation"] & seen["test"]

    def test_neighbouring_seeds_share_no_more_than_chance(self):
        assert not rows_of(WIDE, "train", seed=1) & rows_of(WIDE, "train", seed=2)
        split_space = int(
            bucket("train").contains(split_hashes(np.indices((9,) * 6).reshape(6, -1).T + 1)).sum()
        )
        expected = 8_000**2 / split_space
        for seed in range(5):
            shared = len(rows_of(DRAWN, "train", seed=seed) & rows_of(DRAWN, "train", seed=seed + 1))
            assert abs(shared - expected) < 6 * expected**0.5

    def test_inputs_are_spread_like_their_split(self):
        every = np.indices((9,) * 6).reshape(6, -1).T + 1
        train = every[bucket("train").contains(split_hashes(every))]
        shares = [
            np.bincount(rows.ravel(), minlength=10) / rows.size for rows in (inputs(DRAWN, "train"), train)
        ]
        assert np.abs(shares[0] - shares[1]).max() < 0.01

    def test_shards_are_disjoint_even_across_seeds(self):
        count = shards(DRAWN, "train", 60_000)
        assert count == 3
        parts = [rows_of(DRAWN, "train", shard=shard, seed=shard, rows=60_000) for shard in range(count)]
        assert [len(part) for part in parts] == [20_000] * 3
        assert len(set.union(*parts)) == 60_000

    def test_a_shard_does_not_depend_on_the_others(self):
        forwards = [inputs(WIDE, "train", shard, rows=60_000).tobytes() for shard in (0, 1, 2)]
        backwards = [inputs(WIDE, "train", shard, rows=60_000).tobytes() for shard in (2, 1, 0)]
        assert forwards == backwards[::-1]

    def test_the_number_of_shards_follows_from_the_rows(self):
        assert [shards(WIDE, "train", rows) for rows in (None, 1, 25_000, 25_001, 1_000_000)] == [
            1,
            1,
            1,
            2,
            40,
        ]
        assert shards(WHOLE, "train") == 1

    def test_uneven_rows_are_all_given(self):
        sizes = [len(inputs(WIDE, "test", shard, rows=50_003)) for shard in range(3)]
        assert sum(sizes) == 50_003
        assert max(sizes) - min(sizes) <= 1

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"split": "dev"}, "unknown split 'dev'"),
            ({"split": "train", "shard": 1}, "shard 1 of 'train' doesn't exist"),
            ({"split": "train", "rows": 0}, "at least one row"),
            (
                {"split": "test", "rows": 40_000},
                "can't hold 20,000 distinct rows: its share of all inputs is about 26,572",
            ),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, options, reason):
        with pytest.raises(ValueError, match=reason):
            generate(DRAWN, **options)

    def test_a_shard_of_few_multisets_is_refused_in_time(self):
        with pytest.raises(ValueError, match="can't hold 25,000 distinct rows"):
            inputs(Family(12, 3), "train", 3, rows=200_000)

    def test_inputs_stay_what_they_were(self):
        digest = hashlib.sha256(inputs(WIDE, "test", seed=0).astype("<i2").tobytes()).hexdigest()
        assert digest == "e4d3f26a54609fe7b9aa580b927cd19e74ce73332c802e84fa8b97e52bddc2d7"


def test_tables_are_bounded(monkeypatch):
    monkeypatch.setattr(cot2, "_TABLE_ENTRIES", 100_000)
    tables = list(generate(WIDE, "validation"))
    assert len(tables) > 1
    assert sum(part.num_rows for part in tables) == 1_000
    assert max(len(part["targets"].combine_chunks().values) for part in tables) <= 100_000


def test_rows_do_not_depend_on_hash_randomisation():
    code = (
        "import hashlib, pyarrow as pa\n"
        "from mensrea.generation.cot2 import Family, generate\n"
        "whole = pa.concat_tables(generate(Family(6, 9), 'test', seed=7)).combine_chunks()\n"
        "sink = pa.BufferOutputStream()\n"
        "pa.ipc.new_stream(sink, whole.schema).write_table(whole)\n"
        "print(hashlib.sha256(sink.getvalue()).hexdigest())\n"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, text=True
        )
        for seed in ("0", "1")
    }
    assert len(digests) == 1
