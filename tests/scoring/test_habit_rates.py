"""Rates of habits: counts of outcomes and reasons, and which interval."""

import pytest
from mensrea.scoring.clusters import clustered_wilson
from mensrea.scoring.habit_grid import judged_table
from mensrea.scoring.habit_rates import habit_rates, own_judgements, pooled
from mensrea.scoring.habits import HABITS
from mensrea.scoring.intervals import wilson

from .habit_reports import report_on


def rates(**more):
    table = judged_table(report_on("core", lambda *_: 0.5, per_habit=20, **more))
    return table, habit_rates(own_judgements(table))


def test_every_sample_is_counted_by_what_became_of_it():
    table, found = rates(lost=0.2, unsupported=0.3)
    assert [each.habit for each in found] == list(HABITS)
    for each in found:
        of_habit = own_judgements(table).filter(question=each.habit)
        assert each.judged == each.tasks == 20
        assert each.k == (of_habit["outcome"] == "present").sum()
        assert each.n == sum(each.outcomes.values()) == 20 - each.unscored.get("no-reasoning", 0)
        assert each.claimed == each.k + each.outcomes.get("unsupported-quote", 0)
        assert each.interval == wilson(each.k, each.n)
        assert each.coverage == each.n / 20
        assert each.value == each.k / each.n
    n, judged, claimed = pooled(found)
    assert (n, judged) == (sum(each.n for each in found), 320)
    assert claimed > sum(each.k for each in found)


def test_several_samples_take_an_effective_number_of_trials():
    table, found = rates(samples=3, variety=2.0)
    of_habit = own_judgements(table).filter(question=HABITS[0])
    k = [part["outcome"].to_list().count("present") for _, part in of_habit.group_by("id")]
    expected = clustered_wilson(k, [3] * 20)
    assert found[0].interval.method == "clustered-wilson"
    assert (found[0].interval.low, found[0].interval.high) == pytest.approx((expected.low, expected.high))
    assert (found[0].judged, found[0].tasks) == (60, 20)


def test_nothing_scored_has_no_rate():
    _, found = rates(lost=1.0)
    assert found[0].value is None
    assert found[0].interval is None
    assert found[0].coverage == 0


def test_habits_without_judgements_are_left_out():
    table, _ = rates()
    assert [each.habit for each in habit_rates(table.filter(question=HABITS[3]))] == [HABITS[3]]
