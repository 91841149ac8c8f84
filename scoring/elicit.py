"""Responses of a model to a benchmark's items."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ..models.calls import Message, Request, Response
from ..models.failures import CallError
from ..models.pool import run_all
from .base import Probe, Row, Scorer
from .items import Items

Call = Callable[[Request], Awaitable[Response]]

_STEP = "response"


@dataclass(frozen=True, slots=True)
class Draw:
    """How responses are drawn.

    Attributes:
        model: The model as calls name it.
        parameters: The chat API's parameters, the same for all calls.
        samples: Responses to each probe.
    """

    model: str
    parameters: Mapping[str, Any]
    samples: int = 1


async def elicit(
    scorer: Scorer, items: Items, draw: Draw, call: Call, *, workers: int, report: Callable[[int], None]
) -> list[dict[str, Any]]:
    """Ask the model everything that the benchmark asks.

    Args:
        scorer: Says what is asked.
        items: What it is asked about.
        draw: The model, its parameters, and how many responses to each probe.
        call: Where calls go.
        workers: Calls that may wait at a time.
        report: Told how many calls have just ended.

    Returns:
        Response rows in the order of the items, the probes, and the draws. A call that failed for good is
        a row with `failure` in the place of a text.

    Raises:
        RunStoppedError: The run was stopped; other errors that stop a run, as `Caller.call` raises them.
    """
    asked = list(_asked(scorer, items, draw))
    found: list[dict[str, Any]] = [{}] * len(asked)

    async def work(number: int) -> None:
        row, probe, request = asked[number]
        found[number] = {**_head(items, row, probe, request), **await _answer(request, call)}
        report(1)

    await run_all(range(len(asked)), work, workers)
    return found


def prompt_digest(messages: Sequence[Message]) -> str:
    """What tells two prompts apart: 16 hexadecimal digits over the messages."""
    text = orjson.dumps(list(messages), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _asked(scorer: Scorer, items: Items, draw: Draw) -> Iterator[tuple[Row, Probe, Request]]:
    for row in items.rows:
        for probe in scorer.ask(row):
            for sample in range(draw.samples):
                step = f"{_STEP}-{probe.name}" if probe.name else _STEP
                yield (
                    row,
                    probe,
                    Request(draw.model, probe.messages, draw.parameters, sample=sample, step=step),
                )


def _head(items: Items, row: Row, probe: Probe, request: Request) -> dict[str, Any]:
    return {
        "dataset": items.dataset,
        "config": items.config,
        "version": items.version,
        "id": row["id"],
        "probe": probe.name,
        "sample": request.sample,
        "model": request.model,
        "parameters": dict(request.parameters),
        "prompt_digest": prompt_digest(probe.messages),
    }


async def _answer(request: Request, call: Call) -> dict[str, Any]:
    try:
        response = await call(request)
    except CallError as error:
        return {"text": "", "failure": str(error.kind)}
    choice, usage = response.choices[0], response.usage
    tokens = None
    if usage is not None:
        names = ("prompt", "completion", "reasoning", "cached")
        tokens = {name: getattr(usage, name) for name in names}
    return {
        "text": choice.text,
        "reasoning": choice.reasoning,
        "finish": choice.finish,
        "refusal": choice.refusal,
        "usage": tokens,
    }
