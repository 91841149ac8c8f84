"""The journal's tables and statements."""

# ruff: noqa: S608 - statements are put together from names of columns, never from data

from __future__ import annotations

FIELDS = (
    *("key", "step", "model", "sample", "body", "failure", "message"),
    *(
        "prompt",
        "completion",
        "reasoning",
        "cached",
        "attempts",
        "lost",
        "lost_prompt",
        "lost_completion",
        "api",
    ),
)
"""Columns of `record`, in the order of the fields of `Record`."""

COUNTS = (
    *("calls", "failed", "attempts", "lost"),
    *("prompt", "completion", "reasoning", "cached", "lost_prompt", "lost_completion"),
)
"""The columns of `bill` that count, in the order of the fields of `Total`."""

_FIELDS, _COUNTS = ", ".join(FIELDS), ", ".join(COUNTS)
_BILL = f"origin, step, model, api, {_COUNTS}"
_SEGMENT = "(SELECT id FROM segment WHERE name = ?)"

TABLES = (
    f"""
    CREATE TABLE record (
        id INTEGER PRIMARY KEY, key BLOB NOT NULL, step TEXT NOT NULL, model TEXT NOT NULL, api TEXT NOT NULL,
        sample INTEGER NOT NULL, failure TEXT NOT NULL, message TEXT NOT NULL,
        {", ".join(f"{name} INTEGER NOT NULL" for name in COUNTS[2:])}, body BLOB NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX record_key ON record (key)",
    "CREATE INDEX record_failure ON record (failure) WHERE failure <> ''",
    "CREATE TABLE segment (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE)",
    """
    CREATE TABLE outcome (
        id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, ordinal INTEGER NOT NULL, payload BLOB NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX outcome_place ON outcome (segment, ordinal)",
    f"""
    CREATE TABLE bill (
        origin TEXT NOT NULL, step TEXT NOT NULL, model TEXT NOT NULL, api TEXT NOT NULL,
        {", ".join(f"{name} INTEGER NOT NULL" for name in COUNTS)}, PRIMARY KEY (origin, step, model, api)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE batch (
        place INTEGER PRIMARY KEY, id TEXT NOT NULL, server TEXT NOT NULL, status TEXT NOT NULL,
        requests BLOB NOT NULL, details TEXT NOT NULL, UNIQUE (server, id)
    )
    """,
    """
    CREATE TABLE state (
        origin TEXT NOT NULL, open INTEGER NOT NULL, in_flight INTEGER NOT NULL, pid INTEGER NOT NULL,
        host TEXT NOT NULL
    )
    """,
)
"""Large payloads stand in tables that only grow at their end; `state` has one row."""

PUT_RECORD = f"INSERT OR REPLACE INTO record ({_FIELDS}) VALUES ({', '.join('?' * len(FIELDS))})"
PUT_OUTCOME = "INSERT OR REPLACE INTO outcome (segment, ordinal, payload) VALUES (?, ?, ?)"
PUT_BILL = f"""
    INSERT INTO bill ({_BILL}) VALUES ({", ".join("?" * (4 + len(COUNTS)))})
    ON CONFLICT DO UPDATE SET {", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTS)}
"""
PUT_SEGMENT = "INSERT OR IGNORE INTO segment (name) VALUES (?)"
PUT_NOTE = "INSERT OR REPLACE INTO note VALUES (?, ?)"
PUT_BATCH = """
    INSERT INTO batch (id, server, status, requests, details) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (server, id) DO UPDATE
    SET status = excluded.status, requests = excluded.requests, details = excluded.details
"""

RECORD = f"SELECT {_FIELDS} FROM record WHERE key = ?"
PREFIXES = "SELECT substr(key, 1, 8) FROM record WHERE key >= ? AND key < ?"
SEGMENT = "SELECT id FROM segment WHERE name = ?"
LAST_ORDINAL = f"SELECT max(ordinal) FROM outcome WHERE segment = {_SEGMENT}"
ORDINALS = f"""
    SELECT group_concat(ordinal) FROM outcome WHERE segment = {_SEGMENT} AND ordinal >= ? AND ordinal < ?
"""
OUTCOMES = f"""
    SELECT ordinal, payload FROM outcome WHERE segment = {_SEGMENT} AND ordinal > ? ORDER BY ordinal LIMIT ?
"""
TOTALS = f"""
    SELECT step, model, api, {", ".join(f"sum({name})" for name in COUNTS)} FROM bill
    GROUP BY step, model, api ORDER BY step, model, api
"""
FAILURES = "SELECT failure, count(*) FROM record WHERE failure <> '' GROUP BY failure"
NOTES = "SELECT key, value FROM note ORDER BY key"
BATCHES = "SELECT id, server, status, requests, details FROM batch ORDER BY place"

FORGET_OUTCOMES = f"DELETE FROM outcome WHERE segment = {_SEGMENT}"
FORGET_OUTCOME = f"{FORGET_OUTCOMES} AND ordinal = ?"
FORGET_FAILURES = "DELETE FROM record WHERE failure <> ''"
FORGET_NOTE = "DELETE FROM note WHERE key = ?"

MERGE_RECORDS = f"""
    INSERT INTO main.record ({_FIELDS}) SELECT {_FIELDS} FROM source.record WHERE id > ? AND id <= ?
    ON CONFLICT (key) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in FIELDS)}
    WHERE record.failure <> '' AND excluded.failure = ''
"""
MERGE_SEGMENTS = "INSERT OR IGNORE INTO main.segment (name) SELECT name FROM source.segment"
MERGE_OUTCOMES = """
    INSERT OR IGNORE INTO main.outcome (segment, ordinal, payload)
    SELECT ours.id, theirs.ordinal, theirs.payload FROM source.outcome AS theirs
    JOIN source.segment AS named ON named.id = theirs.segment
    JOIN main.segment AS ours ON ours.name = named.name
    WHERE theirs.id > ? AND theirs.id <= ?
"""
MERGE_BATCHES = """
    INSERT OR IGNORE INTO main.batch (id, server, status, requests, details)
    SELECT id, server, status, requests, details FROM source.batch ORDER BY place
"""
MERGE_BILLS = f"""
    INSERT INTO main.bill ({_BILL}) SELECT {_BILL} FROM source.bill WHERE true
    ON CONFLICT DO UPDATE SET {", ".join(f"{name} = max({name}, excluded.{name})" for name in COUNTS)}
"""
LAST_RECORD_OF_SOURCE = "SELECT max(id) FROM source.record"
LAST_OUTCOME_OF_SOURCE = "SELECT max(id) FROM source.outcome"
