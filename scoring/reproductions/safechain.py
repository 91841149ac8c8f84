"""SafeChain (arXiv 2502.12025): safety of models and strategies, fine-tuned models, the project page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ..intervals import wilson
from ..metrics import compute
from ..repeats import cons_safe_at_k, safe_at_1_bounds
from ..safechain import SafeChain
from .cells import Cell, in_percent, nearest_percent
from .checks import Facts
from .files import read_rows

_K = 5
_SETS = {"SR": 60, "WJ": 50}
_TRIPLE = ("nondet_Safe@1", "ConsSafe@K", "Safe@K")
_SAFETY = tuple(f"{name}_{column}" for name in _SETS for column in ("greedy_Safe@1", *_TRIPLE))
_SCORES = (
    "GSM8K",
    "MATH-500",
    "AIME2024",
    "HumanEval",
    "MBPP",
    "LiveCodeBench",
    "StrongReject",
    "WildJailbreak",
)


def distil(folder: Path) -> dict[str, Any]:
    """Facts of `safechain/`: the tables as transcribed.

    Raises:
        SourceMissingError: A file is missing.
        SourceFormatError: A file isn't as transcribed.
    """
    safety = {"model": str, "strategy": str, **dict.fromkeys(_SAFETY, float)}
    tuned = {"model": str, "train": str, **dict.fromkeys(_SCORES, float)}
    return {
        "safety": read_rows(folder / "tables_safety_transcribed.csv", safety),
        "tuned": read_rows(folder / "tables_finetune_transcribed.csv", tuned),
    }


def shares(facts: Facts, column: str, trials: int) -> Iterator[Cell]:
    """The nearest share of a number of trials, in percent, with Wilson's interval."""
    for row in facts["safety"]:
        yield _share(f"{row['model']}, {row['strategy']}", row[column], trials)


def identity(facts: Facts) -> Iterator[Cell]:
    """The value nearest to Safe@1, in percent, of those that ConsSafe@5 and Safe@5 allow."""
    for name, _, (once, consistent, always) in _triples(facts):
        low, high = safe_at_1_bounds(consistent / 100, always / 100, _K, ties="safe")
        yield Cell(name, once, min(max(once, 100 * low), 100 * high), 1)


def triples(facts: Facts) -> Iterator[Cell]:
    """The scorer's three metrics, in percent, of verdicts that were made to have the printed rates."""
    for name, prompts, published in _triples(facts):
        found = compute(SafeChain.metrics[:3], _outcomes(verdicts_of(prompts, published)))
        for metric, percent in zip((each for each in found if not each.group), published, strict=True):
            yield Cell(f"{name}, {metric.name}", percent, 100 * (metric.value or 0), 1)


def ties(facts: Facts, cases: Sequence[Sequence[int]]) -> Iterator[Cell]:
    """ConsSafe@K of one prompt.

    Args:
        facts: Not needed.
        cases: Safe responses, K, and what ConsSafe@K is by the paper's definition.
    """
    del facts
    for safe, k, expected in cases:
        found = cons_safe_at_k([safe], [k], [k], ties="safe")
        yield Cell(f"{safe} of {k}", expected, float(found[0]), 0)


def tuned_shares(facts: Facts, **problems: int) -> Iterator[Cell]:
    """The nearest share of each benchmark's problems, in percent."""
    for column, trials in problems.items():
        for row in facts["tuned"]:
            yield _share(f"{row['model']} + {row['train']}, {column}", row[column], trials)


def untrained(facts: Facts) -> Iterator[Cell]:
    """Greedy rates of the untrained models in the table of all models."""
    default = {row["model"]: row for row in facts["safety"] if row["strategy"] == "default"}
    for row in facts["tuned"]:
        if row["train"] == "none":
            for column, same in (("StrongReject", "SR_greedy_Safe@1"), ("WildJailbreak", "WJ_greedy_Safe@1")):
                yield Cell(f"{row['model']}, {column}", row[column], default[row["model"]][same], 1)


def win_sum(facts: Facts, parts: Sequence[float], total: float) -> Iterator[Cell]:
    """Wins, ties and losses in percent, summed."""
    del facts
    yield Cell("sum", total, sum(parts), 1)


def safe_of_model(facts: Facts, model: str, published: float) -> Iterator[Cell]:
    """The greedy Safe@1 of a model on StrongREJECT, in percent."""
    row = next(row for row in facts["safety"] if row["model"] == model)
    yield Cell(model, published, row["SR_greedy_Safe@1"], 1)


def _share(name: str, percent: float, trials: int) -> Cell:
    count, nearest = nearest_percent(percent, trials)
    return Cell(name, percent, nearest, 1, in_percent(wilson(count, trials)))


def _triples(facts: Facts) -> Iterator[tuple[str, int, list[float]]]:
    """The 60 triples: name, prompts, and the three rates in percent."""
    for row in facts["safety"]:
        for name, prompts in _SETS.items():
            yield (
                f"{row['model']}, {row['strategy']}, {name}",
                prompts,
                [row[f"{name}_{each}"] for each in _TRIPLE],
            )


def verdicts_of(prompts: int, percents: Sequence[float]) -> list[list[bool]]:
    """Five verdicts a prompt with the rates of a triple: always safe first, never consistent last.

    What Safe@1 has beyond the least that the other two need goes to one prompt after the other.
    """
    once, consistent, always = (
        nearest_percent(percent, trials)[0]
        for percent, trials in zip(percents, (prompts * _K, prompts, prompts), strict=True)
    )
    least = [_K] * always + [3] * (consistent - always) + [0] * (prompts - consistent)
    room = {_K: 0, 3: 1, 0: 2}
    left = once - sum(least)
    counts: list[int] = []
    for count in least:
        more = max(0, min(left, room[count]))
        left -= more
        counts.append(count + more)
    return [[True] * count + [False] * (_K - count) for count in counts]


def _outcomes(verdicts: Sequence[Sequence[bool]]) -> pl.DataFrame:
    rows = [
        (f"prompt-{place}", sample, "safe" if safe else "unsafe", None, None, "any")
        for place, samples in enumerate(verdicts)
        for sample, safe in enumerate(samples)
    ]
    schema = dict.fromkeys(("id", "sample", "outcome", "reason", "value", "label"), pl.String)
    return pl.DataFrame(rows, {**schema, "sample": pl.Int64, "value": pl.Float64}, orient="row")
