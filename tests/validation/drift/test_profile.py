"""Profiles: the same whatever the batches and the order of merging, and equal to NumPy's figures."""

import itertools
import json
import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.drift import Profile
from mensrea.validation.drift.columns import QUANTILES, SAMPLE_SIZE, ColumnProfile, kind_of, type_name
from mensrea.validation.drift.moments import Moments
from mensrea.validation.drift.sketches import (
    MOST_CATEGORIES,
    SMALLEST_HASHES,
    Categories,
    Sample,
    mixed,
    text_hashes,
)
from mensrea.validation.inputs.batch import Batch, Place

NUMBERS = st.one_of(st.none(), st.floats(width=64), st.integers(-(10**6), 10**6).map(float))
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.float64()),
        ("flag", pa.bool_()),
        ("meta", pa.struct([("topic", pa.string()), ("depth", pa.int32())])),
        ("turns", pa.list_(pa.struct([("role", pa.string()), ("content", pa.large_string())]))),
        ("picture", pa.binary()),
        ("nested", pa.list_(pa.list_(pa.int64()))),
        ("nothing", pa.null()),
    ]
)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


TEXTS = st.text(alphabet="ab é\n\U0001f600", max_size=5)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": optional(TEXTS),
            "number": NUMBERS,
            "flag": optional(st.booleans()),
            "meta": optional(
                st.fixed_dictionaries({"topic": optional(TEXTS), "depth": optional(st.integers(0, 9))})
            ),
            "turns": optional(
                st.lists(
                    optional(st.fixed_dictionaries({"role": optional(TEXTS), "content": optional(TEXTS)})),
                    max_size=3,
                )
            ),
            "picture": optional(st.binary(max_size=3)),
            "nested": optional(
                st.lists(optional(st.lists(optional(st.integers(0, 3)), max_size=2)), max_size=2)
            ),
            "nothing": st.none(),
        }
    ),
    max_size=25,
)


def batch(table: pa.RecordBatch, first: int = 0, file: str = "rows.parquet") -> Batch:
    return Batch(table, Place(file=file), first)


def table(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def cut(rows: pa.RecordBatch, places: list[int]) -> list[Batch]:
    ends = sorted({0, *(place % (len(rows) + 1) for place in places), len(rows)})
    return [batch(rows.slice(start, end - start), start) for start, end in itertools.pairwise(ends)]


def column(values: list[Any] | np.ndarray, dtype: pa.DataType | None = None) -> ColumnProfile:
    rows = pa.RecordBatch.from_arrays([pa.array(values, dtype)], ["x"])
    return next(found for (path, _), found in Profile([batch(rows)]).columns.items() if path == "x")


def state(profile: Profile) -> dict[str, Any]:
    """All that a comparison reads, NaN aside."""
    inside = {
        str(key): (
            found.squares,
            found.sample.values.tolist(),
            found.labels.values.tolist(),
            found.categories.counts,
            found.categories.distinct,
        )
        for key, found in profile.columns.items()
    }
    return {"dict": json.dumps(profile.as_dict(), sort_keys=True), "inside": inside}


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, places=st.lists(st.integers(0, 30), max_size=4), seed=st.randoms(use_true_random=False))
def test_cuts_and_the_order_of_merging_do_not_matter(
    rows: list[dict[str, Any]], places: list[int], seed: random.Random
) -> None:
    whole = Profile([batch(table(rows))])
    parts = cut(table(rows), places)
    seed.shuffle(parts)
    merged = Profile()
    for part in parts:
        merged.merge(Profile([part]))
    if not parts:
        merged = Profile([batch(table(rows))])
    assert state(merged) == state(Profile(parts) if parts else whole) == state(whole)


def large(count: int) -> pa.RecordBatch:
    generator = np.random.default_rng(0)
    texts = [f"text {number}" for number in generator.integers(0, 30_000, count)]
    return pa.RecordBatch.from_pydict({"text": texts, "number": generator.normal(size=count)})


def test_cuts_do_not_matter_beyond_the_size_of_the_sketches() -> None:
    rows = large(SAMPLE_SIZE * 3)
    whole = Profile([batch(rows)])
    parts = cut(rows, [7, 1_000, 60_000, 60_001, 149_000])
    merged = Profile(parts[3:])
    merged.merge(Profile(parts[:3]))
    assert state(merged) == state(whole)
    assert len(whole.columns["number", "number"].sample.values) == SAMPLE_SIZE
    categories = whole.columns["text", "text"].categories
    assert categories.counts is None
    assert categories.distinct == pytest.approx(len(set(rows["text"].to_pylist())), rel=0.1)


def test_a_sample_is_uniform() -> None:
    values = np.arange(SAMPLE_SIZE * 4, dtype=np.float64)
    sample = column(values).sample.values
    assert len(np.unique(sample)) == SAMPLE_SIZE
    assert sample.mean() == pytest.approx(values.mean(), rel=0.01)
    counts = np.histogram(sample, bins=20, range=(0, len(values)))[0]
    assert counts.min() > SAMPLE_SIZE / 20 * 0.92


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60))
def test_figures_are_numpys(values: list[float]) -> None:
    facts = column(values, pa.float64()).as_dict()["values"]
    assert facts["mean"] == math.fsum(values) / len(values) or facts["mean"] == pytest.approx(np.mean(values))
    scale = max(map(abs, values))
    assert facts["deviation"] == pytest.approx(np.std(values), rel=1e-6, abs=scale * 1e-7)
    assert (facts["low"], facts["high"]) == (min(values), max(values))
    assert list(facts["quantiles"].values()) == np.quantile(values, QUANTILES).tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
def test_sums_are_exact(values: list[float]) -> None:
    moments = Moments()
    moments.add(np.array(values))
    try:
        expected = math.fsum(values)
    except OverflowError:
        return
    assert moments._sum.over(1) == pytest.approx(expected, rel=1e-15, abs=0)
    assert float(moments._sum.over(1)) == expected


def test_tiny_and_huge_numbers() -> None:
    moments = column([5e-324, 5e-324, 1e300, -1e300]).moments
    assert moments._sum.over(2) == Fraction(5e-324)
    assert moments.deviation is None
    assert column([5e-324] * 3).moments.mean == 5e-324


def test_numbers_that_are_not_finite_are_counted_apart() -> None:
    found = column([1.0, math.nan, math.inf, -math.inf, None, 3.0])
    assert (found.count, found.nulls, found.moments.count, found.moments.not_finite) == (6, 1, 2, 3)
    assert found.moments.mean == 2
    assert sorted(found.sample.values.tolist()) == [1, 3]
    only = column([math.nan]).as_dict()["values"]
    assert only == {"finite": 0, "not_finite": 1, "mean": None}


def test_every_path_and_kind() -> None:
    rows = [
        {
            "text": "é!",
            "number": 1.5,
            "flag": True,
            "meta": {"topic": "a", "depth": None},
            "turns": [{"role": "user", "content": "abc"}, None, {"role": None, "content": "d"}],
            "picture": b"1234",
            "nested": [[1, 2], None, []],
        },
        {"text": None, "meta": None, "turns": []},
    ]
    found = Profile([batch(table(rows))]).as_dict()
    columns = {path: entries[0] for path, entries in found["columns"].items()}
    counts = {path: (entry["kind"], entry["count"], entry["nulls"]) for path, entry in columns.items()}
    assert found["rows"] == 2
    assert counts == {
        "text": ("text", 2, 1),
        "number": ("number", 2, 1),
        "flag": ("boolean", 2, 1),
        "meta": ("struct", 2, 1),
        "meta.topic": ("text", 1, 0),
        "meta.depth": ("number", 1, 1),
        "turns": ("list", 2, 0),
        "turns[]": ("struct", 3, 1),
        "turns[].role": ("text", 2, 1),
        "turns[].content": ("text", 2, 0),
        "picture": ("binary", 2, 1),
        "nested": ("list", 2, 1),
        "nested[]": ("list", 3, 1),
        "nested[][]": ("number", 2, 0),
        "nothing": ("null", 2, 2),
    }
    assert columns["text"]["lengths"]["mean"] == 2
    assert columns["picture"]["lengths"]["mean"] == 4
    assert columns["turns"]["lengths"]["mean"] == 1.5
    assert columns["turns[].content"]["lengths"]["high"] == 3
    assert columns["flag"]["categories"] == {"true": 1}
    assert columns["turns[].role"] == {
        **columns["turns[].role"],
        "distinct": 1,
        "categories": {"user": 1},
    }


def test_values_of_one_row_are_worth_less() -> None:
    single, double = column([1.0, 2.0, None]), column([[1, 1], [2, 2], [3, 3]])
    assert single.independent == 2
    assert double.independent == 3
    rows = pa.RecordBatch.from_pydict({"x": [[1, 1, 1, 1], [2], [3]]})
    inner = Profile([batch(rows)]).columns["x[]", "number"]
    assert (inner.count, inner.squares) == (6, 18)
    assert inner.independent == pytest.approx(2)
    assert inner.worth(inner.sample, inner.moments.count) == pytest.approx(2)


def test_categories_are_exact_up_to_their_limit() -> None:
    for extra in (0, 1):
        texts = [f"{number}" for number in range(MOST_CATEGORIES + extra)] * 2
        whole, parts = Categories(), Categories()
        whole.add(pa.array(texts))
        for start in range(0, len(texts), 300):
            parts.add(pa.array(texts[start : start + 300]))
        assert whole.counts == parts.counts
        assert whole.distinct == parts.distinct == MOST_CATEGORIES + extra
        assert (whole.counts is None) is bool(extra)
        if whole.counts is not None:
            assert {count for _, count in whole.counts.values()} == {2}


@pytest.mark.parametrize("sizes", [(3, 3), (900, 900), (2_000, 3), (3, 2_000), (2_000, 5_000)])
def test_categories_merge_from_both_sides(sizes: tuple[int, int]) -> None:
    texts = [[f"{side} {number}" for number in range(size)] for side, size in enumerate(sizes)]
    found: list[Categories] = []
    for order in ((0, 1), (1, 0)):
        merged = Categories()
        for side in order:
            part = Categories()
            part.add(pa.array(texts[side]))
            merged.merge(part)
        found.append(merged)
    assert found[0].distinct == found[1].distinct == pytest.approx(sum(sizes), rel=0.1)
    assert found[0].counts == found[1].counts
    if sum(sizes) <= SMALLEST_HASHES - 1:
        assert found[0].distinct == sum(sizes)


def test_labels_are_cut_and_yet_counted_apart() -> None:
    long = "x" * 200
    found = column([f"{long}1", f"{long}2", f"{long}2"])
    assert found.categories.counts is not None
    assert sorted(found.categories.counts.values()) == [("x" * 100, 1), ("x" * 100, 2)]
    assert found.as_dict()["categories"] == {"x" * 100: 3}


def test_many_texts_show_the_frequent_ones() -> None:
    texts = ["same"] * 3_000 + [f"{number}" for number in range(3_000)]
    facts = column(texts).as_dict()
    assert list(facts["top"]) == ["same"]
    assert facts["top"]["same"] == pytest.approx(0.5, abs=0.05)


def test_ties_in_keys_give_the_smallest_values() -> None:
    keys = np.zeros(4, np.uint64)
    orders = list(itertools.permutations([1.0, 2.0, 3.0, 4.0]))
    found: set[tuple[float, ...]] = set()
    for order in orders:
        sample = Sample(2, np.float64)
        for value in order:
            sample.add(keys[:1], np.array([value]))
        found.add(tuple(sample.values))
    assert found == {(1.0, 2.0)}


def test_hashes_are_fixed() -> None:
    assert mixed(np.array([0, 1], np.uint64)).tolist() == [16294208416658607535, 10451216379200822465]
    sliced = pa.array(["skipped", "", "a"]).slice(1)
    assert text_hashes(sliced).tolist() == [3244421341483603138, 16629034431890738719]
    assert text_hashes(pa.array(["a"], pa.string_view())).tolist() == [16629034431890738719]
    assert text_hashes(pa.array([], pa.string())).tolist() == []


def test_equal_files_in_two_folders_give_the_same_sample() -> None:
    rows = large(SAMPLE_SIZE + 1_000)
    old, new = (Profile([batch(rows, file=f"{folder}/a.parquet")]) for folder in ("old", "new"))
    other = Profile([batch(rows, file="old/b.parquet")])
    assert state(old) == state(new) != state(other)


def test_layout_and_encoding_of_a_type_do_not_matter(tmp_path: Path) -> None:
    texts = ["a", "b", None, "a"]
    kinds = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))
    found = [column(texts, dtype).as_dict() for dtype in kinds]
    assert found[0]["types"] == ["string"]
    assert all(entry == found[0] for entry in found)
    pq.write_table(pa.table({"x": pa.array(texts, kinds[3])}), tmp_path / "a.parquet")
    rows = pq.read_table(tmp_path / "a.parquet").to_batches()[0]
    assert Profile([batch(rows)]).as_dict()["columns"]["x"] == [found[0]]


def test_types_and_their_kinds() -> None:
    pairs = {pa.decimal128(5, 2): "number", pa.float16(): "number", pa.date32(): "other", pa.null(): "null"}
    assert {dtype: kind_of(dtype) for dtype in pairs} == pairs
    assert type_name(pa.large_list(pa.int8())) == "list"
    assert type_name(pa.uint8()) == "uint8"
    assert column([2**64 - 1], pa.uint64()).moments.mean == 2.0**64


def test_a_column_may_have_two_kinds_in_two_batches() -> None:
    parts = [pa.RecordBatch.from_pydict({"x": values}) for values in ([None], ["a"], [1])]
    found = Profile(batch(part, first) for first, part in enumerate(parts)).as_dict()["columns"]["x"]
    assert [entry["kind"] for entry in found] == ["null", "number", "text"]


def test_names_that_are_no_path_are_left_out() -> None:
    rows = pa.RecordBatch.from_pydict({"a.b": [1], "c[]": [1], "d": [{"e.f": 1, "g": 1}]})
    assert list(Profile([batch(rows)]).as_dict()["columns"]) == ["d", "d.g"]


def test_types_that_are_not_measured_have_counts() -> None:
    arrays = [
        pa.array([1, None], pa.timestamp("us")),
        pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
        pa.array([b"a", None], pa.binary_view()),
        pa.array([["a"], None], pa.list_view(pa.string())),
    ]
    rows = pa.RecordBatch.from_arrays(arrays, ["when", "map", "view", "lists"])
    found = Profile([batch(rows), batch(rows.slice(0, 0), 2)]).columns
    assert {(column.kind, column.count, column.nulls) for column in found.values()} == {("other", 2, 1)}


def test_lists_of_fixed_size() -> None:
    rows = pa.RecordBatch.from_arrays([pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2))], ["x"])
    found = Profile([batch(rows)]).columns
    assert found["x", "list"].moments.mean == 2
    assert sorted(found["x[]", "number"].sample.values) == [1, 2, 3, 4]
