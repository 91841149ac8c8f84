"""Which keys a journal may have: a new call is known to be new without a query."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable

from . import journal_sql

_BUCKETS = 4096
_SHIFT = 52


class Keys:
    """The first 64 bits of every durable key, sorted in buckets, each read when it is first asked for.

    Eight bytes a key. A query in a loop's thread waits for the interpreter's lock while the writer is busy,
    which takes ten times as long as this search; and on a cold disk every query of a new key is a read.
    """

    def __init__(self, reader: sqlite3.Connection) -> None:
        """Start with no bucket read."""
        self._reader = reader
        self._lock = threading.Lock()
        self._buckets: list[array[int] | None] = [None] * _BUCKETS

    @classmethod
    def of(cls, reader: sqlite3.Connection) -> Keys:
        """The keys of a journal that nobody writes yet; those of an empty one are known at once."""
        keys = cls(reader)
        if reader.execute(journal_sql.PREFIXES, (b"", b"\xff" * 17)).fetchone() is None:
            keys._buckets = [array("Q") for _ in range(_BUCKETS)]
        return keys

    def may_have(self, key: bytes) -> bool:
        """False if there is no durable record of this key; true if there is one, or was, or one much like it.

        Raises:
            sqlite3.Error: The journal can't be read.
        """
        prefix = int.from_bytes(key[:8])
        bucket = self._buckets[prefix >> _SHIFT]
        if bucket is None:
            bucket = self._load(prefix >> _SHIFT)
        place = bisect_left(bucket, prefix)
        return place < len(bucket) and bucket[place] == prefix

    def add(self, keys: Iterable[bytes]) -> None:
        """Note keys after their commit, and before anyone is told of it."""
        for key in keys:
            prefix = int.from_bytes(key[:8])
            with self._lock:
                bucket = self._buckets[prefix >> _SHIFT]
                if bucket is not None:
                    insort(bucket, prefix)

    def forget(self) -> None:
        """Read buckets anew: records came or went by another way."""
        with self._lock:
            self._buckets = [None] * _BUCKETS

    def _load(self, number: int) -> array[int]:
        """Read a bucket; no commit can slip in between the query and its keeping."""
        lower = (number << _SHIFT).to_bytes(8)
        upper = (number + 1 << _SHIFT).to_bytes(9)[1:] if number + 1 < _BUCKETS else b"\xff" * 17
        with self._lock:
            rows = self._reader.execute(journal_sql.PREFIXES, (lower, upper))
            bucket = array("Q", sorted(int.from_bytes(prefix) for (prefix,) in rows))
            self._buckets[number] = bucket
            return bucket
