"""CoT2: the declared rules on rows as built."""

from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest

from ..builders.test_cot2 import SPLITS, item, release
from .declared import DeclarationsConformance, checked, splits_of

CONFIG = "mnns-4x9"


class TestDeclarations(DeclarationsConformance):
    stem: ClassVar[str] = "cot2"


@pytest.fixture(scope="module")
def mnns() -> dict[str, pa.Table]:
    return splits_of("cot2", CONFIG)


@pytest.mark.slow
def test_rows_as_built_have_no_findings(mnns: dict[str, pa.Table], tmp_path: Path) -> None:
    larger = splits_of("cot2", "mnns-8x999", rows=200)
    run = checked("cot2", {CONFIG: mnns, "mnns-8x999": larger})
    assert run.findings.counts == {}
    for config in ("mnns-4x9-minabs4", "mnns-4x9-nonneg16"):
        assert checked("cot2", {config: splits_of("cot2", config)}).findings.counts == {}
    for config in ("prosqa", "prontoqa", "prosqa-9", "prontoqa-3"):
        assert checked("cot2", {config: splits_of("cot2", config, rows=200)}).findings.counts == {}
    prosqa = splits_of("cot2", "original", release(tmp_path))
    assert checked("cot2", {"original": prosqa}).findings.counts == {}


def test_a_split_with_other_shares_of_the_answers_is_found(mnns: dict[str, pa.Table]) -> None:
    easy = mnns["test"].filter(pa.array([each.as_py() < 2 for each in mnns["test"]["answer"]]))
    assert checked("cot2", {CONFIG: {**mnns, "test": easy}}).findings.counts == {"label-balance": 1}


def test_a_question_in_two_splits_is_found(tmp_path: Path) -> None:
    tables = splits_of("cot2", "original", release(tmp_path, {**SPLITS, "test": [item(20), item(1)]}))
    assert "shared-text" in checked("cot2", {"original": tables}).findings.counts
