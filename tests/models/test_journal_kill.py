"""Whatever kills the process, what was acknowledged is there afterwards."""

import hashlib
import random
import signal
import subprocess
import sys
import time

import pytest
from mensrea.models.journal import Journal

CHILD = """
import asyncio, hashlib, os, random, sys
from pathlib import Path
from mensrea.models.journal import Journal, Record

async def producer(journal):
    while True:
        key = os.urandom(16)
        body = hashlib.sha256(key).digest() * random.choice([1, 30, 300])
        journal.in_flight += 1
        await journal.put(Record(key, "ask", "a/model", 0, body, prompt=1))
        journal.in_flight -= 1
        ordinal = random.randrange(1 << 40)
        journal.outcome(b"rows", ordinal % 100_000, key)
        os.write(1, b"%s\\n" % key.hex().encode())

async def main():
    with Journal.open(Path(sys.argv[1])) as journal:
        await asyncio.gather(*[producer(journal) for _ in range(32)])

asyncio.run(main())
"""


def one_round(folder, seconds):
    """Let a child put records and kill it; returns the keys that it saw acknowledged."""
    with subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
    assert child.returncode == -signal.SIGKILL
    lines = (first + rest).split(b"\n")[:-1]
    return {bytes.fromhex(line.decode()) for line in lines}, child.pid


def check(journal, acknowledged):
    for key in acknowledged:
        record = journal.find(key)
        assert record is not None
        assert record.body[:32] == hashlib.sha256(key).digest()
        assert len(record.body) % 32 == 0
    (records,) = journal._reader.execute("SELECT count(*) FROM record").fetchone()
    assert records == journal.totals()[0].calls


def kill_again_and_again(folder, rounds):
    acknowledged = set()
    for _ in range(rounds):
        keys, pid = one_round(folder, random.uniform(0, 0.25))
        acknowledged |= keys
        with Journal.open(folder) as journal:
            assert f"process {pid} on" in journal.recovered[-1]
            assert " calls in flight" in journal.recovered[-1]
            assert all("torn tail" in line for line in journal.recovered[:-1])
            check(journal, keys)
    assert len(acknowledged) >= rounds
    with Journal.open(folder) as journal:
        check(journal, acknowledged)
        assert all(journal.find(payload) for _, payload in journal.outcomes(b"rows"))


@pytest.mark.slow
def test_twenty_kills(tmp_path):
    kill_again_and_again(tmp_path, 20)


@pytest.mark.slow
def test_a_hundred_kills(tmp_path):
    kill_again_and_again(tmp_path, 100)


def test_the_number_in_flight_is_known_even_if_nothing_is_written(tmp_path):
    script = """
import sys, time
from pathlib import Path
from mensrea.models.journal import Journal
with Journal.open(Path(sys.argv[1])) as journal:
    journal.in_flight = 37
    while journal._writer._commits.in_flight != 37:
        time.sleep(0.05)
    print("written", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        child.kill()
    with Journal.open(tmp_path) as journal:
        (line,) = journal.recovered
    assert line.endswith("with about 37 calls in flight; they may be billed, and are made again")
