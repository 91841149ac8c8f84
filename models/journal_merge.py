"""Taking over what another journal holds, piece by piece, inside SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import JournalError
from . import journal_sql
from .journal_tables import FILE, transaction

ROWS = 2000
"""Rows of one piece."""

Run = Callable[[Callable[[sqlite3.Connection], Any]], Any]


def locate(other: Path, own: Path) -> Path:
    """The journal of the other run, given by its folder or its file.

    Raises:
        JournalError: There is none, or it is the own one.
    """
    path = other / FILE if other.is_dir() else other
    if path.name != FILE or not path.exists() or path.samefile(own):
        raise JournalError(f"{path}: no journal of another run; name the folder of a run")
    return path


def take_over(run: Run, path: Path) -> tuple[int, tuple[str, ...]]:
    """Copy what is new from the journal at `path`, which this process holds.

    A merge that was killed leaves whole pieces behind and can be done again. What calls cost stays under the
    journal that noted it first, so that nothing counts twice.

    Args:
        run: Has work done on the connection that writes; between pieces, other writes get their turn.
        path: The other journal's file.

    Returns:
        How many records and outcomes were copied, and a line if some can't be read.

    Raises:
        JournalError: The other journal is so damaged that its tables can't be walked.
    """
    run(lambda connection: _attach(connection, path))
    try:
        records = _pieces(run, path, journal_sql.LAST_RECORD_OF_SOURCE, journal_sql.MERGE_RECORDS)
        run(lambda connection: _change(connection, journal_sql.MERGE_SEGMENTS))
        outcomes = _pieces(run, path, journal_sql.LAST_OUTCOME_OF_SOURCE, journal_sql.MERGE_OUTCOMES)
        run(lambda connection: _change(connection, journal_sql.MERGE_BATCHES))
        run(lambda connection: _change(connection, journal_sql.MERGE_BILLS))
    finally:
        run(lambda connection: connection.execute("DETACH source").close())
    copied, lost = records[0] + outcomes[0], records[1] + outcomes[1]
    line = f"{path}: damaged, up to {lost:,} records and outcomes can't be read"
    return copied, (line,) if lost else ()


def _attach(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("ATTACH ? AS source", (f"{path.absolute().as_uri()}?vfs=unix-excl",))


def _pieces(run: Run, path: Path, last: str, statement: str) -> tuple[int, int]:
    rows = run(lambda connection: _last(connection, path, last))
    counts = [
        run(lambda connection, start=start: _piece(connection, statement, start, start + ROWS))
        for start in range(0, rows, ROWS)
    ]
    return sum(copied for copied, _ in counts), sum(lost for _, lost in counts)


def _last(connection: sqlite3.Connection, path: Path, statement: str) -> int:
    try:
        return connection.execute(statement).fetchone()[0] or 0
    except sqlite3.DatabaseError as error:
        raise JournalError(f"{path}: too damaged to be merged; restore it from a copy") from error


def _piece(connection: sqlite3.Connection, statement: str, start: int, end: int) -> tuple[int, int]:
    """Copy the rows after `start` up to `end`; where some can't be read, halves, so that the others are."""
    try:
        return _change(connection, statement, start, end), 0
    except sqlite3.DatabaseError as error:
        if not error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_CONSTRAINT")):
            raise
    if end - start == 1:
        return 0, 1
    middle = (start + end) // 2
    first, second = (_piece(connection, statement, *half) for half in ((start, middle), (middle, end)))
    return first[0] + second[0], first[1] + second[1]


def _change(connection: sqlite3.Connection, statement: str, *bounds: int) -> int:
    with transaction(connection):
        return connection.execute(statement, bounds).rowcount
