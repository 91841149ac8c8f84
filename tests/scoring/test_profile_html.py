"""The page of profiles: whole, safe, and with every part that is known."""

import re

import pytest
from mensrea.scoring.profile_html import profile_html
from mensrea.scoring.profiles import profile

from .habit_reports import report_on
from .test_report_html import HOSTILE, Page


def chance(own, judged, _):
    return (0.6 if own == judged else 0.1) + 0.02 * (len(judged) % 9)


@pytest.fixture(scope="module")
def found():
    reports = [
        report_on("core", chance, model=name, seed=place, per_habit=4, lost=0.2)
        for place, name in enumerate(("openai/a", "openai/b", HOSTILE))
    ]
    reports += [report_on(each, chance, model="openai/a", per_habit=2) for each in ("controls", "twins")]
    reports.append(report_on("original", chance, model="openai/a", per_habit=2, every=False))
    return profile(reports, resamples=100)


@pytest.fixture(scope="module")
def text(found):
    return profile_html(found)


@pytest.mark.slow
def test_the_page_is_whole_and_always_the_same(text, found):
    page = Page(text)
    assert not page.open
    assert text == profile_html(found)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_every_part_stands_in_it(text):
    said = " ".join(Page(text).texts)
    for part in (
        "Models side by side",
        "How alike profiles are",
        "Groups of models",
        "Each habit on the tasks of each",
        "Own tasks against others of the same kind",
        "How far habits depend on the task",
        "Own tasks against controls",
        "Core tasks against twins without the cue",
        "On the published tasks",
        "Findings about the reports",
        "samples are scored",
        "Striving for Accuracy and Precision",
    ):
        assert part in said
    assert text.count("<svg") == 2 + 3 * 3 + 2


def test_nothing_in_it_runs_or_is_fetched(text):
    tags = Page(text).tags
    assert not {name for name, _ in tags} & {"script", "img", "link", "iframe"}
    assert not [value for _, found in tags for name, value in found.items() if name in {"src", "onerror"}]
    assert "\x00" not in text
    assert "\x1b" not in text


def test_colours_are_the_pages(text):
    assert not re.search(r"#0[0-9a-b]0[0-9a-b][0-9a-f]{2}\b", text.partition("</style>")[2])


def test_one_model_judged_on_its_own_habits_has_a_short_page():
    text = profile_html(profile([report_on("core", chance, per_habit=2, every=False)], resamples=100))
    assert text.count("<svg") == 1
    assert "--set habits=all" in text
    assert "Models side by side" not in text


@pytest.mark.slow
def test_two_models_have_no_tree():
    reports = [report_on("core", chance, model=name, per_habit=3, seed=n) for n, name in enumerate("ab")]
    text = profile_html(profile(reports, resamples=100))
    assert "Models side by side" in text
    assert "Groups of models" not in text
