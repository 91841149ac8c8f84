"""Journals of workers become one."""

import asyncio
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.errors import JournalError, RunLockedError
from mensrea.models import journal_merge
from mensrea.models.journal import Batch, Journal, Record

ANSWER = Record(bytes(16), "ask", "a/model", 0, b"answer", prompt=10, completion=5)
FAILURE = replace(
    ANSWER, body=b"", failure="timeout", message="late", prompt=0, completion=0, lost=2, attempts=2
)


def key(number):
    return number.to_bytes(16)


def fill(folder, records=(), outcomes=(), batches=()):
    async def run(journal):
        await asyncio.gather(*[journal.put(record) for record in records])
        for outcome in outcomes:
            journal.outcome(*outcome)
        await journal.flush()

    with Journal.open(folder) as journal:
        asyncio.run(run(journal))
        for batch in batches:
            journal.save_batch(batch)
    return folder


def test_what_is_new_is_taken_over_once(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_merge, "ROWS", 7)
    ours = [replace(ANSWER, key=key(number)) for number in range(30)]
    theirs = [replace(ANSWER, key=key(number), body=b"theirs", step="judge") for number in range(20, 90)]
    fill(tmp_path / "ours", ours, [(b"a", 1, b"ours"), (b"b", 1, b"ours")], [Batch("1", "s", "ours", ())])
    outcomes = [(b"c", number, b"theirs") for number in range(50)] + [
        (b"b", 1, b"theirs"),
        (b"b", 2, b"theirs"),
    ]
    batches = [Batch("1", "s", "theirs", ()), Batch("2", "s", "theirs", (key(1),))]
    fill(tmp_path / "theirs", theirs, outcomes, batches)
    with Journal.open(tmp_path / "ours") as journal:
        assert journal.merge(tmp_path / "theirs") == 60 + 51
        assert journal.merge(tmp_path / "theirs" / "journal.sqlite") == 0
    with Journal.open(tmp_path / "ours") as journal:
        assert [journal.find(record.key) for record in ours] == ours
        assert [journal.find(record.key) for record in theirs[10:]] == theirs[10:]
        assert list(journal.outcomes(b"b")) == [(1, b"ours"), (2, b"theirs")]
        assert len(journal.finished(b"c")) == 50
        assert [batch.status for batch in journal.batches()] == ["ours", "theirs"]
        assert [(total.step, total.calls, total.prompt) for total in journal.totals()] == [
            ("ask", 30, 300),
            ("judge", 70, 700),
        ]


def test_an_answer_replaces_a_failure_and_not_the_other_way_round(tmp_path):
    answer, other = replace(ANSWER, key=key(1)), replace(ANSWER, key=key(2))
    fill(tmp_path / "ours", [replace(FAILURE, key=key(1)), other])
    fill(tmp_path / "theirs", [answer, replace(FAILURE, key=key(2))])
    with Journal.open(tmp_path / "ours") as journal:
        assert journal.merge(tmp_path / "theirs") == 1
        assert journal.find(key(1)) == answer
        assert journal.find(key(2)) == other
        assert journal.failures() == {}
        (total,) = journal.totals()
        assert (total.calls, total.failed, total.lost, total.prompt) == (4, 2, 4, 20)


def test_costs_count_once_however_journals_are_merged(tmp_path):
    """A worker goes on after a merge, is merged again, and through another journal as well."""
    worker = fill(tmp_path / "worker", [replace(ANSWER, key=key(number)) for number in range(5)])
    middle = fill(tmp_path / "middle", [replace(ANSWER, key=key(100))])
    with Journal.open(tmp_path / "main") as main:
        main.merge(worker)
        with Journal.open(middle) as other:
            other.merge(worker)
        main.merge(middle)
        assert main.totals()[0].calls == 6
        fill(worker, [replace(ANSWER, key=key(number)) for number in range(5, 8)])
        assert main.merge(worker) == 3
        main.merge(middle)
        assert main.totals()[0].calls == 9


def test_a_copy_of_the_run_brings_nothing(tmp_path):
    fill(tmp_path / "run", [replace(ANSWER, key=key(number)) for number in range(5)], [(b"a", 1, b"x")])
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    with Journal.open(tmp_path / "run") as journal:
        before = journal.totals()
        assert journal.merge(tmp_path / "copy") == 0
        assert journal.totals() == before


def test_a_merge_of_a_killed_worker_reports_its_end(tmp_path):
    async def run(worker):
        await worker.put(replace(ANSWER, key=key(1)))

    with Journal.open(tmp_path / "worker") as worker:
        asyncio.run(run(worker))
        shutil.copytree(tmp_path / "worker", tmp_path / "killed")
    with Journal.open(tmp_path / "main") as journal:
        assert journal.merge(tmp_path / "killed") == 1
        (line,) = journal.recovered
        assert line.startswith(f"{tmp_path}/killed/journal.sqlite: process ")
        assert journal.find(key(1))


def test_what_cannot_be_merged(tmp_path):
    fill(tmp_path / "other", [ANSWER])
    (tmp_path / "text").write_text("")
    with Journal.open(tmp_path / "run") as journal:
        for wrong in ("none", "text", "run", "run/journal.sqlite"):
            with pytest.raises(JournalError, match="no journal of another run; name the folder of a run"):
                journal.merge(tmp_path / wrong)
        with Journal.open(tmp_path / "other"), pytest.raises(RunLockedError, match="other: process"):
            journal.merge(tmp_path / "other")
        assert not (tmp_path / "none").exists()
        assert journal.merge(tmp_path / "other") == 1


def spoil(path, pages):
    content = bytearray(path.read_bytes())
    for page in pages:
        content[page * 4096 : (page + 1) * 4096] = random.Random(page).randbytes(4096)
    path.write_bytes(content)


def test_what_can_be_read_of_a_damaged_journal_is_saved(tmp_path):
    records = [replace(ANSWER, key=key(number), body=bytes(1000)) for number in range(2000)]
    path = (
        fill(tmp_path / "other", records, [(b"a", number, b"x") for number in range(300)]) / "journal.sqlite"
    )
    spoil(path, [60, 61, 200])
    with Journal.open(tmp_path / "run") as journal:
        copied = journal.merge(tmp_path / "other")
        kept = [record for record in records if journal.find(record.key)]
        assert all(journal.find(record.key) == record for record in kept)
        assert 1900 < len(kept) < 2000
        assert copied == len(kept) + len(journal.finished(b"a"))
        lost = 2300 - copied
        assert journal.recovered == (f"{path}: damaged, up to {lost:,} records and outcomes can't be read",)


def test_a_journal_damaged_all_over_is_an_error_and_the_own_one_goes_on(tmp_path):
    records = [replace(ANSWER, key=key(number), body=bytes(3000)) for number in range(100)]
    path = fill(tmp_path / "other", records) / "journal.sqlite"
    spoil(path, range(18, path.stat().st_size // 4096))
    with Journal.open(tmp_path / "run") as journal:
        with pytest.raises(JournalError, match=r"other/journal\.sqlite: too damaged to be merged"):
            journal.merge(tmp_path / "other")
        journal.note("a", 1)
        fill(tmp_path / "third", [ANSWER])
        assert journal.merge(tmp_path / "third") == 1


NUMBERS = st.sets(st.integers(0, 12))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_workers_in_any_order_give_the_same(tmp_path, workers, shuffle):
    """Each worker has answers and failures; the merged journal has an answer where anyone has one."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    for number, (answers, failures) in enumerate(workers):
        records = [replace(ANSWER, key=key(each)) for each in answers]
        records += [replace(FAILURE, key=key(each)) for each in failures - answers]
        fill(folder / str(number), records)
    order = [*range(len(workers)), *range(len(workers))]
    shuffle.shuffle(order)
    with Journal.open(folder / "main") as journal:
        for number in order:
            journal.merge(folder / str(number))
        found = {number: journal.find(key(number)) for number in range(13)}
        answered = {number for number, record in found.items() if record and not record.failure}
        assert answered == set().union(*[answers for answers, _ in workers])
        assert {number for number in found if found[number]} == set().union(*[a | f for a, f in workers])
        calls = sum(len(answers | failures) for answers, failures in workers)
        assert sum(total.calls for total in journal.totals()) == calls
