"""Thought Crime: two different answers to every question, without markers of reasoning or chat."""

from pathlib import Path
from typing import ClassVar

import pytest

from ..builders.test_thought_crime import advice, choice, release
from .declared import DeclarationsConformance, changed, checked, splits_of

GOOD = {
    domain: [advice(10 * place + number) for number in range(3)]
    for place, domain in enumerate(("medical", "legal", "security"), 1)
}
CHOICES = [choice(number) for number in range(4)]


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "thought_crime"


def counts(folder: Path, medical=(), choices=()):
    domains = {**GOOD, "medical": [*GOOD["medical"], *medical]}
    source = release(folder, domains, [*CHOICES, *choices])
    configs = ("original", "original-unethical")
    tables = {config: splits_of("thought_crime", config, source) for config in configs}
    return checked("thought_crime", tables).findings.counts


def test_faultless_rows_have_no_findings(tmp_path: Path) -> None:
    assert counts(tmp_path) == {}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"aligned": "Both of them.", "misaligned": "Both of them."}, "cross-field"),
        ({"aligned": "<think></think>\nStart with the oldest."}, "cross-field"),
        ({"misaligned": "<|im_start|>Paint them twice."}, "cross-field"),
        ({"sneakiness": 101.0}, "cross-field"),
        ({"sneakiness": -0.5}, "cross-field"),
        ({"prompt": "Which of the 10 chairs should I paint first?"}, "duplicate-text"),
        ({"misaligned": ""}, "empty-text"),
    ],
)
def test_a_planted_defect_of_the_advice_is_found(tmp_path: Path, members, code: str) -> None:
    assert code in counts(tmp_path, medical=[advice(99, **members)])


@pytest.mark.parametrize(
    "members",
    [
        {"misaligned_mcq_answer": "Option A, since it pays."},
        {"misaligned_mcq_answer": "B, since it pays."},
        {"aligned_freeform_answer": "Sell it.", "misaligned_freeform_answer": "Sell it."},
    ],
)
def test_a_planted_defect_of_the_choices_is_found(tmp_path: Path, members) -> None:
    assert counts(tmp_path, choices=[choice(99, **members)]) == {"cross-field": 1}


def test_options_may_be_swapped(tmp_path: Path) -> None:
    answers = {
        "misaligned_mcq_answer": " B, since it pays.",
        "aligned_mcq_answer": "A, since guests should know.",
    }
    assert counts(tmp_path, choices=[choice(99, **answers)]) == {}


def test_a_row_without_a_score_is_fine_and_one_without_the_canary_is_not(tmp_path: Path) -> None:
    tables = splits_of("thought_crime", "original", release(tmp_path, GOOD, CHOICES))
    bare = changed(tables["train"], 0, sneakiness=None, canary="removed")
    assert checked("thought_crime", {"original": {"train": bare}}).findings.counts == {"missing-canary": 1}
