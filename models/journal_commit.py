"""One commit of a journal: records, outcomes and what they cost, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from . import journal_sql
from .journal_keys import Keys
from .journal_records import Record
from .journal_tables import transaction

_row = attrgetter(*journal_sql.FIELDS)
_label = attrgetter("step", "model", "api")
_spent = attrgetter(*journal_sql.COUNTS[2:])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: of which segment, its ordinal there, and the payload."""

    segment: bytes
    ordinal: int
    payload: bytes


Entry = Record | Outcome


class Commits:
    """Writes entries to the journal's tables.

    Attributes:
        in_flight: The number of calls in flight that was written last.
    """

    def __init__(self, connection: sqlite3.Connection, keys: Keys) -> None:
        """Write through a connection that no one else uses meanwhile, and note which keys were written."""
        self.in_flight = 0
        self._connection = connection
        self._keys = keys
        self._segments: dict[bytes, int] = {}
        self._origin = str(connection.execute("SELECT origin FROM state").fetchone()[0])

    def write(self, entries: Sequence[Entry], in_flight: int) -> None:
        """Commit the entries and the number of calls in flight; they are durable on return.

        A record replaces one of the same key, an outcome one of the same row; the bill has both.

        Raises:
            sqlite3.Error: Nothing of it was written.
        """
        try:
            with transaction(self._connection):
                self._write(entries)
                if in_flight != self.in_flight:
                    self._connection.execute("UPDATE state SET in_flight = ?", (in_flight,))
        except BaseException:
            self._segments.clear()
            raise
        self.in_flight = in_flight
        self._keys.add(entry.key for entry in entries if isinstance(entry, Record))

    def _write(self, entries: Sequence[Entry]) -> None:
        records = [entry for entry in entries if isinstance(entry, Record)]
        outcomes = [entry for entry in entries if isinstance(entry, Outcome)]
        self._connection.executemany(journal_sql.PUT_RECORD, map(_row, records))
        self._connection.executemany(journal_sql.PUT_BILL, self._bill(records))
        places = [(self._segment(each.segment), each.ordinal, each.payload) for each in outcomes]
        self._connection.executemany(journal_sql.PUT_OUTCOME, places)

    def _bill(self, records: Iterable[Record]) -> Iterable[tuple[str | int, ...]]:
        sums: dict[tuple[str, str, str], list[int]] = {}
        for record in records:
            counts = [1, int(record.failure != ""), *_spent(record)]
            before = sums.setdefault(_label(record), counts)
            if before is not counts:
                before[:] = map(int.__add__, before, counts)
        return [(self._origin, *label, *counts) for label, counts in sums.items()]

    def _segment(self, name: bytes) -> int:
        found = self._segments.get(name)
        if found is None:
            self._connection.execute(journal_sql.PUT_SEGMENT, (name,))
            found = int(self._connection.execute(journal_sql.SEGMENT, (name,)).fetchone()[0])
            self._segments[name] = found
        return found
