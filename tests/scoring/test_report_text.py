from __future__ import annotations

import re

import pytest
from mensrea.scoring.declared import Rate
from mensrea.scoring.report_text import report_text

from .outcomes import SMALL, counted, outcomes_of, report_of

HOSTILE = "\x1b[31m::set-output name=a::b\n<script>alert(1)</script> $x_1$ \u202eevil"


def lines(report=None, width=80):
    return report_text(report or report_of(), width).splitlines()


def test_a_metric_is_on_one_line_with_all_that_one_needs():
    line = next(each for each in lines() if each.startswith("bad  "))
    assert re.fullmatch(r"bad +28\.6 % +\[.+, .+\] +2/7 +70\.0 % +28\.6 %", line)


def test_what_unscored_samples_could_hide_is_said():
    text = " ".join(" ".join(lines()).split())
    assert "3 unscored samples left out. Whatever these were: 20.0 to 50.0 %." in text
    assert "3 unscored samples kept in the denominator. Whatever these were: 20.0 to 50.0 %." in text
    assert "3 unscored items left out." in text


def test_nothing_is_said_of_unscored_samples_where_there_are_none():
    text = report_text(report_of(counted({"bad": 1, "good": 1}), [Rate("bad", "Harm", of=("bad",))]))
    assert "nscored" not in text
    assert "bad  Harm.\n" in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_lines_fit_the_terminal(width):
    needed = 62
    assert all(len(line) <= max(width, needed) for line in lines(width=width))
    assert len(max(lines(width=80), key=len)) <= 80


def test_everything_is_there():
    text = report_text(report_of(), 120)
    for each in (
        "drinks original/test 1.0.0",
        "openai/tea-1 (max_tokens 64, temperature 0.5)",
        "openai/judge-1: drinks/harm 2",
        "10, of 5 items; 7 are scored (70.0 %)",
        "0.25 USD; 12 calls, 1,200 + 40 tokens; 3 replies replayed",
        "extra-response (3): z isn't in the release",
        "the judge said nothing",
        "it declines",
        "bad by topic",
        "seed 0, 1,000 resamples",
        "Rows r1; responses d1.",
    ):
        assert each in text


def test_a_wide_terminal_gets_intervals_drawn():
    assert "●" not in report_text(report_of(), 80)
    line = next(each for each in lines(width=120) if each.startswith("bad  "))
    drawing = line[line.index("28.6 %", 20) + 6 :]
    assert drawing.count("●") == 1
    assert drawing.strip()[0] in "├●"


def test_colour_only_if_asked_for():
    assert "\x1b" not in report_text(report_of())
    assert "\x1b[" in report_text(report_of(), colour=True)


def test_hostile_texts_are_spelled():
    report = report_of(
        outcomes_of([(HOSTILE, 0, "bad", None, HOSTILE)], ["topic"]),
        models=[{"model": HOSTILE, "parameters": {HOSTILE: HOSTILE}}],
        judges=[{"name": HOSTILE, "model": HOSTILE}],
        findings=[{"code": HOSTILE, "message": HOSTILE}],
        digest=HOSTILE,
    )
    text = report_text(report, 80)
    assert all(line.isprintable() for line in text.splitlines())
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "\\x1b[31m" in text


def test_many_groups_are_cut_with_a_count():
    outcomes = outcomes_of(((f"{n:03}", 0, "bad", None, f"topic {n:03}") for n in range(50)), ["topic"])
    text = report_text(report_of(outcomes))
    assert "topic 029" in text
    assert "topic 030" not in text
    assert "... 20 more groups" in text


def test_a_report_of_nothing_is_readable():
    text = report_text(report_of(SMALL.clear(), cost=None, findings=[]))
    assert "0, one an item; 0 are scored (none)" in text
    assert "cost" not in text
