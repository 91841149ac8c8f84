import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mensrea.errors import BudgetError, RunStoppedError, UsageError
from mensrea.models.budget import Budget, Reservation, prompt_bound
from mensrea.models.calls import Request, Usage
from mensrea.models.journal_records import Total
from mensrea.models.prices import Price, Prices
from mensrea.testing.simulated_time import run_simulated

TOKENS = ("prompt", "completion", "cached", "lost_prompt", "lost_completion")
PRICES = Prices({"openai/m": Price(1.0, 0.25, 4.0, image_tokens=100)})


def request(text: str = "x" * 20, tokens: int = 100, *, model: str = "openai/m", n: int = 1) -> Request:
    return Request(model, [{"role": "user", "content": text}], {"max_tokens": tokens, "n": n})


def total(**given: int) -> Total:
    names = ("calls", "failed", "attempts", "lost", "reasoning", *TOKENS)
    return Total("s", "openai/m", "chat", **{**dict.fromkeys(names, 0), **given})


PART = {"type": "text", "text": "word"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    ("content", "tokens"),
    [("", 0), ("word", 4), ("wörd", 5), ("日本", 6), (None, 0), ([PART], 4), ([PART, IMAGE], 2004)],
)
def test_a_prompt_has_at_most_a_token_a_byte(content: Any, tokens: int) -> None:
    markup = prompt_bound(Request("m", [], {}))
    assert prompt_bound(Request("m", [{"role": "user", "content": content}], {})) == markup + 16 + tokens


def test_a_schema_is_part_of_the_prompt() -> None:
    plain = Request("m", [], {})
    assert (
        prompt_bound(Request("m", [], {"response_format": {"type": "json_object"}}))
        == prompt_bound(plain) + 22
    )


def test_images_cost_what_the_price_list_says() -> None:
    ask = Request("openai/m", [{"role": "user", "content": [IMAGE]}], {"max_tokens": 1})
    budget = Budget(tokens=64 + 16 + 100 + 1, prices=PRICES)
    assert run_simulated(budget.reserve(ask)).prompt == 180


def test_a_call_is_refused_if_it_could_pass_the_budget() -> None:
    budget = Budget(tokens=100 + 100, prices=PRICES)  # 64 + 16 + 20 for the prompt, 100 for the answer
    run_simulated(budget.reserve(request()))
    budget = Budget(tokens=199, prices=PRICES)
    with pytest.raises(BudgetError, match="0 of 199 tokens are spent and the next call may cost 200"):
        run_simulated(budget.reserve(request()))
    assert BudgetError.exit_code == 1


def test_every_answer_asked_for_is_set_aside() -> None:
    budget = Budget(usd=1.0, prices=PRICES)
    reservation = run_simulated(budget.reserve(request(n=3)))
    assert (reservation.prompt, reservation.completion) == (100, 300)
    assert reservation.usd == pytest.approx(100e-6 + 4 * 300e-6)


def test_spent_so_far_counts_with_what_was_lost() -> None:
    budget = Budget(usd=1.0, prices=PRICES)
    budget.resume([total(prompt=1000, cached=400, completion=10), total(lost_prompt=50, lost_completion=5)])
    assert budget.spent_tokens == 1065
    assert budget.spent_usd == pytest.approx((600 + 100 + 40 + 50 + 20) / 1e6)


def test_a_budget_in_usd_needs_prices() -> None:
    with pytest.raises(UsageError, match=r"openai/other: no price is known.*--prices FILE"):
        Budget(usd=1.0, prices=PRICES).expect(["openai/m", "openai/other"])
    Budget(tokens=1, prices=PRICES).expect(["openai/other"])


def test_a_budget_needs_calls_with_a_bound() -> None:
    with pytest.raises(UsageError, match="max_tokens"):
        run_simulated(Budget(tokens=1000, prices=PRICES).reserve(Request("openai/m", [], {}, step="ask")))


def test_without_bounds_all_is_counted_and_nothing_refused() -> None:
    budget = Budget(prices=PRICES)
    reservation = run_simulated(budget.reserve(Request("openai/other", [], {})))
    assert budget.settle(reservation, Usage(10, 20)) == 0
    assert budget.spent_tokens == 30
    assert budget.charge(run_simulated(budget.reserve(request()))) == pytest.approx(100e-6 + 4 * 100e-6)


def test_a_call_waits_for_what_calls_in_flight_return() -> None:
    async def main() -> None:
        budget = Budget(tokens=300, prices=PRICES)
        first = await budget.reserve(request())
        waiting = asyncio.create_task(budget.reserve(request()))
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.settle(first, Usage(20, 10))
        second = await waiting
        with_third = asyncio.create_task(budget.reserve(request()))
        await asyncio.sleep(0)
        budget.settle(second, Usage(20, 100))
        with pytest.raises(BudgetError, match="150 of 300 tokens are spent and the next call may cost 200"):
            await with_third
        with pytest.raises(BudgetError):  # nor does a smaller one slip through afterwards
            await budget.reserve(request("", 1))

    run_simulated(main())


def test_stopping_ends_all_waiting() -> None:
    async def main() -> None:
        budget = Budget(tokens=200, prices=PRICES)
        await budget.reserve(request())
        waiting = asyncio.create_task(budget.reserve(request()))
        await asyncio.sleep(0)
        budget.refuse(RunStoppedError("stopped"))
        for task in (waiting, budget.reserve(request())):
            with pytest.raises(RunStoppedError):
                await task

    run_simulated(main())


class Market:
    """Calls that are billed, rejected, lost or cancelled at random."""

    def __init__(self, seed: int, most: int, *, in_usd: bool) -> None:
        self.chance = random.Random(seed)
        self.most = most / 1e6 * 2 if in_usd else most
        self.budget = Budget(self.most if in_usd else None, None if in_usd else most, PRICES)
        self.in_usd = in_usd
        self.billed = 0.0
        self.reservations: list[Reservation] = []

    async def call(self, text: int, tokens: int, n: int) -> None:
        await asyncio.sleep(self.chance.uniform(0, 1))
        try:
            reservation = await self.budget.reserve(request("x" * text, tokens, n=n))
        except BudgetError:
            assert not any(each.open for each in self.reservations)
            raise
        self.reservations.append(reservation)
        try:
            while not await self.attempt(reservation):
                pass
        finally:
            self.budget.release(reservation)

    async def attempt(self, reservation: Reservation) -> bool:
        await self.budget.renew(reservation)
        await asyncio.sleep(self.chance.choice([0, 0, 0.1, 1]))
        match self.chance.randrange(4):
            case 0:  # lost, and billed in full
                self.bill(reservation.prompt, reservation.completion)
                self.budget.charge(reservation)
                return False
            case 1:  # rejected; it's tried again
                await asyncio.sleep(0.2)
                return False
            case _:
                usage = Usage(
                    *(self.chance.randint(0, most) for most in (reservation.prompt, reservation.completion))
                )
                self.bill(usage.prompt, usage.completion)
                self.budget.settle(reservation, usage)
                return True

    def bill(self, prompt: int, completion: int) -> None:
        self.billed += (prompt + 4 * completion) / 1e6 if self.in_usd else prompt + completion
        assert self.billed <= self.most * (1 + 1e-9)

    async def run(self, calls: Sequence[tuple[int, int, int]]) -> None:
        tasks = [asyncio.create_task(self.call(*each)) for each in calls]
        for task in tasks:
            if self.chance.random() < 0.1:
                asyncio.get_running_loop().call_later(self.chance.uniform(0, 2), task.cancel)
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError | BudgetError)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    most=st.integers(0, 4_000),
    in_usd=st.booleans(),
    calls=st.lists(
        st.tuples(st.integers(0, 200), st.integers(1, 200), st.integers(1, 2)), min_size=1, max_size=30
    ),
)
@example(seed=0, most=0, in_usd=True, calls=[(0, 1, 1)])
def test_bills_never_pass_the_budget_and_none_stops_while_it_may_go_on(
    seed: int, most: int, calls: Sequence[tuple[int, int, int]], *, in_usd: bool
) -> None:
    market = Market(seed, most, in_usd=in_usd)
    run_simulated(market.run(calls))
    budget = market.budget
    assert (budget.spent_usd if in_usd else budget.spent_tokens) == pytest.approx(market.billed)
