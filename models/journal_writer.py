"""The journal's writer: a thread that commits whatever has queued up, in one transaction, again and again."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..errors import JournalError, MensreaError
from .journal_commit import Commits, Entry, Outcome
from .journal_keys import Keys
from .journal_tables import closed, explain

ROOM_BYTES = 32 << 20
"""Queued bytes from which on `room` makes producers wait."""

COMMIT_BYTES = 8 << 20
COMMIT_ENTRIES = 2048
IDLE_SECONDS = 1.0

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Queued:
    """An entry that waits for its commit.

    Attributes:
        entry: What is to be written.
        size: About how many bytes it takes.
        done: Resolved once it is durable.
    """

    entry: Entry
    size: int
    done: asyncio.Future[None]


@dataclass(slots=True)
class Job:
    """Work on the connection that isn't an entry, with its result."""

    work: Callable[[sqlite3.Connection], Any]
    done: Future[Any]


class Writer:
    """Owns the connection that writes. Its methods may be called from any thread.

    Attributes:
        in_flight: Calls under way; written with every commit, and within a second when it changes.
    """

    def __init__(self, connection: sqlite3.Connection, keys: Keys, path: Path) -> None:
        """Start the thread, which alone uses `connection` until `stop` returns; `path` is for messages."""
        self.in_flight = 0
        self._path = path
        self._connection = connection
        self._commits = Commits(connection, keys)
        self._queue: deque[Queued | Job] = deque()
        self._bytes = 0
        self._ready = threading.Condition(threading.Lock())
        self._stopped = False
        self._waiting: list[asyncio.Future[None]] = []
        self._unseen: JournalError | None = None
        self._thread = threading.Thread(target=self._run, name="mensrea-journal", daemon=True)
        self._thread.start()

    def put(self, entry: Entry, size: int) -> asyncio.Future[None]:
        """Queue an entry; the future of the running loop resolves once it is durable.

        Raises:
            JournalError: The journal is closed.
        """
        done = asyncio.get_running_loop().create_future()
        with self._ready:
            self._refuse_if_stopped()
            self._queue.append(Queued(entry, size, done))
            self._bytes += size
            if len(self._queue) == 1:
                self._ready.notify()
        return done

    def run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Have work done on the connection, after all that is queued, and wait for it.

        Raises:
            JournalError: The journal is closed, or the work failed.
        """
        return self.submit(work).result()

    def submit(self, work: Callable[[sqlite3.Connection], _Result]) -> Future[_Result]:
        """Have work done on the connection, after all that is queued.

        Raises:
            JournalError: The journal is closed.
        """
        job = Job(work, Future())
        with self._ready:
            self._refuse_if_stopped()
            self._queue.append(job)
            self._ready.notify()
        return job.done

    def _refuse_if_stopped(self) -> None:
        if self._stopped:
            raise closed(self._path)

    async def room(self) -> None:
        """Return at once unless more than `ROOM_BYTES` are queued; then wait until half are written."""
        with self._ready:
            if self._bytes <= ROOM_BYTES or self._stopped:
                return
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
        await waiting

    def raise_unseen(self) -> None:
        """Raise the first error since the last call that hit outcomes, whose futures few people look at."""
        error, self._unseen = self._unseen, None
        if error:
            raise error

    def stop(self) -> None:
        """Write what is queued and end the thread."""
        with self._ready:
            self._stopped = True
            self._ready.notify()
        self._thread.join()

    def abandon(self) -> None:
        """In a forked child, where the thread doesn't run and its lock may stay held: refuse all work."""
        self._ready = threading.Condition(threading.Lock())
        self._stopped = True

    def _run(self) -> None:
        while True:
            batch, job = self._take()
            if batch:
                self._write(batch)
                self._make_room(batch)
            if job:
                self._work(job)
            if not batch and not job:
                if self._stopped:
                    return
                self._note_in_flight()

    def _take(self) -> tuple[list[Queued], Job | None]:
        """The next entries to commit together, and the job that follows; nothing after an idle second."""
        batch: list[Queued] = []
        size = 0
        with self._ready:
            if not self._queue and not self._stopped:
                self._ready.wait(IDLE_SECONDS)
            while self._queue and size < COMMIT_BYTES and len(batch) < COMMIT_ENTRIES:
                item = self._queue.popleft()
                if isinstance(item, Job):
                    return batch, item
                batch.append(item)
                size += item.size
        return batch, None

    def _write(self, batch: list[Queued]) -> None:
        """Commit entries. Where one can't be stored, halves are tried, so that it fails alone."""
        try:
            self._commits.write([item.entry for item in batch], self.in_flight)
        except (sqlite3.OperationalError, MemoryError, OSError) as error:
            self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 - one bad entry must not end the thread
            if len(batch) == 1:
                self._fail(batch, error)
            else:
                self._write(batch[: len(batch) // 2])
                self._write(batch[len(batch) // 2 :])
        else:
            _settle([item.done for item in batch], None)

    def _fail(self, batch: list[Queued], error: Exception) -> None:
        reason = explain(self._path, error)
        text = f"{reason} (not recorded: {len(batch):,})"
        if any(isinstance(item.entry, Outcome) for item in batch):
            self._unseen = self._unseen or JournalError(text)
        _settle([item.done for item in batch if not isinstance(item.entry, Outcome)], text)
        _settle([item.done for item in batch if isinstance(item.entry, Outcome)], text, seen=True)

    def _make_room(self, batch: list[Queued]) -> None:
        with self._ready:
            self._bytes -= sum(item.size for item in batch)
            if self._bytes > ROOM_BYTES // 2:
                return
            waiting, self._waiting = self._waiting, []
        _settle(waiting, None)

    def _work(self, job: Job) -> None:
        if not job.done.set_running_or_notify_cancel():
            return
        try:
            result = job.work(self._connection)
        except MensreaError as error:
            job.done.set_exception(error)
        except Exception as error:  # noqa: BLE001 - it belongs to the caller, and the thread goes on
            job.done.set_exception(explain(self._path, error))
        else:
            job.done.set_result(result)

    def _note_in_flight(self) -> None:
        """Keep the number of calls in flight true while nothing is written."""
        if self.in_flight != self._commits.in_flight:
            self._write_nothing()

    def _write_nothing(self) -> None:
        try:
            self._commits.write([], self.in_flight)
        except (sqlite3.Error, OSError):
            self._commits.in_flight = self.in_flight


def _settle(futures: Iterable[asyncio.Future[None]], failure: str | None, *, seen: bool = False) -> None:
    """Resolve futures in their loops, with one wake-up for each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for future in futures:
        loops.setdefault(future.get_loop(), []).append(future)
    for loop, own in loops.items():
        with contextlib.suppress(RuntimeError):  # a loop that was closed has no one left to tell
            loop.call_soon_threadsafe(_resolve, own, failure, seen)


def _resolve(futures: list[asyncio.Future[None]], failure: str | None, seen: bool) -> None:  # noqa: FBT001 - a callback
    for future in futures:
        if future.done():
            continue
        if failure is None:
            future.set_result(None)
            continue
        future.set_exception(JournalError(failure))
        if seen:
            future.exception()
