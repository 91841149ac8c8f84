"""DualMath-1.1M: every row as published, its labels, and each broken invariant under its name."""

from typing import ClassVar

import pytest
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_jsonl

REQUEST = "You are given a problem and a step-by-step solution.\nQuestion:"
CLEAN = (
    "Step 1: Read the sides. <pos>\nStep 2: Add them. <pos>\n†Answer: {}",
    "Step 1: Read the sides. <pos>\nStep 2: Multiply them. <neg>\nStep 3: So it is. <neg>\n†Answer: {}",
    "Step 1: Misread the sides. <neg>\n†Answer: {}",
    "Step 1: Using Step 7 of the text, add. <pos>\nStep 2: Done. <pos>\n†Answer: {}",
)
BROKEN = {
    "no-step-label": "Step 1: Read. \nStep 2: Add.\n†Answer: {}",
    "pos-after-neg": "Step 1: Misread. <neg>\nStep 2: Add. <pos>\n†Answer: {}",
    "labelled-answer-line": "Step 1: Read. <pos>\n†Answer: {} <pos>",
    "unlabelled-step": "Step 1: Read. <pos>\nStep 2: Think.\nStep 3: Add. <pos>\n†Answer: {}",
    "step-numbers-not-consecutive": "Step 1: Read. <pos>\nStep 3: Add. <pos>\n†Answer: {}",
    "answer-line-count": "Step 1: Read. <pos>\nStep 2: Add up to {}. <pos>",
    "label-count": "Step 1: Read, then add. <pos> <pos>\n†Answer: {}",
}


def row(number, output=CLEAN[0], image="Multimath/RGB_images/{}.png"):
    return {
        "image_url": image.format(number),
        "instruction": f"{REQUEST}How much is {number}?",
        "output": output.format(number),
    }


def release(folder, rows):
    write_jsonl(folder / "train.jsonl", rows)
    return folder


def imported(folder, *outputs):
    rows = [row(number, output) for number, output in enumerate(outputs)]
    return import_release("dualmath", "original", release(folder, rows))


def defects(codes):
    return {
        code: count for code, count in codes.items() if code not in ("counts-disagree", "unpinned-source")
    }


EVERY = [row(number, output) for number, output in enumerate([*CLEAN, *BROKEN.values()])]
EVERY += [row(0), row(50, image="Elsewhere/{}.png")]


class TestConformance(DatasetConformance):
    stem = "dualmath"
    sizes: ClassVar = {"original": {"train": 13}}

    @classmethod
    def make_source(cls, folder):
        return release(folder, EVERY)

    @classmethod
    def insert_row(cls, source):
        release(source, [row(99), *EVERY])


def test_every_field_of_every_row_is_imported_as_published(tmp_path):
    rows = import_release("dualmath", "original", release(tmp_path, EVERY)).rows
    assert [{name: each[name] for name in EVERY[0]} for each in rows] == EVERY


def test_each_defect_is_a_finding(tmp_path):
    found = import_release("dualmath", "original", release(tmp_path, EVERY))
    expected = dict.fromkeys([*BROKEN, "duplicate-row", "unknown-collection"], 1)
    assert found.codes == {**expected, "counts-disagree": 1, "unpinned-source": 1}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_invariant_is_the_only_one_reported_of_its_row(tmp_path, code):
    found = imported(tmp_path, CLEAN[0], BROKEN[code], CLEAN[1])
    assert defects(found.codes) == {code: 1}
    assert found.places(code) == ["train.jsonl:2"]


def test_clean_solutions_have_one_label_for_each_step(tmp_path):
    found = imported(tmp_path, *CLEAN)
    assert defects(found.codes) == {}
    assert [each["labels"] for each in found.rows] == [
        ["pos", "pos"],
        ["pos", "neg", "neg"],
        ["neg"],
        ["pos", "pos"],
    ]


@pytest.mark.parametrize(
    ("output", "codes"),
    [
        ("<pos>\n†Answer: {}", {"label-count": 1}),
        ("The whole is {}.", {"no-step-label": 1, "answer-line-count": 1}),
        ("†Answer: 1\n†Answer: 2", {"no-step-label": 1, "answer-line-count": 1}),
        ("Step 2: Add.\n†Answer: {}", {"no-step-label": 1, "step-numbers-not-consecutive": 1}),
        ("步骤 1: 相加。<pos>\n†Answer: {}", {"label-count": 1}),
        ("", {"no-step-label": 1, "answer-line-count": 1}),
    ],
)
def test_solutions_without_steps_or_labels_are_kept_and_reported(tmp_path, output, codes):
    found = imported(tmp_path, output)
    assert defects(found.codes) == codes
    assert found.rows[0]["output"] == output.format(0)


def test_labels_are_read_in_order_even_where_they_break_the_rules(tmp_path):
    found = imported(tmp_path, "<neg>Step 1: a <pos><pos> <POS> <maybe>\n†Answer: <neg>")
    assert found.rows[0]["labels"] == ["neg", "pos", "pos", "neg"]
