"""Profiles for a terminal: what stands in it, at 80 columns."""

import numpy as np
import pytest
from mensrea.scoring.profiles import profile

from .habit_reports import report_on

HOSTILE = "openai/\x1b[31mbad\x00\u202e name"


def chance(own, judged, _):
    return (0.6 if own == judged else 0.1) + 0.02 * (len(judged) % 9)


@pytest.fixture(scope="module")
def text():
    reports = [
        report_on("core", chance, model=name, seed=place, per_habit=6, lost=0.15)
        for place, name in enumerate(("openai/a", "openai/b", HOSTILE))
    ]
    reports += [report_on(each, chance, model="openai/a", per_habit=2) for each in ("controls", "twins")]
    reports.append(report_on("original", chance, model="openai/a", per_habit=2, every=False))
    return profile(reports, resamples=100).as_text()


def test_every_part_stands_in_it(text):
    for part in (
        "Habits shown on their own tasks, in percent; models by number",
        "How alike profiles are",
        "Groups of models",
        "openai/a: 96 tasks of core, one sample each",
        "Rates by habit of the task (row) and habit judged (column)",
        "Own tasks against all others",
        "Own tasks against others of the same kind",
        "How far habits depend on the task",
        "Own tasks against controls",
        "Core tasks against twins without the cue",
        "On the published tasks",
        "unknown: it needs several samples of a task (--n)",
        "Unscored: no-reasoning",
        "no report on twins; run --config twins beside core",
    ):
        assert part in text


def test_it_fits_a_terminal_and_holds_no_commands_for_it(text):
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "\x00" not in text


def test_thirteen_models_fit():
    rates = np.random.default_rng(1).random((13, 25))
    reports = [
        report_on(
            "core",
            lambda _, judged, __, row=row: row[len(judged) % 25],
            model=f"openai/model-{number}",
            seed=number,
            per_habit=2,
            every=False,
        )
        for number, row in enumerate(rates)
    ]
    found = profile(reports, resamples=100).as_text()
    assert max(map(len, found.splitlines())) <= 80
    assert "13: openai/model-12" in found


def test_what_is_not_known_is_said_once():
    found = profile([report_on("core", chance, per_habit=2, every=False)], resamples=100).as_text()
    assert found.count("--set habits=all") == 1
    assert "Own tasks against" not in found


def test_colour_is_for_those_who_want_it():
    found = profile([report_on("core", chance, per_habit=2, every=False)], resamples=100)
    assert "\x1b[" in found.as_text(colour=True)
