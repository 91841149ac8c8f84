"""How the journal's file is opened, and what SQLite's errors mean to the user."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import JournalError, MensreaError, RunLockedError
from .journal_sql import TABLES

FILE = "journal.sqlite"
FORMAT = 1
APPLICATION = 0x6D656E73
"""SQLite's `application_id`, by which this module knows a journal: "mens"."""

PAGE_BYTES = 4096
WRITER_CACHE_KIB = 32 * 1024
READER_CACHE_KIB = 2 * 1024
CHECKPOINT_PAGES = 8000


def make(folder: Path) -> None:
    """Make a folder and those above it, durably, if they don't exist.

    Raises:
        OSError: It can't be made.
    """
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in new:
        parent = os.open(each.parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)


def connect(path: Path, cache_kib: int = READER_CACHE_KIB) -> sqlite3.Connection:
    """A connection to the file at `path`, which this process then keeps from all others.

    SQLite's `unix-excl` locks the file for the process and keeps the index of the write-ahead log in memory:
    connections of one process read while another of them waits for the disk, and no shared memory is
    needed, which network file systems don't have.

    Raises:
        sqlite3.Error: The file can't be opened.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?vfs=unix-excl",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=1,
    )
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    return connection


@contextmanager
def reading(path: Path) -> Generator[sqlite3.Connection]:
    """A connection of one's own for a long read.

    Raises:
        JournalError: The journal can't be read.
    """
    with explained(path):
        connection = connect(path)
        try:
            yield connection
        finally:
            connection.close()


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Hold the file to being new, or a journal that this version reads.

    Raises:
        JournalError: It is something else, or newer.
    """
    version, application = _pragma(connection, "user_version"), _pragma(connection, "application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and application != APPLICATION:
        raise JournalError(f"{path}: an SQLite file of another program, not a journal; choose another folder")
    if version > FORMAT:
        raise JournalError(
            f"{path}: a journal of format {version}, and this version reads up to {FORMAT}; update mensrea"
        )


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make commits durable, and the tables if the file is new.

    Raises:
        JournalError: The file system allows no write-ahead log.
    """
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise JournalError(f"{path}: no write-ahead log on this file system; put the run on a local disk")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {2 * CHECKPOINT_PAGES * PAGE_BYTES}")
    if not _pragma(connection, "user_version"):
        _create(connection)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _create(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in TABLES:
            connection.execute(statement)
        connection.execute("INSERT INTO state VALUES (?, 0, 0, 0, '')", (uuid.uuid4().hex,))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All of the block or nothing of it; durable when the block has ended."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Errors of SQLite and of the operating system become errors that say what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise explain(path, error) from error


def explain(path: Path, error: Exception) -> MensreaError:
    """What an error of SQLite, of the operating system or of a value means for the journal at `path`."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return RunLockedError(f"{path}: another program has the journal open; close it and try again")
    for prefix, advice in _ADVICE.items():
        if name.startswith(prefix):
            return JournalError(f"{path}: {advice}")
    if isinstance(error, sqlite3.OperationalError | OSError):
        return JournalError(f"{path}: can't be used ({error}); check the folder's permissions and its disk")
    return JournalError(f"{path}: can't store a value ({error}); it takes bytes, text and 64-bit integers")


def closed(path: Path) -> JournalError:
    """The error of a journal that is used after its end."""
    return JournalError(f"{path}: the journal is closed here; open it again")


_ADVICE = {
    "SQLITE_FULL": "no space left on the disk; free some and run again, what was recorded is kept",
    "SQLITE_CORRUPT": "damaged; move the folder away and merge it into a new run, which saves what is whole",
    "SQLITE_NOTADB": "not a journal, or damaged; restore it from a copy, or choose another folder",
}
