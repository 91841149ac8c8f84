"""Knowing which keys are new, without a query."""

import asyncio
import threading
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.models.journal import Journal, Record

RECORD = Record(bytes(16), "ask", "a/model", 0, b"{}")
FIRST, LAST = bytes(16), b"\xff" * 16


def put(journal, *keys):
    async def run():
        await asyncio.gather(*[journal.put(replace(RECORD, key=key)) for key in keys])

    asyncio.run(run())


def test_the_first_and_the_last_key(tmp_path):
    edges = [FIRST, LAST, bytes.fromhex("000f" + "f" * 28), bytes.fromhex("0010" + "0" * 28)]
    with Journal.open(tmp_path) as journal:
        put(journal, *edges)
        assert all(journal.find(key) for key in edges)
    with Journal.open(tmp_path) as journal:
        assert all(journal.find(key) for key in edges)


def test_keys_that_share_their_first_half(tmp_path):
    one, other = bytes(8) + b"a" * 8, bytes(8) + b"b" * 8
    with Journal.open(tmp_path) as journal:
        put(journal, one)
        assert journal.find(one)
        assert journal.find(other) is None


def test_a_new_key_needs_no_query(tmp_path):
    with Journal.open(tmp_path) as journal:
        put(journal, FIRST)
        assert journal.find(b"\x00" * 15 + b"\x01") is None
        queries = []
        journal._reader.set_trace_callback(queries.append)
        assert journal.find(b"\x00\x01" + bytes(14)) is None
        assert queries == []
        assert journal.find(FIRST)
        assert len(queries) == 1


SOME = st.sets(
    st.binary(min_size=16, max_size=16) | st.binary(min_size=1, max_size=1).map(lambda key: key * 16)
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(SOME, SOME), min_size=1, max_size=3))
def test_it_agrees_with_a_set(tmp_path, rounds):
    """Keys put before their bucket was read, and after; and forgotten with the failures."""
    with Journal.open(tmp_path) as journal:
        journal._writer.run(lambda connection: connection.execute("DELETE FROM record").close())
        journal._keys.forget()
        known = set()
        for puts, lookups in rounds:
            assert all((journal.find(key) is not None) == (key in known) for key in lookups)
            put(journal, *puts)
            known |= puts
            assert all(journal.find(key) for key in known)
            assert all((journal.find(key) is not None) == (key in known) for key in lookups)


def test_forgotten_and_merged_records(tmp_path):
    failed = replace(RECORD, failure="timeout")

    async def run(journal):
        await journal.put(failed)

    with Journal.open(tmp_path / "other") as other:
        put(other, LAST)
    with Journal.open(tmp_path / "run") as journal:
        asyncio.run(run(journal))
        assert journal.find(FIRST) == failed
        assert journal.find(LAST) is None
        journal.forget_failures()
        assert journal.find(FIRST) is None
        journal.merge(tmp_path / "other")
        assert journal.find(LAST)


class Interrupted:
    """A reader during whose query another thread ends a commit."""

    def __init__(self, keys, key):
        self.reader, self.thread = keys._reader, threading.Thread(target=keys.add, args=([key],))

    def execute(self, *query):
        rows = self.reader.execute(*query).fetchall()
        self.thread.start()
        self.thread.join(0.2)
        return rows


def test_an_empty_journal_is_asked_once(tmp_path, monkeypatch):
    with Journal.open(tmp_path) as journal:
        monkeypatch.setattr(journal._keys, "_reader", None)
        assert not any(journal._keys.may_have(number.to_bytes(2) + bytes(14)) for number in range(65536))
        journal._keys.add([FIRST])
        assert journal._keys.may_have(FIRST)


def test_a_commit_while_a_bucket_is_read(tmp_path, monkeypatch):
    with Journal.open(tmp_path) as journal:
        journal._keys.forget()
        interrupted = Interrupted(journal._keys, FIRST)
        monkeypatch.setattr(journal._keys, "_reader", interrupted)
        assert not journal._keys.may_have(b"\x00\x01" + bytes(14))
        interrupted.thread.join()
        assert journal._keys.may_have(FIRST)


def test_reading_buckets_while_keys_are_written(tmp_path):
    """Whatever comes first, the commit or the reading: an acknowledged key is found."""
    keys = [number.to_bytes(2) + bytes(14) for number in range(0, 65536, 13)]
    missed = []

    async def run(journal):
        async def one(key):
            await journal.put(replace(RECORD, key=key))
            if journal.find(key) is None:
                missed.append(key)

        await asyncio.gather(*[one(key) for key in keys])

    with Journal.open(tmp_path) as journal:
        ended = threading.Event()

        def read():
            while not ended.is_set():
                for key in keys[::50]:
                    journal.find(key)
                journal._keys.forget()

        reader = threading.Thread(target=read)
        reader.start()
        try:
            asyncio.run(run(journal))
        finally:
            ended.set()
            reader.join()
        assert missed == []
