"""Building a million-row text release, end to end, against `datasets`' GeneratorBasedBuilder.

Ours: rows as dictionaries, each validated against its JSON Schema, Arrow, Parquet (zstd,
content-defined chunking), content digest, sha256. The peer: the same rows through
GeneratorBasedBuilder to Parquet, which validates nothing. Each run is a process of its own; peer
and ours take turns. Prints one JSON line.

    python benchmarks/build.py [--rows 1000000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PNG_BYTES = 20_000
WORDS = [f"word{number}" for number in range(2_000)]


def text_rows(count: int) -> Iterator[dict[str, Any]]:
    """Chat rows of about 200 characters: two messages, a label and a score."""
    choose = random.Random(0).choices
    questions = [" ".join(choose(WORDS, k=12)) for _ in range(5_000)]
    answers = [" ".join(choose(WORDS, k=12)) for _ in range(4_999)]
    scores = [number / 100 for number in range(100)]
    labels = ("unsafe", "safe", "safe")
    parts = zip(range(count), *map(itertools.cycle, (questions, answers, labels, scores)), strict=False)
    for number, question, answer, label, score in parts:
        yield {
            "id": f"chat-{number:016x}",
            "messages": [
                {"role": "user", "content": question},
                {"role": "assistant", "content": f"{number} {answer}"},
            ],
            "label": label,
            "score": score,
        }


def image_rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows with an encoded picture: a PNG header and noise, which no codec makes smaller."""
    noise = random.Random(0).randbytes(PNG_BYTES * 2)
    for number in range(count):
        start = number * 61 % PNG_BYTES
        data = b"\x89PNG\r\n\x1a\n" + number.to_bytes(8) + noise[start : start + PNG_BYTES]
        yield {
            "id": f"figure-{number:016x}",
            "image": {"bytes": data, "path": None},
            "caption": f"figure {number}",
        }


def schema(kind: str) -> Any:
    """The row schema of either kind of rows."""
    from mensrea.schemas import RowSchema

    text = {"type": "string", "description": "text"}
    message = {
        "type": "object",
        "description": "a turn",
        "additionalProperties": False,
        "required": ["role", "content"],
        "properties": {"role": {**text, "enum": ["user", "assistant"]}, "content": {**text, "minLength": 1}},
    }
    columns: dict[str, Any] = {
        "text": {
            "messages": {"type": "array", "description": "turns", "minItems": 1, "items": message},
            "label": {**text, "enum": ["safe", "unsafe"]},
            "score": {"type": "number", "description": "score", "minimum": 0, "maximum": 1},
        },
        "image": {"image": {**text, "contentMediaType": "image/png"}, "caption": text},
    }[kind]
    properties = {"id": {**text, "pattern": "^[a-z]+-[0-9a-f]{16}$"}, "source": text, **columns}
    document = {"type": "object", "additionalProperties": False, "required": list(properties)}
    return RowSchema("benchmark", kind, {**document, "properties": properties})


def ours(kind: str, count: int, out: Path) -> None:
    from mensrea.builders.assemble import Assembler, paused_gc
    from mensrea.builders.parquet import BackgroundWriter, SplitWriter

    rows = text_rows(count) if kind == "text" else image_rows(count)
    row_schema = schema(kind)
    writer = SplitWriter(out, kind, "train", row_schema)
    with paused_gc(), BackgroundWriter(writer) as background:
        for table in Assembler(row_schema, {"source": "authored"}).tables(rows):
            background.write(table)
    assert writer.finish().rows == count


def peer(kind: str, count: int, out: Path) -> None:
    import datasets
    from mensrea.schemas.arrow import features_of

    class Peer(datasets.GeneratorBasedBuilder):
        VERSION = datasets.Version("1.0.0")

        def _info(self) -> datasets.DatasetInfo:
            return datasets.DatasetInfo(features=features_of(schema(kind)))

        def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
            del dl_manager
            return [datasets.SplitGenerator(name="train", gen_kwargs={})]

        def _generate_examples(  # pyright: ignore[reportIncompatibleMethodOverride]
            self,
        ) -> Iterator[tuple[int, dict[str, Any]]]:
            rows = text_rows(count) if kind == "text" else image_rows(count)
            yield from ((number, {**row, "source": "authored"}) for number, row in enumerate(rows))

    datasets.disable_progress_bars()
    build = Peer(cache_dir=str(out / "cache"))
    build.download_and_prepare(str(out / "parquet"), file_format="parquet")


def run_child(side: str, kind: str, count: int) -> None:
    """Run one side and print its seconds and peak memory; imports aren't timed."""
    import resource

    # Imported before the clock starts.
    for module in ("datasets", "mensrea.builders.assemble", "mensrea.builders.parquet"):
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        {"ours": ours, "peer": peer}[side](kind, count, Path(out))
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


def measure(side: str, kind: str, count: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", side, kind, str(count)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(kind: str, count: int, repeats: int) -> dict[str, float]:
    """Medians over interleaved runs."""
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    for _ in range(repeats):
        for side, done in runs.items():
            done.append(measure(side, kind, count))
    rate = {side: count / statistics.median(run["seconds"] for run in done) for side, done in runs.items()}
    peak = {side: statistics.median(run["peak_mb"] for run in done) for side, done in runs.items()}
    return {
        "rows": count,
        "rows_per_second": round(rate["ours"]),
        "peer_rows_per_second": round(rate["peer"]),
        "ratio": round(rate["ours"] / rate["peer"], 1),
        "peak_mb": round(peak["ours"]),
        "peer_peak_mb": round(peak["peer"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", nargs=3, metavar=("SIDE", "KIND", "ROWS"))
    arguments = parser.parse_args()
    if arguments.child:
        side, kind, count = arguments.child
        run_child(side, kind, int(count))
        return
    figures = {
        "text": compare("text", arguments.rows, arguments.repeats),
        "text_tenth": {"peak_mb": round(measure("ours", "text", arguments.rows // 10)["peak_mb"])},
        "image": compare("image", max(1_000, arguments.rows // 50), arguments.repeats),
    }
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"benchmark": "build", "machine": machine, "figures": figures}))


if __name__ == "__main__":
    main()
