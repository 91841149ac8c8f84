"""The local runner: workers in one event loop that take rows from one iterator."""

from __future__ import annotations

from collections.abc import Callable

from ..models.journal import Journal
from ..models.pool import run_all
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

        async def work(pending: tuple[int, Row]) -> None:
            ordinal, row = pending
            outcome = await chain.run(row)
            journal.outcome(stage.identity, ordinal, outcome.to_bytes())
            report(stage, 1)
            await journal.drain()

        await run_all(stage.pending(journal), work, workers)
        await journal.flush()

    return execute
