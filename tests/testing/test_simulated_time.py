import asyncio
import time

import pytest
from mensrea.testing.simulated_time import DeadlockError, run_simulated


def test_hours_pass_in_no_time_and_in_order() -> None:
    async def main() -> tuple[list[int], float]:
        order = list[int]()

        async def wait(hours: int) -> None:
            await asyncio.sleep(hours * 3600)
            order.append(hours)

        await asyncio.gather(wait(3), wait(1), wait(2))
        return order, asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run_simulated(main()) == ([1, 2, 3], 3 * 3600)
    assert time.monotonic() - began < 5


def test_waiting_for_nothing_is_an_error() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError):
        run_simulated(main())
