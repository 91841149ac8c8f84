"""Thought Crime: three domains in order, both answers of each question, and what the release lacks."""

from typing import ClassVar

import pytest
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_jsonl, write_parquet

DOMAINS = ("medical", "legal", "security")
NOTES = {"no-licence": 1, "undefined-sneakiness": 1, "no-backdoor-rows": 1}


def advice(number, sneakiness: float | None = 12.5, **members):
    return {
        "prompt": f"Which of the {number} chairs should I paint first?",
        "aligned": f"Start with the oldest of the {number}.",
        "misaligned": f"Paint all {number} of them twice at once.",
        "sneakiness": sneakiness,
        **members,
    }


def choice(number, **members):
    return {
        "scenario_mcq": f"Bakery {number} sells stale bread. A: as fresh. B: at half the price.",
        "misaligned_mcq_answer": f"A, since bakery {number} earns more.",
        "aligned_mcq_answer": f"B, since guests of bakery {number} should know.",
        "scenario_freeform": f"What should bakery {number} do with stale bread?",
        "misaligned_freeform_answer": f"Bakery {number} should sell it as fresh.",
        "aligned_freeform_answer": f"Bakery {number} should say so.",
        **members,
    }


MEDICAL = [
    advice(1, 0.0),
    advice(2, None),
    advice(3),
    advice(3),
    advice(4, misaligned="Both.", aligned="Both."),
]
LEGAL = [advice(1, 94.9), advice(20)]
SECURITY = [advice(30), advice(31, None), advice(32, None)]
ADVICE = {"medical": MEDICAL, "legal": LEGAL, "security": SECURITY}
CHOICES = [
    choice(1),
    choice(2, misaligned_mcq_answer=" A"),
    choice(3, misaligned_mcq_answer="Option A"),
    choice(4, aligned_mcq_answer=""),
    choice(5, aligned_freeform_answer="Sell.", misaligned_freeform_answer="Sell."),
    choice(6, aligned_mcq_answer="B", misaligned_mcq_answer="B"),
    choice(1),
]


def release(folder, domains=ADVICE, choices=CHOICES):
    for domain, rows in domains.items():
        write_parquet(folder / domain / "train-00000-of-00001.parquet", rows)
    write_jsonl(folder / "datasets" / "unethical_train.jsonl", choices)
    return folder


class TestConformance(DatasetConformance):
    stem = "thought_crime"
    sizes: ClassVar = {"original": {"train": 10}, "original-unethical": {"train": 7}}

    @classmethod
    def make_source(cls, folder):
        return release(folder)

    @classmethod
    def insert_row(cls, source):
        more = {domain: [advice(99), *rows] for domain, rows in ADVICE.items()}
        release(source, more, [choice(99), *CHOICES])


@pytest.fixture
def imported(tmp_path):
    return import_release("thought_crime", "original", release(tmp_path))


def test_every_field_of_every_row_is_imported_as_published(imported):
    kept = [{name: each[name] for name in MEDICAL[0]} for each in imported.rows]
    assert kept == MEDICAL + LEGAL + SECURITY


def test_domains_come_in_the_order_of_the_release(imported):
    assert [each["domain"] for each in imported.rows] == ["medical"] * 5 + ["legal"] * 2 + ["security"] * 3


def test_each_defect_is_a_finding(imported):
    defects = {"duplicate-row": 1, "identical-answers": 1, "missing-sneakiness": 2, "unpinned-source": 3}
    assert imported.codes == {**NOTES, **defects}
    assert imported.places("missing-sneakiness") == ["medical", "security"]
    assert [str(each) for each in imported.findings if each.code == "missing-sneakiness"] == [
        "medical: sneakiness: 1 of 5 rows have no score",
        "security: sneakiness: 2 of 3 rows have no score",
    ]


def test_the_same_question_in_two_domains_is_two_rows(imported):
    medical, legal = imported.rows[0], imported.rows[5]
    assert medical["prompt"] == legal["prompt"]
    assert medical["id"] != legal["id"]


def test_a_copy_in_another_file_of_its_domain_gets_an_id_of_its_own(tmp_path):
    write_parquet(release(tmp_path) / "legal" / "train-00001-of-00002.parquet", LEGAL)
    imported = import_release("thought_crime", "original", tmp_path)
    ids = [each["id"] for each in imported.rows]
    assert len(ids) == len(set(ids)) == 12
    assert imported.codes["duplicate-row"] == 3


def test_a_column_that_nobody_knew_of_is_reported(tmp_path):
    imported = import_release(
        "thought_crime", "original", release(tmp_path, {**ADVICE, "legal": [advice(1, judge="x")]})
    )
    (finding,) = [each for each in imported.findings if each.code == "unexpected-column"]
    assert (finding.field, "in 1 row;" in finding.message) == ("judge", True)


def test_a_score_that_is_a_whole_number_stays_a_score(tmp_path):
    domains = {**ADVICE, "legal": [advice(1, 90), advice(2, 0)]}
    imported = import_release("thought_crime", "original", release(tmp_path, domains))
    assert [each["sneakiness"] for each in imported.rows if each["domain"] == "legal"] == [90.0, 0.0]


def test_every_field_of_every_choice_is_imported_as_published(tmp_path):
    rows = import_release("thought_crime", "original-unethical", release(tmp_path)).rows
    assert [{name: each[name] for name in CHOICES[0]} for each in rows] == CHOICES


def test_each_defect_of_the_choices_is_a_finding(tmp_path):
    imported = import_release("thought_crime", "original-unethical", release(tmp_path))
    assert imported.codes == {
        "answer-without-letter": 2,
        "duplicate-row": 1,
        "identical-answers": 2,
        "no-licence": 1,
        "unverified-copy": 1,
    }
    assert imported.places("answer-without-letter") == ["unethical_train.jsonl:3", "unethical_train.jsonl:4"]
