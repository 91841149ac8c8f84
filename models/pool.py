"""Workers in one event loop that take jobs from one iterator."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_TURN = 50
_YOUNG = 50_000


async def run_all(jobs: Iterable[T], work: Callable[[T], Awaitable[None]], workers: int) -> None:
    """Do every job, `workers` of them at a time; the iterable is read as jobs are begun.

    The first error stops all workers and is raised as it is.
    """
    pending = iter(jobs)

    async def each() -> None:
        for number, job in enumerate(pending):
            await work(job)
            if number % _TURN == 0:
                await asyncio.sleep(
                    0
                )  # jobs whose replies are all known never wait, and signals need the loop

    try:
        with rare_collection():
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(each())
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


@contextmanager
def rare_collection() -> Generator[None]:
    """Look for cycles rarely: among many objects that live, looking takes a sixth of the time and more."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
