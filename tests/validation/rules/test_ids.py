"""Ids: compared with a plain dictionary, over batches that are cut anywhere."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.base import Rule
from mensrea.validation.rules.ids import DuplicateId, SharedId

SPLITS = [("a", "train"), ("a", "test"), ("b", "train")]


def cut(
    values: Sequence[Any], sizes: Sequence[int], kind: Any = None, name: str = "id"
) -> Iterable[pa.RecordBatch]:
    """A column in batches of these sizes, over and over."""
    start = number = 0
    while start < len(values):
        size = sizes[number % len(sizes)]
        yield pa.RecordBatch.from_pydict({name: pa.array(values[start : start + size], kind)})
        start, number = start + size, number + 1


def observed(rule: Rule, splits: dict[tuple[str, str], Sequence[Any]], sizes: Sequence[int]) -> list[Finding]:
    found: list[Finding] = []
    for (config, split), values in splits.items():
        first = 0
        for table in cut(values, sizes, pa.string()):
            found.extend(rule.observe(Batch(table, Place(config, split), first)))
            first += table.num_rows
    return [*found, *rule.finish()]


ids = st.lists(st.one_of(st.none(), st.text("ab", max_size=3)), max_size=12)
several = st.lists(ids, min_size=3, max_size=3).map(lambda lists: dict(zip(SPLITS, lists, strict=True)))
sizes = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@settings(deadline=None)
@given(several, sizes)
def test_duplicates_are_those_that_a_dictionary_finds(splits, sizes):
    expected: set[tuple[str, str, int, str]] = set()
    first: dict[str, str] = {}
    for (config, split), values in splits.items():
        for row, value in enumerate(values):
            if value in first:
                message = f"{value!r} occurs again, first at {first[value]}"
                expected.add((config, split, row, message))
            elif value is not None:
                first[value] = f"{config}/{split} row {row}"
    found = observed(DuplicateId(), splits, sizes)
    assert len(found) == len(expected)
    assert {(*each.where.split()[0].split("/"), each.row, each.message) for each in found} == expected


@settings(deadline=None)
@given(several, sizes)
def test_shared_values_are_those_in_several_splits_of_a_config(splits, sizes):
    expected: set[tuple[str, str, int]] = set()
    rules = {"a": SharedId(), "b": SharedId()}
    found: list[Finding] = []
    for config, rule in rules.items():
        mine = {key: values for key, values in splits.items() if key[0] == config}
        places: dict[str, dict[str, int]] = defaultdict(dict)
        for (_, split), values in mine.items():
            for row, value in enumerate(values):
                if value is not None:
                    places[value].setdefault(split, row)
        for at in places.values():
            expected.update((config, split, row) for split, row in list(at.items())[1:])
        found.extend(observed(rule, mine, sizes))
    assert {(*each.where.split()[0].split("/"), each.row) for each in found} == expected
    assert len(found) == len(expected)


def test_equal_hashes_of_different_ids_are_no_finding():
    rule = DuplicateId()
    rule.observe(Batch(pa.RecordBatch.from_pydict({"id": ["x", "y", "x"]})))
    rule._keys._hashes = [np.zeros(3, np.uint64)]
    (found,) = rule.finish()
    assert (found.row, found.message) == (2, "'x' occurs again, first at row 0")


def test_a_finding_names_lines_of_a_file():
    rule = DuplicateId("meta.key")
    rows = [{"key": 7}, None, {"key": None}, {"key": 7}]
    table = pa.RecordBatch.from_pydict({"meta": rows, "id": ["a", "b", "c", "d"]})
    place = Place(file="rows.jsonl")
    assert list(rule.observe(Batch(table, place, 10, np.array([11, 12, 14, 15])))) == []
    (found,) = rule.finish()
    assert str(found) == "rows.jsonl:15: meta.key: 7 occurs again, first at rows.jsonl:11"
    assert (found.code, found.severity, found.file, found.line, found.row) == (
        "duplicate-id",
        "error",
        "rows.jsonl",
        15,
        13,
    )


def test_elements_of_lists_are_ids_too():
    rule = DuplicateId("parts[].id")
    rows = [[{"id": "a"}], [], [{"id": "b"}, {"id": "a"}]]
    rule.observe(Batch(pa.RecordBatch.from_pydict({"parts": rows}), Place("c", "train")))
    assert [each.row for each in rule.finish()] == [2]


def test_widths_of_integers_and_texts_dont_matter():
    rule = DuplicateId()
    for values in (pa.array([1, 2], pa.int8()), pa.array([2], pa.int64()), pa.array([1], pa.uint32())):
        rule.observe(Batch(pa.RecordBatch.from_pydict({"id": values}), Place("c")))
    for values in (pa.array(["x"], pa.large_string()), pa.array(["x"]).dictionary_encode()):
        rule.observe(Batch(pa.RecordBatch.from_pydict({"id": values}), Place("d")))
    assert [each.message for each in rule.finish()] == [
        "1 occurs again, first at c row 0",
        "2 occurs again, first at c row 1",
        "'x' occurs again, first at d row 0",
    ]


def test_files_count_as_splits():
    rule = SharedId("pair")
    for file in ("train.parquet", "test.parquet"):
        rule.observe(Batch(pa.RecordBatch.from_pydict({"pair": ["p", "p", file]}), Place(file=file)))
    (found,) = rule.finish()
    assert str(found) == "test.parquet row 0: pair: 'p' is in another split too, at train.parquet row 0"


def test_lists_are_no_ids():
    batch = Batch(pa.RecordBatch.from_pydict({"id": [["a"]]}))
    with pytest.raises(
        UsageError, match=r"id holds list<.*expected single values; name its elements with id\[\]"
    ):
        DuplicateId().observe(batch)


def test_ids_take_little_memory():
    rule = DuplicateId()
    count = 100_000
    before = pa.total_allocated_bytes()
    for start in range(0, count, 10_000):
        names = [f"riddles-{number:016x}" for number in range(start, start + 10_000)]
        columns = {"id": names, "text": ["long text " * 20] * 10_000}
        rule.observe(Batch(pa.RecordBatch.from_pydict(columns), Place("a", "train"), start))
    assert sum(each.nbytes for each in rule._keys._hashes) == 8 * count
    assert pa.total_allocated_bytes() - before <= 40 * count
    assert list(rule.finish()) == []
