"""The caller on a simulated clock: attempts, failures, outages, budgets."""

import asyncio
import random
from typing import Any

import pytest
from mensrea.errors import BudgetError, ModelError, UsageError
from mensrea.models.budget import Budget
from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.prices import Prices
from mensrea.models.retries import Retries
from mensrea.testing.simulated_time import run_simulated

from .paying import PRICES, Memory, Server, ask, caller, failure, in_turn, now, outcomes, reply


def test_transient_failures_are_retried_and_what_may_be_billed_is_counted() -> None:
    lost = failure(FailureKind.TIMEOUT)
    journal, server = Memory(), Server(in_turn(lost, failure(FailureKind.SERVER), lost, reply()))

    async def main() -> None:
        async with caller(journal, server) as calls:
            assert (await calls.call(ask())).text == "Yes."
        assert (calls.counters.retried, calls.counters.calls) == (3, 1)
        assert calls.budget.spent_tokens == 2 * (64 + 16 + 6 + 100) + 15

    run_simulated(main())
    record = journal.of(ask())
    assert (record.attempts, record.lost, record.lost_prompt, record.lost_completion) == (4, 2, 172, 200)


def test_attempts_are_bounded_and_the_failure_is_recorded() -> None:
    journal, server = Memory(), Server(in_turn(failure(FailureKind.SERVER)))

    async def main() -> None:
        async with caller(journal, server) as calls:
            for _ in range(2):
                with pytest.raises(CallError, match="server-error: host: failed"):
                    await calls.call(ask())
        assert (calls.counters.failed, calls.counters.replayed) == (1, 1)

    run_simulated(main())
    assert len(server.asked) == 6
    assert journal.of(ask()).failure == "server-error"


@pytest.mark.parametrize("kind", [FailureKind.BAD_REQUEST, FailureKind.TOO_LONG, FailureKind.FILTERED])
def test_deterministic_failures_are_recorded_at_once_and_never_sent_again(kind: FailureKind) -> None:
    journal, server = Memory(), Server(in_turn(failure(kind)))

    async def main() -> None:
        for _ in range(2):
            async with caller(journal, server) as calls:
                with pytest.raises(CallError) as raised:
                    await calls.call(ask())
                assert (raised.value.kind, raised.value.message) == (kind, "host: failed")

    run_simulated(main())
    assert len(server.asked) == 1


@pytest.mark.parametrize("lost", [False, True])
def test_a_budget_is_never_passed_and_is_used(lost: bool) -> None:  # noqa: FBT001
    journal = Memory()
    chance = random.Random(0)

    def answer(_: Request) -> Any:
        billed = chance.randint(1, 100)
        if lost and chance.random() < 0.3:
            return failure(FailureKind.TIMEOUT)
        return reply(usage={"prompt_tokens": 80, "completion_tokens": billed})

    async def main() -> None:
        budget = Budget(tokens=20_000, prices=PRICES)
        async with caller(journal, Server(answer), budget=budget, concurrency=32) as calls:
            found = await outcomes(calls, *(ask(f"{number:04}") for number in range(400)))
        refused = sum(isinstance(each, BudgetError) for each in found)
        assert refused
        assert all(isinstance(each, BudgetError) or not isinstance(each, Exception) for each in found)
        assert 20_000 - 184 < budget.spent_tokens <= 20_000
        tokens = ("prompt", "completion", "lost_prompt", "lost_completion")
        assert budget.spent_tokens == sum(
            getattr(each, name) for each in journal.records.values() for name in tokens
        )

    run_simulated(main())


def test_a_budget_in_usd_needs_prices_of_servers_elsewhere() -> None:
    with pytest.raises(UsageError, match="openai/other: no price is known"):
        Caller(Memory(), {"openai/other": Server()}, budget=Budget(1.0, prices=PRICES))
    local = Server()
    local.server = "localhost:8000"
    Caller(Memory(), {"openai/other": local}, budget=Budget(1.0, prices=Prices({})))


def test_an_outage_costs_no_call() -> None:
    def answer(_: Request) -> Any:
        return failure(FailureKind.CONNECTION, sent=False) if 20 < now() < 200 else reply()

    server = Server(answer)

    async def main() -> None:
        async with caller(Memory(), server, concurrency=16) as calls:
            found = await outcomes(calls, *(ask(str(number)) for number in range(1_000)))
        assert not any(isinstance(each, Exception) for each in found)
        assert now() < 200 + 1_000 / 16 - 20 + 15
        assert calls.budget.spent_tokens == 15_000

    run_simulated(main())
    assert len(server.asked) < 1_000 + 16 + 30


@pytest.mark.parametrize(("from_the_start", "after"), [(True, 60), (False, 600)])
def test_a_server_that_can_t_be_reached_is_given_up(from_the_start: bool, after: float) -> None:  # noqa: FBT001
    def answer(_: Request) -> Any:
        return reply() if not from_the_start and now() < 20 else failure(FailureKind.CONNECTION, sent=False)

    journal = Memory()

    async def main() -> None:
        async with caller(journal, Server(answer), concurrency=16) as calls:
            found = await outcomes(calls, *(ask(str(number)) for number in range(500)))
        assert {type(each).__name__ for each in found} <= {"Response", "ModelError"}
        assert isinstance(found[-1], ModelError)
        assert after <= now() <= 20 + after + 60

    run_simulated(main())
    assert not any(record.failure for record in journal.records.values())


def test_a_server_that_rejects_for_too_long_is_given_up() -> None:
    journal, server = Memory(), Server(in_turn(failure(FailureKind.RATE_LIMITED, 20)))

    async def main() -> None:
        async with caller(journal, server) as calls:
            found = await outcomes(calls, ask("1"), ask("2"))
            assert [type(each) for each in found] == [ModelError, ModelError]
            assert now() == pytest.approx(620, abs=40)
        assert calls.counters.limited == len(server.asked)

    run_simulated(main())
    assert not journal.records


def test_a_call_that_alone_is_rejected_for_too_long_fails_alone() -> None:
    def answer(request: Request) -> Any:
        return failure(FailureKind.RATE_LIMITED, 20) if request.messages[0]["content"] == "bad" else reply()

    async def main() -> None:
        async with caller(Memory(), Server(answer), retries=Retries(patience=100)) as calls:
            bad = asyncio.create_task(calls.call(ask("bad")))
            for number in range(150):
                await calls.call(ask(str(number)))
            with pytest.raises(CallError, match="rate-limited"):
                await bad

    run_simulated(main())
