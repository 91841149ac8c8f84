"""CogTest: own rows, and sixteen published files, five of them copies of each other, as pairs and prompts."""

import json
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pytest
from mensrea import builder
from mensrea.builders import cogtest_own
from mensrea.builders.cogtest_own import own_rows
from mensrea.errors import RowError, SourceFormatError, SourceMissingError
from mensrea.scoring.habits import HABITS
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_json, write_jsonl

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "upstream" / "cogtest"
WRITTEN = cogtest_own.FOLDER
SHARED = (
    "thinking_flexibly",
    "thinking_about_thinking_metacognition",
    "striving_for_accuracy_and_precision",
    "questioning_and_problem_posing",
    "thinking_and_communicating_with_clarity_and_precision",
)
SHORT = "managing_impulsivity"
FIGURES = (2, 4)


def tasks(habit):
    """25 tasks, in one habit 24; shared problems are the same whatever the habit."""
    if habit in SHARED:
        problems = (
            (item, f"Problem {item}: {'[asy]draw(A--B);[/asy] ' * (item in FIGURES)}add.")
            for item in range(1, 26)
        )
        return [{"id": item, "instruction": text} for item, text in problems]
    last = 24 if habit == SHORT else 25
    return [
        {"id": item, "instruction": f"You are a gardener ({habit}); plant bed {item}.\n"}
        for item in range(1, last + 1)
    ]


def release(folder, change=None):
    for habit in HABITS:
        content = tasks(habit)
        if change:
            change(habit, content)
        write_json(folder / "assets" / "instructions" / f"{habit}.json", {"instructions": content})
    return folder


class TestConformance(DatasetConformance):
    stem = "cogtest"
    sizes: ClassVar = {
        "core": {"test": 400},
        "controls": {"test": 80},
        "twins": {"test": 64},
        "calibration": {"test": 160},
        "harmbench": {"test": 200},
        "original": {"test": 399},
        "original-prompts": {"test": 299},
    }
    skipped: ClassVar = {"generated": "made by a run, and built in tests/generation/test_session.py"}

    @classmethod
    def make_source(cls, folder):
        return release(folder)

    @classmethod
    def insert_row(cls, source):
        def insert(habit, content):
            if habit == SHORT:
                content.insert(0, {"id": 25, "instruction": "You are a baker; bake."})

        release(source, insert)


def written(config):
    lines = (WRITTEN / f"{config}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("config", ["core", "controls", "twins", "calibration", "harmbench"])
def test_own_rows_hold_every_member_of_their_file_in_its_order(config):
    rows = list(own_rows(config))
    assert [
        {name: row[name] for name in given} for row, given in zip(rows, written(config), strict=True)
    ] == [*written(config)]
    assert all(row["habit_number"] == HABITS.index(row["habit"]) + 1 for row in rows if "habit" in row)


def test_twins_name_their_tasks_and_share_their_domain():
    core = {row["id"]: row for row in own_rows("core")}
    twins = list(own_rows("twins"))
    assert len({row["task"] for row in twins}) == len(twins)
    for row in twins:
        task = core[row["task"]]
        assert all(row[name] == task[name] for name in ("habit", "item", "domain", "route"))
        assert (row["answer"] is None) == (task["answer"] is None)


def test_core_is_what_is_built_when_no_config_is_named():
    assert builder("cogtest").entry.name == "core"


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder in place of the package's, with one task and its twin."""
    monkeypatch.setattr(cogtest_own, "FOLDER", tmp_path)
    write_jsonl(tmp_path / "core.jsonl", written("core")[:2])
    write_jsonl(tmp_path / "twins.jsonl", written("twins")[:1])
    return tmp_path


def test_a_twin_of_no_task_is_refused(data):
    twin = written("twins")[0]
    assert [row["item"] for row in own_rows("twins")] == [twin["item"]] == [2]
    write_jsonl(data / "twins.jsonl", [{**twin, "item": 7}])
    with pytest.raises(SourceFormatError, match=r"twins\.jsonl:1: the twin of persisting 7, and core has no"):
        list(own_rows("twins"))


def test_a_member_that_no_column_is_for_is_refused(data):
    write_jsonl(data / "core.jsonl", [{**written("core")[0], "note": "?"}])
    with pytest.raises(SourceFormatError, match=r"core\.jsonl: note: a column that"):
        list(own_rows("core"))


def test_a_file_that_the_package_lacks_is_named(data):
    with pytest.raises(SourceMissingError, match=r"controls\.jsonl: missing from the package"):
        list(own_rows("controls"))
    write_jsonl(data / "controls.jsonl", [{"item": 1}])
    with pytest.raises(SourceFormatError, match=r"controls\.jsonl:1: domain: missing"):
        list(own_rows("controls"))


def test_a_habit_that_nobody_knows_is_the_schemas_matter(data):
    write_jsonl(data / "core.jsonl", [{**written("core")[0], "habit": "haste"}])
    with pytest.raises(RowError, match="haste"):
        list(builder("cogtest", "core").tables("test", {}))


def test_every_field_of_every_task_is_imported_as_published(tmp_path):
    rows = import_release("cogtest", "original", release(tmp_path)).rows
    kept = [(each["habit"], each["item"], each["instruction"]) for each in rows]
    assert kept == [(habit, task["id"], task["instruction"]) for habit in HABITS for task in tasks(habit)]
    assert [each["habit_number"] for each in rows] == sorted(each["habit_number"] for each in rows)


def test_each_defect_of_the_pairs_is_a_finding(tmp_path):
    imported = import_release("cogtest", "original", release(tmp_path))
    assert imported.codes == {
        "embedded-figure-code": len(FIGURES) * len(SHARED),
        "guide-example-in-data": 2,
        "identical-files": 5,
        "missing-answers": 1,
        "task-count": 1,
        "unverified-copy": 16,
    }
    assert imported.places("identical-files") == [f"{habit}.json" for habit in sorted(SHARED)]
    assert imported.places("task-count") == [f"{SHORT}.json"]
    assert imported.places("guide-example-in-data") == [
        "finding_humor.json item 1",
        "finding_humor.json item 2",
    ]


def test_each_prompt_is_a_row_with_every_habit_that_it_serves(tmp_path):
    release(tmp_path)
    pairs = import_release("cogtest", "original", tmp_path).rows
    prompts = import_release("cogtest", "original-prompts", tmp_path)
    served = [
        (each["id"], habit, item)
        for each in prompts.rows
        for habit, item in zip(each["habits"], each["items"], strict=True)
    ]
    assert sorted(served) == sorted((each["prompt_id"], each["habit"], each["item"]) for each in pairs)
    assert Counter(len(each["habits"]) for each in prompts.rows) == {1: 274, 5: 25}
    assert prompts.codes["shared-prompt"] == 25


def test_a_prompt_keeps_its_id_when_a_file_stops_sharing_it(tmp_path):
    def change(habit, content):
        if habit == SHARED[0]:
            content[0]["instruction"] = "Another problem."

    before = import_release("cogtest", "original-prompts", release(tmp_path / "before")).rows
    changed = import_release("cogtest", "original-prompts", release(tmp_path / "after", change))
    assert {each["id"] for each in before} < {each["id"] for each in changed.rows}
    assert changed.codes["identical-files"] == 4


def test_a_member_that_nobody_knew_of_is_reported(tmp_path):
    imported = import_release(
        "cogtest", "original", release(tmp_path, lambda _, content: content[0].update(answer=1))
    )
    (finding,) = [each for each in imported.findings if each.code == "unexpected-column"]
    assert (finding.field, "in 16 rows" in finding.message) == ("answer", True)


def test_an_item_beyond_25_is_refused_by_name(tmp_path):
    def change(habit, content):
        if habit == SHORT:
            content[3]["id"] = 26

    with pytest.raises(RowError, match=r"cogtest-\w{16}: /item: 26 is greater than the maximum of 25"):
        import_release("cogtest", "original", release(tmp_path, change))


@pytest.mark.skipif(not PUBLISHED.exists(), reason="no copy of the published files beside the repository")
class TestPublished:
    """The files of the pinned revision."""

    def test_400_pairs_over_300_prompts(self):
        pairs = import_release("cogtest", "original", PUBLISHED, verify=True)
        prompts = import_release("cogtest", "original-prompts", PUBLISHED, verify=True)
        assert Counter(each["habit"] for each in pairs.rows) == dict.fromkeys(HABITS, 25)
        assert len({each["prompt_id"] for each in pairs.rows}) == len(prompts.rows) == 300
        assert prompts.codes == {"identical-files": 5, "missing-answers": 1, "shared-prompt": 25}

    def test_its_defects_are_those_of_the_card(self):
        pairs = import_release("cogtest", "original", PUBLISHED, verify=True)
        assert pairs.codes == {
            "embedded-figure-code": 31,
            "guide-example-in-data": 2,
            "identical-files": 5,
            "missing-answers": 1,
        }
        figures = {place for place in pairs.places("embedded-figure-code") if "thinking_flexibly" in place}
        assert figures == {f"thinking_flexibly.json item {item}" for item in (2, 4, 10, 17, 21, 23)}

    def test_every_instruction_is_kept_byte_for_byte(self):
        rows = iter(import_release("cogtest", "original", PUBLISHED, verify=True).rows)
        for habit in HABITS:
            path = PUBLISHED / "instructions" / f"{habit}.json"
            for task in json.loads(path.read_bytes())["instructions"]:
                row = next(rows)
                assert {"id": row["item"], "instruction": row["instruction"]} == task
        assert next(rows, None) is None
