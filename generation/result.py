"""What a run made: rows by split, what was dropped and why, and the account of models, prompts and tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from ..errors import RunError
from ..models.journal import Journal
from .functions import apply
from .job import Ended, Job
from .outcome import CallCounts, Drop, add_counts
from .plan import recipe_digest
from .recipe import place
from .run_folder import ACCOUNT, DROPPED, ROWS, RunFolder
from .steps import Row

Cost = Callable[[str, int, int, int], float | None]
"""USD of a model's prompt, completion and cached tokens; None where its price isn't known."""


def write_result(
    job: Job, folder: RunFolder, journal: Journal, ended: Sequence[Ended], cost: Cost
) -> dict[str, Any]:
    """Write the rows, the drops, and, last, the account; the same for the same replies.

    Raises:
        RunError: No row is left.
        StorageError: The folder can't be written.
    """
    folder.forget_result()
    folder.write_lines(DROPPED, (orjson.dumps(drop.as_dict()) + b"\n" for drop in all_drops(ended, journal)))
    sizes = _write_rows(job, folder, journal, ended)
    if not sizes:
        raise RunError(f"{folder.path}: no row is left; {folder.path / DROPPED} says why")
    account = {**_recipe(job), **accounted(ended, journal, cost), "kept": dict(sorted(sizes.items()))}
    folder.write(ACCOUNT, orjson.dumps(account, option=orjson.OPT_INDENT_2) + b"\n")
    return account


def read_rows(folder: RunFolder, split: str) -> Iterator[Row]:
    """The rows of a split of a run that has ended.

    Raises:
        RunError: The file can't be read.
    """
    path = split_path(folder, split)
    try:
        with path.open("rb") as file:
            yield from (orjson.loads(line) for line in file)
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: can't be read as a run's rows ({error})") from error


def split_path(folder: RunFolder, split: str) -> Path:
    """The file of a split's rows."""
    return folder.path / ROWS / f"{split}.jsonl"


def all_drops(ended: Sequence[Ended], journal: Journal) -> Iterator[Drop]:
    """What was dropped, in the order of stages and rows."""
    for each in ended:
        for outcome in each.outcomes(journal):
            yield from outcome.drops
        yield from each.drops


def accounted(ended: Sequence[Ended], journal: Journal, cost: Cost) -> dict[str, Any]:
    """The calls of each step and model with their tokens and cost, and drops by step and reason.

    Only calls whose replies rows used count, so it doesn't matter how often a run was interrupted.
    """
    calls: CallCounts = {}
    dropped: Counter[tuple[str, str]] = Counter()
    missing: Counter[tuple[str, str]] = Counter()
    for each in ended:
        for outcome in each.outcomes(journal):
            add_counts(calls, outcome.calls)
            missing.update(outcome.missing)
            dropped.update((drop.step, drop.reason) for drop in outcome.drops)
        dropped.update((drop.step, drop.reason) for drop in each.drops)
    return {
        "calls": [_call(step, model, counts, cost) for (step, model), counts in sorted(calls.items())],
        "dropped": _reasons(dropped, "rows"),
        "missing": _reasons(missing, "samples"),
    }


def _reasons(counts: Counter[tuple[str, str]], what: str) -> list[dict[str, Any]]:
    return [{"step": step, "reason": reason, what: count} for (step, reason), count in sorted(counts.items())]


def _call(step: str, model: str, counts: Sequence[int], cost: Cost) -> dict[str, Any]:
    calls, prompt, completion, reasoning, cached = counts
    usd = cost(model, prompt, completion, cached)
    return {
        "step": step,
        "model": model,
        "calls": calls,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "reasoning_tokens": reasoning,
        "cached_tokens": cached,
        "usd": None if usd is None else round(usd, 6),
    }


def _recipe(job: Job) -> Mapping[str, Any]:
    recipe = job.recipe
    prompts = {step.name: recipe.prompt(step) for step in recipe.asks}
    return {
        "recipe": recipe_digest(recipe),
        "seed": job.start.seed,
        "rows": job.start.rows,
        "inputs": dict(job.start.inputs),
        "structured": job.structured,
        "models": {
            role: {"model": each.model, "parameters": dict(each.parameters)}
            for role, each in job.models.items()
        },
        "prompts": {
            step: {"name": prompt.name, "version": prompt.version, "sha256": prompt.digest}
            for step, prompt in prompts.items()
        },
    }


def _write_rows(job: Job, folder: RunFolder, journal: Journal, ended: Sequence[Ended]) -> Counter[str]:
    """Write each split's rows; how many there are of each."""
    sizes: Counter[str] = Counter()
    splits = dict.fromkeys(split for split, _ in _shaped(job, journal, ended))
    for split in splits:
        rows = (row for other, row in _shaped(job, journal, ended) if other == split)
        folder.write_lines(f"{ROWS}/{split}.jsonl", _lines(rows, sizes, split))
    return sizes


def _shaped(job: Job, journal: Journal, ended: Sequence[Ended]) -> Iterator[tuple[str, Row]]:
    recipe, where = job.recipe, place(job.recipe)
    for row in ended[-1].kept(journal):
        shaped = apply(recipe.shape, row, where)
        yield apply(recipe.split, shaped, where), shaped


def _lines(rows: Iterator[Row], sizes: Counter[str], split: str) -> Iterator[bytes]:
    for row in rows:
        sizes[split] += 1
        yield orjson.dumps(row) + b"\n"
