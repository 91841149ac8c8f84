"""MMathCoT: a question and an answer in every row but the known ones, and figures in one of six folders."""

from pathlib import Path
from typing import ClassVar

import pytest
from mensrea.builders.mmathcot import COLLECTIONS
from mensrea.validation import mmathcot

from ..builders.test_mmathcot import FAULTLESS, release, row
from .declared import DeclarationsConformance, changed, checked, counts_of, splits_of


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "mmathcot"


def rules_run(folder: Path, *rows):
    return checked("mmathcot", {"original": splits_of("mmathcot", "original", release(folder, [*rows]))})


def test_folders_are_the_builders() -> None:
    assert set(mmathcot.COLLECTIONS) == COLLECTIONS


def test_faultless_rows_of_every_folder_have_no_findings(tmp_path: Path) -> None:
    rows = [row(number, image=f"{name}/{{}}.png") for number, name in enumerate(mmathcot.COLLECTIONS)]
    assert counts_of(rules_run(tmp_path, *FAULTLESS, *rows)) == {}


@pytest.mark.parametrize("defect", [{"question": ""}, {"question": " \n"}, {"answer": ""}])
def test_a_known_empty_question_or_answer_is_accepted_and_counted(tmp_path: Path, defect) -> None:
    run = rules_run(tmp_path, row(1), row(2, **defect))
    assert counts_of(run) == {}
    ((suppression, count),) = run.suppressor.counts.items()
    assert (suppression.where, count) == ("output" if "answer" in defect else "instruction", 1)


@pytest.mark.parametrize("image", ["Elsewhere/{}.png", "{}.png", "Geo170Kb/{}.png"])
def test_a_figure_in_another_folder_is_found(tmp_path: Path, image: str) -> None:
    assert counts_of(rules_run(tmp_path, row(1), row(2, image=image))) == {"cross-field": 1}


def test_a_collection_that_is_not_the_paths_is_found(tmp_path: Path) -> None:
    tables = splits_of("mmathcot", "original", release(tmp_path, FAULTLESS))
    broken = {"train": changed(tables["train"], 2, collection="Multimath")}
    assert counts_of(checked("mmathcot", {"original": broken})) == {"cross-field": 1}


def test_an_answer_cut_inside_a_brace_is_found(tmp_path: Path) -> None:
    run = rules_run(tmp_path, row(1), row(2, answer="$10\\sqrt{{2"))
    assert counts_of(run) == {"truncated-text": 1}
