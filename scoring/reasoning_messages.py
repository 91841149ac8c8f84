"""Reasoning that an API hands over beside the text: `docs/reasoning-text.md`, "Messages and items"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..models.calls import Choice
from ..models.wire_chat import decode_chat
from ..models.wire_responses import decode_response
from .reasoning_split import Split, Status, split
from .reasoning_tags import BLANKS

Object = Mapping[str, Any]


def split_message(message: Object | Choice, *, prefilled: bool | None = None) -> Split:
    """Split a message of the chat API, or a choice, whose reasoning may stand in a field of its own.

    Args:
        message: A message; a choice, that is an object with `message` and `finish_reason`; or a `Choice`.
        prefilled: As in `split`, for the content.
    """
    choice = message if isinstance(message, Choice) else _choice(message)
    content = split(choice.text, prefilled=prefilled)
    if not (choice.reasoning or "").strip(BLANKS):
        return content
    cut = choice.finish == "length" and not choice.text.strip(BLANKS)
    return _beside(content, choice.reasoning, blocks=1, cut=cut)


def split_items(items: Iterable[Object], *, prefilled: bool | None = None) -> Split:
    """Split the output items of the Responses API.

    Args:
        items: The items, in order: reasoning, messages, calls.
        prefilled: As in `split`, for the text of the messages.
    """
    output = [dict(item) for item in items]
    thoughts = [at for at, item in enumerate(output) if item.get("type") == "reasoning"]
    text = _response(output[thoughts[-1] + 1 if thoughts else 0 :]).text
    content = split(text, prefilled=prefilled)
    if not thoughts:
        return content
    cut = output[-1].get("status") == "incomplete" and thoughts[-1] == len(output) - 1
    return _beside(content, _response(output).reasoning, blocks=len(thoughts), cut=cut)


def _choice(message: Object) -> Choice:
    given = dict(message) if "message" in message else {"message": dict(message)}
    reply = decode_chat({"choices": [given]})
    return reply.choices[0] if reply else Choice("")


def _response(output: list[dict[str, Any]]) -> Choice:
    reply = decode_response({"output": output})
    return reply.choices[0] if reply else Choice("")


def _beside(content: Split, reasoning: str | None, *, blocks: int, cut: bool) -> Split:
    """The content's split with reasoning in front that was handed over beside it."""
    status, answered = content.status, content.answered
    if cut:
        status, answered = Status.UNCLOSED, None
    elif status not in {Status.UNCLOSED, Status.NESTED}:
        several = blocks > 1 or status is not Status.ABSENT
        status = Status.MULTIPLE if several else Status.CLOSED
    return replace(content, status=status, answered=answered, given=reasoning or "")
