"""The caller on a simulated clock: what it sends, what it stores, what it shares."""

import asyncio

import pytest
from mensrea.errors import ModelError
from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.testing.simulated_time import run_simulated

from .paying import MODEL, Memory, Server, ask, caller, in_turn, now, outcomes, reply


def test_a_call_is_answered_once_and_then_from_the_journal() -> None:
    journal, server = Memory(), Server()

    async def main() -> None:
        async with caller(journal, server) as first:
            assert (await first.call(ask())).text == "Yes."
            assert (await first.call(ask())).text == "Yes."
            counters = first.counters
        assert (counters.calls, counters.replayed, counters.in_flight) == (1, 1, 0)
        assert (counters.prompt_tokens, counters.completion_tokens) == (10, 5)
        assert counters.usd == pytest.approx(30e-6)
        async with caller(journal, server) as second:
            assert (await second.call(ask())).text == "Yes."
        assert second.counters.usd == 0

    run_simulated(main())
    assert len(server.asked) == 1
    assert server.closed == 2
    record = journal.of(ask())
    assert (record.step, record.model, record.prompt, record.attempts) == ("ask", MODEL, 10, 1)


def test_equal_calls_at_the_same_time_are_sent_once_and_samples_are_calls_of_their_own() -> None:
    journal, server = Memory(), Server()

    async def main() -> None:
        async with caller(journal, server) as calls:
            found = await outcomes(
                calls, ask(), ask(), ask(), Request(MODEL, ask().messages, ask().parameters, sample=1)
            )
        assert [each.text for each in found] == ["Yes."] * 4

    run_simulated(main())
    assert len(server.asked) == 2


def test_a_cancelled_waiter_doesn_t_lose_what_is_paid() -> None:
    journal, server = Memory(0.5), Server()

    async def main() -> None:
        async with caller(journal, server) as calls:
            task = asyncio.create_task(calls.call(ask()))
            await asyncio.sleep(0.5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert journal.in_flight == 1
            await calls.drain()
            assert (await calls.call(ask())).text == "Yes."

    run_simulated(main())
    assert len(server.asked) == 1
    assert journal.in_flight == 0


def test_a_slot_is_held_until_the_reply_is_durable() -> None:
    journal, server = Memory(10), Server()

    async def main() -> None:
        async with caller(journal, server, concurrency=2) as calls:
            await outcomes(calls, *(ask(str(number)) for number in range(6)))
            assert now() == pytest.approx(3 * 11, abs=0.1)

    run_simulated(main())
    assert server.peak == 2


def test_a_model_of_no_run_is_named() -> None:
    async def main() -> None:
        async with caller(Memory(), Server()) as calls:
            with pytest.raises(ModelError, match=r"openai/other: no model of this run; those are: openai/m"):
                await calls.call(ask(model="openai/other"))
            await calls.call(ask())

    run_simulated(main())


def test_a_reply_that_doesn_t_say_what_it_cost_is_counted_at_its_bound() -> None:
    journal, server = Memory(), Server(in_turn(reply(usage={})))

    async def main() -> None:
        async with caller(journal, server) as calls:
            await calls.call(ask())
        assert calls.budget.spent_tokens == 186

    run_simulated(main())
    record = journal.of(ask())
    assert (record.prompt, record.lost, record.lost_prompt, record.lost_completion) == (0, 0, 86, 100)


def test_models_of_a_server_share_its_limit() -> None:
    server, other, third = Server(), Server(), Server()
    third.server = "another"

    async def main() -> None:
        transports = {MODEL: server, "openai/n": other, "openai/o": third}
        async with Caller(Memory(), transports, concurrency=4) as calls:
            names = (MODEL, "openai/n", "openai/o")
            await outcomes(calls, *(ask(str(number), name) for number in range(8) for name in names))
        assert now() == pytest.approx(4, abs=0.2)

    run_simulated(main())
    assert server.peak + other.peak <= 8
    assert third.peak == 4
