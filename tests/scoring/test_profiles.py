"""Whole profiles: what is planted is found, and what isn't known is said."""

import json

import numpy as np
import pytest
from mensrea.errors import UsageError
from mensrea.scoring.habits import HABITS
from mensrea.scoring.profiles import profile

from .habit_reports import report_on

PLACES = {habit: place for place, habit in enumerate(HABITS)}
RATES = np.random.default_rng(8).random((2, 16)) * 0.8 + 0.1


def chance(rates, elsewhere=0.3):
    """On its own tasks a habit has its rate, elsewhere a part of it."""

    def of(own, judged, _):
        rate = float(rates[PLACES[judged]])
        return rate if own == judged else rate * elsewhere

    return of


def reports(name, rates, **more):
    return [report_on("core", chance(rates), model=name, seed=len(name) + sum(map(ord, name)), **more)]


@pytest.fixture(scope="module")
def several():
    found = []
    for name, rates in (("openai/a", RATES[0]), ("openai/b", RATES[0]), ("openai/c", RATES[1])):
        found += reports(name, rates, samples=2, per_habit=15)
    found += [
        report_on("controls", chance(RATES[0], 0.1), model="openai/a", per_habit=8),
        report_on("twins", chance(RATES[0] * 0.3), model="openai/a", samples=2),
        report_on("original", chance(RATES[0]), model="openai/a", every=False, per_habit=5),
    ]
    return profile(found, resamples=200)


def test_what_is_planted_is_found(several):
    a, b, c = several.models
    assert (several.config, a.tasks, a.samples) == ("core", 240, 480)
    assert [each.value for each in a.habits] == pytest.approx(RATES[0].tolist(), abs=0.3)
    assert a.adaptivity.kin.value == pytest.approx(0.7 * RATES[0].mean(), abs=0.06)
    assert a.adaptivity.kin.p_value < 0.01
    assert np.mean([each.gap.value for each in a.controls]) == pytest.approx(0.9 * RATES[0].mean(), abs=0.06)
    assert a.twins.pooled.difference.p_value < 0.01
    assert a.twins.pooled.difference.n_pairs == 64
    assert len(a.published) == len(a.on_controls) == 16
    assert not a.skipped
    assert set(b.skipped) == set(c.skipped) == {"controls", "twins"}
    assert (several.likeness[0].a, several.likeness[0].b) == ("openai/a", "openai/b")
    assert several.likeness[0].corrected > 0.9
    assert {frozenset(group) for group in several.tree.cuts[0].groups} == {
        frozenset(("openai/a", "openai/b")),
        frozenset(("openai/c",)),
    }
    assert not several.findings
    assert not several.skipped


@pytest.mark.slow
def test_the_same_seed_gives_the_same_profiles(several):
    text = json.dumps(several.as_dict())
    assert json.loads(text)["format"] == "mensrea-profiles/1"
    again = profile(reports("openai/a", RATES[0], per_habit=4), resamples=100)
    assert again == profile(reports("openai/a", RATES[0], per_habit=4), resamples=100)


def test_target_only_says_which_option_to_run_with():
    found = profile(reports("openai/a", RATES[0], per_habit=4, every=False), resamples=100)
    model = found.models[0]
    assert model.off_target is None
    assert model.adaptivity is None
    assert not model.specificity
    assert set(model.skipped) == {"off-target rates", "specificity", "adaptivity", "controls", "twins"}
    assert model.skipped["specificity"].endswith("score again with --set habits=all")
    assert found.skipped["likeness"] == "one model; give reports of several"
    assert found.skipped["groups"] == "they need reports of 3 models, found 1"


def test_published_tasks_have_no_specificity():
    found = profile([report_on("original", chance(RATES[0]), per_habit=4)], resamples=100)
    assert found.config == "original"
    assert found.models[0].off_target is None
    assert "five habits of the published set" in found.models[0].skipped["specificity"]


def test_two_models_are_compared_without_a_tree():
    found = profile(
        [*reports("openai/a", RATES[0], per_habit=5), *reports("openai/c", RATES[1], per_habit=5)],
        resamples=100,
    )
    assert len(found.likeness) == 1
    assert found.tree is None
    assert set(found.skipped) == {"groups"}


def test_low_coverage_and_missing_evidence_are_findings():
    found = profile(
        reports("openai/a", RATES[0], per_habit=10, every=False, lost=0.3, unsupported=0.4), resamples=100
    )
    covered, evidence = found.findings
    assert "of 160 samples are scored" in covered
    assert "yeses of the judge have no evidence" in evidence


def test_models_that_do_not_fit_are_found_and_left_out():
    found = profile(
        [
            *reports("openai/a", RATES[0], per_habit=5, every=False),
            *reports("openai/b", RATES[1], per_habit=4, every=False),
            *reports("openai/flat", np.zeros(16), per_habit=5, every=False),
            report_on("controls", chance(RATES[0]), model="openai/x", per_habit=1),
        ],
        resamples=100,
    )
    assert [each.model for each in found.models] == ["openai/a", "openai/b", "openai/flat"]
    assert [(each.a, each.b) for each in found.likeness] == [("openai/a", "openai/b")]
    assert "openai/x has no report on core and is left out" in found.findings
    assert "openai/flat shows all habits alike and is in no comparison" in found.findings
    assert "openai/b has 64 of 80 tasks; models are compared on others" in found.findings


def test_no_reports_are_refused():
    with pytest.raises(UsageError, match="no report is on tasks with habits"):
        profile([])


def test_too_few_resamples_are_refused():
    with pytest.raises(UsageError, match="resamples: found 5, expected at least 40"):
        profile(reports("openai/a", RATES[0], per_habit=2), resamples=5)
