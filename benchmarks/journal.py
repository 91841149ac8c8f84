"""The journal of a run: throughput with durability on, memory, and how soon a large one is open.

Four parts, in processes of their own; prints one JSON line.

- fill: records of 1 kB, each with an outcome of 100 bytes, from 256 tasks that look up, put, wait, go on.
- open: the journal of that, opened again by a new process: open, first lookup, finished rows of the segment.
- puts: records of 1 kB from 64 and from 1,024 tasks that wait for each; how late the loop's timers come.
- peer: the same records with a commit each, as clients that keep replies in SQLite do it; same durability.

    python benchmarks/journal.py [--records 1000000] [--seconds 5] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mensrea.models.journal import Journal, Record

BODY = os.urandom(1000)
PAYLOAD = os.urandom(100)
SEGMENT = b"segment"
Figures = dict[str, Any]


def record(number: int) -> Record:
    return Record(key(number), "ask", "openai/gpt-4.1-mini", 0, BODY, prompt=200, completion=100)


def key(number: int) -> bytes:
    """Spread like a digest, so that the index is written all over."""
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)).to_bytes(16)


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fill(folder: Path, records: int, _: float) -> Figures:
    numbers = iter(range(records))
    memory: Figures = {}

    async def worker(journal: Journal) -> None:
        for number in numbers:
            if journal.find(key(number)) is None:
                await journal.put(record(number))
            journal.outcome(SEGMENT, number, PAYLOAD)
            await journal.drain()
            if number == records // 4:
                memory["peak_mib_at_a_quarter"] = peak()

    async def run(journal: Journal) -> None:
        await asyncio.gather(*[worker(journal) for _ in range(256)])

    start, busy = time.perf_counter(), time.process_time()
    with Journal.open(folder) as journal:
        asyncio.run(run(journal))
    taken, busy = time.perf_counter() - start, time.process_time() - busy
    size = sum(path.stat().st_size for path in folder.iterdir())
    rates = {"records_per_s": round(records / taken), "cpu_us_per_record": round(busy / records * 1e6)}
    return rates | memory | {"peak_mib": peak(), "bytes_per_record": round(size / records)}


def reopen(folder: Path, records: int, _: float) -> Figures:
    start = time.perf_counter()
    with Journal.open(folder) as journal:
        opened = time.perf_counter()
        assert journal.find(key(records // 2))
        looked = time.perf_counter()
        assert len(journal.finished(SEGMENT)) == records
        ended = time.perf_counter()
        calls = journal.totals()[0].calls
        summed = time.perf_counter()
        assert calls == records
        lookups = {
            "hit_us": lookup(journal, range(0, records, 97)),
            "miss_us": lookup(journal, range(-5000, 0)),
        }
    return {
        "open_ms": round((opened - start) * 1000),
        "first_lookup_ms": round((looked - opened) * 1000, 2),
        "finished_ms": round((ended - looked) * 1000),
        "totals_ms": round((summed - ended) * 1000, 1),
        "peak_mib_open": peak(),
        **lookups,
    }


def lookup(journal: Journal, numbers: range) -> float:
    keys = [key(number) for number in numbers][:5000]
    start = time.perf_counter()
    for each in keys:
        journal.find(each)
    return round((time.perf_counter() - start) / len(keys) * 1e6, 1)


def puts(tasks: int) -> Callable[[Path, int, float], Figures]:
    def measure(folder: Path, _: int, seconds: float) -> Figures:
        done = 0
        late: list[float] = []

        async def producer(journal: Journal, until: float, first: int) -> None:
            nonlocal done
            number = first
            while time.perf_counter() < until:
                await journal.put(record(number))
                number += tasks
                done += 1

        async def timer() -> None:
            while True:
                start = time.perf_counter()
                await asyncio.sleep(0.005)
                late.append(time.perf_counter() - start - 0.005)

        async def run(journal: Journal) -> None:
            ticking = asyncio.create_task(timer())
            until = time.perf_counter() + seconds
            await asyncio.gather(*[producer(journal, until, first) for first in range(tasks)])
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking

        with Journal.open(folder) as journal:
            start = time.perf_counter()
            asyncio.run(run(journal))
            taken = time.perf_counter() - start
        late.sort()
        lateness = round(late[len(late) * 99 // 100] * 1000, 1)
        return {f"puts_per_s_{tasks}": round(done / taken), f"loop_late_ms_p99_{tasks}": lateness}

    return measure


def peer(folder: Path, _: int, seconds: float) -> Figures:
    connection = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE reply (key BLOB PRIMARY KEY, step TEXT, model TEXT, sample INTEGER, body BLOB)"
    )
    done = 0
    start = time.perf_counter()
    while time.perf_counter() < start + seconds:
        each = record(done)
        values = (each.key, each.step, each.model, each.sample, each.body)
        connection.execute("INSERT INTO reply VALUES (?, ?, ?, ?, ?)", values)
        done += 1
    taken = time.perf_counter() - start
    connection.close()
    return {"peer_puts_per_s": round(done / taken)}


PARTS: dict[str, Callable[[Path, int, float], Figures]] = {
    "fill": fill,
    "open": reopen,
    "puts64": puts(64),
    "puts1024": puts(1024),
    "peer": peer,
}


def in_process(part: str, folder: Path, arguments: argparse.Namespace) -> Figures:
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--records", str(arguments.records), "--seconds", str(arguments.seconds)]
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder), *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument(
        "--folder", type=Path, help="where the journals are made; default: a temporary folder"
    )
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(PARTS[arguments.part](arguments.folder, arguments.records, arguments.seconds)))
        return
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    figures: Figures = {
        "benchmark": "journal",
        "records": arguments.records,
        "sqlite": sqlite3.sqlite_version,
    }
    try:
        for part, place in (("fill", "a"), ("open", "a"), ("puts64", "b"), ("puts1024", "c"), ("peer", "d")):
            figures |= in_process(part, folder / place, arguments)
    finally:
        shutil.rmtree(folder)
    ratio = figures["puts_per_s_64"] / figures["peer_puts_per_s"]
    print(json.dumps({**figures, "ratio": round(ratio, 1), "python": platform.python_version()}))


if __name__ == "__main__":
    main()
