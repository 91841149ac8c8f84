"""What a journal keeps, and how it answers."""

import asyncio
import gc
import sqlite3
import threading
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import JournalError
from mensrea.models import journal_writer
from mensrea.models.journal import Batch, Finished, Journal, Record, Total
from mensrea.models.journal_sql import COUNTS, FIELDS

KEYS = [bytes([number]) * 16 for number in range(20)]
ANSWER = Record(KEYS[0], "ask", "a/model", 0, b"{}", prompt=10, completion=5, reasoning=2, cached=1)
FAILURE = Record(KEYS[1], "judge", "a/model", 3, b"", "timeout", "late", attempts=6, lost=5, lost_prompt=50)


async def put_all(journal, *records):
    await asyncio.gather(*[journal.put(record) for record in records])


def fill(folder, *records, outcomes=()):
    async def run(journal):
        await put_all(journal, *records)
        for outcome in outcomes:
            journal.outcome(*outcome)
        await journal.flush()

    with Journal.open(folder) as journal:
        asyncio.run(run(journal))


def test_columns_are_the_fields():
    assert tuple(each.name for each in fields(Record)) == FIELDS
    assert tuple(each.name for each in fields(Total)) == ("step", "model", "api", *COUNTS)


def test_a_record_is_found_again_in_every_field(tmp_path):
    records = [ANSWER, FAILURE, replace(ANSWER, key=KEYS[2], api="responses", lost_completion=7)]
    fill(tmp_path, *records)
    with Journal.open(tmp_path) as journal:
        assert [journal.find(record.key) for record in records] == records
        assert journal.find(KEYS[9]) is None
        assert journal.recovered == ()


def test_a_record_is_found_once_its_future_resolves(tmp_path):
    async def run(journal):
        future = journal.put(ANSWER)
        assert not future.done()
        await future
        assert journal.find(ANSWER.key) == ANSWER

    with Journal.open(tmp_path / "new" / "folder") as journal:
        asyncio.run(run(journal))


def test_many_puts_share_a_commit(tmp_path, monkeypatch):
    """64 producers wait for at most a few commits a round, where a commit each would be 640."""
    records = [replace(ANSWER, key=number.to_bytes(16)) for number in range(640)]

    async def producer(journal, own):
        for record in own:
            await journal.put(record)

    async def run(journal):
        await asyncio.gather(*[producer(journal, records[start::64]) for start in range(64)])

    with Journal.open(tmp_path) as journal:
        writes = []
        commit = journal._writer._commits.write

        def write(entries, in_flight):
            writes.append(len(entries))
            commit(entries, in_flight)

        monkeypatch.setattr(journal._writer._commits, "write", write)
        asyncio.run(run(journal))
        assert len(writes) <= 60
        assert all(journal.find(record.key) for record in records)


def test_a_later_record_replaces_and_both_are_paid(tmp_path):
    again = replace(FAILURE, failure="", body=b"{}", message="", prompt=8, attempts=1, lost=0, lost_prompt=0)
    fill(tmp_path, FAILURE, again)
    with Journal.open(tmp_path) as journal:
        assert journal.find(FAILURE.key) == again
        (total,) = journal.totals()
        assert (total.calls, total.failed, total.attempts, total.lost, total.lost_prompt) == (2, 1, 7, 5, 50)


def test_totals_are_sums_for_each_step_and_model(tmp_path):
    fill(
        tmp_path, ANSWER, replace(ANSWER, key=KEYS[2]), FAILURE, replace(ANSWER, key=KEYS[3], api="responses")
    )
    with Journal.open(tmp_path) as journal:
        totals = {(total.step, total.model, total.api): total for total in journal.totals()}
    assert list(totals) == [
        ("ask", "a/model", "chat"),
        ("ask", "a/model", "responses"),
        ("judge", "a/model", "chat"),
    ]
    total = totals["ask", "a/model", "chat"]
    expected = {"calls": 2, "attempts": 2, "prompt": 20, "completion": 10, "reasoning": 4, "cached": 2}
    assert {name: getattr(total, name) for name in COUNTS} == dict.fromkeys(COUNTS, 0) | expected


def test_forgetting_failures_keeps_what_they_cost(tmp_path):
    fill(tmp_path, ANSWER, FAILURE, replace(FAILURE, key=KEYS[4], failure="auth"))
    with Journal.open(tmp_path) as journal:
        before = journal.totals()
        assert journal.failures() == {"auth": 1, "timeout": 1}
        assert journal.forget_failures() == 2
        assert journal.forget_failures() == 0
        assert (journal.failures(), journal.totals()) == ({}, before)
        assert journal.find(FAILURE.key) is None
        assert journal.find(ANSWER.key) == ANSWER


def test_outcomes_come_by_ordinal_and_the_last_one_counts(tmp_path):
    given = [(b"a", 7, b"seven"), (b"b", 0, b"other"), (b"a", 2, b"two"), (b"a", 7, b"again"), (b"a", 0, b"")]
    fill(tmp_path, outcomes=given)
    with Journal.open(tmp_path) as journal:
        assert list(journal.outcomes(b"a")) == [(0, b""), (2, b"two"), (7, b"again")]
        assert list(journal.outcomes(b"b")) == [(0, b"other")]
        assert list(journal.outcomes(b"c")) == []
        assert list(journal.finished(b"a")) == [0, 2, 7]


def test_outcomes_stream_over_pages(tmp_path):
    rows = [(b"a", number, b"%d" % number) for number in range(0, 3000, 3)]
    fill(tmp_path, outcomes=rows)
    with Journal.open(tmp_path) as journal:
        assert list(journal.outcomes(b"a")) == [row[1:] for row in rows]
        stream = journal.outcomes(b"a")
        assert next(stream) == (0, b"0")
        journal.forget_outcomes(b"a", range(3, 3000))
        stream.close()
        assert len(journal.finished(b"a")) == 1


def test_outcomes_are_forgotten_by_row_or_by_segment(tmp_path):
    fill(tmp_path, outcomes=[(name, number, b"x") for name in (b"a", b"b") for number in range(10)])
    with Journal.open(tmp_path) as journal:
        assert journal.forget_outcomes(b"a", [1, 3, 77]) == 2
        assert list(journal.finished(b"a")) == [0, 2, 4, 5, 6, 7, 8, 9]
        assert journal.forget_outcomes(b"a") == 8
        assert len(journal.finished(b"a")) == 0
        assert len(journal.finished(b"b")) == 10
        assert journal.forget_outcomes(b"nothing") == 0


def test_a_key_of_another_length_is_refused(tmp_path):
    with Journal.open(tmp_path) as journal, pytest.raises(ValueError, match="a key of 3 bytes, expected 16"):
        journal.put(replace(ANSWER, key=b"abc"))


def test_a_negative_ordinal_is_refused(tmp_path):
    with Journal.open(tmp_path) as journal, pytest.raises(ValueError, match="ordinal -1, expected 0 or more"):
        journal.outcome(b"a", -1, b"")


def test_finished_over_several_windows(tmp_path, monkeypatch):
    monkeypatch.setattr("mensrea.models.journal_queries._WINDOW", 64)
    ordinals = [0, 63, 64, 65, 300, 511]
    fill(tmp_path, outcomes=[(b"a", number, b"") for number in ordinals])
    with Journal.open(tmp_path) as journal:
        assert list(journal.finished(b"a")) == ordinals


@given(st.sets(st.integers(0, 500)))
def test_finished_is_a_set(ordinals):
    bits = bytearray(63)
    for number in ordinals:
        bits[number // 8] |= 1 << number % 8
    finished = Finished(bytes(bits))
    assert list(finished) == sorted(ordinals)
    assert len(finished) == len(ordinals)
    assert all((number in finished) == (number in ordinals) for number in range(-3, 600))


def test_notes(tmp_path):
    with Journal.open(tmp_path) as journal:
        journal.note("b", {"x": [1, None, "é"]})
        journal.note("a", 1)
        journal.note("a", 2)
        journal.note("c", "gone")
        journal.note("c", None)
    with Journal.open(tmp_path) as journal:
        assert journal.notes() == {"a": 2, "b": {"x": [1, None, "é"]}}


def test_batches(tmp_path):
    first = Batch("batch_2", "api.example.org", "in_progress", tuple(KEYS), {"input": "file-1"})
    second = Batch("batch_1", "api.example.org", "validating", (KEYS[0],))
    with Journal.open(tmp_path) as journal:
        journal.save_batch(first)
        journal.save_batch(second)
        journal.save_batch(replace(first, status="completed", details={"output": "file-2"}))
    with Journal.open(tmp_path) as journal:
        assert journal.batches() == [
            replace(first, status="completed", details={"output": "file-2"}),
            second,
        ]


BAD = [
    replace(ANSWER, key=KEYS[5], message="\ud800"),
    replace(ANSWER, key=KEYS[5], prompt=1 << 70),
    replace(ANSWER, key=KEYS[5], body=object()),
    replace(ANSWER, key=None),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_record_that_cannot_be_stored_fails_alone(tmp_path, bad):
    good = [replace(ANSWER, key=key) for key in KEYS]

    async def run(journal):
        bad_size = replace(bad, body=b"") if not isinstance(bad.body, bytes) else bad
        futures = [journal.put(record) for record in good[:10]]
        refused = journal._writer.put(bad, len(bad_size.body))
        futures += [journal.put(record) for record in good[10:]]
        await asyncio.gather(*futures)
        with pytest.raises(JournalError, match="can't store a value"):
            await refused

    with Journal.open(tmp_path) as journal:
        asyncio.run(run(journal))
        assert [journal.find(record.key) for record in good] == good
        assert journal.totals()[0].calls == len(good)


def test_a_failed_outcome_is_raised_by_the_next_drain_though_no_one_awaits_it(tmp_path, caplog):
    async def run(journal):
        journal.outcome(b"a", 1 << 70, b"x")
        journal.outcome(b"a", 1, b"y")
        with pytest.raises(JournalError, match="can't store a value"):
            await journal.flush()
        await journal.drain()
        await journal.flush()
        gc.collect()

    with Journal.open(tmp_path) as journal:
        asyncio.run(run(journal))
        assert list(journal.finished(b"a")) == [1]
    assert not caplog.records


def test_close_writes_what_is_queued_even_if_the_loop_is_gone(tmp_path):
    async def run(journal):
        journal.put(ANSWER)
        journal.outcome(b"a", 5, b"x")

    journal = Journal.open(tmp_path)
    asyncio.run(run(journal))
    journal.close()
    journal.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.lock", "journal.sqlite"]
    with Journal.open(tmp_path) as again:
        assert again.find(ANSWER.key) == ANSWER
        assert 5 in again.finished(b"a")


def test_a_closed_journal_says_so(tmp_path):
    async def run(journal):
        journal.put(ANSWER)

    with Journal.open(tmp_path) as journal:
        pass
    for use in (
        lambda: journal.find(KEYS[0]),
        lambda: asyncio.run(run(journal)),
        lambda: asyncio.run(journal.flush()),
        lambda: journal.note("a", 1),
        journal.totals,
        lambda: list(journal.outcomes(b"a")),
    ):
        with pytest.raises(JournalError, match=r"journal\.sqlite: the journal is closed here; open it again"):
            use()


def test_a_cancelled_wait_loses_nothing(tmp_path):
    async def run(journal):
        task = asyncio.ensure_future(journal.put(ANSWER))
        flush = asyncio.create_task(journal.flush())
        await asyncio.sleep(0)
        task.cancel()
        flush.cancel()
        await asyncio.gather(task, flush, return_exceptions=True)
        await journal.flush()

    with Journal.open(tmp_path) as journal:
        asyncio.run(run(journal))
        assert journal.find(ANSWER.key) == ANSWER


def test_drain_bounds_what_is_queued(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_writer, "ROOM_BYTES", 200_000)
    peak = 0

    async def run(journal):
        nonlocal peak
        for number in range(500):
            journal.outcome(b"a", number, bytes(5000))
            peak = max(peak, journal._writer._bytes)
            await journal.drain()
        await journal.flush()
        assert journal._writer._bytes == 0

    with Journal.open(tmp_path) as journal:
        asyncio.run(run(journal))
        assert len(journal.finished(b"a")) == 500
    assert peak < 220_000


class Slow:
    """Commits that take long, as on a bad disk."""

    def __init__(self, commits):
        self.commits = commits
        self.busy, self.disk = threading.Event(), threading.Event()
        self.in_flight = 0

    def write(self, entries, in_flight):
        self.busy.set()
        self.disk.wait(60)
        self.commits.write(entries, in_flight)
        self.busy.clear()


def test_the_loop_does_not_wait_for_the_disk(tmp_path, monkeypatch):
    """Lookups and puts return at once while a commit is under way."""

    async def run(journal):
        slow = Slow(journal._writer._commits)
        monkeypatch.setattr(journal._writer, "_commits", slow)
        first = journal.put(ANSWER)
        await asyncio.to_thread(slow.busy.wait)
        assert journal.find(ANSWER.key) is None
        journal.outcome(b"a", 1, b"x")
        await journal.drain()
        assert slow.busy.is_set()
        assert not first.done()
        slow.disk.set()
        await first

    with Journal.open(tmp_path) as journal:
        asyncio.run(run(journal))


def test_a_find_during_an_open_transaction_sees_the_last_commit(tmp_path):
    fill(tmp_path, ANSWER)
    with Journal.open(tmp_path) as journal:
        seen = []

        def work(connection):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM record")
            seen.append(journal.find(ANSWER.key))
            connection.execute("ROLLBACK")

        journal._writer.run(work)
        assert seen == [ANSWER]


def test_puts_from_several_loops(tmp_path):
    records = [replace(ANSWER, key=number.to_bytes(16)) for number in range(400)]

    def run(own):
        asyncio.run(put_all(journal, *own))

    with Journal.open(tmp_path) as journal:
        threads = [threading.Thread(target=run, args=(records[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(journal.find(record.key) for record in records)
        assert journal.totals()[0].calls == 400


def test_a_newer_format_is_refused(tmp_path):
    fill(tmp_path, ANSWER)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(JournalError, match="a journal of format 2, and this version reads up to 1"):
        Journal.open(tmp_path)


def test_a_file_of_another_program_is_refused_and_stays(tmp_path):
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="of another program, not a journal; choose another folder"):
        Journal.open(tmp_path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="check the folder's permissions") as caught:
        Journal.open(tmp_path / "file" / "run")
    assert "\n" not in str(caught.value)


def test_names_with_special_characters(tmp_path):
    folder = tmp_path / "a run? 100% #1 é"
    fill(folder, ANSWER)
    with Journal.open(folder) as journal:
        assert journal.find(ANSWER.key) == ANSWER
        assert journal.totals()


def test_a_run_folder_can_move(tmp_path):
    fill(tmp_path / "old", ANSWER)
    (tmp_path / "old").rename(tmp_path / "new")
    with Journal.open(tmp_path / "new") as journal:
        assert journal.find(ANSWER.key) == ANSWER
        assert journal.recovered == ()
