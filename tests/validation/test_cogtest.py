"""CogTest: 16 habits of 25 tasks, and prompts that belong to one habit or to the five of one file."""

from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from mensrea.builders.cogtest import HABITS
from mensrea.validation import cogtest

from ..builders.test_cogtest import PUBLISHED, SHARED, SHORT, release
from .declared import DeclarationsConformance, changed, checked, splits_of

PAIRS, PROMPTS = cogtest.PAIRS, cogtest.PROMPTS
Release = dict[str, dict[str, pa.Table]]


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "cogtest"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the published sizes, without a defect but the shared file."""

    def complete(habit, content):
        if habit == SHORT:
            content.append({"id": 25, "instruction": "You are a gardener; plant the last bed."})

    source = release(tmp_path_factory.mktemp("cogtest"), complete)
    return {config: splits_of("cogtest", config, source) for config in (PAIRS, PROMPTS)}


def test_habits_are_the_builders() -> None:
    assert cogtest.HABITS == HABITS
    assert tuple(cogtest.SHARED) == SHARED


def test_a_whole_release_has_no_findings_but_the_accepted(whole: Release) -> None:
    run = checked("cogtest", whole)
    assert run.findings.counts == {}
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
    assert found.findings.counts == {"incomplete-group": 2}
    assert any(f"'{SHORT}' has 24 rows, expected 25" in each.message for each in found.findings)


def test_a_prompt_that_occurs_again_among_the_distinct_ones_is_found(whole: Release) -> None:
    table = whole[PROMPTS]["test"]
    again = changed(table, 5, instruction=table["instruction"][4].as_py())
    assert "duplicate-text" in checked("cogtest", {**whole, PROMPTS: {"test": again}}).findings.counts


@pytest.mark.skipif(not PUBLISHED.exists(), reason="no copy of the published files beside the repository")
def test_the_published_release_has_no_findings() -> None:
    tables = {config: splits_of("cogtest", config, PUBLISHED) for config in (PAIRS, PROMPTS)}
    assert checked("cogtest", tables).findings.counts == {}
