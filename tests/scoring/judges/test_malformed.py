"""What judges say when they fail is unscored with the right reason; what is merely odd is scored."""

from typing import Any

import pytest
from mensrea.scoring.judges.readers import read_reply
from mensrea.scoring.verdicts import Reason

from .corpus import lines, reply, settings

MALFORMED, ODD = lines("malformed"), lines("odd")


@pytest.mark.parametrize("line", MALFORMED, ids=lambda line: line["name"])
def test_what_is_malformed_is_unscored_with_the_right_reason(line: dict[str, Any]) -> None:
    verdict = read_reply(reply(line), settings(line["judge"]))
    assert (verdict.value, verdict.reason) == (None, line["reason"]), verdict.detail
    assert verdict.detail
    assert verdict.detail.isprintable()


@pytest.mark.parametrize("line", ODD, ids=lambda line: line["name"])
def test_what_is_odd_but_clear_is_scored(line: dict[str, Any]) -> None:
    verdict = read_reply(reply(line), settings(line["judge"]))
    assert verdict.reason is None, verdict.detail
    expected = line["value"]
    assert type(verdict.value) is type(expected)
    assert verdict.value == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_the_corpus_is_large_and_meets_every_reason_of_a_judge() -> None:
    assert len(MALFORMED) >= 90
    assert len(ODD) >= 40
    of_judges = {reason for reason in Reason if reason.of_judge} - {Reason.JUDGE_MISSING}
    assert {line["reason"] for line in MALFORMED} == of_judges
