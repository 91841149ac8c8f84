"""Running the steps of a segment on one row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

import jsonschema_rs

from ..models.calls import Choice, Message, Request, Response, Usage
from ..models.failures import CallError, FailureKind
from ..models.wire import decode
from ..scoring.reasoning import Status, split
from .functions import apply, as_json
from .outcome import FAILED, Drop, Outcome
from .plan import RoleModel
from .recipe import Recipe, broken, place
from .steps import Ask, Branch, Derive, Expand, Keep, Row, RowStep
from .structured import instructions, read_object, response_format

Call = Callable[[Request], Awaitable[Response]]
Ended = Row | Drop
_PROMPTED = "prompt"
_REASONS = {FailureKind.OFF_SCHEMA: "off-schema", FailureKind.FILTERED: "content-filter"}
"""Failures that are about the answer, not about the call."""


class Asker:
    """Asks one step's question about rows, and reads the answers."""

    def __init__(self, recipe: Recipe, step: Ask, model: RoleModel, call: Call, structured: str) -> None:
        """Prepare what is the same for every row.

        Args:
            recipe: The recipe of the step.
            step: The step.
            model: The model in the step's role.
            call: Where calls go.
            structured: `schema` to have servers hold answers to the schema, `prompt` to ask for it in words.
        """
        self.step = step
        self._prompt = recipe.prompt(step)
        self._model = model.model
        self._call = call
        self._words = instructions(step.output) if step.output and structured == _PROMPTED else ""
        given = {"temperature": step.temperature, "max_tokens": step.most_tokens, **step.parameters}
        if step.output and not self._words:
            given["response_format"] = response_format(step.name, step.output)
        merged = {**given, **model.parameters}
        self._parameters = {key: value for key, value in merged.items() if value is not None}
        self._valid = jsonschema_rs.validator_for(dict(step.output)) if step.output else None

    def request(self, row: Row, sample: int = 0) -> Request:
        """The call for a row."""
        messages: Sequence[Message] = self._prompt.render(row)
        if self._words:
            messages = _worded(messages, self._words)
        return Request(self._model, messages, self._parameters, sample=sample, step=self.step.name)

    async def answer(self, row: Row, sample: int, outcome: Outcome) -> Any:
        """The answer for a row: its value, or the drop that says why there is none."""
        request = self.request(row, sample)
        try:
            response = await self._call(request)
        except CallError as error:
            with suppress(CallError):  # a reply that was paid for counts, whatever is wrong with it
                self._count(decode(error.body, request.api).usage, outcome)
            return self._dropped(row, _REASONS.get(error.kind, FAILED), str(error))
        self._count(response.usage, outcome)
        return self._read(row, response.choices[0], request.most_tokens)

    def _count(self, usage: Usage | None, outcome: Outcome) -> None:
        used = usage or Usage()
        tokens = used.prompt, used.completion, used.reasoning, used.cached
        outcome.count(self.step.name, self._model, *tokens)

    def _read(self, row: Row, choice: Choice, most: int) -> Any:
        if choice.refusal:
            return self._dropped(row, "refused", choice.refusal)
        if choice.finish == "content_filter":
            return self._dropped(row, "content-filter", "the provider cut the answer")
        if choice.finish == "length":
            return self._dropped(row, "truncated", f"the answer was cut; it may have {most:,} tokens")
        return self._parsed(row, choice)

    def _parsed(self, row: Row, choice: Choice) -> Any:
        text = choice.text if self._valid and choice.text.lstrip().startswith("{") else _answer(choice.text)
        if text is None:
            return self._dropped(row, "truncated", "the reasoning never ends")
        if self._valid is None:
            return text or self._dropped(row, "empty", "the answer has no text")
        try:
            value = read_object(text)
            self._valid.validate(value)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            return self._dropped(row, "off-schema", str(error).partition("\n")[0])
        return value

    def _dropped(self, row: Row, reason: str, detail: str) -> Drop:
        return Drop(row, self.step.name, reason, detail)


class Chain:
    """The steps of a segment, ready to run on rows."""

    def __init__(
        self,
        recipe: Recipe,
        steps: Sequence[RowStep],
        models: Mapping[str, RoleModel],
        call: Call,
        structured: str = "schema",
    ) -> None:
        """Take the steps, the models in their roles, and where calls go."""
        self._recipe = recipe
        self._steps = tuple(steps)
        self._models = models
        self._call = call
        self._structured = structured
        self._askers: dict[str, Asker] = {}

    async def run(self, row: Row) -> Outcome:
        """What becomes of a row.

        Raises:
            RecipeError: A step can't handle the row.
            RunError: The run has to stop: the budget is spent, or it was asked to.
            ModelError: No call can succeed any more.
        """
        outcome = Outcome()
        for each in await self._run(row, self._steps, outcome):
            if isinstance(each, Drop):
                outcome.drops.append(each)
            else:
                outcome.rows.append(each)
        return outcome

    async def _run(self, row: Row, steps: Sequence[RowStep], outcome: Outcome) -> list[Ended]:
        for at, step in enumerate(steps):
            rest = steps[at + 1 :]
            match step:
                case Expand():
                    values = self._apply(step, lambda row, step=step: as_json(list(step.values(row))), row)
                    return await self._each([{**row, step.into: value} for value in values], rest, outcome)
                case Branch():
                    route = self._apply(step, lambda row, step=step: step.routes.get(step.by(row), ()), row)
                    return await self._run(row, (*route, *rest), outcome)
                case Ask() if step.spread:
                    return await self._each(await self._spread(step, row, outcome), rest, outcome)
                case Ask():
                    ended = await self._asked(step, row, outcome)
                case Derive() | Keep():
                    ended = self._computed(step, row)
            if isinstance(ended, Drop):
                return [ended]
            row = ended
        return [row]

    def _computed(self, step: Derive | Keep, row: Row) -> Ended:
        if isinstance(step, Derive):
            return {**row, step.into: self._apply(step, lambda row: as_json(step.value(row)), row)}
        reason = self._apply(step, step.reason, row)
        if reason is None:
            return row
        if not isinstance(reason, str) or not reason:
            raise broken(self._recipe, step, f"gave the reason {reason!r}, expected a name, or None to keep")
        return Drop(row, step.name, reason)

    async def _asked(self, step: Ask, row: Row, outcome: Outcome) -> Ended:
        if self._passes(step, row):
            return row
        answers = await self._answers(step, row, outcome)
        missing = [answer for answer in answers if isinstance(answer, Drop)]
        if len(missing) == len(answers):
            return next((drop for drop in missing if drop.reason == FAILED), missing[0])
        for drop in missing:
            outcome.miss(drop)
        found = [None if isinstance(answer, Drop) else answer for answer in answers]
        return {**row, step.into: found if step.samples > 1 else found[0]}

    async def _spread(self, step: Ask, row: Row, outcome: Outcome) -> list[Ended]:
        if self._passes(step, row):
            return [row]
        answers = await self._answers(step, row, outcome)
        return [each if isinstance(each, Drop) else {**row, step.into: each} for each in answers]

    def _passes(self, step: Ask, row: Row) -> bool:
        return step.when is not None and not self._apply(step, step.when, row)

    async def _each(self, rows: Sequence[Ended], steps: Sequence[RowStep], outcome: Outcome) -> list[Ended]:
        """Several rows through the same steps, at a time; their results in order."""

        async def one(row: Ended) -> list[Ended]:
            return [row] if isinstance(row, Drop) else await self._run(row, steps, outcome)

        return [each for ended in await _gathered([one(row) for row in rows]) for each in ended]

    async def _answers(self, step: Ask, row: Row, outcome: Outcome) -> list[Any]:
        asker = self._askers.get(step.name)
        if asker is None:
            asker = Asker(self._recipe, step, self._models[step.role], self._call, self._structured)
            self._askers[step.name] = asker
        if step.samples == 1:
            return [await asker.answer(row, 0, outcome)]
        return await _gathered([asker.answer(row, sample, outcome) for sample in range(step.samples)])

    def _apply(self, step: RowStep, function: Callable[[Row], Any], row: Row) -> Any:
        return apply(function, row, place(self._recipe, step))


def _answer(text: str) -> str | None:
    """The answer without reasoning that stands before it; None where that never ends."""
    parts = split(text)
    return None if parts.status is Status.UNCLOSED else parts.answer.strip()


def _worded(messages: Sequence[Message], words: str) -> list[Message]:
    """The messages with words at the end of the last question, which a prefill may follow."""
    last = max(at for at, message in enumerate(messages) if message["role"] == "user")
    return [
        {**message, "content": f"{message['content']}\n\n{words}"} if at == last else message
        for at, message in enumerate(messages)
    ]


async def _gathered(coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Results in order; the first error ends the others before it is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in coroutines]
    except BaseExceptionGroup as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
    return [task.result() for task in tasks]
