"""The limiter against simulated servers, on a clock that jumps."""

import asyncio
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import RunStoppedError
from mensrea.models.limits import Limiter
from mensrea.testing.simulated_time import run_simulated

from .limited import Bucket, Server, run

JITTERS = pytest.mark.parametrize("jitter", [0.0, 0.3], ids=["lock-step", "jittered"])


@JITTERS
@pytest.mark.parametrize("cap", [64, 256])
@pytest.mark.parametrize("way", [0.001, 0.005, 0.02])
def test_capacity_is_found_with_few_rejections(jitter: float, cap: int, way: float) -> None:
    server = Server(lambda _: 16, jitter=jitter, way=way)
    took = run(server, 600, cap)
    assert len(server.rejected) <= 10
    assert took <= 1.1 * 600 / 16 * 0.2
    assert server.peak == 16


@JITTERS
def test_a_server_without_limits_is_used_to_the_cap_within_three_seconds(jitter: float) -> None:
    server = Server(latency=0.5, jitter=jitter)
    reached: list[float] = []

    def capacity(time: float) -> int:
        if server.busy >= 1000:
            reached.append(time)
        return 10**9

    server.capacity = capacity
    took = run(server, 8_000, 1024)
    assert reached[0] <= 3.0
    assert took <= 8_000 / 1024 * 0.5 + 2.5
    assert not server.rejected


def test_growth_is_paced_and_at_most_doubles_in_a_latency() -> None:
    server = Server(latency=1.0)
    launches: list[float] = []
    server.open = lambda time: launches.append(time) is None
    run(server, 400, 256)
    assert sum(time < 0.9 for time in launches) <= 48
    assert sum(time < 1.9 for time in launches) <= 48 + 96
    first = launches[:40]
    assert min(late - early for early, late in pairwise(first)) > 0.002


@JITTERS
@pytest.mark.parametrize("retry_after", [1.0, 5.0, None])
def test_a_window_that_rejects_everything_is_waited_for(jitter: float, retry_after: float | None) -> None:
    server = Server(latency=0.5, jitter=jitter, open=lambda time: not 3 <= time < 8)
    took = run(server, 2_000, 64, retry_after)
    assert took <= 2_000 / 64 * 0.5 + 5 + 5
    at_once = sum(time < 3.6 for time in server.rejected)
    assert at_once <= (64 if jitter == 0 else 12)
    assert len(server.rejected) - at_once <= 8
    assert min(time for time in server.served if time > 8) <= 8 + max(1.5, retry_after or 4.0)


@JITTERS
def test_a_capacity_that_shrinks_is_found_again(jitter: float) -> None:
    server = Server(lambda time: 64 if time < 5 else 8, jitter=jitter)
    took = run(server, 2_400, 64)
    before = sum(time < 5 for time in server.served)
    assert took <= 1.15 * (5 + (2_400 - before) / 8 * 0.2)
    assert sum(5 <= time < 10 for time in server.rejected) <= 64
    assert sum(time >= 10 for time in server.rejected) <= 5


@JITTERS
def test_a_capacity_that_grows_is_used(jitter: float) -> None:
    server = Server(lambda time: 8 if time < 5 else 64, jitter=jitter)
    took = run(server, 2_400, 64)
    assert took <= 5 + 2_200 / 64 * 0.2 + 3
    assert len(server.rejected) <= 6


@JITTERS
def test_an_outage_is_probed_one_call_at_a_time(jitter: float) -> None:
    server = Server(latency=0.5, jitter=jitter, up=lambda time: not 3 <= time < 33)
    took = run(server, 2_000, 64)
    assert sum(time > 4 for time in server.failed) <= 8
    assert min(time for time in server.served if time > 33) <= 33 + 8.6
    assert took <= 2_000 / 64 * 0.5 + 30 + 12


@pytest.mark.parametrize("retry_after", [1.0, 0.2, None])
@pytest.mark.parametrize("latency", [0.5, 2.0])
def test_a_rate_is_used_without_many_rejections(latency: float, retry_after: float | None) -> None:
    server = Bucket(latency=latency, jitter=0.3)
    server.open = server.admits
    took = run(server, 2_000, 256, retry_after)
    assert took <= 1.2 * 2_000 / server.rate
    assert len(server.rejected) <= 100


def test_turns_go_in_order_and_to_repeated_attempts_first() -> None:
    async def main() -> list[str]:
        limiter, order = Limiter(1, paced=False), list[str]()

        async def take(name: str, *, again: bool = False) -> None:
            async with limiter.slot(again=again):
                order.append(name)
                await asyncio.sleep(1)

        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(take(name))
            await asyncio.sleep(0.5)
            group.create_task(take("d", again=True))
            group.create_task(take("e", again=True))
        return order

    assert run_simulated(main()) == ["a", "d", "e", "b", "c"]


def test_refusing_ends_all_waiting() -> None:
    async def main() -> None:
        limiter = Limiter(1)
        slot = await limiter.acquire()
        waiting = [asyncio.create_task(limiter.acquire(again=again)) for again in (False, True)]
        await asyncio.sleep(0)
        limiter.refuse(RunStoppedError("stopped"))
        for task in waiting:
            with pytest.raises(RunStoppedError):
                await task
        with pytest.raises(RunStoppedError):
            await limiter.acquire()
        limiter.release(slot)
        assert (limiter.in_flight, limiter.waiting) == (0, 0)

    run_simulated(main())


def test_a_turn_that_is_granted_as_its_caller_is_cancelled_goes_to_the_next() -> None:
    async def main() -> None:
        limiter = Limiter(1)
        slot = await limiter.acquire()
        first, second = (asyncio.create_task(limiter.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        limiter.release(slot)
        first.cancel()
        assert (await second).held
        assert (limiter.in_flight, limiter.waiting) == (1, 0)

    run_simulated(main())


def test_a_trial_without_a_verdict_is_followed_by_another() -> None:
    async def main() -> None:
        limiter = Limiter(8)
        for _ in range(5):
            limiter.failed(await limiter.acquire())
        assert limiter.window.gate.down
        limiter.release(await limiter.acquire())
        slot = await limiter.acquire()
        assert limiter.window.gate.down
        limiter.answered(slot)
        assert not limiter.window.gate.down

    run_simulated(main())


def test_fruitless_time_begins_with_the_first_failure_after_an_answer() -> None:
    async def main() -> None:
        limiter = Limiter(4)
        slot = await limiter.acquire()
        await asyncio.sleep(50)
        assert limiter.fruitless() == 0
        limiter.failed(slot)
        await asyncio.sleep(7)
        limiter.limited(await limiter.acquire(), 0.5)
        assert limiter.fruitless() == 7
        slot = await limiter.acquire()
        limiter.succeeded(slot)
        assert limiter.fruitless() == 0
        limiter.release(slot)

    run_simulated(main())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.booleans())
def test_no_slot_is_ever_lost(seed: int, cap: int, paced: bool) -> None:  # noqa: FBT001
    chance = random.Random(seed)

    async def use(limiter: Limiter) -> None:
        await asyncio.sleep(chance.uniform(0, 3))
        slot = await limiter.acquire(again=chance.random() < 0.3)
        assert limiter.in_flight <= cap
        try:
            await asyncio.sleep(chance.choice([0, 0.001, 0.3, 2]))
            match chance.randrange(5):
                case 0:
                    limiter.limited(slot, chance.choice([None, 0, 0.1, 3]))
                case 1:
                    limiter.failed(slot)
                case 2:
                    limiter.answered(slot)
                case _:
                    limiter.succeeded(slot)
        finally:
            limiter.release(slot)

    async def main() -> None:
        limiter = Limiter(cap, paced=paced)
        tasks = [asyncio.create_task(use(limiter)) for _ in range(40)]
        for task in tasks:
            if chance.random() < 0.3:
                asyncio.get_running_loop().call_later(chance.uniform(0, 4), task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (limiter.in_flight, limiter.waiting) == (0, 0)
        slots = [await limiter.acquire() for _ in range(1)]
        for slot in slots:
            limiter.succeeded(slot)
            limiter.release(slot)
        assert limiter.in_flight == 0

    run_simulated(main())


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_whatever_a_server_does_all_calls_get_through_in_the_end(seed: int, capacity: int) -> None:
    chance = random.Random(seed)
    changes = sorted(chance.uniform(0, 30) for _ in range(8))
    kinds = [chance.choice(["open", "closed", "down"]) for _ in changes]

    def state(time: float) -> str:
        past = [kind for change, kind in zip(changes, kinds, strict=True) if change <= time]
        return past[-1] if past and time < 30 else "open"

    server = Server(
        lambda _: capacity,
        jitter=chance.choice([0, 0.5]),
        open=lambda time: state(time) != "closed",
        up=lambda time: state(time) != "down",
    )
    run(server, 300, chance.choice([1, 8, 64]), chance.choice([None, 0.1, 2.0]))
