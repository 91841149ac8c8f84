"""Calls through the Batch API of an OpenAI-compatible server: half the price, within a day.

Requests gather until none has come for a moment, then go out as one batch. The journal knows of a batch
before the server does, so that whatever kills the process no request is submitted twice: what was submitted
is found again by the batch's metadata.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from ..errors import MensreaError, RunStoppedError
from .batch_course import Courses, Found, Progress
from .batch_failures import rejection
from .batch_pace import Pace
from .batch_pieces import Piece, copied, line_of
from .batch_queues import Queues
from .batch_recovery import Recovered, Recovery
from .batch_server import BatchServer
from .batch_submissions import Submission
from .calls import Request
from .checks import prepare
from .failures import CallError, FailureKind
from .journal import Journal
from .limits import anew

__all__ = ["BatchEndpoint", "Pace", "Recovered"]


class BatchEndpoint:
    """The Batch API of a server, as a `Transport`. One object serves all models of it, in one event loop.

    Call `recover` before rows ask, and `release` to stop without waiting for the server; batches that are
    under way then go on there, and the next process takes their results. Requests that a batch didn't get
    to, or that the server failed at, go into the next batch by themselves.

    Attributes:
        batched: Tells callers that an answer takes hours, and that calls needn't be paced.
        server: The server as messages name it.
    """

    batched: ClassVar[bool] = True

    def __init__(
        self,
        journal: Journal,
        base_url: str | None = None,
        api_key_variable: str = "OPENAI_API_KEY",
        *,
        pace: Pace | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """Name a server; nothing is connected yet.

        Args:
            journal: Where batches are noted; also where the caller stores replies.
            base_url: The address below which the API is found; by default `OPENAI_BASE_URL`, else OpenAI's.
            api_key_variable: The environment variable that holds the key.
            pace: How large batches get, and how patiently they are waited for.
            report: Takes a line for whatever is odd; by default `notices` keeps them.

        Raises:
            ModelError: The base URL can't be used.
        """
        self.notices: list[str] = []
        self._journal = journal
        self._pace = pace or Pace()
        self._server = BatchServer(base_url, api_key_variable, self._pace)
        self._courses = Courses(self._server, journal, self._pace, report or self.notices.append)
        self._recovery = Recovery(self._courses, journal)
        self._queues = Queues(self._pace, self._begin)
        self._pieces: dict[bytes, Piece] = {}
        self._delivered: list[Submission] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._recovering: asyncio.Task[Recovered] | None = None
        self._released = False

    def __repr__(self) -> str:
        """The server, without anything secret."""
        return f"{type(self).__name__}({self.server!r})"

    @property
    def server(self) -> str:
        """The host, and the port where it isn't the usual one."""
        return self._server.name

    @property
    def waiting(self) -> int:
        """Requests that have no answer yet."""
        return len(self._pieces)

    @property
    def progress(self) -> Mapping[str, Progress]:
        """How far each batch is that hasn't ended, by what the server calls it."""
        return self._courses.progress

    async def recover(self) -> Recovered:
        """Take over the batches of an earlier process, once; waits for those that still run.

        Raises:
            ModelError: The server refuses, or leaves out what was asked for.
            JournalError: Results can't be stored.
        """
        if self._recovering is None:
            self._recovering = asyncio.create_task(self._recovery.run())
        return await asyncio.shield(self._recovering)

    async def send(self, request: Request) -> bytes:
        """Queue a request, and wait for its answer.

        Returns:
            The body of the reply, as JSON; not byte for byte what the server would send alone.

        Raises:
            CallError: The request failed. One that may succeed in another batch was in several.
            ModelError: The server refuses batches, or the request can't be put to it.
            RunStoppedError: The batch was cancelled at the server, or `release` was called before.
            JournalError: The batch can't be stored.
        """
        if self._released:
            raise RunStoppedError(f"{self.server}: no more batches are submitted; resume the run")
        key = request.key
        piece = self._pieces.get(key)
        if piece is None:
            piece = self._new(request, key)
            self._queues.add(piece)
        else:
            piece.askers += 1
        try:
            return await asyncio.shield(piece.answer)
        finally:
            piece.askers -= 1

    def release(self) -> None:
        """Wait for nothing any more: all who ask get a failure that says that nothing was lost."""
        self._released = True
        self._queues.stop()
        for task in self._running():
            task.cancel()
        text = f"{self.server}: batches go on at the server; resume the run to take their results"
        for piece in list(self._pieces.values()):
            piece.fail(CallError(FailureKind.CONNECTION, text, sent=False))

    async def close(self) -> None:
        """Release what is waited for, and close the connections."""
        self.release()
        await asyncio.gather(*self._running(), return_exceptions=True)
        for submission in self._delivered:
            if all(self._journal.find(key) is not None for key in submission.keys):
                await self._courses.save(submission, "done")
        self._delivered.clear()
        await self._server.close()

    def _new(self, request: Request, key: bytes) -> Piece:
        prepare(request)
        size = len(line_of(request, key, official=self._server.official))
        piece = Piece(key, request, size, asyncio.get_running_loop().create_future(), askers=1)
        self._pieces[key] = piece
        piece.answer.add_done_callback(partial(self._answered, key))
        return piece

    def _running(self) -> list[asyncio.Task[Any]]:
        return [*self._tasks, *([self._recovering] if self._recovering else [])]

    def _answered(self, key: bytes, answer: asyncio.Future[bytes]) -> None:
        del answer
        del self._pieces[key]

    def _begin(self, pieces: Sequence[Piece]) -> None:
        task = asyncio.create_task(self._take(pieces))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, pieces: Sequence[Piece]) -> None:
        """Take requests through a batch; whatever happens, each gets an answer or a failure."""
        try:
            await self.recover()
            pieces = self._not_recorded(pieces)
            if pieces:
                await self._run_batch(pieces)
        except MensreaError as error:
            for piece in pieces:
                piece.fail(anew(error))
        except Exception:
            for piece in pieces:
                piece.fail(CallError(FailureKind.SERVER, f"{self.server}: the batch couldn't be handled"))
            raise

    def _not_recorded(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """Answer what the batches of an earlier process turn out to have answered."""
        for piece in pieces:
            record = self._journal.find(piece.key)
            if record is not None and record.failure:
                piece.fail(CallError(FailureKind(record.failure), record.message, body=record.body))
            elif record is not None:
                piece.succeed(record.body)
        return [piece for piece in pieces if not piece.answer.done()]

    async def _run_batch(self, pieces: Sequence[Piece]) -> None:
        pause = self._pace.longest_poll
        while True:
            submission = Submission.of(self._recovery.name, self.server, pieces)
            await self._courses.submit(submission, pieces)
            batch = await self._courses.wait(submission)
            if batch is None or batch.status != "failed":
                break
            await self._courses.save(submission, "done")
            rejected = rejection(submission, batch)
            if not rejected.later:
                for place, piece in enumerate(pieces):
                    self._settle(piece, rejected.wrong.get(place) or _not_reached(submission))
                return
            self._courses.report(f"{submission.title}: too much waits in other batches; tried again later")
            await asyncio.sleep(pause)
            pause = min(2 * pause, 30 * self._pace.longest_poll)
        stopped = batch is not None and batch.status == "cancelled"
        async for chunk in self._courses.results(submission, batch):
            await self._hand_over(submission, chunk, stopped=stopped)
        self._delivered.append(submission)
        await self._courses.save(submission, "delivered")

    async def _hand_over(self, submission: Submission, chunk: Sequence[Found], *, stopped: bool) -> None:
        unasked: list[Found] = []
        for found in chunk:
            _, key, outcome = found
            piece = self._pieces.get(key)
            if piece is None or not piece.wanted:
                unasked.append(found)
            elif isinstance(outcome, bytes):
                piece.succeed(outcome)
            elif stopped and outcome.kind is FailureKind.EXPIRED:
                piece.fail(
                    RunStoppedError(f"{submission.title}: cancelled at the server; resume to ask again")
                )
            else:
                self._settle(piece, outcome)
        # What nobody waits for any more was paid for all the same.
        await self._recovery.store(submission, unasked)
        # Whoever asked stores what came, before more of it is read.
        await asyncio.sleep(0)
        await self._journal.drain()

    def _settle(self, piece: Piece, error: CallError) -> None:
        """Put a request into the next batch, or fail it."""
        piece.rounds += 1
        again = error.retryable and not error.maybe_billed and piece.rounds < self._pace.rounds
        if again and piece.wanted and not self._released:
            self._queues.add(piece)
        else:
            piece.fail(copied(error))


def _not_reached(submission: Submission) -> CallError:
    return CallError(FailureKind.SERVER, f"{submission.title}: rejected for another of its requests")
