"""Which reports are of one model, what it is called, and what keeps reports from comparing."""

from dataclasses import replace

import pytest
from mensrea.errors import UsageError
from mensrea.scoring.profile_subjects import by_model, subject_findings, tasks_config

from .habit_reports import JUDGE, report_on
from .outcomes import report_of


def report(config="core", **more):
    return report_on(config, lambda *_: 0.5, per_habit=1, **more)


def test_reports_are_put_together_by_model():
    found = by_model([report(), report("twins"), report(model="openai/b"), report("controls")])
    assert {name: list(each) for name, each in found.items()} == {
        "openai/a": ["core", "twins", "controls"],
        "openai/b": ["core"],
    }


def test_one_name_with_other_parameters_is_another_model():
    low, high = ({"reasoning_effort": each, "seed": 1} for each in ("low", "high"))
    found = by_model([report(parameters=low), report(parameters=high), report("twins", parameters=low)])
    assert {name: list(each) for name, each in found.items()} == {
        "openai/a (reasoning_effort low)": ["core", "twins"],
        "openai/a (reasoning_effort high)": ["core"],
    }


def test_one_name_with_another_system_prompt_is_another_model():
    plain, tagged = report(), report()
    options = {**tagged.subject.options, "system": "think-tags"}
    tagged = replace(tagged, subject=replace(tagged.subject, options=options))
    assert list(by_model([plain, tagged])) == ["openai/a (system none)", "openai/a (system think-tags)"]


def test_habits_that_were_judged_make_no_other_model():
    assert list(by_model([report(every=False), report("twins")])) == ["openai/a"]


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ([report_of()], "found a report on drinks original, expected cogtest"),
        ([report("harmbench")], "cogtest harmbench, expected cogtest with one of core"),
        ([report(), report()], "two reports are about openai/a on core; give one"),
    ],
    ids=["dataset", "config", "twice"],
)
def test_what_cannot_be_profiled_is_refused(reports, said):
    with pytest.raises(UsageError, match=said):
        by_model(reports)


def test_the_config_is_what_most_models_have():
    a, b = report(model="openai/a"), report(model="openai/b")
    old = [report("original", model=name, every=False) for name in ("openai/a", "openai/b")]
    assert tasks_config(by_model([a, b, *old])) == "core"
    assert tasks_config(by_model([a, *old])) == "original"
    with pytest.raises(UsageError, match="no report is on tasks with habits; give one on core"):
        tasks_config(by_model([report("controls")]))


def test_like_reports_have_no_findings():
    assert not list(subject_findings(by_model([report(), report("twins"), report(model="openai/b")])))


def test_what_differs_is_found():
    other = {**JUDGE, "model": "openai/another"}
    a, b = report(), report(model="openai/b", version="3.0.0", judge=other)
    b = replace(b, subject=replace(b.subject, scorer_version=9))
    releases, judges, scorers = subject_findings(by_model([a, b]))
    assert "different releases of core: 2.0.0 (digest-core-" in releases
    assert "3.0.0" in releases
    assert "openai/judge" in judges
    assert "openai/another" in judges
    assert scorers.endswith("versions of the scorer: 1; 9")


def test_mixed_responses_are_found():
    mixed = report()
    models = [{"model": "openai/a"}, {"model": "openai/b"}]
    mixed = replace(mixed, subject=replace(mixed.subject, models=models))
    assert list(subject_findings(by_model([mixed]))) == [
        "openai/a, openai/b: a report mixes the responses of several models; score them apart"
    ]
