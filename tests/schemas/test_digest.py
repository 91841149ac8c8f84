"""Digests: the same however rows are stored, another whenever they differ."""

import io
import itertools
import math
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, load_dataset
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mensrea.schemas.digest import RowDigest, combine_digests, digest_of

TURN = pa.struct({"role": pa.string(), "turn": pa.int16(), "tools": pa.list_(pa.string())})
TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "count": pa.int16(),
    "ratio": pa.float64(),
    "flag": pa.bool_(),
    "blob": pa.binary(),
    "words": pa.list_(pa.string()),
    "grid": pa.list_(pa.list_(pa.int32())),
    "turns": pa.list_(TURN),
    "place": pa.struct({"x": pa.float32(), "turn": TURN}),
}
SCHEMA = pa.schema(list(TYPES.items()))
TEXT = st.sampled_from(["", "a", "b", "ab", "é", "\0"])
Columns = dict[str, list[Any]]


def values(kind: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_struct(kind):
        inner = st.fixed_dictionaries({field.name: values(field.type) for field in kind})
    elif pa.types.is_list(kind):
        inner = st.lists(values(kind.value_type), max_size=3)
    else:
        inner = {
            pa.string(): TEXT,
            pa.binary(): TEXT.map(str.encode),
            pa.bool_(): st.booleans(),
            pa.float64(): st.sampled_from([0.0, 1.5, -1e300]),
            pa.float32(): st.sampled_from([0.0, 1.5, math.inf]),
        }.get(kind, st.sampled_from([0, 1, -1, 300]))
    return st.none() | inner


@st.composite
def tables(draw: st.DrawFn, smallest: int = 0) -> pa.Table:
    rows = draw(st.integers(smallest, 6))
    columns = {
        name: draw(st.lists(values(kind), min_size=rows, max_size=rows)) for name, kind in TYPES.items()
    }
    return pa.table(columns, schema=SCHEMA)


def digest(*parts: pa.Table | pa.RecordBatch) -> str:
    return digest_of(parts).hexdigest()


def column(given: list[Any], kind: pa.DataType | None = None) -> str:
    return digest(pa.table({"a": pa.array(given, kind)}))


def rechunked(table: pa.Table, cuts: list[int]) -> pa.Table:
    edges = sorted({0, table.num_rows, *(cut for cut in cuts if cut < table.num_rows)})
    slices = [table.slice(start, end - start) for start, end in itertools.pairwise(edges)]
    return pa.concat_tables(slices) if slices else table


def widened(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, widened(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.large_list(widened(kind.value_type))
    wide = {pa.string(): pa.large_string(), pa.binary(): pa.large_binary(), pa.float32(): pa.float64()}
    return pa.int64() if pa.types.is_integer(kind) else wide.get(kind, kind)


def in_parquet(table: pa.Table, group: int) -> pa.Table:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=group)
    return pq.read_table(buffer)


@settings(max_examples=60, deadline=None)
@given(tables(), st.lists(st.integers(1, 6), max_size=3), st.integers(1, 7))
def test_it_ignores_how_rows_are_stored(table: pa.Table, cuts: list[int], group: int) -> None:
    expected = digest(table)
    chunks = rechunked(table, cuts)
    assert digest(chunks) == expected
    assert digest(*chunks.to_batches()) == (expected if table.num_rows else digest())
    around = pa.concat_tables([table, table, table]).combine_chunks()
    assert digest(around.slice(table.num_rows, table.num_rows)) == expected
    wide = pa.schema([(name, widened(kind)) for name, kind in TYPES.items()])
    assert digest(table.cast(wide)) == expected
    assert digest(table.select(list(reversed(TYPES)))) == expected
    assert digest(in_parquet(table, group)) == expected
    encoded = table.set_column(0, "text", table["text"].dictionary_encode())
    assert digest(encoded) == expected


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(tables(smallest=1), st.data())
def test_it_differs_when_a_value_does(table: pa.Table, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(TYPES)))
    row = data.draw(st.integers(0, table.num_rows - 1))
    column = table[name].to_pylist()
    new = data.draw(values(TYPES[name]))
    assume(new != column[row])
    column[row] = new
    changed = table.set_column(SCHEMA.get_field_index(name), name, pa.array(column, TYPES[name]))
    assert digest(changed) != digest(table)
    columns, others = digest_of([table]).columns(), digest_of([changed]).columns()
    assert {each for each in columns if columns[each] != others[each]} == {name}


@settings(max_examples=40, deadline=None)
@given(tables(smallest=2), st.data())
def test_it_differs_when_rows_move_come_or_go(table: pa.Table, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(table.num_rows)))
    moved = table.take(order)
    assume(moved.to_pylist() != table.to_pylist())
    assert (
        len({digest(each) for each in (table, moved, table.slice(1), pa.concat_tables([table, table]))}) == 4
    )


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ([None], [""], pa.string()),
        (["ab", "c"], ["a", "bc"], pa.string()),
        (["a", None], [None, "a"], pa.string()),
        ([None, None], [None], pa.string()),
        ([None], [[]], pa.list_(pa.string())),
        ([[]], [[None]], pa.list_(pa.string())),
        ([[None]], [[""]], pa.list_(pa.string())),
        ([[1], [2, 3]], [[1, 2], [3]], pa.list_(pa.int64())),
        ([[1, 2], []], [[1], [2]], pa.list_(pa.int64())),
        ([[[]]], [[], []], pa.list_(pa.list_(pa.int64()))),
        ([[[1], [2]]], [[[1, 2]]], pa.list_(pa.list_(pa.int64()))),
        ([None], [{"x": None}], pa.struct({"x": pa.int64()})),
        ([0], [None], pa.int64()),
        ([False], [None], pa.bool_()),
        ([math.nan], [None], pa.float64()),
        ([math.inf], [-math.inf], pa.float64()),
        ([0.1], [0.1 + 2**-56], pa.float64()),
        ([2**53], [2**53 + 1], pa.int64()),
        ([b"\0"], [b""], pa.binary()),
    ],
)
def test_near_misses_differ(one: list[Any], other: list[Any], kind: pa.DataType) -> None:
    assert column(one, kind) != column(other, kind)


def test_types_of_another_class_differ() -> None:
    assert (
        len({column(["1"]), column([b"1"]), column([1]), column([1.0]), column([True]), column([None])}) == 6
    )


def test_names_count() -> None:
    table = pa.table({"a": [1], "b": [2]})
    swapped = pa.table({"b": [1], "a": [2]})
    assert len({digest(table), digest(swapped), digest(table.select(["a"])), digest(table.drop(["a"]))}) == 4
    structs = [pa.array([{"x": 1, "y": 2}]), pa.array([{"y": 1, "x": 2}])]
    assert digest(pa.table({"a": structs[0]})) != digest(pa.table({"a": structs[1]}))


def test_negative_zero_is_zero_and_every_nan_is_one() -> None:
    payload = struct.unpack("<d", b"\x01\x00\x00\x00\x00\x00\xf8\x7f")[0]
    assert math.isnan(payload)
    assert column([-0.0]) == column([0.0])
    assert column([payload]) == column([math.nan]) == column([-math.nan])


def test_json_counts_as_its_text() -> None:
    stored = pa.array(['{"a":1}', None])
    extended = pa.ExtensionArray.from_storage(pa.json_(), stored)
    assert digest(pa.table({"a": extended})) == digest(pa.table({"a": stored}))


def test_an_empty_table_has_one_digest_and_its_columns_count() -> None:
    json = pa.schema({"a": pa.json_(), "b": pa.list_(pa.struct({"c": pa.json_()}))})
    assert len(digest_of([pa.Table.from_batches([], json)]).columns()) == 2
    schema = pa.schema({"a": pa.string(), "b": pa.list_(pa.int64())})
    empty = [
        schema.empty_table(),
        pa.Table.from_batches([], schema),
        pa.table({"b": pa.array([], pa.large_list(pa.int64())), "a": pa.chunked_array([], pa.string())}),
        pa.table({"a": ["x"], "b": [[1]]}).slice(1),
    ]
    assert len({digest(table) for table in empty}) == 1
    assert digest(empty[0]) != digest(empty[0].select(["a"])) != digest()
    full = pa.table({"a": ["x"], "b": [[1]]})
    assert digest(empty[0], full, empty[1]) == digest(full)


@pytest.mark.parametrize(
    "kind", [pa.timestamp("s"), pa.date32(), pa.decimal128(5, 2), pa.map_("string", "int64")]
)
def test_what_no_schema_gives_has_no_digest(kind: pa.DataType) -> None:
    with pytest.raises(TypeError, match="isn't defined"):
        digest(pa.table({"a": pa.array([None], kind)}))


def test_every_update_counts_its_rows() -> None:
    running = RowDigest()
    for size in (3, 0, 2):
        running.update(pa.table({"a": pa.array(range(size), pa.int64())}))
    assert running.rows == 5
    assert running.hexdigest() == column([0, 1, 2, 0, 1])


def test_combining_ignores_order_and_heeds_names() -> None:
    parts = {"a": "1", "b": "2"}
    assert combine_digests(parts) == combine_digests(dict(reversed(parts.items())))
    assert combine_digests(parts) != combine_digests({"a": "2", "b": "1"})


def test_it_is_the_same_in_another_process_and_after_load_dataset(tmp_path: Path) -> None:
    turn = {"role": "a", "turn": 1, "tools": ["x", None]}
    row = {
        "text": "é",
        "count": -1,
        "ratio": 0.1,
        "flag": True,
        "blob": b"\0",
        "words": ["", None],
        "grid": [[1], []],
        "turns": [turn, None],
        "place": {"x": 0.1, "turn": turn},
    }
    table = pa.Table.from_pylist([row, dict.fromkeys(TYPES), row], schema=SCHEMA)
    pq.write_table(table, tmp_path / "train.parquet")
    program = (
        "import sys, pyarrow.parquet as pq; from mensrea.schemas.digest import digest_of;"
        "print(digest_of(pq.ParquetFile(sys.argv[1]).iter_batches(1)).hexdigest())"
    )
    printed = subprocess.check_output(
        [sys.executable, "-c", program, tmp_path / "train.parquet"],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        text=True,
    )
    assert printed.strip() == digest(table)
    loaded = load_dataset(str(tmp_path), split="train")
    assert isinstance(loaded, Dataset)
    assert digest(loaded.data.table) == digest(table)
