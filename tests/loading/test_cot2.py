"""From releases of MNNS, and rows of graphs, to tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from mensrea import BuildOptions, build_release
from mensrea.errors import UnknownConfigError, UnknownSplitError, UsageError

torch: Any = pytest.importorskip("torch", reason="tensors need torch: pip install 'mensrea[gpu]'")

from mensrea.loading.cot2 import Batches, GraphTensors, load_graphs, load_mnns  # noqa: E402 -- it needs torch

ENTRIES = pa.list_(pa.struct({"step": pa.int8(), "node": pa.int16(), "count": pa.int32()}))
TYPES = {
    "task": pa.string(),
    "answer": pa.string(),
    "idx_to_symbol": pa.list_(pa.string()),
    "edges": pa.list_(pa.list_(pa.int16())),
    "root": pa.int16(),
    "target": pa.int16(),
    "neg_target": pa.int16(),
    "asked": pa.list_(pa.int16()),
    "hops": pa.int8(),
    "frontier": ENTRIES,
    "reach": ENTRIES,
    "on_path": ENTRIES,
}


def entries(*triples):
    return [dict(zip(("step", "node", "count"), each, strict=True)) for each in triples]


# 0 -> 1, 2 -> 3 by two ways, and 4 -> 5 apart; then 0 -> 1 -> 2.
DIAMOND: dict[str, Any] = {
    "task": "prosqa",
    "answer": "Tom is a rem.",
    "idx_to_symbol": ["Tom", "wug", "zim", "rem", "Eve", "impus"],
    "edges": [[0, 1], [0, 2], [4, 5], [1, 3], [2, 3]],
    "root": 0,
    "target": 3,
    "neg_target": 5,
    "asked": [5, 3],
    "hops": 2,
    "frontier": entries((1, 1, 1), (1, 2, 1), (2, 3, 2)),
    "reach": entries((1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 1), (2, 3, 2)),
    "on_path": entries((1, 1, 1), (1, 2, 1), (2, 3, 2)),
}
CHAIN: dict[str, Any] = {
    **DIAMOND,
    "idx_to_symbol": ["Tom", "wug", "rem", "zim"],
    "edges": [[1, 2], [0, 1]],
    "target": 2,
    "neg_target": 3,
    "asked": [2, 3],
    "frontier": entries((1, 1, 1), (2, 2, 1)),
    "reach": entries((1, 1, 1), (2, 1, 1), (2, 2, 1)),
    "on_path": entries((1, 1, 1), (2, 2, 1)),
}
TRUE = {**CHAIN, "task": "prontoqa", "asked": [2], "answer": "True"}
FALSE = {**CHAIN, "task": "prontoqa", "asked": [3], "answer": "False", "on_path": []}


def graphs(*rows, **more):
    table = pa.table({name: pa.array([row[name] for row in rows], TYPES[name]) for name in TYPES})
    given: dict[str, Any] = {"width": 6, "steps": 3, "longest": 5, **more}
    return GraphTensors.from_table(table, **given)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build_release("cot2", configs=["mnns-3x4", "mnns-3x4-nonneg1"], out=out, options=BuildOptions())
    return out / "cot2"


def test_mnns_is_what_the_rows_say(release):
    found = load_mnns("mnns-3x4", "train", path=release)
    import mensrea

    rows: Any = mensrea.load("cot2", "mnns-3x4", "train", path=release)
    assert (found.digits.dtype, found.answers.dtype, found.trace.dtype) == (torch.int16,) * 3
    assert found.digits.tolist() == rows["digits"]
    assert found.answers.tolist() == rows["answer"]
    assert found.trace.tolist() == rows["trace"]
    assert (found.lowest, found.targets.width, found.targets.steps) == (-12, 25, 3)
    dense = found.targets.dense(torch.arange(len(rows)))
    for row, each in zip(rows, dense, strict=True):
        for entry in row["targets"]:
            assert each[entry["step"] - 1, entry["state"] + 12] == entry["count"] / 2 ** entry["step"]
    assert dense.sum(dim=-1).allclose(torch.ones(len(rows), 3))
    from_the_end = torch.tensor([-1, 0, -len(rows), -2])
    assert torch.equal(found.targets.dense(from_the_end), dense[from_the_end])
    right = dense[torch.arange(len(rows)), 2, found.answers.long() - found.lowest]
    assert (right > 0).all()


def test_states_that_weigh_alike_are_asked_for(release):
    found = load_mnns("mnns-3x4", "test", weights="uniform", path=release)
    dense = found.targets.dense(torch.tensor([0]))
    assert set(dense[0, 0][dense[0, 0] > 0].tolist()) == {0.5}
    assert len(set(dense[0, 2][dense[0, 2] > 0].tolist())) == 1


def test_a_budget_of_one_trace_is_that_trace(release):
    found = load_mnns("mnns-3x4-nonneg1", "train", path=release)
    dense = found.targets.dense(torch.arange(len(found.answers)))
    assert torch.equal(dense.argmax(dim=-1) + found.lowest, found.trace.long())
    assert dense.amax(dim=-1).unique().tolist() == [1]


def test_what_is_moved_to_a_device_stays_sparse(release):
    found = load_mnns("mnns-3x4", "train", device="cpu", path=release)
    count, sparse = len(found.answers), found.targets
    assert found.nbytes == count * (3 + 1 + 3) * 2 + sparse.nbytes
    assert sparse.nbytes == 8 * (count + 1) + 9 * len(sparse.step)
    assert found.dense_nbytes - found.nbytes == count * 3 * 25 * 4 - sparse.nbytes
    assert 2 * found.nbytes < found.dense_nbytes
    assert found.to("meta").targets.weight.device.type == "meta"


def test_batches_of_a_split_are_made_dense_one_at_a_time(release):
    found = load_mnns("mnns-3x4", "train", path=release)
    batches = Batches(len(found.answers), 16, seed=3)
    seen = [rows for rows, _ in zip(batches, range(batches.per_epoch), strict=False)]
    assert found.targets.dense(seen[0]).shape == (16, 3, 25)
    assert torch.cat(seen).sort().values.tolist() == list(range(len(found.answers)))


@pytest.mark.parametrize(
    ("config", "split", "error", "message"),
    [
        (
            "mnns-3x4",
            "dev",
            UnknownSplitError,
            "cot2 mnns-3x4 has no split 'dev'; it has train, validation, test",
        ),
        ("mnns-3", "train", UnknownConfigError, "no config 'mnns-3'"),
    ],
)
def test_a_mistake_is_said(release, config, split, error, message):
    with pytest.raises(error, match=message):
        load_mnns(config, split, path=release)


def test_rows_of_another_kind_are_refused(release):
    with pytest.raises(UsageError, match="cot2 mnns-3x4: rows have no 'asked', which these tensors need"):
        load_graphs("mnns-3x4", path=release)


@pytest.mark.parametrize("columns", ["frontier", ("bogus",), ("reach", "edges")])
def test_columns_that_are_no_targets_are_refused(release, columns):
    with pytest.raises(UsageError, match="is none; name any of frontier, reach, on_path in a tuple"):
        load_graphs("prosqa", "test", columns, path=release)


def test_questions_with_one_option_and_with_two_are_not_mixed():
    with pytest.raises(ValueError, match=r"^asked of row 1: found 1 numbers, expected 2"):
        graphs(DIAMOND, TRUE)


def test_graphs_are_padded_and_options_stand_as_asked():
    found = graphs(DIAMOND, CHAIN)
    assert found.edges.tolist() == [DIAMOND["edges"], [*CHAIN["edges"], *[[-1, -1]] * 3]]
    assert found.roots.tolist() == [0, 0]
    assert found.options.tolist() == [[5, 3], [2, 3]]
    assert found.answers.tolist() == [1, 0]
    assert found.hops.tolist() == [2, 2]
    assert (found.edges.dtype, found.options.dtype, found.answers.dtype) == (
        torch.int16,
        torch.int16,
        torch.int8,
    )


def test_one_concept_is_true_or_false():
    found = graphs(TRUE, FALSE)
    assert found.options.tolist() == [[2], [3]]
    assert found.answers.tolist() == [1, 0]


def test_each_column_of_targets_is_kept_apart():
    found = graphs(DIAMOND, {**CHAIN, "on_path": []}, columns=("frontier", "reach", "on_path"))
    frontier, reach, on_path = (found.targets[name].dense(torch.tensor([0])) for name in found.targets)
    assert frontier[0].tolist() == [[0, 0.5, 0.5, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0] * 6]
    assert reach[0, 1].tolist() == [0, 0.25, 0.25, 0.5, 0, 0]
    assert torch.equal(on_path, frontier)
    assert not found.targets["on_path"].dense(torch.tensor([1])).any()


def test_vertices_weigh_alike_if_asked():
    found = graphs(DIAMOND, columns=("reach",), weights="uniform")
    assert found.targets["reach"].dense(torch.tensor([0]))[0, 1].tolist() == pytest.approx(
        [0, 1 / 3, 1 / 3, 1 / 3, 0, 0]
    )


def test_graphs_move_with_their_targets():
    found = graphs(DIAMOND, CHAIN, columns=("frontier", "reach"))
    assert found.nbytes == 2 * (5 * 2 + 1 + 2) * 2 + 2 * 2 + sum(
        each.nbytes for each in found.targets.values()
    )
    moved = found.to("meta")
    assert moved.edges.device.type == moved.targets["reach"].step.device.type == "meta"
