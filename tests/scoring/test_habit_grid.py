"""Judgements as arrays: counts, own habits, and what is refused."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from mensrea.errors import UsageError
from mensrea.scoring.habit_grid import NONE, grid_of, judged_table
from mensrea.scoring.habits import HABITS
from mensrea.scoring.judgements import JUDGEMENTS

from .habit_reports import grid, report_on


def judgements(*rows):
    return pl.DataFrame(rows, dict(JUDGEMENTS), orient="row")


def test_samples_are_counted_by_task_and_habit():
    first, second = HABITS[1], HABITS[0]
    report = report_on("core", lambda *_: 0.0, per_habit=1, samples=2, every=False)
    ident, other = (f"cogtest-core-{habit}-000" for habit in (first, second))
    found = judgements(
        (ident, 0, first, "present", None),
        (ident, 1, first, "unsupported-quote", None),
        (ident, 0, second, "present", None),
        (ident, 1, second, None, "judge-failed"),
        (other, 0, second, "absent", None),
    )
    counts = grid_of(judged_table(replace(report, judgements=found)))
    assert counts.ids == (ident, other)
    assert counts.own.tolist() == [1, 0]
    assert counts.tasks == (ident, other)
    assert counts.hits[:, :2].tolist() == [[1, 1], [0, 0]]
    assert counts.scored[:, :2].tolist() == [[1, 2], [1, 0]]
    assert counts.judged[:, :2].tolist() == [[2, 2], [1, 0]]
    assert counts.is_full
    assert counts.is_repeated
    assert counts.sums(1, np.array([True, True])).tolist() == [[1, 2]]


def test_controls_have_no_own_habit():
    counts = grid_of(judged_table(report_on("controls", lambda *_: 1.0, per_habit=1)))
    assert set(counts.own.tolist()) == {NONE}
    assert not counts.is_own.any()
    assert counts.is_full


def test_target_only_is_not_full():
    counts = grid_of(judged_table(report_on("core", lambda *_: 1.0, per_habit=1, every=False)))
    assert not counts.is_full
    assert not counts.is_repeated
    assert counts.hits.sum() == 16


def test_aligning_keeps_counts_and_leaves_the_rest_empty():
    counts = grid([0, 1], np.arange(32).reshape(2, 16), 40)
    ids = ("task-0001", "task-0009", "task-0000")
    moved = counts.aligned(ids, np.array([1, 5, 0]))
    assert moved.ids == ids
    assert moved.hits[[0, 2]].tolist() == counts.hits[[1, 0]].tolist()
    assert not moved.scored[1].any()


def test_a_report_without_judgements_is_refused():
    report = replace(report_on("core", lambda *_: 0.0, per_habit=1), judgements=None)
    with pytest.raises(UsageError, match="no judgements; score the responses again"):
        judged_table(report)


def test_what_is_no_habit_is_refused():
    report = report_on("core", lambda *_: 0.0, per_habit=1)
    strange = judgements((report.samples["id"][0], 0, "harm", "absent", None))
    with pytest.raises(UsageError, match="'harm', expected habits of CogTest"):
        judged_table(replace(report, judgements=strange))
