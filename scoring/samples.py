"""From joined responses to samples, and from outcomes to the table that metrics are computed of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..models.calls import Choice
from ..models.failures import FailureKind
from .base import Outcome, Reply, Row, Sample, Scorer
from .declared import ANSWER, Plurality
from .reasoning import Status, split_column, split_message
from .units import CLUSTER
from .verdicts import Reason

if TYPE_CHECKING:
    import polars as pl

# What servers say that don't speak the chat API's words, in lower case.
_CUT = frozenset(
    {"length", "max_tokens", "max_output_tokens", "max_length", "model_length", "incomplete", "abort"}
)
_BLOCKED = frozenset({"content_filter", "safety", "recitation", "prohibited_content", "blocklist", "spii"})
_READ = ("id", "sample", "probe", "text", "reasoning", "refusal", "finish", "failure")
_SLICE = 20_000


def reply_of(response: Row) -> Reply:
    """A response, taken apart; why it can't be judged, if it was cut, blocked, or never came.

    A refusal in a field of its own is the model's answer, as one in the text is, and ends a text beside it.

    Args:
        response: A row of responses.
    """
    content = "\n\n".join(filter(None, (response["text"], response.get("refusal"))))
    parts = split_message(Choice(content, response.get("reasoning")))
    return _reply(response, parts.reasoning, parts.answer, parts.status)


def samples_of(rows: Mapping[str, Row], responses: pl.DataFrame) -> list[Sample]:
    """Responses to the probes of an item, of one draw, put together.

    Args:
        rows: The items by id.
        responses: Joined rows of responses, those that are missing included, whose text is null.

    Returns:
        Samples in the order in which they first occur.
    """
    found: dict[tuple[str, int], dict[str, Reply]] = {}
    for part in responses.select(_READ).iter_slices(_SLICE):
        split = split_column(part["text"].to_arrow()).to_pylist()
        for each, parts in zip(part.iter_rows(named=True), split, strict=True):
            replies = found.setdefault((each["id"], each["sample"]), {})
            if parts is None:
                continue
            if each["reasoning"] or each["refusal"]:
                replies[each["probe"]] = reply_of(each)
            else:
                replies[each["probe"]] = _reply(
                    each, parts["reasoning"], parts["answer"], Status(parts["status"])
                )
    return [Sample(ident, number, rows[ident], replies) for (ident, number), replies in found.items()]


def outcome_table(scorer: Scorer, samples: Sequence[Sample], outcomes: Sequence[Outcome]) -> pl.DataFrame:
    """One row a sample: `id`, `sample`, `outcome`, `reason`, `value`, and the scorer's groups, or null.

    `answer` is there too, if the scorer counts votes, and `cluster`, if items have any.
    """
    import polars as pl

    columns: dict[str, Any] = {
        "id": [each.id for each in samples],
        "sample": [each.sample for each in samples],
        "outcome": [each.name for each in outcomes],
        "reason": [None if each.reason is None else each.reason.value for each in outcomes],
        "value": [each.value for each in outcomes],
    }
    if any(isinstance(each, Plurality) for each in scorer.metrics):
        columns[ANSWER] = [each.answer for each in outcomes]
    clusters = [scorer.cluster(each.row) for each in samples]
    if any(each is not None for each in clusters):
        columns[CLUSTER] = clusters
    groups = [scorer.group(each.row) for each in samples]
    columns |= {name: [each.get(name) for each in groups] for name in scorer.groups}
    types: dict[str, Any] = {"sample": pl.Int64, "value": pl.Float64}
    return pl.DataFrame(columns, schema={name: types.get(name, pl.String) for name in columns})


def _reply(response: Row, reasoning: str, answer: str, status: Status) -> Reply:
    return Reply(response["text"], reasoning, answer, status, _reason(response, status))


def _reason(response: Row, status: Status) -> Reason | None:
    failure, finish = response.get("failure"), (response.get("finish") or "").lower()
    if failure:
        return Reason.BLOCKED if failure == FailureKind.FILTERED else Reason.CALL_FAILED
    if finish == "error":
        return Reason.CALL_FAILED
    if finish in _BLOCKED:
        return Reason.BLOCKED
    return Reason.TRUNCATED if finish in _CUT or status is Status.UNCLOSED else None
