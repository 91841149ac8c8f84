"""Profiling a million chat rows, and comparing two profiles.

Rows have an id, a source, a score and two to four messages of about 70 characters; batches are made
beforehand and not timed. Each run is a process of its own, so that its peak memory is its own; the
memory given is what profiling added to that of the batches. Prints one JSON line.

    python benchmarks/drift.py [--rows 1000000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from mensrea.validation.drift import Profile, compare
from mensrea.validation.inputs.batch import Batch, Place

BATCH = 65_536
WORDS = [f"word{number}" for number in range(3_000)]


def batches(rows: int, seed: int) -> list[Batch]:
    """Chat rows; every text is different."""
    generator = np.random.default_rng(seed)
    texts = [" ".join(WORDS[word] for word in words) for words in generator.integers(0, 3_000, (20_000, 9))]
    made: list[Batch] = []
    for first in range(0, rows, BATCH):
        count = min(BATCH, rows - first)
        turns = generator.choice([2, 4], count, p=[0.75, 0.25])
        ends = np.concatenate([[0], np.cumsum(turns)])
        picked = generator.integers(0, len(texts), ends[-1])
        contents = [f"{first + place} {texts[text]}" for place, text in enumerate(picked)]
        roles = np.array(["user", "assistant"])[np.arange(ends[-1]) % 2]
        messages = pa.StructArray.from_arrays([pa.array(roles), pa.array(contents)], ["role", "content"])
        columns = {
            "id": [f"chat-{number:016x}" for number in range(first, first + count)],
            "source": generator.choice(["upstream", "authored", "generated"], count),
            "score": generator.normal(size=count),
            "messages": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), messages),
        }
        made.append(Batch(pa.RecordBatch.from_pydict(columns), Place("default", "train"), first))
    return made


def kibibytes(name: str) -> int:
    """A figure of this process's memory (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def run(rows: int) -> dict[str, float]:
    """Profile twice and compare; seconds, and mebibytes."""
    made = batches(rows, 0)
    other = Profile(batches(min(rows, BATCH), 1))
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew at what the batches take
    before = kibibytes("VmRSS")
    start = time.perf_counter()
    profile = Profile(made)
    profiled = time.perf_counter()
    compare(profile, other)
    compared = time.perf_counter()
    peak = kibibytes("VmHWM")
    return {"profile": profiled - start, "compare": compared - profiled, "memory": (peak - before) / 1024}


def main() -> None:
    """Run it and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    runs: list[dict[str, float]] = []
    for _ in range(arguments.repeats):
        with context.Pool(1) as pool:
            runs.append(pool.apply(run, (arguments.rows,)))
    middle = {name: statistics.median(entry[name] for entry in runs) for name in runs[0]}
    figures = {
        "benchmark": "drift",
        "rows": arguments.rows,
        "rows_per_second": round(arguments.rows / middle["profile"]),
        "compare_seconds": round(middle["compare"], 3),
        "memory_added_mib": round(middle["memory"], 1),
        "repeats": arguments.repeats,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
