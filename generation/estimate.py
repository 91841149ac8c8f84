"""What a run would ask and cost, worked out without a call.

Prompts are rendered on made-up rows whose texts have the length that steps expect of answers; the shares of
rows that steps keep are the recipe's own expectations. Tokens of a prompt are its UTF-8 bytes over four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ..models.calls import Request, Response
from .chain import Asker
from .check import sample_value
from .job import Job
from .result import Cost
from .steps import Ask, Branch, Derive, Distinct, Draw, Expand, Keep, Row, Step
from .structured import Schema

_BYTES_PER_TOKEN = 4
_SHORT_TEXT = 12
_ROWS_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """Calls of a step, and their tokens.

    Attributes:
        step: The step.
        model: The model that is asked.
        calls: How many calls.
        prompt: Tokens of their prompts.
        completion: Tokens of their answers, as expected.
        most: Tokens of their answers at most.
        usd: What that costs as expected; None where the model has no price.
        most_usd: What it costs at most, by the bound on answers.
    """

    step: str
    model: str
    calls: int
    prompt: int
    completion: int
    most: int
    usd: float | None
    most_usd: float | None


def estimate(job: Job, cost: Cost) -> list[StepEstimate]:
    """The calls of each step that asks, in order.

    Args:
        job: The run.
        cost: What tokens of a model cost.
    """
    source = iter(job.recipe.source(job.start))
    first = list(islice(source, _ROWS_LOOKED_AT))
    if not first:
        return []
    row = max(first, key=lambda each: len(str(each)))
    walk = _Walk(job, cost, [])
    walk.steps(job.recipe.steps, dict(row), float(len(first) + sum(1 for _ in source)))
    return walk.found


@dataclass(frozen=True, slots=True)
class _Walk:
    job: Job
    cost: Cost
    found: list[StepEstimate]

    def steps(self, steps: Sequence[Step], row: Row, rows: float) -> tuple[Row, float]:
        """How many rows leave the steps, and what one looks like."""
        for step in steps:
            match step:
                case Keep() | Distinct():
                    rows *= step.rate
                case Draw():
                    rows = self._drawn(step, rows)
                case Derive():
                    row = _with(row, step.into, step.schema)
                case Expand():
                    row, rows = _with(row, step.into, step.schema), rows * step.factor
                case Branch():
                    row, rows = self._branch(step, row, rows)
                case Ask():
                    self.found.append(self._ask(step, row, rows))
                    answers = 1 if step.spread else step.samples
                    row = _with(row, step.into, step.schema, step.tokens * answers)
                    rows *= step.samples if step.spread else 1
        return row, rows

    def _drawn(self, step: Draw, rows: float) -> float:
        """Rows that are drawn; all of them where the count is each group's, as nobody knows the groups."""
        if step.count is not None and step.by is not None:
            return rows
        return min(rows, float(self.job.start.rows if step.count is None else step.count))

    def _branch(self, step: Branch, row: Row, rows: float) -> tuple[Row, float]:
        shares = step.shares or dict.fromkeys(step.routes, 1 / max(1, len(step.routes)))
        left = rows * max(0.0, 1 - sum(shares.get(route, 0.0) for route in step.routes))
        for route, inner in step.routes.items():
            row, leaving = self.steps(inner, row, rows * shares.get(route, 0.0))
            left += leaving
        return row, left

    def _ask(self, step: Ask, row: Row, rows: float) -> StepEstimate:
        role = self.job.models[step.role]
        asker = Asker(self.job.recipe, step, role, _never, self.job.structured)
        request = asker.request(row)
        calls = round(rows * step.samples)
        prompt = calls * _tokens(request)
        bound = request.most_tokens
        completion, most = calls * min(step.tokens, bound or step.tokens), calls * bound
        return StepEstimate(
            step=step.name,
            model=role.model,
            calls=calls,
            prompt=prompt,
            completion=completion,
            most=most,
            usd=self.cost(role.model, prompt, completion, 0),
            most_usd=self.cost(role.model, prompt, most, 0),
        )


def total(estimates: Sequence[StepEstimate]) -> StepEstimate:
    """The sum over steps."""
    known = [each for each in estimates if each.usd is not None and each.most_usd is not None]
    complete = len(known) == len(estimates)
    return replace(
        StepEstimate("total", "", 0, 0, 0, 0, None, None),
        calls=sum(each.calls for each in estimates),
        prompt=sum(each.prompt for each in estimates),
        completion=sum(each.completion for each in estimates),
        most=sum(each.most for each in estimates),
        usd=sum(each.usd or 0 for each in known) if complete else None,
        most_usd=sum(each.most_usd or 0 for each in known) if complete else None,
    )


def _with(row: Row, field: str, schema: Schema, tokens: int = _SHORT_TEXT) -> Row:
    return {**row, field: sample_value(schema, tokens)}


def _tokens(request: Request) -> int:
    texts: list[str] = [str(message.get("content", "")) for message in request.messages]
    form = str(request.parameters.get("response_format", ""))
    return (sum(len(text.encode()) for text in texts) + len(form)) // _BYTES_PER_TOKEN


async def _never(request: Request) -> Response:
    raise AssertionError(request)
