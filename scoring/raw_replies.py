"""A judge's replies as a verdict keeps them, so that they can be read again without a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..models.calls import Choice, Response, TokenLogprob
from ..models.failures import CallError, FailureKind
from .judges.likely import answer_tokens

Raw = Mapping[str, Any]

# A verdict by log-probabilities is read off the first places; the rest of a long answer would fill disks.
_PLACES = 8


def raw_of(reply: Response | CallError) -> Raw:
    """A reply as JSON; what is null or empty is left out."""
    if isinstance(reply, CallError):
        return {"failure": str(reply.kind), "message": reply.message}
    if not reply.choices:
        return {}
    choice = reply.choices[0]
    members = {
        "text": choice.text,
        "reasoning": choice.reasoning,
        "refusal": choice.refusal,
        "finish": choice.finish,
        "logprobs": _places(choice),
    }
    return {name: value for name, value in members.items() if value}


def reply_of(raw: Raw, model: str = "") -> Response | CallError:
    """The reply that was kept."""
    if "failure" in raw:
        return CallError(FailureKind(raw["failure"]), raw.get("message", ""))
    logprobs = tuple(_token(each) for each in raw.get("logprobs", ())) or None
    choice = Choice(
        raw.get("text", ""), raw.get("reasoning"), raw.get("refusal"), raw.get("finish", "stop"), logprobs
    )
    return Response(model, (choice,))


def _places(choice: Choice) -> list[list[Any]]:
    """What a verdict is read from; tokens that don't spell the answer are all kept, lest a part does."""
    tokens = answer_tokens(choice)
    if tokens is not None:
        return [_place(each) for each in tokens[:_PLACES]]
    listed = choice.logprobs or ()
    others = [[each.token, each.logprob, []] for each in listed[_PLACES:]]
    return [_place(each) for each in listed[:_PLACES]] + others


def _place(token: TokenLogprob) -> list[Any]:
    return [token.token, token.logprob, [list(each) for each in token.top]]


def _token(place: Sequence[Any]) -> TokenLogprob:
    token, logprob, top = place
    return TokenLogprob(token, logprob, tuple((each, value) for each, value in top))
