"""Generating MNNS rows: this package against a plain-Python loop, in rows a second on one core.

The loop convolves a dictionary of counts for the targets and walks `itertools.product` for answers,
patterns and the best traces of a budget, as the paper's release does. Both give the same rows, which is
checked before timing. Timed are soft targets with answers, which training needs, and whole rows, which
also list every optimal pattern, in CPU seconds, which other programs disturb less. Prints one JSON line.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import accumulate, product
from pathlib import Path
from typing import Any

import numpy as np
from mensrea.generation.cot2 import SHARD_ROWS, Budget, Family, answers, budgeted_targets, table, targets
from mensrea.generation.seeds import stream, uniform_integers

REPEATS = 7
# Family: rows generated at once by this package, and by the loop.
SIZES = {
    "mnns-4x9": (6_561, 500),
    "mnns-5x5-13": (59_049, 300),
    "mnns-6x9": (5_000, 200),
    "mnns-6x99": (5_000, 200),
    "mnns-8x99": (5_000, 50),
    "mnns-8x999": (5_000, 50),
    "mnns-10x9": (20_000, 20),
    "mnns-10x99": (2_000, 20),
    "mnns-4x9-minabs4": (6_561, 500),
    "mnns-4x9-nonneg16": (6_561, 500),
    "mnns-5x5-13-minabs8": (59_049, 300),
    "mnns-8x99-minabs8": (5_000, 20),
    "mnns-10x9-minabs8": (5_000, 10),
}


def loop_targets(digits: list[int], family: Family) -> list[dict[str, int]]:
    if family.budget is not None:
        return loop_budget(digits, family.budget)
    entries: list[dict[str, int]] = []
    counts = Counter({0: 1})
    for step, digit in enumerate(digits, start=1):
        following: Counter[int] = Counter()
        for state, count in counts.items():
            following[state + digit] += count
            following[state - digit] += count
        counts = following
        entries += [{"step": step, "state": state, "count": counts[state]} for state in sorted(counts)]
    return entries


def loop_budget(digits: list[int], budget: Budget) -> list[dict[str, int]]:
    traces = list(map(list, map(accumulate, product(*((digit, -digit) for digit in digits)))))
    if budget.reading == "minabs":
        best = sorted(traces, key=lambda states: (abs(states[-1]), states[-1] < 0))
    else:
        best = sorted((states for states in traces if states[-1] >= 0), key=lambda states: states[-1])
    counts = Counter(passed for states in best[: budget.size] for passed in enumerate(states, start=1))
    return [{"step": step, "state": state, "count": counts[step, state]} for step, state in sorted(counts)]


def loop_answer(digits: list[int]) -> int:
    return min(total for total in map(sum, product(*((digit, -digit) for digit in digits))) if total >= 0)


def loop_row(digits: list[int], family: Family) -> dict[str, Any]:
    patterns: list[str] = []
    answer = trace = None
    for signs in product((1, -1), repeat=len(digits)):
        total = sum(sign * digit for sign, digit in zip(signs, digits, strict=True))
        if total < 0 or (answer is not None and total > answer):
            continue
        if total != answer:
            answer, patterns = total, []
            trace = list(accumulate(sign * digit for sign, digit in zip(signs, digits, strict=True)))
        patterns.append("".join("+" if sign > 0 else "-" for sign in signs))
    budget = family.budget
    return {
        "id": f"{family.name}:{'-'.join(map(str, digits))}",
        "digits": digits,
        "answer": answer,
        "trace": trace,
        "optimal_patterns": patterns,
        "targets": loop_targets(digits, family),
        "rule": budget.rule if budget else "all_traces",
        "budget": budget.size if budget else None,
        "tie_break": budget.tie_break if budget else "none",
    }


def rows_per_second(rows: int, generate: Callable[[], object]) -> float:
    seconds: list[float] = []
    for _ in range(REPEATS):
        start = time.process_time()
        generate()
        seconds.append(time.process_time() - start)
    return rows / statistics.median(seconds)


def compare(ours: float, loop: float) -> dict[str, float]:
    return {"ours": round(ours), "peer": round(loop), "ratio": round(ours / loop, 1)}


def family_figures(name: str) -> dict[str, dict[str, float]]:
    family = Family.from_name(name)
    budget = family.budget
    rows, loop_rows = SIZES[name]
    digits = uniform_integers(stream(0, name), family.lowest, family.highest, (rows, family.length))
    if family.exhaustive:
        digits = family.enumerate()
    some = digits[:: rows // loop_rows][:loop_rows]
    lists = some.tolist()
    if table(some, family).to_pylist() != [loop_row(row, family) for row in lists]:
        raise RuntimeError(f"{name}: the rows differ from the loop's")
    if answers(some).tolist() != list(map(loop_answer, lists)):
        raise RuntimeError(f"{name}: the answers differ from the loop's")

    def whole() -> None:
        for start in range(0, rows, SHARD_ROWS):
            table(digits[start : start + SHARD_ROWS], family)

    def supervision() -> object:
        return budgeted_targets(digits, budget) if budget else targets(digits), answers(digits)

    def loop_supervision() -> object:
        return [(loop_targets(row, family), loop_answer(row)) for row in lists]

    return {
        "targets_and_answers_rows_per_s": compare(
            rows_per_second(rows, supervision), rows_per_second(loop_rows, loop_supervision)
        ),
        "rows_per_s": compare(
            rows_per_second(rows, whole),
            rows_per_second(loop_rows, lambda: [loop_row(row, family) for row in lists]),
        ),
    }


def whole_release() -> dict[str, float]:
    """Seconds to build and write the release of mnns-4x9, imports aside."""
    from mensrea.builders.release import build_release

    seconds: list[float] = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            build_release("cot2", configs=["mnns-4x9"], out=Path(folder))
            seconds.append(time.perf_counter() - start)
    return {"median_s": round(statistics.median(seconds), 3), "best_s": round(min(seconds), 3)}


def main() -> None:
    machine = {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    figures: dict[str, Any] = {name: family_figures(name) for name in SIZES}
    figures["release of mnns-4x9"] = whole_release()
    print(json.dumps({"benchmark": "mnns", "machine": machine, "figures": figures}))


if __name__ == "__main__":
    main()
