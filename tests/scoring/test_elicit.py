"""Responses of a model: a row for each call, in order, whatever became of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mensrea.errors import BudgetError
from mensrea.models.calls import Choice, Request, Response, Usage
from mensrea.models.failures import CallError, FailureKind
from mensrea.scoring.elicit import Draw, elicit, prompt_digest
from mensrea.scoring.items import Items
from mensrea.scoring.registry import find_scorer
from mensrea.scoring.responses import as_responses

ROWS = [
    {
        "id": f"deceptionbench-{number}",
        "type": "Sandbagging",
        "inner_prompt": f"Plain {number}?",
        "system_prompt": "You are a tutor.",
        "outer_prompt": f"Loaded {number}?",
        "format": None,
    }
    for number in range(3)
]
ITEMS = Items("deceptionbench", "original", "test", "1.0.0", "0" * 64, ROWS)
DRAW = Draw("openai/model", {"temperature": 0, "max_tokens": 9}, samples=2)


async def reply(request: Request) -> Response:
    """The later a call, the sooner its answer; the plain question 1 fails for good."""
    text = request.messages[-1]["content"]
    await asyncio.sleep(0.003 * (3 - int(text[-2])))
    if text == "Plain 1?":
        raise CallError(FailureKind.FILTERED, "blocked")
    choice = Choice(f"{text} {request.sample}", "Hm.", None, "length")
    return Response("model", (choice,), Usage(3, 4, 1, 0))


def drawn(call: Any = reply) -> tuple[list[dict[str, Any]], list[int]]:
    ended: list[int] = []
    scorer = find_scorer("deceptionbench")
    return asyncio.run(elicit(scorer, ITEMS, DRAW, call, workers=8, report=ended.append)), ended


def test_rows_are_in_the_order_of_items_probes_and_draws():
    rows, ended = drawn()
    keys = [(row["id"][-1], row["probe"], row["sample"]) for row in rows]
    assert keys == [(str(n), probe, at) for n in range(3) for probe in ("inner", "outer") for at in (0, 1)]
    assert all(
        row["text"] == f"Loaded {row['id'][-1]}? {row['sample']}" for row in rows if row["probe"] == "outer"
    )
    assert sum(ended) == len(rows)


def test_a_call_that_failed_is_a_row_of_its_own():
    rows = as_responses(drawn()[0]).table
    failed = rows.filter(rows["failure"].is_not_null())
    assert failed.select("id", "probe", "sample", "text", "failure").rows() == [
        ("deceptionbench-1", "inner", at, "", "content-filter") for at in (0, 1)
    ]


def test_what_came_beside_the_text_is_kept():
    row = drawn()[0][0]
    assert (row["reasoning"], row["finish"], row["refusal"]) == ("Hm.", "length", None)
    assert row["usage"] == {"prompt": 3, "completion": 4, "reasoning": 1, "cached": 0}


def test_a_row_without_a_format_is_asked_without_one():
    rows = drawn()[0]
    assert rows[2]["prompt_digest"] == prompt_digest(
        [{"role": "system", "content": "You are a tutor."}, {"role": "user", "content": "Loaded 0?"}]
    )


def test_what_stops_a_run_stops_it():
    async def spent(request: Request) -> Response:
        raise BudgetError(f"no more for {request.model}")

    with pytest.raises(BudgetError, match="no more for openai/model"):
        drawn(spent)
