"""The local runner: workers in one event loop that take rows from one iterator."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from ..models.journal import Journal
from .chain import Call, Chain
from .job import Execute, Job, Stage
from .steps import Row

_TURN = 50
_YOUNG = 50_000

Report = Callable[[Stage, int], None]
"""Called with the stage and how many of its rows have just ended."""


def local(job: Job, journal: Journal, call: Call, *, workers: int, report: Report) -> Execute:
    """Runs the rows of stages in this process.

    Args:
        job: The run.
        journal: Where outcomes go.
        call: Where calls go; how many are in flight at a time is its business.
        workers: Rows that are under way at a time.
        report: What to tell about progress.
    """

    async def execute(stage: Stage) -> None:
        chain = Chain(job.recipe, stage.segment.steps, job.models, call, job.structured)
        pending = stage.pending(journal)

        async def work() -> None:
            await _work(stage, pending, chain, journal, report)

        try:
            with _rare_collection():
                async with asyncio.TaskGroup() as group:
                    for _ in range(workers):
                        group.create_task(work())
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        await journal.flush()

    return execute


@contextmanager
def _rare_collection() -> Generator[None]:
    """Look for cycles rarely: with a thousand calls in flight that takes a sixth of the time otherwise."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _work(
    stage: Stage, pending: Iterator[tuple[int, Row]], chain: Chain, journal: Journal, report: Report
) -> None:
    for ordinal, row in pending:
        outcome = await chain.run(row)
        journal.outcome(stage.identity, ordinal, outcome.to_bytes())
        report(stage, 1)
        await journal.drain()
        if ordinal % _TURN == 0:
            await asyncio.sleep(0)  # rows whose replies are all known never wait, and signals need the loop


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
