"""One process at a time, and what forked children may do."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest
from mensrea.errors import JournalError, RunLockedError
from mensrea.models.journal import Journal, Record

RECORD = Record(bytes(16), "ask", "a/model", 0, b"{}")
HOLD = """
import sys
from pathlib import Path
from mensrea.models.journal import Journal
with Journal.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the journal of `tmp_path` open."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        yield child
        child.kill()


def test_a_second_process_is_refused_with_the_name_of_the_first(tmp_path, holder):
    with pytest.raises(RunLockedError):
        Journal.open(tmp_path)
    with pytest.raises(RunLockedError) as caught:
        Journal.open(tmp_path)
    expected = (
        f"{tmp_path}: process {holder.pid} on {socket.gethostname()} works on this run; let it end or stop it"
    )
    assert str(caught.value) == expected


def test_an_ended_process_is_no_obstacle(tmp_path, holder):
    holder.communicate(b"")
    assert holder.returncode == 0
    with Journal.open(tmp_path) as journal:
        assert journal.recovered == ()


def test_a_killed_process_is_no_obstacle(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / "journal.lock").read_text().startswith(f"{holder.pid} ")
    with Journal.open(tmp_path) as journal:
        (line,) = journal.recovered
    assert f"process {holder.pid} on {socket.gethostname()} ended without closing the run" in line
    with Journal.open(tmp_path) as journal:
        assert journal.recovered == ()


def test_a_second_journal_in_the_same_process_is_refused(tmp_path):
    with Journal.open(tmp_path):
        with pytest.raises(RunLockedError, match=f"process {os.getpid()} on"):
            Journal.open(tmp_path)
        with pytest.raises(RunLockedError, match=f"process {os.getpid()} on"):
            Journal.open(tmp_path)
    Journal.open(tmp_path).close()


def test_another_program_cannot_touch_the_file(tmp_path, holder):
    assert holder.poll() is None
    other = sqlite3.connect(tmp_path / "journal.sqlite", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        other.execute("SELECT * FROM state")
    other.close()


def test_a_file_that_another_program_writes_is_refused(tmp_path):
    Journal.open(tmp_path).close()
    script = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN IMMEDIATE")
print("open", flush=True)
sys.stdin.read()
"""
    arguments = [sys.executable, "-c", script, str(tmp_path / "journal.sqlite")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(RunLockedError, match="another program has the journal open"):
            Journal.open(tmp_path)
        child.communicate(b"")
    Journal.open(tmp_path).close()


def test_a_lock_file_without_sense_names_no_process(tmp_path, holder):
    assert holder.poll() is None
    (tmp_path / "journal.lock").write_bytes(b"\xff\xfe nonsense")
    with pytest.raises(RunLockedError, match="another process works on this run"):
        Journal.open(tmp_path)


def test_a_folder_as_lock_file(tmp_path):
    (tmp_path / "journal.lock").mkdir()
    with pytest.raises(JournalError, match="can't be made"):
        Journal.open(tmp_path)


def in_child(work):
    """Run `work` in a forked child; returns its exit status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn about forks with threads
        pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def test_a_forked_child_leaves_the_journal_alone(tmp_path):
    journal = Journal.open(tmp_path)
    inherited = [journal]

    async def put(record):
        await journal.put(record)

    def child():
        with pytest.raises(JournalError, match="closed here"):
            inherited[0].find(RECORD.key)
        with pytest.raises(JournalError, match="closed here"):
            asyncio.run(put(RECORD))
        with pytest.raises(RunLockedError, match=f"process {os.getppid()} on"):
            Journal.open(tmp_path)
        inherited[0].close()

    asyncio.run(put(RECORD))
    size = (tmp_path / "journal.sqlite-wal").stat().st_size
    assert in_child(child) == 0
    assert (tmp_path / "journal.sqlite-wal").stat().st_size == size
    asyncio.run(put(replace(RECORD, key=bytes(15) + b"1")))
    assert journal.find(RECORD.key) == RECORD
    journal.close()
    with Journal.open(tmp_path) as again:
        assert again.totals()[0].calls == 2
        assert again.recovered == ()


def test_a_forked_child_that_ends_does_not_remove_the_log(tmp_path):
    script = """
import asyncio, os, sys
from pathlib import Path
from mensrea.models.journal import Journal, Record
journal = Journal.open(Path(sys.argv[1]))
async def put(key):
    await journal.put(Record(key * 16, "ask", "a/model", 0, b""))
asyncio.run(put(b"1"))
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    asyncio.run(put(b"2"))
    os._exit(0)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", script, str(tmp_path)], check=True)
    assert (tmp_path / "journal.sqlite-wal").stat().st_size > 0
    with Journal.open(tmp_path) as journal:
        assert journal.find(b"1" * 16)
        assert journal.find(b"2" * 16)


def test_a_child_that_outlives_its_parent_holds_no_lock(tmp_path):
    script = HOLD.replace("    sys.stdin.read()", "    import os\n    os.fork()\n    sys.stdin.read()")
    arguments = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"open\n"
        with pytest.raises(RunLockedError):
            Journal.open(tmp_path)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        with Journal.open(tmp_path) as journal:
            assert f"process {parent.pid} on" in journal.recovered[0]


def test_a_journal_closed_before_a_fork_is_not_touched(tmp_path):
    Journal.open(tmp_path).close()
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(4)]
    try:
        assert in_child(lambda: [os.fstat(file) for file in files]) == 0
    finally:
        for file in files:
            os.close(file)
