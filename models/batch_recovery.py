"""Batches of an earlier process: found again, waited for, and their results put into the journal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from ..errors import ModelError
from .batch_course import Courses, Found
from .batch_submissions import RUN_NOTE, Submission
from .calls import KEY_BYTES, Request, Response, Usage
from .checks import DroppedSchemaError, check
from .failures import CallError, FailureKind
from .journal import Journal
from .journal_records import Record
from .wire import decode


@dataclass(slots=True)
class Recovered:
    """What was found of an earlier process.

    Attributes:
        batches: Batches whose results weren't all in the journal.
        answered: Replies that are in it now.
        failed: Requests that failed for good, and are in it now.
        again: Requests that will be asked again.
    """

    batches: int = 0
    answered: int = 0
    failed: int = 0
    again: int = 0

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.batches} batches of an earlier process: {self.answered:,} replies and {self.failed:,} "
            f"failures taken over, {self.again:,} requests to be asked again"
        )


class Recovery:
    """Takes over what an earlier process submitted, so that nothing of it is paid for again.

    Attributes:
        recovered: What was found.
        name: What the run is called in the metadata of its batches; empty before `run`.
    """

    def __init__(self, courses: Courses, journal: Journal) -> None:
        """Nothing is done yet."""
        self.recovered = Recovered()
        self.name = ""
        self._courses = courses
        self._journal = journal
        self._dropped: CallError | None = None

    async def run(self) -> Recovered:
        """Wait for all batches that this server still has, and store their results.

        Raises:
            ModelError: The server refuses, or leaves out what was asked for.
            JournalError: Results can't be stored.
        """
        await asyncio.to_thread(self._find_name)
        entries = await asyncio.to_thread(self._journal.batches)
        found = [Submission.read(entry) for entry in entries if entry.server == self._courses.server.name]
        ended = {"done", "abandoned"}
        await _all(self._take(each) for each in found if each is not None and each.state not in ended)
        if self._dropped is not None:
            raise ModelError(str(self._dropped))
        return self.recovered

    def _find_name(self) -> None:
        self.name = self._journal.notes().get(RUN_NOTE) or uuid4().hex
        self._journal.note(RUN_NOTE, self.name)

    async def _take(self, submission: Submission) -> None:
        courses = self._courses
        if not any(self._journal.find(key) is None for key in submission.keys):
            await courses.save(submission, "done")
            return
        self.recovered.batches += 1
        if submission.state == "intended":
            batch = await courses.look_for(submission)
            await courses.save(submission, "submitted" if batch else "abandoned", batch or "")
            if batch is None:
                self.recovered.again += len(submission.keys)
                return
        ended = await courses.wait(submission)
        async for chunk in courses.results(submission, ended):
            await self.store(submission, chunk)
        await courses.save(submission, "done")

    async def store(self, submission: Submission, chunk: Sequence[Found]) -> None:
        """Put results into the journal that nobody waits for.

        Raises:
            JournalError: They can't be stored.
        """
        stored: list[asyncio.Future[None]] = []
        for place, key, outcome in chunk:
            if self._journal.find(key) is None:
                record = self._record(submission.request(place), key, outcome)
                if record is not None:
                    stored.append(self._journal.put(record))
        await _all(stored)

    def _record(self, request: Request, key: bytes, outcome: bytes | CallError) -> Record | None:
        if isinstance(outcome, CallError):
            return self._failed(request, key, outcome)
        server = self._courses.server.name
        try:
            response = decode(outcome, request.api, server)
        except CallError as error:
            return self._failed(request, key, error, outcome)
        try:
            check(request, response, server)
        except CallError as error:
            return self._unfit(request, key, outcome, response, error)
        self.recovered.answered += 1
        return _record(request, key, outcome, response.usage)

    def _failed(self, request: Request, key: bytes, error: CallError, body: bytes = b"") -> Record | None:
        # As in a running process: what may succeed is asked again, and what stops a run isn't recorded.
        if error.retryable or error.fatal:
            self.recovered.again += 1
            return None
        self.recovered.failed += 1
        return _record(request, key, body, Usage(), error)

    def _unfit(
        self, request: Request, key: bytes, body: bytes, response: Response, error: CallError
    ) -> Record:
        """A reply that was paid for and lacks what was asked for."""
        if isinstance(error, DroppedSchemaError) and self.recovered.answered:
            error = CallError(FailureKind.OFF_SCHEMA, error.message)
        if error.fatal:
            # The bill counts; the key stays open, since the call is made again once the server can do it.
            self._dropped, key = error, os.urandom(KEY_BYTES)
            self.recovered.again += 1
        else:
            self.recovered.failed += 1
        return _record(request, key, body, response.usage, error)


def _record(
    request: Request, key: bytes, body: bytes, usage: Usage | None, error: CallError | None = None
) -> Record:
    lost = request.choices * request.most_tokens if usage is None else 0
    return Record.of(request, key, body, usage or Usage(), error, lost_completion=lost)


async def _all(awaited: Iterable[Awaitable[None]]) -> None:
    """Wait for all of them to end, and then raise the first error."""
    for ended in await asyncio.gather(*awaited, return_exceptions=True):
        if ended is not None:
            raise ended
