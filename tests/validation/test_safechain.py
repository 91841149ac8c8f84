"""SafeChain: the lone closing tag is right, a thought that never closes isn't."""

from pathlib import Path
from typing import ClassVar

import pytest

from ..builders.test_safechain import FAULTLESS, release, row
from .declared import DeclarationsConformance, changed, checked, splits_of


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "safechain"


def counts(folder: Path, *rows):
    tables = splits_of("safechain", "original", release(folder, [*FAULTLESS, *rows]))
    return checked("safechain", {"original": tables}).findings.counts


def test_rows_with_a_lone_closing_tag_have_no_findings(tmp_path: Path) -> None:
    assert counts(tmp_path) == {}


@pytest.mark.parametrize(
    ("defect", "found"),
    [
        ({"response": "I think about knot {} and never stop."}, {"cross-field": 1}),
        (
            {"response": "<think>\nI think about knot {} and never stop."},
            {"cross-field": 1, "unbalanced-tags": 1},
        ),
        ({"response": "Knot {}.\n</think>\n\n"}, {"cross-field": 1}),
        ({"response": "<think><think>Knot {}.</think></think>\n\nTie it twice."}, {"nested-tags": 1}),
        ({"label": "benign"}, {"cross-field": 1}),
    ],
)
def test_a_planted_defect_is_found(tmp_path: Path, defect, found) -> None:
    assert counts(tmp_path, row(10, **defect)) == found


def test_a_prompt_with_two_responses_is_found(tmp_path: Path) -> None:
    assert counts(tmp_path, row(1, response="Another thought.\n</think>\n\nTie it once.")) == {
        "duplicate-text": 1
    }


def test_a_row_without_the_canary_is_found(tmp_path: Path) -> None:
    tables = splits_of("safechain", "original", release(tmp_path, FAULTLESS))
    broken = {"train": changed(tables["train"], 3, canary="removed")}
    assert checked("safechain", {"original": broken}).findings.counts == {"missing-canary": 1}
