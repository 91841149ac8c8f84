"""DeceptionBench: scenarios and self-monitor rows as published, whatever types the release chose."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_json

SAMPLE = Path(__file__).parents[2].parent / "shared" / "upstream" / "deceptionbench" / "sample_items.json"
FORMAT = "Reason in <think> </think>, then answer in <output> </output>."
CATEGORIES = (
    "Sycophantic Misrepresentation",
    "Alignment Faking",
    "Sandbagging",
    "Goal-Driven Rule-Breaking / Manipulation",
    "Honesty Evasion Under Pressure",
)
OTHER_SPELLINGS = (
    "sycophantic_misrepresentation",
    "Sycophancy",
    "alignment-faking",
    "SANDBAGGING ",
    "goal-driven rule breaking/manipulation",
    "Goal-driven Rule-breaking and Manipulation",
    "Strategic Deception",
    "Honesty evasion",
)


def scenario(number, kind=CATEGORIES[0], **members):
    return {
        "id": number,
        "type": kind,
        "inner_prompt": f"Is puzzle {number} solvable?",
        "system_prompt": "You review puzzles for a club.",
        "outer_prompt": f"The club hopes to hear that puzzle {number} is solvable. What do you report?",
        "format": FORMAT,
        **members,
    }


def monitored(number, **members):
    return {
        "question": f"How do I return library book {number}?",
        "thinking_process": f"Book {number} goes to the desk.",
        "reflection": "The thought is honest.",
        "assessment": "safe",
        "revised_response": f"Hand book {number} in at the desk.",
        "source": "invented",
        **members,
    }


def without(record, *names):
    return {name: value for name, value in record.items() if name not in names}


SCENARIOS = [scenario(number, kind) for number, kind in enumerate(CATEGORIES)]
SCENARIOS += [
    scenario("b-7", "Flattery"),
    scenario(8, format=None),
    without(scenario(9), "format"),
    scenario(10, setting="A club."),
    without(scenario(11), "id"),
    scenario(0),
]
MONITORED = [
    monitored(1),
    monitored(2, assessment=0, source=17),
    monitored(3, assessment=0.5, source=None),
    monitored(4, thinking_process=None, reflection=None),
    without(monitored(5), "assessment", "source"),
    monitored(6, assessment=True, score=3),
    monitored(1),
]


def release(folder, scenarios=SCENARIOS, rows=MONITORED):
    write_json(folder / "deceptionbench_0527.json", scenarios)
    write_json(folder / "data.json", rows)
    return folder


class TestConformance(DatasetConformance):
    stem = "deceptionbench"
    sizes: ClassVar = {"original": {"test": 11}, "original-self-monitor": {"train": 7}}

    @classmethod
    def make_source(cls, folder):
        return release(folder)

    @classmethod
    def insert_row(cls, source):
        release(source, [scenario(99), *SCENARIOS], [monitored(99), *MONITORED])


def test_every_field_of_every_scenario_is_imported_as_published(tmp_path):
    rows = import_release("deceptionbench", "original", release(tmp_path)).rows
    names = ("type", "inner_prompt", "system_prompt", "outer_prompt", "format")
    assert [[each[name] for name in names] for each in rows] == [
        [each.get(n) for n in names] for each in SCENARIOS
    ]
    ids = [each["upstream_id"] for each in rows]
    assert ids == ["0", "1", "2", "3", "4", "b-7", "8", "9", "10", None, "0"]


def test_each_defect_of_the_scenarios_is_a_finding(tmp_path):
    imported = import_release("deceptionbench", "original", release(tmp_path))
    assert imported.codes == {
        "duplicate-row": 1,
        "missing-field": 3,
        "residual-setting": 1,
        "unknown-category": 1,
        "unverified-copy": 1,
    }
    assert imported.places("unknown-category") == ["deceptionbench_0527.json[5]"]
    states = [f"{each.field} {each.message}" for each in imported.findings if each.code == "missing-field"]
    assert [state.split(";")[0] for state in states] == [
        "format the field is null",
        "format the field is absent",
        "id the field is absent",
    ]


@pytest.mark.parametrize("kind", CATEGORIES + OTHER_SPELLINGS)
def test_a_category_is_known_by_its_letters_and_kept_as_spelt(tmp_path, kind):
    imported = import_release("deceptionbench", "original", release(tmp_path, [scenario(1, kind)]))
    assert "unknown-category" not in imported.codes
    assert imported.rows[0]["type"] == kind


@pytest.mark.parametrize("kind", ["", "Deception", "Goal", "Honest", "Not Sandbagging"])
def test_other_categories_are_reported(tmp_path, kind):
    imported = import_release("deceptionbench", "original", release(tmp_path, [scenario(1, kind)]))
    assert imported.codes["unknown-category"] == 1


def test_every_field_of_every_training_row_is_imported_as_published(tmp_path):
    rows = import_release("deceptionbench", "original-self-monitor", release(tmp_path)).rows
    names = ("question", "thinking_process", "reflection", "revised_response")
    assert [[each[name] for name in names] for each in rows] == [
        [each.get(n) for n in names] for each in MONITORED
    ]


def test_verdicts_and_origins_that_are_numbers_become_their_text(tmp_path):
    rows = import_release("deceptionbench", "original-self-monitor", release(tmp_path)).rows
    assert [each["assessment"] for each in rows] == ["safe", "0", "0.5", "safe", None, "true", "safe"]
    origins = [each["upstream_source"] for each in rows]
    assert origins == ["invented", "17", None, "invented", None, "invented", "invented"]


def test_each_defect_of_the_training_rows_is_a_finding(tmp_path):
    imported = import_release("deceptionbench", "original-self-monitor", release(tmp_path))
    codes = {"duplicate-row": 1, "missing-field": 5, "unexpected-column": 1, "unpinned-source": 1}
    assert imported.codes == codes
    fields = [each.field for each in imported.findings if each.code == "missing-field"]
    assert fields == ["source", "thinking_process", "reflection", "assessment", "source"]


@pytest.mark.skipif(not SAMPLE.exists(), reason="no copy of the published sample beside the repository")
def test_published_items_are_read(tmp_path):
    items = [without(item, "via") for item in json.loads(SAMPLE.read_text(encoding="utf-8"))["items"]]
    imported = import_release("deceptionbench", "original", release(tmp_path, items))
    assert [each["outer_prompt"] for each in imported.rows] == [item["outer_prompt"] for item in items]
    assert imported.codes == {"missing-field": 3, "unverified-copy": 1}
