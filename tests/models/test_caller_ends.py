"""The caller on a simulated clock: how a run ends before all calls are made."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import BudgetError, JournalError, ModelError, RunStoppedError
from mensrea.models.budget import Budget
from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.models.failures import CallError, FailureKind
from mensrea.testing.simulated_time import run_simulated

from .paying import PRICES, Memory, Server, ask, caller, failure, in_turn, now, outcomes, reply


@pytest.mark.parametrize("kind", [FailureKind.AUTH, FailureKind.QUOTA, FailureKind.NOT_FOUND])
def test_a_fatal_failure_ends_the_run_and_isn_t_recorded(kind: FailureKind) -> None:
    journal = Memory()
    server = Server(lambda request: failure(kind) if "0" in request.messages[0]["content"] else reply())

    async def main() -> None:
        async with caller(journal, server, concurrency=3) as calls:
            found = await outcomes(calls, *(ask(f"{number}") for number in range(8)))
            assert [type(each).__name__ for each in found] == [
                "ModelError",
                *["Response"] * 2,
                *["ModelError"] * 5,
            ]
            assert {str(each) for each in found if isinstance(each, ModelError)} == {f"{kind}: host: failed"}
            with pytest.raises(ModelError, match=kind):
                await calls.call(ask("another"))

    run_simulated(main())
    assert [record.failure for record in journal.records.values()] == ["", ""]


def test_a_transport_that_refuses_ends_the_run_too() -> None:
    journal, server = Memory(), Server(in_turn(ModelError("OPENAI_API_KEY isn't set")))

    async def main() -> None:
        async with caller(journal, server) as calls:
            for _ in range(2):
                with pytest.raises(ModelError, match="isn't set"):
                    await calls.call(ask())
        assert calls.budget.spent_tokens == 0

    run_simulated(main())
    assert len(server.asked) == 1
    assert not journal.records


def test_dropped_features_end_the_run_and_what_they_cost_is_kept() -> None:
    journal, server = Memory(), Server()

    async def main() -> None:
        async with caller(journal, server) as calls:
            with pytest.raises(ModelError, match=r"dropped-feature: host dropped a parameter: `logprobs`"):
                await calls.call(ask(logprobs=True))
        assert calls.budget.spent_tokens == 15

    run_simulated(main())
    assert journal.find(ask(logprobs=True).key) is None
    [record] = journal.records.values()
    assert (record.failure, record.prompt, record.body) == ("dropped-feature", 10, reply())


SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "a", "schema": {"type": "object", "required": ["a"]}},
}


def test_free_text_is_fatal_only_where_a_schema_was_never_kept() -> None:
    journal = Memory()
    answers = {"json": '{"a": 1}', "text": "Well, no.", "other": '{"b": 1}'}
    server = Server(lambda request: reply(answers[request.messages[0]["content"]]))

    async def main() -> None:
        async with caller(journal, server) as calls:
            await calls.call(ask("json", response_format=SCHEMA))
            for text in ("text", "other"):
                with pytest.raises(CallError) as raised:
                    await calls.call(ask(text, response_format=SCHEMA))
                assert raised.value.kind is FailureKind.OFF_SCHEMA
            assert calls.budget.spent_tokens == 45
        async with caller(journal, server) as calls:
            with pytest.raises(ModelError, match="response_format"):
                await calls.call(ask("text", response_format=SCHEMA, seed=1))

    run_simulated(main())
    record = journal.of(ask("text", response_format=SCHEMA))
    assert (record.failure, record.prompt, record.body) == ("off-schema", 10, reply("Well, no."))


def test_stopping_lets_calls_in_flight_end_and_nothing_else() -> None:
    journal = Memory(0.5)
    server = Server(
        lambda request: failure(FailureKind.SERVER) if request.messages[0]["content"] == "0" else reply()
    )

    async def main() -> None:
        async with caller(journal, server, concurrency=3) as calls:
            asyncio.get_running_loop().call_later(0.5, calls.stop)
            found = await outcomes(calls, *(ask(str(number)) for number in range(6)))
            names = [type(each).__name__ for each in found]
            assert names == ["RunStoppedError", "Response", "Response", *["RunStoppedError"] * 3]
            with pytest.raises(RunStoppedError):
                await calls.call(ask("1"))

    run_simulated(main())
    assert len(server.asked) == 3
    assert len(journal.records) == 2


def test_stopping_ends_the_waits_between_attempts() -> None:
    server = Server(in_turn(failure(FailureKind.RATE_LIMITED, 500)))

    async def main() -> None:
        async with caller(Memory(), server) as calls:
            asyncio.get_running_loop().call_later(5, calls.stop)
            with pytest.raises(RunStoppedError):
                await calls.call(ask())
            assert now() == 5

    run_simulated(main())


def test_aborting_gives_up_calls_in_flight_and_counts_them_as_billed() -> None:
    journal, server = Memory(), Server(latency=100)

    async def main() -> None:
        async with caller(journal, server, concurrency=2) as calls:
            tasks = [asyncio.create_task(calls.call(ask(str(number)))) for number in range(4)]
            await asyncio.sleep(1)
            late = asyncio.create_task(calls.call(ask("late")))
            await asyncio.sleep(0)  # it is queued, but its own task hasn't begun
            calls.abort()
            found = await asyncio.gather(*tasks, late, return_exceptions=True)
            assert [type(each) for each in found] == [RunStoppedError] * 5
        assert now() == 1

    run_simulated(main())
    assert (server.busy, journal.in_flight) == (0, 0)
    assert all(journal.find(ask(str(number)).key) is None for number in range(4))
    assert [record.lost_completion for record in journal.records.values()] == [100, 100]


def test_a_full_disk_ends_the_run() -> None:
    journal, server = Memory(), Server()
    journal.full = True

    async def main() -> None:
        async with caller(journal, server, concurrency=1) as calls:
            found = await outcomes(calls, ask("1"), ask("2"), ask("3"))
            assert [type(each) for each in found] == [JournalError] * 3

    run_simulated(main())
    assert len(server.asked) == 1


class Chaos:
    """Servers that fail at random, askers that lose patience, runs that are stopped."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.journal = Memory(self.chance.choice([0, 0.1]))
        self.answered: Counter[bytes] = Counter()

    def answer(self, request: Request) -> Any:
        if self.chance.random() < 0.3:
            kinds = [*FailureKind]
            weights = [1 if CallError(each, "").fatal else 30 for each in kinds]
            [kind] = self.chance.choices(kinds, weights)
            return failure(kind, self.chance.choice([None, 0.5, 3]), sent=self.chance.random() < 0.5)
        self.answered[request.key] += 1
        return reply()

    async def use(self, calls: Caller, number: int) -> None:
        await asyncio.sleep(self.chance.uniform(0, 5))
        request = ask(str(number % 30))
        [found] = await outcomes(calls, request)
        if isinstance(found, CallError):
            assert self.journal.of(request).failure == found.kind
        elif isinstance(found, Exception):
            assert isinstance(found, BudgetError | ModelError | RunStoppedError), repr(found)
        else:
            assert (found.text, self.journal.of(request).failure) == ("Yes.", "")

    async def run(self, cap: int, tokens: int | None) -> None:
        server = Server(self.answer, self.chance.choice([0.01, 1]))
        budget = Budget(tokens=tokens, prices=PRICES)
        async with caller(self.journal, server, budget=budget, concurrency=cap) as calls:
            tasks = [asyncio.create_task(self.use(calls, number)) for number in range(60)]
            ends = [*(task.cancel for task in tasks if self.chance.random() < 0.2)]
            ends += [calls.stop] if self.chance.random() < 0.2 else []
            for end in ends:
                asyncio.get_running_loop().call_later(self.chance.uniform(0, 8), end)
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
        assert (calls.counters.in_flight, self.journal.in_flight, server.busy) == (0, 0, 0)
        assert tokens is None or budget.spent_tokens <= tokens


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20), st.sampled_from([None, 300, 2_000, 100_000]))
def test_whatever_happens_nothing_is_paid_twice(seed: int, cap: int, tokens: int | None) -> None:
    chaos = Chaos(seed)
    for _ in range(2):
        run_simulated(chaos.run(cap, tokens))
    assert set(chaos.answered.values()) <= {1}
