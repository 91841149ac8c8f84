"""Sparse targets on a device, and their dense form against a loop over entries."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch: Any = pytest.importorskip("torch", reason="tensors need torch: pip install 'mensrea[gpu]'")

from mensrea.loading.step_targets import StepTargets  # noqa: E402 -- it needs torch

LOWEST, WIDTH, STEPS = -3, 7, 3
ENTRY = st.tuples(st.integers(1, STEPS), st.integers(LOWEST, LOWEST + WIDTH - 1))
ROWS = st.lists(st.dictionaries(ENTRY, st.integers(1, 9), max_size=12), min_size=1, max_size=6)


def table_of(rows, state="state", column="targets"):
    entry = pa.struct({"step": pa.int8(), state: pa.int16(), "count": pa.int32()})
    lists = [
        [{"step": step, state: at, "count": count} for (step, at), count in sorted(row.items())]
        for row in rows
    ]
    return pa.table({column: pa.array(lists, pa.list_(entry))})


def read(rows, weights="counts", **more):
    given: dict[str, Any] = {"lowest": LOWEST, "width": WIDTH, "steps": STEPS, "weights": weights, **more}
    return StepTargets.from_table(table_of(rows), **given)


def one_by_one(rows, weights):
    dense = np.zeros((len(rows), STEPS, WIDTH))
    for number, row in enumerate(rows):
        for (step, state), count in row.items():
            alike = {at: each for at, each in row.items() if at[0] == step}
            share = count / sum(alike.values()) if weights == "counts" else 1 / len(alike)
            dense[number, step - 1, state - LOWEST] = share
    return dense


@settings(deadline=None, max_examples=40)
@given(ROWS, st.sampled_from(["counts", "uniform"]), st.lists(st.integers(0, 99), max_size=8))
def test_dense_rows_are_the_shares_of_their_entries(rows, weights, chosen):
    chosen = [each % len(rows) for each in chosen]
    found = read(rows, weights).dense(torch.tensor(chosen, dtype=torch.int64))
    assert found.dtype == torch.float32
    assert found.shape == (len(chosen), STEPS, WIDTH)
    assert found.numpy() == pytest.approx(one_by_one(rows, weights)[chosen], abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(ROWS, st.integers(0, 5), st.integers(0, 5))
def test_slices_and_chunks_of_a_table_are_read_as_they_stand(rows, start, stop):
    whole = table_of(rows)
    parts = pa.concat_tables([whole.slice(start, stop), whole, whole.slice(1)])
    picked = [*rows[start : start + stop], *rows, *rows[1:]]
    found = StepTargets.from_table(parts, lowest=LOWEST, width=WIDTH, steps=STEPS)
    assert len(found) == len(picked)
    assert found.dense(torch.arange(len(picked))).numpy() == pytest.approx(
        one_by_one(picked, "counts"), abs=1e-6
    )


def test_vertices_are_columns_as_they_are():
    table = table_of([{(1, 2): 1, (2, 0): 3, (2, 4): 1}], state="node", column="reach")
    found = StepTargets.from_table(table, "reach", width=5, steps=2).dense(torch.tensor([0]))
    assert found.tolist() == [[[0, 0, 1, 0, 0], [0.75, 0, 0, 0, 0.25]]]


def test_entries_of_later_steps_are_left_out():
    found = read([{(1, 0): 1, (3, 2): 1}], steps=2)
    assert found.step.tolist() == [1]
    assert found.dense(torch.tensor([0])).shape == (1, 2, WIDTH)


def test_what_is_moved_is_sparse():
    rows = [{(1, n % 7 - 3): 1, (2, 0): 1, (3, 1): 2} for n in range(1000)]
    found = read(rows, width=1001)
    assert found.nbytes == 8 * 1001 + 3000 * (1 + 4 + 4)
    assert found.dense_nbytes == 1000 * STEPS * 1001 * 4
    moved = found.to("cpu")
    assert moved.nbytes == found.nbytes
    assert torch.equal(moved.dense(torch.tensor([7])), found.dense(torch.tensor([7])))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"width": 3}, r"^targets of row 1: found state 2 at step 3, expected -3\.\.-1; give a range"),
        ({"lowest": -1}, r"^targets of row 0: found state -3 at step 1"),
        ({"weights": "equal"}, "^weights: found 'equal', expected one of counts, uniform"),
    ],
)
def test_what_has_no_column_is_an_error(more, message):
    with pytest.raises(ValueError, match=message):
        read([{(1, -3): 1}, {(3, 2): 1}], **more)


def test_without_torch_the_message_says_what_to_install():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from mensrea.errors import MissingLibraryError\n"
        "try:\n    import mensrea.loading.cot2\n"
        "except MissingLibraryError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "tensors need torch, which isn't installed: pip install 'mensrea[gpu]'\n"
