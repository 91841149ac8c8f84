"""Scoring stored verdicts: read, join, parse, metrics with a bootstrap of 1,000.

20,000 items with five responses of 2 kB each; a verdict on every response, read off stored log-probabilities.
Each run is a process of its own; the figure is the median. Prints one JSON line.

    python benchmarks/score.py [--repeats 5] [--items 20000]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SAMPLES = 5
TARGET_SECONDS = 5.0
LABELS = ("vanilla_harmful", "vanilla_benign", "adversarial_harmful", "adversarial_benign")
WORDS = ("lock", "door", "safe", "never", "because", "help", "ask", "think", "plan", "people")


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"safechain-{n:016x}", "label": LABELS[n % 4], "instruction": f"Question {n}: may I?"}
        for n in range(count)
    ]


def items(count: int) -> Any:
    from mensrea.scoring.items import Items

    return Items("safechain", "original", "train", "1.0.0", "0" * 64, rows(count))


def responses(count: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(0)
    for row in rows(count):
        for sample in range(SAMPLES):
            thought = " ".join(draw.choices(WORDS, k=300))
            answer = " ".join(draw.choices(WORDS, k=60))
            yield {
                "dataset": "safechain",
                "config": "original",
                "version": "1.0.0",
                "id": row["id"],
                "probe": "",
                "sample": sample,
                "model": "openai/local",
                "parameters": {"temperature": 0.6},
                "text": f"{thought}</think>{answer}",
                "finish": "stop",
            }


def prepare(folder: Path, count: int) -> None:
    """Files of responses and of verdicts, as a run leaves them."""
    from mensrea.models.calls import Choice, Response, TokenLogprob
    from mensrea.scoring.assessment import Assessment
    from mensrea.scoring.judges.judge import Judge
    from mensrea.scoring.judging import Judged, verdict_row
    from mensrea.scoring.raw_replies import raw_of
    from mensrea.scoring.registry import find_scorer
    from mensrea.scoring.responses import write_responses
    from mensrea.scoring.tables import write_verdicts

    said = write_responses(folder / "responses.jsonl", responses(count))
    assessment = Assessment.of(find_scorer("safechain"), items(count), said, SAMPLES)
    judge, draw = Judge.load("safechain/safety"), random.Random(1)
    identity = judge.identity("openai/judge")

    def judged() -> Iterator[dict[str, Any]]:
        for key, question in assessment.questions.items():
            safe = draw.random()
            top = (("safe", math.log(safe + 1e-9)), ("unsafe", math.log(1 - safe + 1e-9)))
            token = max(top, key=lambda pair: pair[1])
            choice = Choice(token[0], logprobs=(TokenLogprob(*token, top),))
            reply = Response("judge", (choice,))
            yield verdict_row(
                "safechain",
                "original",
                key,
                Judged(question, judge.verdict([reply]), [raw_of(reply)], identity),
            )

    write_verdicts(folder / "verdicts.jsonl", judged())


def run(folder: Path, count: int) -> dict[str, Any]:
    from mensrea.scoring.reading import stored_verdicts
    from mensrea.scoring.registry import find_scorer
    from mensrea.scoring.report_json import report_bytes
    from mensrea.scoring.responses import read_responses
    from mensrea.scoring.session import score_responses

    scored, release = find_scorer("safechain"), items(count)
    begin = time.perf_counter()
    said = read_responses(folder / "responses.jsonl")
    read = time.perf_counter()
    stored = stored_verdicts(folder / "verdicts.jsonl")
    verdicts = time.perf_counter()
    report = score_responses(scored, release, said, folder, stored=stored, samples=SAMPLES)
    report_bytes(report)
    end = time.perf_counter()
    assert report.headline[0].denominator == count * SAMPLES
    return {
        "seconds": end - begin,
        "responses_s": read - begin,
        "verdicts_s": verdicts - read,
        "score_s": end - verdicts,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--child")
    options = parser.parse_args()
    if options.child:
        print(json.dumps(run(Path(options.child), options.items)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, options.items)
        command = [sys.executable, __file__, "--items", str(options.items), "--child", name]
        runs = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(options.repeats)
        ]
    figures = {key: round(statistics.median(each[key] for each in runs), 2) for key in runs[0]}
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    verdicts = options.items * SAMPLES
    print(
        json.dumps(
            {
                "benchmark": "score",
                "verdicts": verdicts,
                "target_s": TARGET_SECONDS,
                **figures,
                "machine": machine,
            }
        )
    )


if __name__ == "__main__":
    main()
