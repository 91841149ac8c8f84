"""MMathCoT-1M: every row as published, and the known defects under their names."""

from typing import ClassVar

import pytest
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_jsonl

REQUEST = "Look at the figure and please solve the problem step by step.\nQuestion:"


def row(number, image="Geo170K/train/{}.png", question="How long is side {}?", answer="{}"):
    return {
        "image_url": image.format(number),
        "instruction": REQUEST + question.format(number),
        "output": f"Step 1: Read it off.\nStep 2: It is {number}.\n†Answer: {answer.format(number)}",
    }


def release(folder, rows):
    write_jsonl(folder / "train.jsonl", rows)
    return folder


FAULTLESS = [row(number) for number in range(6)]
DEFECTS = [
    row(10, question=""),
    row(11, question="  \n"),
    row(12, answer=""),
    row(13, image="Elsewhere/{}.png"),
    row(1),
    row(1),
]


class TestConformance(DatasetConformance):
    stem = "mmathcot"
    sizes: ClassVar = {"original": {"train": 12}}

    @classmethod
    def make_source(cls, folder):
        return release(folder, FAULTLESS + DEFECTS)

    @classmethod
    def insert_row(cls, source):
        release(source, [row(99), *FAULTLESS, row(98), *DEFECTS])


def test_every_field_of_every_row_is_imported_as_published(tmp_path):
    imported = import_release("mmathcot", "original", release(tmp_path, FAULTLESS + DEFECTS))
    kept = [{name: each[name] for name in FAULTLESS[0]} for each in imported.rows]
    assert kept == FAULTLESS + DEFECTS
    assert {each["source"] for each in imported.rows} == {"upstream"}


def test_each_defect_is_a_finding(tmp_path):
    imported = import_release("mmathcot", "original", release(tmp_path, FAULTLESS + DEFECTS))
    assert imported.codes == {
        "duplicate-row": 2,
        "empty-answer": 1,
        "empty-question": 2,
        "no-decontamination": 1,
        "unknown-collection": 1,
        "unpinned-source": 1,
    }
    assert imported.places("empty-question") == ["train.jsonl:7", "train.jsonl:8"]
    assert imported.places("empty-answer") == ["train.jsonl:9"]
    assert imported.places("duplicate-row") == ["train.jsonl:11", "train.jsonl:12"]


def test_faultless_rows_give_no_warning(tmp_path):
    imported = import_release("mmathcot", "original", release(tmp_path, FAULTLESS))
    assert imported.codes == {"no-decontamination": 1, "unpinned-source": 1}


def test_missing_markers_are_told_from_empty_texts(tmp_path):
    rows = [{**row(1), "instruction": "Solve it."}, {**row(2), "output": "Step 1: It is 2."}]
    codes = import_release("mmathcot", "original", release(tmp_path, rows)).codes
    assert (codes["no-question-marker"], codes["no-answer-marker"]) == (1, 1)
    assert not {"empty-question", "empty-answer"} & set(codes)


def test_only_what_follows_the_last_answer_marker_is_the_answer(tmp_path):
    rows = [{**row(1), "output": "†Answer: 3\nStep 2: Check.\n†Answer:"}]
    assert import_release("mmathcot", "original", release(tmp_path, rows)).codes["empty-answer"] == 1


@pytest.mark.parametrize(
    ("image", "collection"),
    [
        ("MathV-360k/geo3k/1.png", "MathV-360k"),
        ("Multimath/RGB_images/2.png", "Multimath"),
        ("DataEngine_Geometry/rule_base_geo_vision_dom/3.png", "DataEngine_Geometry"),
        ("Geo170K/4.png", "Geo170K"),
        ("Mavis_Extra/meta_gen/5.png", "Mavis_Extra"),
        ("VarsityTutors/6.png", "VarsityTutors"),
    ],
)
def test_the_collection_is_the_first_part_of_the_path(tmp_path, image, collection):
    imported = import_release("mmathcot", "original", release(tmp_path, [row(1, image=image)]))
    assert imported.rows[0]["collection"] == collection
    assert "unknown-collection" not in imported.codes


def test_an_unknown_column_is_counted_and_left_out(tmp_path):
    rows = [row(1), {**row(2), "answer": "2"}, {**row(3), "answer": "3"}]
    imported = import_release("mmathcot", "original", release(tmp_path, rows))
    (finding,) = [each for each in imported.findings if each.code == "unexpected-column"]
    assert finding.field == "answer"
    assert "in 2 rows" in finding.message
    assert all("answer" not in each for each in imported.rows)
