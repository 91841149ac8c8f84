"""The course of one batch at the server: submitted once, waited for, its results fetched."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelError
from .batch_pace import Pace
from .batch_pieces import Piece, write_file
from .batch_results import Outcome, Results, looks_whole, of_missing
from .batch_server import ENDED, BatchServer
from .batch_submissions import State, Submission
from .journal import Journal

if TYPE_CHECKING:
    from openai.types import Batch

_CHUNK = 256

Found = tuple[int, bytes, Outcome]
"""A request's place in its batch, its key, and what became of it."""


@dataclass(slots=True)
class Progress:
    """How far a batch is: its status as the server calls it, requests that ended, all of them."""

    status: str
    ended: int
    requests: int


class Courses:
    """Takes batches through their course, and notes each step in the journal before the next is taken.

    Attributes:
        server: Where batches run.
        pace: How patiently.
        progress: How far each batch is that hasn't ended, by what the server calls it.
        report: Takes a line for whatever is odd.
    """

    def __init__(
        self, server: BatchServer, journal: Journal, pace: Pace, report: Callable[[str], None]
    ) -> None:
        """Start without batches."""
        self.server = server
        self.pace = pace
        self.progress: dict[str, Progress] = {}
        self.report = report
        self._journal = journal

    async def save(self, submission: Submission, state: State, batch: str = "") -> None:
        """Note how far a batch is; durable on return.

        Raises:
            JournalError: It can't be stored.
        """
        submission.state, submission.batch = state, batch or submission.batch
        await asyncio.to_thread(self._journal.save_batch, submission.entry())

    async def submit(self, submission: Submission, pieces: Sequence[Piece]) -> None:
        """Hand a batch to the server, once: if it isn't known whether it got there, it is looked for.

        Raises:
            ModelError: The server doesn't take it.
            JournalError: It can't be stored.
        """
        await self.save(submission, "intended")
        with tempfile.TemporaryDirectory(prefix="mensrea-batch-") as folder:
            path = Path(folder) / "requests.jsonl"
            await asyncio.to_thread(write_file, path, pieces, official=self.server.official)
            batch = await self._submit(submission, path)
        await self.save(submission, "submitted", batch)

    async def _submit(self, submission: Submission, path: Path) -> str:
        waited = 0.0
        while waited <= self.pace.patience:
            try:
                batch = await self.server.submit(submission, path)
            except ModelError:
                await self.save(submission, "abandoned")
                raise
            batch = batch or await self.look_for(submission)
            if batch is not None:
                return batch
            waited += max(self.pace.settling, self.pace.retry)
        await self.save(submission, "abandoned")
        raise ModelError(
            f"{self.server.name}: no batch could be created in {self.pace.patience:.0f} s; nothing was "
            "submitted; resume the run later"
        )

    async def look_for(self, submission: Submission) -> str | None:
        """What the server calls a batch that it may have; None once that is sure not to be so.

        Raises:
            ModelError: The server refuses to say.
        """
        batch = await self.server.find(submission)
        if batch is None:
            await asyncio.sleep(self.pace.settling)
            batch = await self.server.find(submission)
        return batch

    async def wait(self, submission: Submission) -> Batch | None:
        """The batch once it has ended; None if the server has no such batch.

        Raises:
            ModelError: The server refuses to say.
        """
        pause = self.pace.first_poll
        try:
            while True:
                await asyncio.sleep(pause)
                batch = await self.server.retrieve(submission.batch)
                if batch is None or batch.status in ENDED:
                    return batch
                self._note(submission, batch)
                pause = min(1.5 * pause, self.pace.longest_poll)
        finally:
            self.progress.pop(submission.batch, None)

    def _note(self, submission: Submission, batch: Batch) -> None:
        counts = batch.request_counts
        ended = counts.completed + counts.failed if counts else 0
        self.progress[submission.batch] = Progress(batch.status, ended, len(submission.keys))

    async def results(self, submission: Submission, batch: Batch | None) -> AsyncGenerator[Sequence[Found]]:
        """What became of every request, some hundreds at a time.

        Args:
            submission: The batch.
            batch: The batch as it ended; None if the server has no such batch.

        Raises:
            ModelError: The server refuses to hand over a file.
        """
        results = Results(submission, self.server)
        lost = batch is None
        with tempfile.TemporaryDirectory(prefix="mensrea-batch-") as folder:
            for name in (batch.output_file_id, batch.error_file_id) if batch else ():
                path = Path(folder) / "results.jsonl"
                if name and not await self._download(name, path):
                    self.report(f"{submission.title}: its file of results {name} is gone")
                    lost = True
                elif name:
                    for chunk in _chunks(results.read(path)):
                        yield chunk
        status = batch.status if batch else "unknown to the server"
        for chunk in _chunks(self._missing(submission, results.missing, status, lost=lost)):
            yield chunk
        if odd := str(results.oddities):
            self.report(f"{submission.title}: left out results {odd}")

    async def _download(self, name: str, path: Path) -> bool:
        """Save a file of results, again if what came isn't one; whether there is one."""
        for _ in range(self.pace.lost_looks):
            if not await self.server.download(name, path):
                return False
            if await asyncio.to_thread(looks_whole, path):
                break
            await asyncio.sleep(self.pace.settling / self.pace.lost_looks)
        return True

    def _missing(
        self, submission: Submission, missing: Mapping[bytes, int], status: str, *, lost: bool
    ) -> Iterator[Found]:
        if missing:
            self.report(f"{submission.title}: {status}, without a result for {len(missing):,} requests")
        failure = of_missing(status, submission.title, lost=lost)
        return ((place, key, failure()) for key, place in missing.items())


def _chunks(found: Iterator[Found]) -> Iterator[Sequence[Found]]:
    while chunk := list(islice(found, _CHUNK)):
        yield chunk
