"""A worker of a cluster: it runs the rows of a shard as a local run does, with a journal of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import MensreaError, RunError, RunLockedError
from ..models import journal_queries
from ..models.budget import Budget
from ..models.caller import Caller
from ..models.calls import Transport
from ..models.counting import counts
from ..models.journal import Journal
from ..models.journal_records import Record
from ..models.journal_tables import FILE as JOURNAL
from ..models.limits import DEFAULT_CAP
from ..models.prices import Prices
from .job import Job, Stage
from .local import local
from .ray_shards import is_asked_to_stop, read_rows, shard_folder, write_counts
from .run_folder import Settings
from .session import connected, job_of
from .steps import Row

_EVERY: Final = 0.5
_PATIENCE: Final = 120.0
_SPARE_ROWS: Final = 2


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a run's budget that a shard may spend, in USD and in tokens; None without a bound."""

    usd: float | None
    tokens: int | None


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """What a worker needs to know, as it travels to other machines; nothing secret.

    Attributes:
        folder: The run's folder, at the same place on every machine.
        settings: What the run does.
        segment: The segment's place in the recipe.
        fingerprint: Of the segment's steps, models, prompts and code, to be the same on every machine.
        identity: What journals know the segment's outcomes by.
        shares: Each shard's part of the budget.
        prices: The user's own price table.
        concurrency: The most calls in flight of one worker; None to find out what the server takes.
    """

    folder: Path
    settings: Settings
    segment: int
    fingerprint: bytes
    identity: bytes
    shares: Mapping[int, Share]
    prices: Path | None = None
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class ShardStage(Stage):
    """A stage whose rows are those of a shard, with the ordinals that they have in the whole."""

    run: Path
    shard: int

    def pending(self, journal: Journal) -> Iterator[tuple[int, Row]]:
        """The shard's rows that have no outcome yet."""
        finished = journal.finished(self.identity)
        return (each for each in read_rows(self.run, self.shard) if each[0] not in finished)


class ShardWorker:
    """Called with a batch of shards, it runs them one after the other; for `Dataset.map_batches`.

    Journals hold what comes of it; what it returns says only how each shard ended: the name of an exception
    class and its message, both empty if all went well.
    """

    def __init__(self, plan: SegmentPlan) -> None:
        """Nothing is opened yet, so that whatever goes wrong can be returned."""
        self._plan = plan
        self._ready: tuple[Job, dict[str, Transport]] | None = None

    async def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Run shards."""
        shards = [int(shard) for shard in batch["shard"]]
        ends = [await self._end(shard) for shard in shards]
        return {
            "shard": shards,
            "error": [type(end).__name__ if end else "" for end in ends],
            "message": [self._message(end) if end else "" for end in ends],
        }

    async def _end(self, shard: int) -> Exception | None:
        try:
            await self._run(shard)
        except Exception as error:  # noqa: BLE001  # whatever it is, the driver is to report it
            return error
        return None

    @staticmethod
    def _message(error: Exception) -> str:
        if isinstance(error, MensreaError):
            return str(error)
        first = (str(error).splitlines() or [""])[0]
        return f"worker {os.getpid()} on {socket.gethostname()}: {type(error).__name__}: {first}"

    async def _run(self, shard: int) -> None:
        plan = self._plan
        job, transports = self._prepare()
        folder = shard_folder(plan.folder, shard)
        segment = job.segments[plan.segment]
        stage = ShardStage(segment, plan.identity, (), None, plan.folder, shard)
        share = plan.shares[shard]
        budget = Budget(share.usd, share.tokens, Prices.load(plan.prices))
        cap = plan.concurrency or DEFAULT_CAP
        with await _opened(folder) as journal, closing(Known(journal, plan.folder / JOURNAL)) as store:
            budget.resume(journal.totals())
            caller = Caller(store, transports, budget=budget, concurrency=cap)
            done = Done(len(journal.finished(plan.identity)))
            async with _followed(plan.folder, folder, caller, done):
                execute = local(job, journal, caller.call, workers=_SPARE_ROWS * cap, report=done.add)
                await execute(stage)

    def _prepare(self) -> tuple[Job, dict[str, Transport]]:
        """The job and the ways to models, made once for all shards.

        Raises:
            RunError: This machine's recipe, prompts or models aren't those of the run.
        """
        if self._ready is None:
            names, transports = connected(self._plan.settings)
            job = job_of(self._plan.settings, names)
            if job.segments[self._plan.segment].fingerprint != self._plan.fingerprint:
                raise RunError(
                    f"{socket.gethostname()}: its recipe, prompts or models differ from those of the machine "
                    "that started the run; install the same version of mensrea and the same files on all"
                )
            self._ready = job, transports
        return self._ready


class Done:
    """Counts the rows of a shard that have ended."""

    def __init__(self, rows: int) -> None:
        """Start with those that ended before."""
        self.rows = rows

    def add(self, stage: Stage, rows: int) -> None:
        """Rows have ended."""
        del stage
        self.rows += rows


class Known:
    """A shard's journal, with the replies in the run's journal, which nobody writes meanwhile; a `Store`."""

    def __init__(self, journal: Journal, base: Path) -> None:
        """Open the run's journal for reading.

        `immutable` makes SQLite take no lock and read no log: the driver has emptied the log into the file.
        """
        self._journal = journal
        self._base = sqlite3.connect(f"{base.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        self.put = journal.put

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return self._journal.in_flight

    @in_flight.setter
    def in_flight(self, calls: int) -> None:
        self._journal.in_flight = calls

    def find(self, key: bytes) -> Record | None:
        """The record of an ended call, of this run at any time."""
        return self._journal.find(key) or journal_queries.record(self._base, key)

    def close(self) -> None:
        """Close the run's journal."""
        self._base.close()


async def _opened(folder: Path) -> Journal:
    """The shard's journal, once a worker that died has left it."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return Journal.open(folder)
        except RunLockedError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(_EVERY)


@asynccontextmanager
async def _followed(run: Path, folder: Path, caller: Caller, done: Done) -> AsyncGenerator[None]:
    """Say how far the shard is, stop when asked to, and in the end wait for calls in flight."""

    def say() -> None:
        write_counts(folder, {"rows": done.rows, **counts(caller.counters)})

    async def follow() -> None:
        while True:
            say()
            if is_asked_to_stop(run):
                caller.stop()
            await asyncio.sleep(_EVERY)

    task = asyncio.create_task(follow())
    try:
        yield
    finally:
        # Not `close`, which would close the transports: the next shard uses them.
        caller.stop()
        await caller.drain()
        task.cancel()
        say()
