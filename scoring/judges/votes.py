"""From several verdicts on one question to one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..verdicts import Reason, Value, Verdict, unscored


def settle(votes: Sequence[Verdict]) -> Verdict:
    """The verdict of a majority.

    More than half of the votes must be verdicts, and more than half of those must agree: on the label, on the
    word, or, whatever their numbers, on giving a number, of which the value is the mean. The evidence is that
    of the first vote in the majority, with the votes and the agreement: the majority's share of the verdicts.

    Args:
        votes: At least one; a single one is settled.

    Returns:
        Where no vote is a verdict, the reason that all share; `judge-undecided` if they differ, or if there
        is no majority.
    """
    if len(votes) == 1:
        return votes[0]
    given = [vote for vote in votes if vote.is_scored]
    evidence: dict[str, Any] = {"votes": [vote.value if vote.is_scored else vote.reason for vote in votes]}
    reasons = {vote.reason for vote in votes}
    if not given and len(reasons) == 1:
        return unscored(votes[0].reason or Reason.JUDGE_UNDECIDED, votes[0].detail, **evidence)
    if 2 * len(given) <= len(votes):
        return unscored(
            Reason.JUDGE_UNDECIDED, f"{len(given)} of {len(votes)} votes are verdicts", **evidence
        )
    [(side, count)] = Counter(_side(vote.value) for vote in given).most_common(1)
    if 2 * count <= len(given):
        return unscored(Reason.JUDGE_UNDECIDED, f"at most {count} of {len(given)} verdicts agree", **evidence)
    winners = [vote for vote in given if _side(vote.value) == side]
    evidence |= {"agreement": count / len(given)}
    return Verdict(_together(winners), evidence={**winners[0].evidence, **evidence})


def _side(value: Value | None) -> tuple[str, Value | None]:
    """What a vote is for; numbers are on one side."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", None
    return "label", value


def _together(winners: Sequence[Verdict]) -> Value | None:
    numbers = [each.value for each in winners if isinstance(each.value, int | float)]
    if numbers and not isinstance(numbers[0], bool):
        return math.fsum(numbers) / len(numbers)
    return winners[0].value
