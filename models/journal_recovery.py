"""What a crash left behind: SQLite drops a damaged tail of the log without a word, and this module says so.

The log's layout is that of SQLite's file format, section 4: a header of 32 bytes, then frames, each a header
of 24 bytes and a page. Frames of the current round carry the salt of the log's header.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import JournalError
from .journal_tables import check, prepare, transaction

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = 0x377F0682
_ROUNDS = 1 << 20
"""How many rounds back a frame may be that counts as a leftover: each round adds one to the first salt."""


@dataclass(frozen=True, slots=True)
class Log:
    """A write-ahead log as it lies on disk, before SQLite has judged its checksums.

    Attributes:
        path: Where it is.
        size: Bytes of the file; -1 if there is none.
        frame: Bytes of a frame; 0 if the header can't be trusted.
        frames: Places up to the last one that isn't a whole frame of an earlier round.
        commits: Places, from 1, of frames of the current round that end a commit.
    """

    path: Path
    size: int = -1
    frame: int = 0
    frames: int = 0
    commits: tuple[int, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Log:
        """Look at the log at `path`, if there is one; only headers are read."""
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                header = file.read(_HEADER.size)
                if not _sound(header):
                    return cls(path, size)
                _, _, page, _, *salt = _HEADER.unpack(header)[:6]
                frame = _FRAME.size + page
                headers = (
                    os.pread(file.fileno(), _FRAME.size, at) for at in range(_HEADER.size, size, frame)
                )
                frames, commits = _places(headers, tuple(salt))
                return cls(path, size, frame, frames, commits)
        except FileNotFoundError:
            return cls(path)

    def dropped(self, accepted: int) -> str | None:
        """A line on what lies behind the `accepted` frames that SQLite took; None if nothing does."""
        if self.size > 0 and not self.frame:
            return f"{self.path}: its header is damaged, so its {self.size:,} bytes were dropped; {_AGAIN}"
        lost = min(self.size, _HEADER.size + self.frames * self.frame) - _HEADER.size - accepted * self.frame
        if self.frames <= accepted or lost <= 0:
            return None
        commits = sum(place > accepted for place in self.commits)
        what = f"up to {commits:,} commits" if commits else "a commit that was never acknowledged"
        return f"{self.path}: a torn tail of {lost:,} bytes was dropped, {what}; {_AGAIN}"


_AGAIN = "results that are missing now are asked for again"


def _sound(header: bytes) -> bool:
    """Whether the log's header has its magic number and its checksum."""
    if len(header) < _HEADER.size or int.from_bytes(header[:4]) & ~1 != _MAGIC:
        return False
    order = ">" if header[3] & 1 else "<"
    words = struct.unpack(f"{order}6I", header[:24])
    one = two = 0
    for at in range(0, 6, 2):
        one = one + words[at] + two & 0xFFFFFFFF
        two = two + words[at + 1] + one & 0xFFFFFFFF
    return (one, two) == _HEADER.unpack(header)[6:]


def _places(headers: Iterable[bytes], salt: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The last place, from 1, that isn't of an earlier round, and those that end a commit of this one."""
    last = 0
    commits: list[int] = []
    for place, header in enumerate(headers, 1):
        _, pages, *own, _, _ = _FRAME.unpack(header.ljust(_FRAME.size, b"\0"))
        if not 0 < (salt[0] - own[0]) % (1 << 32) <= _ROUNDS:
            last = place
        if tuple(own) == salt and pages:
            commits.append(place)
    return last, tuple(commits)


def guard(database: Path, log: Log) -> None:
    """Refuse to open what SQLite would destroy: it deletes the log of a database that is empty or missing.

    Raises:
        JournalError: The log has commits, and the file that they belong to isn't there.
    """
    if log.commits and not (database.exists() and database.stat().st_size):
        raise JournalError(
            f"{database}: missing or empty, but its log {log.path.name} holds {len(log.commits):,} commits; "
            "put the file back beside its log, or move the log away to start anew"
        )


def recover(connection: sqlite3.Connection, database: Path, log: Log) -> tuple[str, ...]:
    """Let SQLite recover the journal, make its tables if it is new, and note that it is open.

    Returns:
        A line for each thing that a crash left behind.

    Raises:
        JournalError: It is no journal, or of a newer format.
        sqlite3.Error: It can't be read or written.
    """
    check(connection, database)
    lines = _torn(connection, log)
    prepare(connection, database)
    lines += _unclean(connection, database, log)
    with transaction(connection):
        values = (os.getpid(), socket.gethostname())
        connection.execute("UPDATE state SET open = 1, in_flight = 0, pid = ?, host = ?", values)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the database itself knows, even without its log
    return tuple(lines)


def _torn(connection: sqlite3.Connection, log: Log) -> list[str]:
    """What SQLite dropped from the log."""
    if log.size <= 0:
        return []
    accepted = int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])
    line = log.dropped(max(accepted, 0))
    return [line] if line else []


def _unclean(connection: sqlite3.Connection, database: Path, log: Log) -> list[str]:
    """The process that ended without closing the journal."""
    still_open, calls, pid, host = connection.execute(
        "SELECT open, in_flight, pid, host FROM state"
    ).fetchone()
    if not still_open:
        return []
    ended = f"{database}: process {pid} on {host} ended without closing the run"
    lines = [f"{ended}, with about {calls:,} calls in flight; they may be billed, and are made again"]
    if log.size < 0:
        lines.append(f"{log.path}: missing, and its results with it; copy a run's folder with all its files")
    return lines


def mark_closed(connection: sqlite3.Connection) -> None:
    """Note that everything was written."""
    with transaction(connection):
        connection.execute("UPDATE state SET open = 0, in_flight = 0")
