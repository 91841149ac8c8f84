"""The journal of a run: every ended call and every finished row, durable before anything uses it.

One SQLite file with a write-ahead log, in the run's folder; docs/journal.md says what is durable when.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Self

import orjson

from . import journal_changes, journal_fork, journal_merge, journal_queries, journal_recovery, journal_tables
from .calls import KEY_BYTES
from .journal_commit import Outcome
from .journal_keys import Keys
from .journal_records import Batch, Finished, Record, Total
from .journal_writer import Writer
from .run_lock import RunLock

__all__ = ["Batch", "Finished", "Journal", "Record", "Total"]

_OVERHEAD_BYTES = 300


class Journal:
    """What a run knows about its calls and rows: `with Journal.open(folder) as journal`.

    `find`, `put`, `outcome` and `drain` suit an event loop: they never wait for a commit, and `flush` waits
    without blocking it. All else may block: call it before or after the loop's work, or through
    `asyncio.to_thread`. A disk that fails or is full is a `JournalError`; what was acknowledged before stays.

    Attributes:
        path: The SQLite file.
        recovered: A line for each thing that a crash left behind: a torn tail, calls that were in flight.
    """

    def __init__(self, path: Path, lock: RunLock) -> None:
        """Open the file at `path`, whose folder `lock` is on; see `open`."""
        self.path = path
        self._lock = lock
        self._closed = False
        log = journal_recovery.Log.read(path.with_name(f"{path.name}-wal"))
        journal_recovery.guard(path, log)
        self._connection = journal_tables.connect(path, journal_tables.WRITER_CACHE_KIB)
        try:
            self.recovered = journal_recovery.recover(self._connection, path, log)
            self._reader = journal_tables.connect(path)
        except BaseException:
            self._connection.close()
            raise
        self._keys = Keys.of(self._reader)
        self._writer = Writer(self._connection, self._keys, path)
        journal_fork.guard(self)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The journal of the run in `folder`; both are made if they don't exist.

        Raises:
            RunLockedError: Another process has it; the message names it.
            JournalError: It can't be read or written, or is of a newer format.
        """
        path = folder / journal_tables.FILE
        with journal_tables.explained(path):
            journal_tables.make(folder)
            lock = RunLock(folder)
            try:
                return cls(path, lock)
            except BaseException:
                lock.release()
                raise

    @property
    def in_flight(self) -> int:
        """Calls under way: set it, and after a crash `recovered` says how many there were."""
        return self._writer.in_flight

    @in_flight.setter
    def in_flight(self, calls: int) -> None:
        self._writer.in_flight = calls

    def find(self, key: bytes) -> Record | None:
        """The durable record of this key.

        Raises:
            JournalError: The journal is damaged or closed.
        """
        try:
            return journal_queries.record(self._reader, key) if self._keys.may_have(key) else None
        except sqlite3.ProgrammingError as error:
            raise journal_tables.closed(self.path) from error
        except sqlite3.Error as error:
            raise journal_tables.explain(self.path, error) from error

    def put(self, record: Record) -> asyncio.Future[None]:
        """Queue a record; the future resolves once it is durable, or fails with a `JournalError`.

        It replaces a record of the same key; `totals` counts both. Must be called in a running event loop.

        Raises:
            ValueError: The key hasn't `KEY_BYTES`.
            JournalError: The journal is closed.
        """
        if len(record.key) != KEY_BYTES:
            raise ValueError(f"put: a key of {len(record.key)} bytes, expected {KEY_BYTES}: Request.key")
        return self._writer.put(record, _OVERHEAD_BYTES + len(record.body))

    def outcome(self, segment: bytes, ordinal: int, payload: bytes) -> asyncio.Future[None]:
        """Queue what became of row `ordinal`, from 0, of a segment; it replaces what was there.

        The future need not be awaited: an error comes up in the next `drain`, `flush` or `close`, too.

        Raises:
            ValueError: The ordinal is negative.
            JournalError: The journal is closed.
        """
        if ordinal < 0:
            raise ValueError(f"outcome: ordinal {ordinal}, expected 0 or more")
        return self._writer.put(Outcome(segment, ordinal, payload), _OVERHEAD_BYTES + len(payload))

    async def drain(self) -> None:
        """Wait while too much is queued: producers call it between outcomes, which bounds memory.

        Raises:
            JournalError: Outcomes couldn't be written.
        """
        await self._writer.room()
        self._writer.raise_unseen()

    async def flush(self) -> None:
        """Wait until all that is queued is durable.

        Raises:
            JournalError: Outcomes couldn't be written.
        """
        await asyncio.wrap_future(self._writer.submit(lambda _: None))
        self._writer.raise_unseen()

    def finished(self, segment: bytes) -> Finished:
        """The rows of a segment that have a durable outcome."""
        with self._reading() as connection:
            return journal_queries.finished(connection, segment)

    def outcomes(self, segment: bytes) -> Generator[tuple[int, bytes]]:
        """Ordinal and payload of each durable outcome of a segment, by ordinal, a few at a time from disk."""
        with self._reading() as connection:
            yield from journal_queries.outcomes(connection, segment)

    def totals(self) -> list[Total]:
        """What calls cost, for each step and model; those forgotten or merged since are included."""
        with self._reading() as connection:
            return journal_queries.totals(connection)

    def failures(self) -> dict[str, int]:
        """How many records stand for each kind of failure."""
        with self._reading() as connection:
            return journal_queries.failures(connection)

    def notes(self) -> dict[str, Any]:
        """All values that `note` keeps, by key."""
        with self._reading() as connection:
            return journal_queries.notes(connection)

    def batches(self) -> list[Batch]:
        """The submitted batches, in the order in which they were first saved."""
        with self._reading() as connection:
            return journal_queries.batches(connection)

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        if self._closed:
            raise journal_tables.closed(self.path)
        return journal_tables.reading(self.path)

    def forget_outcomes(self, segment: bytes, ordinals: Iterable[int] | None = None) -> int:
        """Delete outcomes of a segment, all or those of these rows; returns how many there were."""
        return self._writer.run(lambda writing: journal_changes.forget_outcomes(writing, segment, ordinals))

    def forget_failures(self) -> int:
        """Delete the records of failed calls, so that they are made again; returns how many there were."""
        return self._writer.run(journal_changes.forget_failures)

    def note(self, key: str, value: Any) -> None:
        """Keep a small JSON value under a key; None deletes it."""
        text = None if value is None else orjson.dumps(value).decode()
        self._writer.run(lambda writing: journal_changes.note(writing, key, text))

    def save_batch(self, batch: Batch) -> None:
        """Insert a submitted batch, or replace what is known of it."""
        self._writer.run(lambda writing: journal_changes.save_batch(writing, batch))

    def merge(self, other: Path) -> int:
        """Take over what another run has and this one hasn't; returns how many records and outcomes.

        An answer replaces a failure. Doing it twice changes nothing. What is damaged there joins `recovered`.

        Raises:
            RunLockedError: A process works on the other run.
            JournalError: There is no other journal, or it can't be read.
        """
        path = journal_merge.locate(other, self.path)
        with type(self).open(path.parent) as source:
            try:
                copied, lines = journal_merge.take_over(self._writer.run, path)
            finally:
                self._keys.forget()
            self.recovered += source.recovered + lines
            return copied

    def close(self) -> None:
        """Write what is queued, and let go of the folder; may be called twice.

        Raises:
            JournalError: Outcomes couldn't be written.
        """
        if self._closed:
            return
        self._closed = True
        self._writer.stop()
        with suppress(sqlite3.Error):  # if it fails, the next `open` reports that the end wasn't clean
            journal_recovery.mark_closed(self._connection)
        self._reader.close()
        self._keys.forget()
        self._connection.close()
        journal_fork.release(self)
        self._lock.release()
        self._writer.raise_unseen()

    def abandon(self) -> list[sqlite3.Connection]:
        """In a forked child: count as closed; returns the parent's connections, which mustn't be closed."""
        inherited = [self._connection, self._reader]
        self._closed = True
        self._lock.abandon()
        self._writer.abandon()
        self._reader = sqlite3.connect(":memory:")
        self._reader.close()
        self._keys = Keys(self._reader)
        return inherited

    def __enter__(self) -> Self:
        """The journal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
