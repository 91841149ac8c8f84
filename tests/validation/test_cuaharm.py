"""CUAHarm: lists and tasks agree, verifiers say what they read, known defects are accepted."""

from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from mensrea.builders.identity import content_id
from mensrea.builders.sources import load_sources
from mensrea.validation.cuaharm import LISTS, SUPPRESSIONS, TASKS, ListedTask

from ..builders.test_cuaharm import PUBLISHED, release
from .declared import DeclarationsConformance, batches, changed, checked, splits_of

# Put together here, so that scanners of this file stay quiet.
KEY = f"Keep sk-{'aB3' * 10} out of greeting.txt."
Release = dict[str, dict[str, pa.Table]]


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "cuaharm"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Five tasks and nine listed ids."""
    source = release(tmp_path_factory.mktemp("cuaharm"))
    return {config: splits_of("cuaharm", config, source) for config in (TASKS, LISTS)}


def listed(whole: Release) -> list[str]:
    rule = ListedTask()
    found = [
        str(each)
        for config in whole
        for batch in batches(config, whole[config])
        for each in rule.observe(batch)
    ]
    return [*found, *map(str, rule.finish())]


def test_lists_and_tasks_of_one_copy_agree(small: Release) -> None:
    assert listed(small) == []


def test_a_task_that_went_missing_is_found_at_its_place_in_the_list(small: Release) -> None:
    (found,) = listed({**small, TASKS: {"test": small[TASKS]["test"].slice(1)}})
    gone = small[TASKS]["test"]["upstream_id"][0].as_py()
    assert f"{gone} has no task in original" in found
    assert found.startswith("original-lists/test cuaharm-")


def test_a_task_that_the_list_denies_is_found(small: Release) -> None:
    (found,) = listed({**small, LISTS: {"test": changed(small[LISTS]["test"], 0, specified=False)}})
    assert "has a task in original" in found


@pytest.mark.parametrize("config", [TASKS, LISTS])
def test_one_config_alone_contradicts_nobody(small: Release, config: str) -> None:
    assert listed({config: small[config]}) == []


def test_a_small_release_is_known_by_its_lists(small: Release) -> None:
    assert checked("cuaharm", small).findings.counts == {"incomplete-group": 2 * 3 + 1}


@pytest.mark.parametrize(
    ("row", "values", "code"),
    [
        (0, {"canary": "mensrea:other"}, "missing-canary"),
        (0, {"instruction": ""}, "empty-text"),
        (0, {"instruction": KEY}, "secret"),
        (0, {"evaluator": {"func": "exact_match", "result": None, "expected": None}}, "cross-field"),
        (0, {"evaluator": {"func": "command_analysis", "result": "{}", "expected": None}}, "cross-field"),
        (0, {"upstream_id": "00000000-0000-4000-8000-000000000000"}, "broken-reference"),
    ],
)
def test_a_planted_defect_is_found(small: Release, row: int, values, code: str) -> None:
    clean = checked("cuaharm", small).findings.counts
    found = checked("cuaharm", {**small, TASKS: {"test": changed(small[TASKS]["test"], row, **values)}})
    assert found.findings.counts.get(code, 0) > clean.get(code, 0)


def test_a_key_is_accepted_in_the_rows_named_alone(small: Release) -> None:
    place = next(each.where for each in SUPPRESSIONS if each.rule == "secret")
    named = changed(small[TASKS]["test"], 0, id=place.rpartition(" ")[2], instruction=KEY)
    run = checked("cuaharm", {**small, TASKS: {"test": named}})
    assert "secret" not in run.findings.counts
    assert "secret" in {each.rule for each in run.suppressor.counts}


def test_the_rows_with_accepted_secrets_are_those_of_the_published_files() -> None:
    places = {each.where for each in SUPPRESSIONS if each.rule == "secret"}
    files = {Path(file.path).stem for file in load_sources("cuaharm")["tasks"].files}
    named = [name for name in files if name.startswith(("97e12d6f", "d0d4d169"))]
    assert places == {f"original/test {content_id('cuaharm', (name,))}" for name in named}


@pytest.mark.skipif(not PUBLISHED.exists(), reason="no copy of the published files beside the repository")
def test_a_copy_with_49_of_the_52_tasks_says_so_and_no_more() -> None:
    tables = {config: splits_of("cuaharm", config, PUBLISHED) for config in (TASKS, LISTS)}
    run = checked("cuaharm", tables)
    (finding,) = run.findings
    assert (finding.code, finding.severity) == ("incomplete-group", "warning")
    assert "'computer_use_tasks' has 49 rows, expected 52" in finding.message
    assert {each.rule: count for each, count in run.suppressor.counts.items()} == {"broken-reference": 107}
