"""Servers that limit calls, and clients of them, for a simulated clock."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mensrea.models.limits import Limiter
from mensrea.testing.simulated_time import run_simulated


class RejectedError(Exception):
    """HTTP 429."""


class DownError(Exception):
    """No connection."""


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Server:
    """Admits `capacity` calls at once, where `open` says so, and rejects the others without delay.

    Half of the way there and back passes before and after it decides.
    """

    capacity: Callable[[float], int] = lambda _: 10**9
    latency: float = 0.2
    jitter: float = 0.0
    way: float = 0.005
    open: Callable[[float], bool] = lambda _: True
    up: Callable[[float], bool] = lambda _: True
    busy: int = 0
    peak: int = 0
    rejected: list[float] = field(default_factory=list)
    failed: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(0))

    async def ask(self) -> None:
        await asyncio.sleep(self.way / 2)
        if not self.up(now()):
            self.failed.append(now())
            raise DownError
        if not self.open(now()) or self.busy >= self.capacity(now()):
            self.rejected.append(now())
            await asyncio.sleep(self.way / 2)
            raise RejectedError
        self.busy += 1
        self.peak = max(self.peak, self.busy)
        await asyncio.sleep(self.latency * (1 + self.jitter * self.chance.uniform(-1, 1)) - self.way)
        self.busy -= 1
        await asyncio.sleep(self.way / 2)
        self.served.append(now())


class Bucket(Server):
    """Admits `rate` calls a second, and as many at once after a rest, but rejects the others."""

    rate = 20.0
    tokens = 20.0
    at = 0.0

    def admits(self, time: float) -> bool:
        self.tokens = min(self.rate, self.tokens + (time - self.at) * self.rate)
        self.at = time
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


async def call(server: Server, limiter: Limiter, retry_after: float | None) -> None:
    chance = random.Random(len(server.served))
    again, failures = False, 0
    while True:
        slot = await limiter.acquire(again=again)
        again = True
        try:
            await server.ask()
        except RejectedError:
            limiter.limited(slot, retry_after)
            await asyncio.sleep(retry_after or chance.uniform(0.5, 1))
        except DownError:
            failures += 1
            limiter.failed(slot)
            await asyncio.sleep(chance.uniform(0, min(30, 0.5 * 2**failures)))
        else:
            limiter.succeeded(slot)
            limiter.release(slot)
            return


async def work(calls: Iterator[int], server: Server, limiter: Limiter, retry_after: float | None) -> None:
    for _ in calls:
        await call(server, limiter, retry_after)


def run(server: Server, calls: int, cap: int, retry_after: float | None = 1.0) -> float:
    """Make the calls; how long it takes."""

    async def main() -> float:
        limiter, left = Limiter(cap), iter(range(calls))
        await asyncio.gather(*(work(left, server, limiter, retry_after) for _ in range(cap)))
        assert (limiter.in_flight, limiter.waiting) == (0, 0)
        return now()

    took = run_simulated(main())
    assert len(server.served) == calls
    return took
