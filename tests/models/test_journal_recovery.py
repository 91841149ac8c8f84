"""What a power cut or a damaged disk leaves, what is kept of it, and what is said about it."""

import asyncio
import os
import random
import re
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mensrea.errors import JournalError
from mensrea.models.journal import Journal, Record
from mensrea.models.journal_recovery import Log

RECORD = Record(bytes(16), "ask", "a/model", 0, b"")
FRAME = 24 + 4096


class Crashed:
    """A journal as a crash leaves it, and the bytes of its log after each commit."""

    def __init__(self, database, log, ends):
        self.database, self.log, self.ends = database, log, ends

    def restore(self, folder: Path, log: bytes) -> Path:
        folder.mkdir(exist_ok=True)
        (folder / "journal.sqlite").write_bytes(self.database)
        (folder / "journal.sqlite-wal").write_bytes(log)
        return folder


def key(number):
    return number.to_bytes(16)


def crash(folder, commits=40):
    """One record and outcome a commit, of all sizes; then copies of the files while they are open."""
    draw = random.Random(5)
    path = folder / "journal.sqlite-wal"
    ends = []

    async def run(journal):
        for number in range(commits):
            journal.outcome(b"rows", number, bytes(draw.choice([10, 300])))
            await journal.put(replace(RECORD, key=key(number), body=bytes(draw.choice([10, 1000, 9000]))))
            ends.append(path.stat().st_size)

    with Journal.open(folder) as journal:
        asyncio.run(run(journal))
        return Crashed((folder / "journal.sqlite").read_bytes(), path.read_bytes(), ends)


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    return crash(tmp_path_factory.mktemp("crashed"))


def damage(log, how, offset, seed):
    """What a power cut may do to a file from `offset` on."""
    noise = random.Random(seed)
    match how:
        case "truncate":
            return log[:offset]
        case "flip":
            return log[:offset] + bytes([log[offset] ^ (1 << noise.randrange(8))]) + log[offset + 1 :]
        case "zero":
            return log[:offset] + bytes(len(log) - offset)
        case "sector":
            return log[:offset] + bytes(min(512, len(log) - offset)) + log[offset + 512 :]
        case _:
            return log[:offset] + noise.randbytes(len(log) - offset)


HOW = st.sampled_from(["truncate", "flip", "zero", "sector", "noise"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(how=HOW, where=st.floats(0, 1, exclude_max=True), seed=st.integers(0, 1 << 32))
@example(how="truncate", where=0.0, seed=0)
@example(how="flip", where=0.0, seed=0)
@example(how="zero", where=0.0, seed=0)
@example(how="truncate", where=0.5, seed=0)
def test_commits_before_the_damage_stay_and_the_rest_is_reported(tmp_path, crashed, how, where, seed):
    offset = int(where * len(crashed.log))
    damaged = damage(crashed.log, how, offset, seed)
    whole = sum(end <= offset for end in crashed.ends)
    with Journal.open(crashed.restore(tmp_path, damaged)) as journal:
        kept = [number for number in range(len(crashed.ends)) if journal.find(key(number))]
        assert kept == list(range(len(kept)))
        assert len(kept) >= whole
        assert list(journal.finished(b"rows")) == kept
        assert sum(total.calls for total in journal.totals()) == len(kept)
        report = " ".join(journal.recovered)
    assert "ended without closing the run" in report
    if len(kept) < len(crashed.ends) and offset not in [0, *crashed.ends]:
        assert re.search(r"a torn tail of [\d,]+ bytes was dropped|its header is damaged", report)
    with Journal.open(tmp_path) as journal:
        assert journal.recovered == ()


@pytest.mark.parametrize("commit", [0, 7, 38, 39])
def test_the_report_counts_commits_behind_the_damage(tmp_path, crashed, commit):
    start = crashed.ends[commit - 1] if commit else 32
    damaged = damage(crashed.log, "flip", start + 100, 0)
    with Journal.open(crashed.restore(tmp_path, damaged)) as journal:
        line, _ = journal.recovered
    lost = len(crashed.log) - start
    tail = f"a torn tail of {lost:,} bytes was dropped, up to {40 - commit:,} commits"
    assert line == f"{tmp_path}/journal.sqlite-wal: {tail}; results that are missing now are asked for again"


def test_a_commit_that_was_cut_off_counts_for_none(tmp_path, crashed):
    with Journal.open(crashed.restore(tmp_path, crashed.log[: crashed.ends[20] + FRAME + 1000])) as journal:
        line, _ = journal.recovered
        assert journal.find(key(20))
        assert journal.find(key(21)) is None
    assert "a torn tail of 5,120 bytes was dropped, a commit that was never acknowledged" in line


def test_a_whole_log_has_no_torn_tail(tmp_path, crashed):
    with Journal.open(crashed.restore(tmp_path, crashed.log)) as journal:
        (line,) = journal.recovered
        assert journal.find(key(39))
    assert "ended without closing" in line


def test_frames_of_an_earlier_round_are_no_torn_tail(tmp_path, monkeypatch):
    """After a checkpoint the log is written from its start again, over frames that no longer count."""
    monkeypatch.setattr("mensrea.models.journal_tables.CHECKPOINT_PAGES", 50)
    left = crash(tmp_path / "run", commits=60)
    assert left.ends[-1] == left.ends[-2]
    log = Log.read(tmp_path / "none")
    assert (log.size, log.commits, log.dropped(0)) == (-1, (), None)
    with Journal.open(left.restore(tmp_path / "copy", left.log)) as journal:
        (line,) = journal.recovered
        assert all(journal.find(key(number)) for number in range(60))
    assert "ended without closing" in line


def test_a_missing_log_is_reported(tmp_path, crashed):
    crashed.restore(tmp_path, b"")
    (tmp_path / "journal.sqlite-wal").unlink()
    with Journal.open(tmp_path) as journal:
        _, line = journal.recovered
        assert journal.find(key(0)) is None
    expected = "journal.sqlite-wal: missing, and its results with it; copy a run's folder with all its files"
    assert line == f"{tmp_path}/{expected}"


@pytest.mark.parametrize("content", [None, b""])
def test_a_log_without_its_database_is_refused_and_stays(tmp_path, crashed, content):
    crashed.restore(tmp_path, crashed.log)
    (tmp_path / "journal.sqlite").unlink()
    if content is not None:
        (tmp_path / "journal.sqlite").write_bytes(content)
    with pytest.raises(JournalError, match=r"missing or empty, but its log .* holds 40 commits"):
        Journal.open(tmp_path)
    assert (tmp_path / "journal.sqlite-wal").read_bytes() == crashed.log
    crashed.restore(tmp_path, crashed.log)
    with Journal.open(tmp_path) as journal:
        assert journal.find(key(39))


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(os.urandom(9000))
    with pytest.raises(JournalError, match="not a journal, or damaged; restore it from a copy") as caught:
        Journal.open(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/journal.sqlite: ")
    assert "\n" not in str(caught.value)


def filled(folder):
    async def run(journal):
        records = [replace(RECORD, key=key(number), body=bytes(2000)) for number in range(300)]
        await asyncio.gather(*[journal.put(record) for record in records])
        for number in range(300):
            journal.outcome(b"rows", number, bytes(50))

    with Journal.open(folder) as journal:
        asyncio.run(run(journal))
    return (folder / "journal.sqlite").read_bytes()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 5000)), min_size=1, max_size=4))
def test_a_damaged_database_is_a_journal_error_at_worst(tmp_path, damages):
    pristine = tmp_path / "pristine"
    content = bytearray(pristine.read_bytes() if pristine.exists() else filled(tmp_path / "made"))
    pristine.write_bytes(content)
    for where, size in damages:
        start = int(where * len(content))
        content[start : start + size] = random.Random(start).randbytes(len(content[start : start + size]))
    folder = tmp_path / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "journal.sqlite").write_bytes(content)
    with suppress(JournalError), Journal.open(folder) as journal:
        for use in (journal.totals, journal.failures, journal.forget_failures, journal.batches):
            with suppress(JournalError):
                use()
        for number in range(0, 300, 7):
            with suppress(JournalError):
                journal.find(key(number))
        with suppress(JournalError):
            len(journal.finished(b"rows"))
        with suppress(JournalError):
            asyncio.run(use_damaged(journal))


async def use_damaged(journal):
    for number in range(5):
        await journal.put(replace(RECORD, key=key(1000 + number)))
    journal.outcome(b"rows", 3, b"")
    await journal.flush()
