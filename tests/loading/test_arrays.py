from __future__ import annotations

import pyarrow as pa
import pytest
from mensrea.loading.arrays import last_step, matrix, padded_pairs, sizes_of, step_entries, vector

ENTRIES = pa.list_(pa.struct({"step": pa.int8(), "state": pa.int16(), "count": pa.int32()}))
TABLE = pa.table(
    {
        "number": pa.array([3, -1, 2], pa.int16()),
        "pair": pa.array([[1, 2], [3, 4], [5, 6]]),
        "edges": pa.array([[[0, 1]], [], [[1, 2], [2, 3]]]),
        "targets": pa.array(
            [[{"step": 1, "state": -5, "count": 2}], [], [{"step": 3, "state": 7, "count": 1}] * 2], ENTRIES
        ),
    }
)


@pytest.mark.parametrize("table", [TABLE, pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])])
def test_lists_are_read_whether_in_chunks_or_not(table):
    assert vector(table, "number").tolist() == [3, -1, 2]
    assert matrix(table, "pair", 2).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert padded_pairs(table, "edges", 2).tolist() == [[[0, 1], [-1, -1]], [[-1, -1]] * 2, [[1, 2], [2, 3]]]
    assert sizes_of(table["edges"]).tolist() == [1, 0, 2]
    assert [each.tolist() for each in step_entries(table, "targets")] == [
        [0, 2, 2],
        [1, 3, 3],
        [-5, 7, 7],
        [2, 1, 1],
    ]
    assert last_step(table["targets"]) == 3


def test_a_slice_is_read_from_where_it_begins():
    assert padded_pairs(TABLE.slice(2), "edges", 2).tolist() == [[[1, 2], [2, 3]]]
    assert step_entries(TABLE.slice(1, 1), "targets")[0].tolist() == []
    assert last_step(TABLE.slice(1, 1)["targets"]) == 0


def test_lists_of_other_lengths_are_no_matrix():
    with pytest.raises(ValueError, match=r"^edges of row 1: found 0 numbers, expected 1"):
        matrix(TABLE, "edges", 1)
