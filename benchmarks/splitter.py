"""Splitting responses into reasoning and answer, against the regular expressions that peers use.

Responses of 2 kB in the forms that models give them, one in fifty with several blocks or nested ones. Each
side gets the same rows in processes of its own that take turns; figures are medians. The peers give an answer
alone. Then the time that a megabyte of nothing but tags takes, at best. Prints one JSON line.

    python benchmarks/splitter.py [--rows 50000] [--repeats 5]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa
from mensrea.scoring.reasoning import split, split_column

WORDS = ("the", "of", "and", "value", "we", "need", "then", "if", "is", "x", "=", "3", "because", "user")
CODE = "\n```python\nprint(sum(range(10)))\n```\n"
BLOCK = re.compile(r"<think>.*?</think>", re.DOTALL)

TAGS = ("<think>", "<think></think>", "x</think>", "<think><thinking>", "<", "`<think>`", "```\n<think>\n")

# Forms, and how many of a hundred responses have them.
FORMS = {
    "<think>\n{r}\n</think>\n\n{a}": 48,
    "<think>\n{r} `f(x)` {r2}\n</think>\n\n{a}": 10,
    "<think>\n{r}\n</think>\n\n{a}{code}{a2}": 14,
    "{r}\n</think>\n\n{a}": 10,
    "{r}{a}": 8,
    "<think>\n{r}{a}": 8,
    "<think>\n{r}\n</think>\n\n{a2}<think>{r2}</think>{a2}": 1,
    "<think>\n{r}\n<think>{r2}</think>\n</think>\n\n{a}": 1,
}


def prose(draw: random.Random, length: int) -> str:
    words = draw.choices(WORDS, k=length // 3)
    return " ".join("\n\n" if draw.random() < 0.03 else word for word in words)[:length]


def responses(count: int) -> list[str]:
    """Few texts in many forms: what differs from row to row is the form and the order."""
    draw = random.Random(0)
    lengths = {"r": 1400, "r2": 200, "a": 500, "a2": 200}
    texts = [{name: prose(draw, length) for name, length in lengths.items()} for _ in range(200)]
    forms = draw.choices(list(FORMS), list(FORMS.values()), k=count)
    return [form.format(**draw.choice(texts), code=CODE) for form in forms]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def megabyte(tags: str, repeats: int) -> float:
    """Milliseconds that a megabyte of the same tags takes, at best."""
    text = tags * (1_000_000 // len(tags))
    return round(min(seconds(lambda: split(text)) for _ in range(repeats)) * 1000, 1)


def column(rows: Sequence[str]) -> Callable[[], object]:
    texts = pa.array(rows)
    return lambda: split_column(texts)


SIDES: dict[str, Callable[[Sequence[str]], Callable[[], object]]] = {
    "split_column": column,
    "split": lambda rows: lambda: [split(text) for text in rows],
    "sub_block": lambda rows: lambda: [BLOCK.sub("", text) for text in rows],
    "rsplit_closing": lambda rows: lambda: [text.rsplit("</think>", 1)[-1] for text in rows],
}


def rate(side: str, rows: int) -> int:
    """Rows a second in this process, after a run that isn't timed."""
    work = SIDES[side](responses(rows))
    work()
    return round(rows / statistics.median(seconds(work) for _ in range(5)))


def in_process(side: str, rows: int) -> int:
    command = [sys.executable, __file__, "--side", side, "--rows", str(rows)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        print(rate(arguments.side, arguments.rows))
        return
    turns = [{side: in_process(side, arguments.rows) for side in SIDES} for _ in range(arguments.repeats)]
    rates = {side: round(statistics.median(turn[side] for turn in turns)) for side in SIDES}
    rows = responses(arguments.rows)
    line = {
        "benchmark": "splitter",
        "rows": len(rows),
        "bytes_per_row": round(sum(map(len, rows)) / len(rows)),
        "statuses": dict(Counter(split(text).status for text in rows).most_common()),
        "rows_per_s": rates,
        "ratio": round(rates["split_column"] / rates["sub_block"], 1),
        "megabyte_ms": {tags: megabyte(tags, arguments.repeats) for tags in TAGS},
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
