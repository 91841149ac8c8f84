"""From joined responses to samples, and from outcomes to the table that metrics are computed of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..models.failures import FailureKind
from .base import Outcome, Reply, Row, Sample, Scorer
from .reasoning import Status, split_message
from .verdicts import Reason

if TYPE_CHECKING:
    import polars as pl

_GROUPS_WITHOUT = "(none)"


def reply_of(response: Row) -> Reply:
    """A response, taken apart; why it can't be judged, if it was cut, blocked, or never came.

    A refusal in a field of its own is the model's answer, as one in the text is.

    Args:
        response: A row of responses.
    """
    content = response["text"] or response.get("refusal") or ""
    parts = split_message({"content": content, "reasoning": response.get("reasoning")})
    reason = _reason(response, parts.status)
    return Reply(response["text"], parts.reasoning, parts.answer, parts.status, reason)


def samples_of(rows: Mapping[str, Row], responses: Iterable[Row]) -> list[Sample]:
    """Responses to the probes of an item, of one draw, put together.

    Args:
        rows: The items by id.
        responses: Joined rows of responses, those that are missing included, whose text is null.

    Returns:
        Samples in the order in which they first occur.
    """
    found: dict[tuple[str, int], dict[str, Reply]] = {}
    for each in responses:
        replies = found.setdefault((each["id"], each["sample"]), {})
        if each["text"] is not None:
            replies[each["probe"]] = reply_of(each)
    return [Sample(ident, number, rows[ident], replies) for (ident, number), replies in found.items()]


def outcome_table(scorer: Scorer, samples: Sequence[Sample], outcomes: Sequence[Outcome]) -> pl.DataFrame:
    """One row a sample: `id`, `sample`, `outcome`, `reason`, `value`, and the scorer's groups."""
    import polars as pl

    columns: dict[str, Any] = {
        "id": [each.id for each in samples],
        "sample": [each.sample for each in samples],
        "outcome": [each.name for each in outcomes],
        "reason": [None if each.reason is None else each.reason.value for each in outcomes],
        "value": [each.value for each in outcomes],
    }
    groups = [scorer.group(each.row) for each in samples]
    columns |= {name: [each.get(name, _GROUPS_WITHOUT) for each in groups] for name in scorer.groups}
    types: dict[str, Any] = {"sample": pl.Int64, "value": pl.Float64}
    return pl.DataFrame(columns, schema={name: types.get(name, pl.String) for name in columns})


def _reason(response: Row, status: Status) -> Reason | None:
    failure, finish = response.get("failure"), response.get("finish")
    if failure:
        return Reason.BLOCKED if failure == FailureKind.FILTERED else Reason.CALL_FAILED
    if finish == "content_filter":
        return Reason.BLOCKED
    return Reason.TRUNCATED if finish == "length" or status is Status.UNCLOSED else None
