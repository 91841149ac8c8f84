"""SafeChain: every row as published, without the opening tag that the release leaves out."""

from typing import ClassVar

import pytest
from mensrea.cards import find_card
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_parquet

LABELS = ("vanilla_harmful", "vanilla_benign", "adversarial_harmful", "adversarial_benign")
SHARDS = ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet")


def row(number, label="vanilla_benign", response="The user asks about knot {}.\n</think>\n\nTie it twice."):
    return {
        "instruction": f"How do I tie knot {number}?",
        "label": label,
        "response": response.format(number),
    }


def release(folder, rows, split_at=3):
    """Two Parquet files, as the Hub has them."""
    for path, part in zip(SHARDS, (rows[:split_at], rows[split_at:]), strict=True):
        write_parquet(folder / path, part)
    return folder


FAULTLESS = [row(number, LABELS[number % 4]) for number in range(5)]
DEFECTS = [
    row(10, response="I think about knot {} and never stop"),
    row(11, response="<think>\nKnot {}.\n</think>\n\nTie it."),
    row(12, label="benign"),
    row(1, LABELS[1]),
]


class TestConformance(DatasetConformance):
    stem = "safechain"
    sizes: ClassVar = {"original": {"train": 9}}

    @classmethod
    def make_source(cls, folder):
        return release(folder, FAULTLESS + DEFECTS)

    @classmethod
    def insert_row(cls, source):
        release(source, [row(99), *FAULTLESS, *DEFECTS])


@pytest.fixture
def imported(tmp_path):
    return import_release("safechain", "original", release(tmp_path, FAULTLESS + DEFECTS))


def test_every_field_of_every_row_is_imported_as_published(imported):
    assert [{name: each[name] for name in FAULTLESS[0]} for each in imported.rows] == FAULTLESS + DEFECTS


def test_each_defect_is_a_finding(imported):
    assert imported.codes == {
        "duplicate-row": 1,
        "missing-opening-think-tag": 1,
        "no-licence": 1,
        "unclosed-think": 1,
        "unknown-label": 1,
        "unpinned-source": 2,
    }
    assert imported.places("unclosed-think") == ["train-00001-of-00002.parquet[2]"]


def test_responses_without_an_opening_tag_are_counted_once_for_the_release(imported):
    (finding,) = [each for each in imported.findings if each.code == "missing-opening-think-tag"]
    assert finding.severity == "note"
    assert finding.message.startswith("8 of 9 responses")


def test_a_release_with_every_tag_has_no_such_finding(tmp_path):
    rows = [row(number, response="<think>\nKnot {}.\n</think>\n\nTie it.") for number in range(6)]
    codes = import_release("safechain", "original", release(tmp_path, rows)).codes
    assert "missing-opening-think-tag" not in codes


def test_a_copy_in_another_file_gets_an_id_of_its_own(imported):
    first, copy = imported.rows[1], imported.rows[8]
    assert {**first, "id": ""} == {**copy, "id": ""}
    assert first["id"] != copy["id"]


def test_where_the_files_are_cut_moves_no_id(tmp_path, imported):
    other = import_release(
        "safechain", "original", release(tmp_path / "other", FAULTLESS + DEFECTS, split_at=6)
    )
    assert [each["id"] for each in other.rows] == [each["id"] for each in imported.rows]


def test_every_row_carries_the_cards_canary(imported):
    assert {each["canary"] for each in imported.rows} == {find_card("safechain").canary}
