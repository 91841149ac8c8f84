"""The runner for a cluster: a stage's rows go to workers of Ray Data, and their journals into the run's.

The run's folder must be on a file system that all machines share. `docs/scaling.md` has the whole picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from .. import errors
from ..errors import BudgetError, MensreaError, MissingLibraryError, RunError, RunStoppedError
from ..models.budget import Budget
from ..models.counting import Counters
from ..models.journal import Journal
from ..models.journal_tables import reading
from ..models.prices import Prices
from .job import Execute, Job, Stage
from .local import Report
from .ray_cluster import Cluster, End, connect, disconnect, run_shards
from .ray_shards import Shard, ask_to_stop, merge_shards, read_counts, split_rows
from .ray_worker import SegmentPlan, Share

_SHARDS_PER_WORKER: Final = 4
"""Several, so that workers that are done early take more; few, since each ends with its slowest row."""

_EVERY: Final = 0.5


def on_ray(
    job: Job,
    journal: Journal,
    cluster: Cluster,
    *,
    report: Report,
    counters: Counters,
    stopped: Callable[[], bool],
) -> Execute:
    """Runs the rows of stages on a Ray cluster.

    Args:
        job: The run.
        journal: Where outcomes go in the end; nothing else may write to it meanwhile.
        cluster: Where rows run.
        report: What to tell about progress.
        counters: Where to count what workers do.
        stopped: Whether workers are to stop.

    Raises:
        MissingLibraryError: Ray isn't installed.
    """
    if find_spec("ray") is None:
        raise MissingLibraryError("the runner for Ray needs ray: pip install 'mensrea[scale]'")

    async def execute(stage: Stage) -> None:
        shards = max(1, cluster.workers) * _SHARDS_PER_WORKER
        await asyncio.to_thread(merge_shards, cluster.folder, journal)
        is_own = False
        try:
            while pending := await asyncio.to_thread(_split, stage, cluster, journal, shards):
                is_own = await asyncio.to_thread(connect, cluster) or is_own
                plan = _plan(job, stage, cluster, _shares(cluster, journal, pending))
                follower = _Follower(stage, cluster.folder, report, counters, stopped)
                try:
                    ends = await follower.wait(asyncio.to_thread(run_shards, plan, cluster, cluster.folder))
                finally:
                    await asyncio.to_thread(merge_shards, cluster.folder, journal)
                _raise(ends, is_last=shards == 1)
                # Shards that ran out of budget leave what is too little for a call: fewer share that.
                shards = max(1, shards // 2)
        finally:
            if is_own:
                await asyncio.to_thread(disconnect)

    return execute


def _split(stage: Stage, cluster: Cluster, journal: Journal, shards: int) -> list[Shard]:
    """Write what is left to do to the folders of shards, and make the journal readable for workers."""
    found = split_rows(cluster.folder, stage.pending(journal), shards)
    if found:
        _empty_log(journal)
    return found


def _plan(job: Job, stage: Stage, cluster: Cluster, shares: dict[int, Share]) -> SegmentPlan:
    """What workers are to know."""
    cap = cluster.concurrency
    return SegmentPlan(
        folder=cluster.folder.absolute(),
        settings=replace(cluster.settings, models=_everywhere(cluster.settings.models)),
        segment=stage.segment.index,
        fingerprint=job.segments[stage.segment.index].fingerprint,
        identity=stage.identity,
        shares=shares,
        prices=cluster.prices and cluster.prices.absolute(),
        concurrency=cap and max(1, cap // max(1, cluster.workers)),
    )


def _shares(cluster: Cluster, journal: Journal, shards: Sequence[Shard]) -> dict[int, Share]:
    """What is left of the budget, by the number of rows: together, shards can't pass it."""
    spent = Budget(prices=Prices.load(cluster.prices))
    spent.resume(journal.totals())
    rows = sum(shard.rows for shard in shards)
    usd = None if cluster.budget_usd is None else max(0.0, cluster.budget_usd - spent.spent_usd)
    tokens = None if cluster.budget_tokens is None else max(0, cluster.budget_tokens - spent.spent_tokens)
    return {
        shard.index: Share(
            None if usd is None else usd * shard.rows / rows,
            None if tokens is None else tokens * shard.rows // rows,
        )
        for shard in shards
    }


def _empty_log(journal: Journal) -> None:
    """Move what is in the journal's log to its file, which workers then read without locks."""
    with reading(journal.path) as connection:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise RunError(f"{journal.path}: another reader holds its log; wait for it to end and try again")


def _everywhere(models: Mapping[str, str]) -> dict[str, str]:
    """Models by role, those in files by their absolute paths, since workers run in other folders."""
    found: dict[str, str] = {}
    for role, spec in models.items():
        provider, _, name = spec.partition("/")
        is_file = provider in {"held", "scripted"}
        found[role] = f"{provider}/{Path(name).expanduser().absolute()}" if is_file else spec
    return found


def _raise(ends: Sequence[End], *, is_last: bool) -> None:
    """Raise what made shards fail; a budget that is spent only in the last round."""
    later = {RunStoppedError.__name__: 1, BudgetError.__name__: 2}
    failed = sorted((end for end in ends if end.error), key=lambda end: later.get(end.error, 0))
    if not failed or (failed[0].error == BudgetError.__name__ and not is_last):
        return
    kind = getattr(errors, failed[0].error, RunError)
    if not (isinstance(kind, type) and issubclass(kind, MensreaError)):
        kind = RunError
    raise kind(failed[0].message)


class _Follower:
    """Passes on what workers say while they run, and that they are to stop."""

    def __init__(
        self, stage: Stage, folder: Path, report: Report, counters: Counters, stopped: Callable[[], bool]
    ) -> None:
        self._stage, self._folder = stage, folder
        self._report, self._counters, self._stopped = report, counters, stopped
        self._known: dict[str, float] = {}

    async def wait(self, work: Any) -> list[End]:
        """Wait for the end of the work."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.wait([task], timeout=_EVERY)
            if self._stopped():
                ask_to_stop(self._folder)
            self._tell(await asyncio.to_thread(read_counts, self._folder))
        return task.result()

    def _tell(self, counts: dict[str, float]) -> None:
        more = {name: value - self._known.get(name, 0) for name, value in counts.items()}
        self._known = counts
        rows = int(more.pop("rows", 0))
        for name, value in more.items():
            setattr(self._counters, name, getattr(self._counters, name) + value)
        self._report(self._stage, rows)
