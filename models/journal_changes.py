"""Changes to a journal beside records and outcomes; the writer's thread makes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import orjson

from . import journal_sql
from .journal_records import Batch
from .journal_tables import transaction


def forget_outcomes(connection: sqlite3.Connection, segment: bytes, ordinals: Iterable[int] | None) -> int:
    """Delete outcomes of a segment; returns how many."""
    with transaction(connection):
        if ordinals is None:
            return connection.execute(journal_sql.FORGET_OUTCOMES, (segment,)).rowcount
        rows = ((segment, ordinal) for ordinal in ordinals)
        return connection.executemany(journal_sql.FORGET_OUTCOME, rows).rowcount


def forget_failures(connection: sqlite3.Connection) -> int:
    """Delete failed records; returns how many."""
    with transaction(connection):
        return connection.execute(journal_sql.FORGET_FAILURES).rowcount


def note(connection: sqlite3.Connection, key: str, text: str | None) -> None:
    """Set a note, or delete it if there is no text."""
    with transaction(connection):
        if text is None:
            connection.execute(journal_sql.FORGET_NOTE, (key,))
        else:
            connection.execute(journal_sql.PUT_NOTE, (key, text))


def save_batch(connection: sqlite3.Connection, batch: Batch) -> None:
    """Insert a batch, or replace what is known of it."""
    requests, details = b"".join(batch.requests), orjson.dumps(dict(batch.details)).decode()
    with transaction(connection):
        connection.execute(journal_sql.PUT_BATCH, (batch.id, batch.server, batch.status, requests, details))
