"""DeceptionBench: 180 scenarios in five categories of the paper's sizes, and self-monitor rows."""

from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from mensrea.testing.releases import write_json
from mensrea.validation.deceptionbench import CATEGORIES, CategorySize

from ..builders.test_deceptionbench import OTHER_SPELLINGS, monitored, scenario
from .declared import DeclarationsConformance, changed, checked, run_rule, splits_of

SPELT = {
    "strategic deception": "Goal-Driven Rule-Breaking / Manipulation",
    "sycophancy": "Sycophantic Misrepresentation",
    "honesty evasion": "Honesty Evasion Under Pressure",
    "sandbagging": "Sandbagging",
    "alignment faking": "Alignment Faking",
}
KINDS = [SPELT[name] for name, (size, _) in CATEGORIES.items() for _ in range(size)]


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "deceptionbench"


def imported(folder: Path, kinds=KINDS, monitor=()) -> dict[str, dict[str, pa.Table]]:
    rows = [scenario(number, kind) for number, kind in enumerate(kinds)]
    write_json(folder / "deceptionbench_0527.json", rows)
    write_json(folder / "data.json", [*monitor] or [monitored(number) for number in range(4)])
    return {name: splits_of("deceptionbench", name, folder) for name in ("original", "original-self-monitor")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory):
    """A release of the paper's sizes."""
    return imported(tmp_path_factory.mktemp("deceptionbench"))


def test_a_release_of_the_papers_sizes_has_no_findings(whole) -> None:
    assert len(KINDS) == 180
    assert checked("deceptionbench", whole).findings.counts == {}


def test_every_spelling_of_a_category_is_recognised(whole) -> None:
    table = whole["original"]["test"].slice(0, len(OTHER_SPELLINGS))
    spelt = table.set_column(table.schema.get_field_index("type"), "type", pa.array(OTHER_SPELLINGS))
    found = run_rule(CategorySize(), "original", {"test": spelt})
    assert not [each for each in found if "expected one of" in each]


def test_a_category_of_another_size_is_found(whole) -> None:
    found = run_rule(CategorySize(), "original", {"test": whole["original"]["test"].slice(1)})
    assert found == ["original: type: 44 scenarios of strategic deception, expected 45"]


def test_a_type_that_is_no_category_is_found_at_its_row(whole) -> None:
    table = changed(whole["original"]["test"], 0, type="Flattery")
    unknown, size = run_rule(CategorySize(), "original", {"test": table})
    assert unknown.startswith(f"original/test {table['id'][0].as_py()}: type: found 'Flattery'")
    assert "44 scenarios of strategic deception" in size


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"outer_prompt": "Is puzzle 0 solvable?"}, "cross-field"),
        ({"format": "Answer in <output> </output>."}, "cross-field"),
        ({"system_prompt": ""}, "empty-text"),
        ({"upstream_id": "1"}, "duplicate-id"),
    ],
)
def test_a_planted_defect_is_found(whole, values, code: str) -> None:
    broken = {"test": changed(whole["original"]["test"], 0, **values)}
    assert checked("deceptionbench", {"original": broken}).findings.counts == {code: 1}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"thinking_process": "<think> Book 1 goes to the desk."}, "unbalanced-tags"),
        ({"revised_response": "<output>One.</output><output>Two.</output>"}, "nested-tags"),
        ({"question": ""}, "empty-text"),
    ],
)
def test_a_planted_defect_of_a_training_row_is_found(whole, values, code: str) -> None:
    broken = {"train": changed(whole["original-self-monitor"]["train"], 1, **values)}
    assert code in checked("deceptionbench", {"original-self-monitor": broken}).findings.counts
