"""The rows of a stage, divided among a cluster's workers, and what they made of them brought together again.

    workers/00000/rows.jsonl       rows that have no outcome yet, each with its ordinal
    workers/00000/journal.sqlite   what the worker paid for, and the outcomes of its rows
    workers/00000/counts.json      how far it is
    workers/stop                   all workers are to stop

A row's shard depends on what is in the row, so equal rows meet in one shard and are asked once. A shard's
journal is found again by whoever takes the shard over, so a worker that dies loses only what was in flight.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
import xxhash

from ..errors import RunLockedError, StorageError
from ..models.journal import Journal
from ..models.journal_tables import FILE as JOURNAL
from .steps import Row

FOLDER: Final = "workers"
COUNTS: Final = "counts.json"
ROWS: Final = "rows.jsonl"
_STOP: Final = "stop"
_PATIENCE: Final = 120.0
"""Seconds to wait for a worker of a run that was killed: a network file system frees locks late."""

_POLL: Final = 0.5


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows that one worker runs: which shard it is, and how many rows."""

    index: int
    rows: int


def shard_folder(run: Path, shard: int) -> Path:
    """The folder of a shard."""
    return run / FOLDER / f"{shard:05d}"


def split_rows(run: Path, pending: Iterable[tuple[int, Row]], shards: int) -> list[Shard]:
    """Write rows to the folders of shards, one row in memory at a time.

    Args:
        run: The run's folder.
        pending: Rows with their ordinals.
        shards: How many shards at most; those without rows are left out.

    Raises:
        StorageError: The disk is full, or the folder can't be written.
    """
    counts = [0] * shards
    files: dict[int, BinaryIO] = {}
    try:
        with ExitStack() as stack:
            for ordinal, row in pending:
                text = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
                shard = xxhash.xxh3_64_intdigest(text) % shards
                if shard not in files:
                    folder = shard_folder(run, shard)
                    folder.mkdir(parents=True, exist_ok=True)
                    files[shard] = stack.enter_context((folder / ROWS).open("wb"))
                # The row as it is: the order of its members is part of it.
                files[shard].write(orjson.dumps([ordinal, row], option=orjson.OPT_APPEND_NEWLINE))
                counts[shard] += 1
    except OSError as error:
        raise StorageError(f"{run / FOLDER}: can't be written ({error.strerror or error})") from error
    return [Shard(index, rows) for index, rows in enumerate(counts) if rows]


def read_rows(run: Path, shard: int) -> Iterator[tuple[int, Row]]:
    """The rows of a shard with their ordinals."""
    with (shard_folder(run, shard) / ROWS).open("rb") as lines:
        for line in lines:
            ordinal, row = orjson.loads(line)
            yield ordinal, row


def merge_shards(run: Path, journal: Journal) -> int:
    """Take over what workers wrote, and remove their folders.

    Returns:
        How many records and outcomes are new.

    Raises:
        RunLockedError: A worker of a run that was killed goes on for too long.
        JournalError: A journal can't be read, or the disk is full; what is left is merged next time.
    """
    merged = 0
    for folder in sorted((run / FOLDER).glob("*/")):
        if (folder / JOURNAL).exists():
            merged += _merge(journal, folder)
        shutil.rmtree(folder)
    shutil.rmtree(run / FOLDER, ignore_errors=True)
    return merged


def _merge(journal: Journal, folder: Path) -> int:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return journal.merge(folder)
        except RunLockedError:
            if time.monotonic() > end:
                raise
            time.sleep(_POLL)


def ask_to_stop(run: Path) -> None:
    """Have all workers end the calls in flight and begin no others."""
    (run / FOLDER / _STOP).touch()


def is_asked_to_stop(run: Path) -> bool:
    """Whether they are to stop."""
    return (run / FOLDER / _STOP).exists()


def write_counts(folder: Path, counts: dict[str, float]) -> None:
    """Say how far a worker is; a full disk is reported by what matters."""
    part = folder / f".{COUNTS}.part"
    try:
        part.write_bytes(orjson.dumps(counts))
        part.replace(folder / COUNTS)
    except OSError:
        return


def read_counts(run: Path) -> dict[str, float]:
    """The sums of what workers say about how far they are."""
    total: dict[str, float] = {}
    for path in (run / FOLDER).glob(f"*/{COUNTS}"):
        try:
            counts: dict[str, Any] = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue
        for name, value in counts.items():
            total[name] = total.get(name, 0) + value
    return total
