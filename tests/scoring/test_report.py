from __future__ import annotations

import pytest
from mensrea.scoring.declared import Rate
from mensrea.scoring.metrics import Settings

from .outcomes import SMALL, counted, outcomes_of, report_of


def test_counts_are_of_every_class_in_the_scorers_order():
    report = report_of(counted({"good": 3, "bad": 1}), [Rate("bad", "", of=("bad",))])
    assert list(report.outcomes.items()) == [("bad", 1), ("good", 3), ("declined", 0)]


def test_reasons_are_counted_most_first():
    assert list(report_of().unscored.items()) == [("judge-empty", 2), ("truncated", 1)]


def test_metrics_of_all_samples_and_of_groups_are_told_apart():
    report = report_of()
    assert [each.name for each in report.headline] == ["bad", "bad-kept", "score", "good@2"]
    assert [each.group["topic"] for each in report.groups["bad", "topic"]] == ["(none)", "milk", "tea"]


def test_samples_are_sorted():
    assert report_of(SMALL.reverse()).samples.equals(SMALL)


def test_settings_reach_the_intervals():
    report = report_of(settings=Settings(level=0.9))
    assert {each.interval.level for each in report.metrics if each.interval} == {0.9}


@pytest.mark.parametrize(
    ("metrics", "outcomes", "message"),
    [
        ([Rate("bad", "", of=("evil",))], SMALL, "metric bad: found class 'evil', expected one of"),
        ([], outcomes_of([("a", 0, "evil")]), "found class 'evil', expected one of bad, good, declined"),
    ],
)
def test_a_class_that_the_scorer_hasnt_is_an_error(metrics, outcomes, message):
    with pytest.raises(ValueError, match=message):
        report_of(outcomes, metrics)
