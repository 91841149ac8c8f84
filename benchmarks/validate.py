"""Checking chat rows against a JSON Schema, from Parquet and from JSON lines, beside four peers.

Rows: an id with a pattern, an enum, lengths, bounds, and a list of `{role, content}`; one row in a
thousand breaks the schema in one of six ways. All sides must find the same invalid rows. Ours tells
every error with its place; peers say which rows are invalid: `jsonschema` by `is_valid`,
`jsonschema-rs` by `is_valid` on dictionaries, pydantic and msgspec on models written by hand, which decode
and check at once. From Parquet the peers read the same file through `to_pylist`, in batches. Every run is
a process of its own that has checked a thousand rows before; sides take turns. Slow peers get fewer rows.
Prints one JSON line.

    python benchmarks/validate.py [--rows 1000000] [--lines 200000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import gc
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

WORDS = [f"word{number}" for number in range(3_000)]
TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 8_000}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "source", "messages"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^row-[0-9]{8}$"},
        "source": {"enum": ["upstream", "authored", "generated"]},
        "language": {"type": "string", "minLength": 2, "maxLength": 5},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "turns": {"type": "integer", "minimum": 1},
        "messages": {
            "type": "array",
            "minItems": 1,
            "maxItems": 64,
            "items": {
                "type": "object",
                "required": ["role", "content"],
                "additionalProperties": False,
                "properties": {"role": {"enum": ["system", "user", "assistant"]}, "content": TEXT},
            },
        },
    },
}
ONE_IN = 1_000
# Rows for peers that would take minutes.
FEWER = {"jsonschema": 20, "jsonschema-rs": 2}


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of about 350 bytes; one in a thousand is invalid."""
    choose = random.Random(0)
    texts = [" ".join(choose.choices(WORDS, k=12)) for _ in range(20_011)]
    sources = ("upstream", "authored", "generated")
    for number in range(count):
        turns = 4 if number % 4 == 0 else 2
        row: dict[str, Any] = {
            "id": f"row-{number:08d}",
            "source": sources[number % 3],
            "language": "en",
            "score": number % 1_009 / 1_009,
            "turns": turns,
            "messages": [
                {"role": ("user", "assistant")[turn % 2], "content": texts[(number * 7 + turn) % 20_011]}
                for turn in range(turns)
            ],
        }
        if number % ONE_IN == ONE_IN // 2:
            damage(row, number // ONE_IN % 6)
        yield row


def damage(row: dict[str, Any], kind: int) -> None:
    if kind == 0:
        row["id"] = row["id"][:-1]
    elif kind == 1:
        row["source"] = "elsewhere"
    elif kind == 2:
        row["messages"] = []
    elif kind == 3:
        row["messages"][1]["role"] = "bystander"
    elif kind == 4:
        row["messages"][0]["content"] = ""
    else:
        row["score"] = 1.5


def write(folder: Path, count: int, lines: int, name: str = "rows") -> None:
    """The same rows as Parquet and as JSON lines."""
    import orjson
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    made = rows(count)
    for start in range(0, count, 100_000):
        part = list(itertools.islice(made, min(100_000, count - start)))
        table = pa.Table.from_pylist(part)
        writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()
    with (folder / f"{name}.jsonl").open("wb") as file:
        file.writelines(orjson.dumps(row) + b"\n" for row in rows(lines))


def ours(path: Path, most: int) -> int:
    """Rows that `mensrea.validate` finds invalid, every error counted and the first thousand told."""
    import mensrea

    del most
    (checked,) = mensrea.validate(path, SCHEMA).checked
    return checked.invalid


def from_parquet(path: Path, most: int) -> Iterator[list[Any]]:
    import pyarrow.parquet as pq

    left = most
    for batch in pq.ParquetFile(path).iter_batches(10_000):
        if left <= 0:
            return
        yield batch.slice(0, left).to_pylist()
        left -= batch.num_rows


def from_lines(path: Path, most: int) -> Iterator[list[bytes]]:
    with path.open("rb") as file:
        for start in range(0, most, 10_000):
            yield list(itertools.islice(file, min(10_000, most - start)))


def objects(path: Path, most: int) -> Iterator[list[Any]]:
    """Rows as dictionaries, from either file."""
    import orjson

    if path.suffix == ".parquet":
        yield from from_parquet(path, most)
    else:
        yield from ([orjson.loads(line) for line in lines] for lines in from_lines(path, most))


def python_jsonschema(path: Path, most: int) -> int:
    import jsonschema

    is_valid = jsonschema.Draft202012Validator(SCHEMA).is_valid
    return sum(not is_valid(row) for part in objects(path, most) for row in part)


def rust_jsonschema(path: Path, most: int) -> int:
    import jsonschema_rs

    is_valid = jsonschema_rs.Draft202012Validator(SCHEMA).is_valid
    return sum(not is_valid(row) for part in objects(path, most) for row in part)


def with_msgspec(path: Path, most: int) -> int:
    import msgspec

    check = msgspec_decoder(msgspec) if path.suffix == ".jsonl" else msgspec_converter(msgspec)
    return count_refused(check, msgspec.ValidationError, path, most)


def with_pydantic(path: Path, most: int) -> int:
    import pydantic

    model = pydantic_model(pydantic)
    check = model.validate_json if path.suffix == ".jsonl" else model.validate_python
    return count_refused(check, pydantic.ValidationError, path, most)


def count_refused(check: Callable[[Any], Any], refused: type[Exception], path: Path, most: int) -> int:
    invalid = 0
    parts = from_lines(path, most) if path.suffix == ".jsonl" else from_parquet(path, most)
    for part in parts:
        for row in part:
            try:
                check(row)
            except refused:
                invalid += 1
    return invalid


def msgspec_types(msgspec: Any) -> Any:
    from typing import Annotated, Literal

    meta = msgspec.Meta
    message = msgspec.defstruct(
        "Message",
        [
            ("role", Literal["system", "user", "assistant"]),
            ("content", Annotated[str, meta(min_length=1, max_length=8_000)]),
        ],
        forbid_unknown_fields=True,
    )
    return msgspec.defstruct(
        "Row",
        [
            ("id", Annotated[str, meta(pattern="^row-[0-9]{8}$")]),
            ("source", Literal["upstream", "authored", "generated"]),
            ("messages", Annotated[list[message], meta(min_length=1, max_length=64)]),
            ("language", Annotated[str, meta(min_length=2, max_length=5)], "en"),
            ("score", Annotated[float, meta(ge=0, le=1)], 0),
            ("turns", Annotated[int, meta(ge=1)], 1),
        ],
        forbid_unknown_fields=True,
    )


def msgspec_decoder(msgspec: Any) -> Callable[[Any], Any]:
    return msgspec.json.Decoder(msgspec_types(msgspec)).decode


def msgspec_converter(msgspec: Any) -> Callable[[Any], Any]:
    row = msgspec_types(msgspec)
    return lambda value: msgspec.convert(value, row)


def pydantic_model(pydantic: Any) -> Any:
    from typing import Annotated, Literal

    field = pydantic.Field
    strict = pydantic.ConfigDict(extra="forbid", strict=True)
    message = pydantic.create_model(
        "Message",
        __config__=strict,
        role=Literal["system", "user", "assistant"],
        content=Annotated[str, field(min_length=1, max_length=8_000)],
    )
    row = pydantic.create_model(
        "Row",
        __config__=strict,
        id=Annotated[str, field(pattern="^row-[0-9]{8}$")],
        source=Literal["upstream", "authored", "generated"],
        messages=Annotated[list[message], field(min_length=1, max_length=64)],
        language=(Annotated[str, field(min_length=2, max_length=5)], "en"),
        score=(Annotated[float, field(ge=0, le=1)], 0),
        turns=(Annotated[int, field(ge=1)], 1),
    )
    return pydantic.TypeAdapter(row)


SIDES: dict[str, Callable[[Path, int], int]] = {
    "mensrea": ours,
    "jsonschema": python_jsonschema,
    "jsonschema-rs": rust_jsonschema,
    "pydantic": with_pydantic,
    "msgspec": with_msgspec,
}
IMPORTS = {
    "mensrea": ("mensrea.loading.validate", "mensrea.validation.lines", "polars", "pyarrow.parquet"),
    "jsonschema": ("jsonschema", "pyarrow.parquet", "orjson"),
    "jsonschema-rs": ("jsonschema_rs", "pyarrow.parquet", "orjson"),
    "pydantic": ("pydantic", "pyarrow.parquet"),
    "msgspec": ("msgspec", "pyarrow.parquet"),
}


def run_child(side: str, path: Path, most: int) -> None:
    """Run one side once and print its seconds, what it found, and its peak memory."""
    for module in IMPORTS[side]:
        importlib.import_module(module)
    SIDES[side](path.with_stem("few"), 1_000)
    gc.collect()
    start = time.perf_counter()
    invalid = SIDES[side](path, most)
    seconds = time.perf_counter() - start
    # Not `getrusage`: after a fork its maximum is still that of the parent.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "invalid": invalid, "peak_mb": peak}))


def measure(side: str, path: Path, most: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", side, str(path), str(most)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(path: Path, count: int, repeats: int) -> dict[str, Any]:
    """Rows a second of each side: medians over interleaved runs."""
    runs: dict[str, list[float]] = {side: [] for side in SIDES}
    peak: dict[str, float] = {}
    for _ in range(repeats):
        for side, seconds in runs.items():
            most = max(count // FEWER.get(side, 1), 10_000)
            run = measure(side, path, most)
            expected = sum(number % ONE_IN == ONE_IN // 2 for number in range(most))
            assert run["invalid"] == expected, (side, run["invalid"], expected)
            seconds.append(run["seconds"] / most)
            peak[side] = max(peak.get(side, 0), run["peak_mb"])
    rate = {side: 1 / statistics.median(seconds) for side, seconds in runs.items()}
    return {
        "rows": count,
        "rows_per_second": {side: round(each) for side, each in rate.items()},
        "ratio": {side: round(rate["mensrea"] / each, 1) for side, each in rate.items() if side != "mensrea"},
        "peak_mb": {side: round(each) for side, each in peak.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", nargs=3, metavar=("SIDE", "FILE", "ROWS"))
    arguments = parser.parse_args()
    if arguments.child:
        side, path, most = arguments.child
        run_child(side, Path(path), int(most))
        return
    with tempfile.TemporaryDirectory() as folder:
        small, whole = Path(folder) / "quarter", Path(folder) / "whole"
        for place, share in ((small, 4), (whole, 1)):
            place.mkdir()
            write(place, arguments.rows // share, arguments.lines // share)
            write(place, 1_000, 1_000, "few")
        figures: dict[str, Any] = {
            "parquet": compare(whole / "rows.parquet", arguments.rows, arguments.repeats),
            "lines": compare(whole / "rows.jsonl", arguments.lines, arguments.repeats),
        }
        for kind in ("parquet", "jsonl"):
            quarter = measure("mensrea", small / f"rows.{kind}", 0)["peak_mb"]
            figures[f"{kind}_quarter"] = {"peak_mb": round(quarter)}
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"benchmark": "validate", "machine": machine, "figures": figures}))


if __name__ == "__main__":
    main()
