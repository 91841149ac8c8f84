"""Rows through a run, journal on, against a bare aiohttp client and datatrove's inference runner.

Four parts, on two cores that client and server share. Each run is a process of its own; sides take turns;
figures are medians. Prints one JSON line a part.

- steady: 2,000 different prompts, 50 ms latency, 64 in flight.
- many: 0.5 s latency, 1,024 in flight.
- limited: a server that lets in 16 at once and answers 429 with Retry-After 1 otherwise; 600 calls of 0.2 s.
- journal: a million rows from a stub, without a server: rows/s, memory, and how soon a resumed run works.

    python benchmarks/generate.py [--repeats 5] [--part steady] [--datatrove PYTHON]

`--datatrove` names a Python that has `datatrove[inference]`; the peer is left out without it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROMPT = """+++
name = "bench"
version = 1
purpose = "Ask."
+++
--- user ---
Prompt {{ number }}. {{ text }}
"""
TEXT = "word " * 60
LATENCY = {"steady": 0.05, "many": 0.5, "limited": 0.2}
CALLS = {"steady": 2_000, "many": 40_000, "limited": 600}
IN_FLIGHT = {"steady": 64, "many": 1_024, "limited": 64}
DATATROVE = """
import asyncio, sys, time, resource, json, tempfile
from datatrove.data import Document
from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
from datatrove.pipeline.writers import JsonlWriter
base, calls, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
async def rollout(document, generate):
    return await generate({"messages": [{"role": "user", "content": document.text}], "max_tokens": 100})
with tempfile.TemporaryDirectory() as folder:
    config = InferenceConfig(server_type="endpoint", model_name_or_path="local",
                             endpoint_url=base.removesuffix("/v1"), rollouts_per_document=1,
                             max_concurrent_generations=width,
                             max_concurrent_documents=width, metric_interval=600)
    runner = InferenceRunner(rollout, config, JsonlWriter(folder + "/out", "${rank}_${chunk_index}.jsonl"),
                             checkpoints_local_dir=folder + "/c", records_per_chunk=500)
    documents = (Document(text=f"Prompt {n}. " + "word " * 60, id=str(n)) for n in range(calls))
    begin = time.perf_counter()
    runner.run(documents)
    seconds = time.perf_counter() - begin
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"seconds": seconds, "mb": memory}))
"""


def recipe(folder: Path, rows: int) -> Any:
    from mensrea.generation.recipe import Recipe, Start
    from mensrea.generation.steps import Ask

    prompts = folder / "prompts"
    prompts.mkdir(exist_ok=True)
    (prompts / "bench.md").write_text(PROMPT)

    def numbers(start: Start) -> Iterator[dict[str, Any]]:
        return ({"number": number, "text": TEXT} for number in range(start.rows))

    return Recipe(
        stem="bench",
        config="generated",
        rows=rows,
        fields={"number": {"type": "integer"}, "text": {"type": "string"}},
        source=numbers,
        steps=(Ask("ask", "bench", "answer", most_tokens=100),),
        shape=dict,
        identity=("number",),
        split=lambda _: "test",
        prompts=prompts,
    )


def ours(base_url: str, rows: int, width: int) -> dict[str, Any]:
    from mensrea.models.endpoints import Options, connect

    folder = Path(tempfile.mkdtemp(prefix="mensrea-bench-"))
    try:
        name, transport = connect("openai/local", Options(base_url=base_url))
        return asyncio.run(run(folder, rows, width, name, transport))
    finally:
        shutil.rmtree(folder)


async def run(folder: Path, rows: int, width: int, name: str, transport: Any) -> dict[str, Any]:
    from mensrea.generation.job import Job, run_stages
    from mensrea.generation.local import local
    from mensrea.generation.plan import RoleModel
    from mensrea.models.caller import Caller
    from mensrea.models.journal import Journal

    made = recipe(folder, rows)
    job = Job(made, made.start(rows, 0, {}), {"writer": RoleModel(name, {})})
    with Journal.open(folder / "run") as journal:
        async with Caller(journal, {name: transport}, concurrency=width) as caller:
            begin, cpu = time.perf_counter(), time.process_time()
            execute = local(job, journal, caller.call, workers=2 * width, report=lambda *_: None)
            await run_stages(job, journal, execute)
            seconds = time.perf_counter() - begin
            counters = caller.counters
            assert counters.calls == rows
            return {
                "seconds": seconds,
                "mb": memory(),
                "cpu_ms": (time.process_time() - cpu) / rows * 1e3,
                "limited": counters.limited,
            }


def raw(base_url: str, calls: int, width: int) -> dict[str, Any]:
    import aiohttp

    async def main() -> float:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            numbers = iter(range(calls))

            async def work() -> None:
                for number in numbers:
                    message = {"role": "user", "content": f"Prompt {number}. {TEXT}"}
                    body = {"model": "local", "messages": [message], "max_tokens": 100, "temperature": 1.0}
                    async with session.post(f"{base_url}/chat/completions", json=body) as reply:
                        await reply.json()

            begin = time.perf_counter()
            await asyncio.gather(*(work() for _ in range(width)))
            return time.perf_counter() - begin

    cpu = time.process_time()
    return {
        "seconds": asyncio.run(main()),
        "mb": memory(),
        "cpu_ms": (time.process_time() - cpu) / calls * 1e3,
    }


def stub(rows: int) -> dict[str, Any]:
    """Rows from a stub, then the same run begun again with a few rows undone, in processes of their own."""
    folder = tempfile.mkdtemp(prefix="mensrea-bench-")
    try:
        first = child("fill", folder, str(rows))
        again = child("resume", folder, str(rows))
        return {**first, **again}
    finally:
        shutil.rmtree(folder)


async def fill(folder: Path, rows: int, undone: int) -> dict[str, Any]:
    from mensrea.generation.job import Job, run_stages
    from mensrea.generation.local import local
    from mensrea.generation.plan import RoleModel
    from mensrea.models.caller import Caller
    from mensrea.models.journal import Journal
    from mensrea.models.scripted import ScriptedModel

    first: list[float] = []
    begin = time.perf_counter()

    def note(*_: Any) -> None:
        if not first:
            first.append(time.perf_counter() - begin)

    made = recipe(folder, rows)
    model = ScriptedModel(lambda _: "answer " * 100)
    job = Job(made, made.start(rows, 0, {}), {"writer": RoleModel(model.name, {})})
    with Journal.open(folder / "run") as journal:
        opened = time.perf_counter() - begin
        async with Caller(journal, {model.name: model}, concurrency=256) as caller:
            execute = local(job, journal, caller.call, workers=256, report=note)
            ended = await run_stages(job, journal, execute)
            seconds = time.perf_counter() - begin
        identity = ended[0].stage.identity
        if undone:
            journal.forget_outcomes(identity, range(rows - undone, rows))
    disk = (folder / "run/journal.sqlite").stat().st_size // 2**20
    found = {"rows": rows, "rows_per_second": round(rows / seconds), "mb": memory(), "disk_mb": disk}
    if undone:
        return found
    return {"opened_s": round(opened, 2), "first_row_s": round(first[0], 2)}


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def child(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def serve(part: str) -> subprocess.Popen[str]:
    extra = ["--capacity", "16", "--retry-after", "1"] if part == "limited" else []
    command = [
        sys.executable,
        "-m",
        "mensrea.testing.openai_server",
        "--latency",
        str(LATENCY[part]),
        "--forget",
    ]
    return subprocess.Popen([*command, *extra], stdout=subprocess.PIPE, text=True)


def measure(part: str, repeats: int, datatrove: str | None) -> dict[str, Any]:
    calls, width = CALLS[part], IN_FLIGHT[part]
    sides = ["mensrea"] + (["raw aiohttp"] if part != "limited" else [])
    sides += ["datatrove"] if datatrove and part != "limited" else []
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    with serve(part) as server:
        assert server.stdout is not None
        base = json.loads(server.stdout.readline())["base_url"]
        for _ in range(repeats):
            for side in sides:
                if side == "datatrove":
                    command = [datatrove or "", "-c", DATATROVE, base, str(calls), str(width)]
                    done = subprocess.run(command, check=True, capture_output=True, text=True)
                    found[side].append(json.loads(done.stdout.splitlines()[-1]))
                else:
                    found[side].append(child(side, base, str(calls), str(width)))
        server.terminate()
    return summary(part, calls, found)


def summary(part: str, calls: int, found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    seconds = {side: statistics.median(each["seconds"] for each in runs) for side, runs in found.items()}
    figures: dict[str, Any] = {
        "benchmark": "generate",
        "part": part,
        "calls": calls,
        "rows_per_second": {side: round(calls / each) for side, each in seconds.items()},
        "cpu_ms": {s: round(statistics.median(e.get("cpu_ms", 0) for e in r), 2) for s, r in found.items()},
        "peak_mb": {side: max(each["mb"] for each in runs) for side, runs in found.items()},
        "ratio": {side: round(each / seconds["mensrea"], 2) for side, each in seconds.items()},
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}",
    }
    if part == "limited":
        ideal = calls / 16 * LATENCY[part]
        figures["limited"] = [each["limited"] for each in found["mensrea"]]
        figures["times_ideal"] = round(seconds["mensrea"] / ideal, 2)
    return figures


def run_child(arguments: list[str]) -> dict[str, Any]:
    what, *rest = arguments
    if what in {"fill", "resume"}:
        return asyncio.run(fill(Path(rest[0]), int(rest[1]), 100 if what == "fill" else 0))
    side = ours if what == "mensrea" else raw
    return side(rest[0], int(rest[1]), int(rest[2]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--part", choices=[*CALLS, "journal"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--datatrove")
    parser.add_argument("--child", nargs="+")
    options = parser.parse_args()
    os.environ.setdefault("OPENAI_API_KEY", "local")
    if options.child:
        print(json.dumps(run_child(options.child)))
        return
    for part in [options.part] if options.part else [*CALLS, "journal"]:
        if part == "journal":
            print(json.dumps({"benchmark": "generate", "part": part, **stub(options.rows)}), flush=True)
        else:
            print(json.dumps(measure(part, options.repeats, options.datatrove)), flush=True)


if __name__ == "__main__":
    main()
