"""The local runner: workers in one event loop that take rows from one iterator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from ..models.journal import Journal
from .chain import Call, Chain
from .job import Execute, Job, Stage
from .steps import Row

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
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        await journal.flush()

    return execute


async def _work(
    stage: Stage, pending: Iterator[tuple[int, Row]], chain: Chain, journal: Journal, report: Report
) -> None:
    for ordinal, row in pending:
        outcome = await chain.run(row)
        journal.outcome(stage.identity, ordinal, outcome.to_bytes())
        report(stage, 1)
        # Rows that ask nothing, or whose replies are all known, never wait: others need the loop too.
        await journal.drain()


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
