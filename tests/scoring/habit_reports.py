"""Reports on cogtest with known rates, for tests of profiles."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
from mensrea.scoring.cogtest import CogTest
from mensrea.scoring.declared import Rate
from mensrea.scoring.habit_grid import Grid
from mensrea.scoring.habits import HABITS
from mensrea.scoring.judgements import JUDGEMENTS
from mensrea.scoring.report import Release, Report, Subject, make_report

JUDGE = {"name": "cogtest/habit", "version": 1, "digest": "ab12", "model": "openai/judge", "parameters": {}}
SHOWN = Rate("shown", "Share that shows it.", of=("present",))
Draw = Callable[[str | None, str, int], float]
"""The chance that a habit (second) shows on a task of a habit (first) with this number."""


def grid(own: Any, hits: Any, scored: Any = None) -> Grid:
    """A grid of counts; one sample of everything if `scored` is left out."""
    found = np.asarray(hits, dtype=np.float64)
    n = (
        np.ones_like(found)
        if scored is None
        else np.broadcast_to(np.asarray(scored, dtype=float), found.shape)
    )
    ids = tuple(f"task-{place:04}" for place in range(len(found)))
    return Grid(ids, np.asarray(own, dtype=np.int64), (None,) * len(ids), found, n.copy(), n.copy())


def drawn_grid(
    rng: np.random.Generator, target: Any, other: Any, *, tasks: int = 25, n: int = 1, icc: float = 0.0
) -> Grid:
    """Tasks of every habit; the chance at own tasks is `target`, at others `other`, with tasks that vary."""
    own = np.repeat(np.arange(16), tasks)
    chance = np.where(own[:, None] == np.arange(16), np.asarray(target), np.asarray(other)).astype(float)
    if icc:
        size = (1 - icc) / icc
        chance = rng.beta(np.clip(chance, 1e-6, 1 - 1e-6) * size, np.clip(1 - chance, 1e-6, 1) * size)
    return grid(own, rng.binomial(n, chance), n)


def report_on(
    config: str,
    chance: Draw,
    *,
    model: str = "openai/a",
    seed: int = 0,
    per_habit: int = 25,
    samples: int = 1,
    every: bool = True,
    lost: float = 0.0,
    unsupported: float = 0.0,
    parameters: Mapping[str, Any] | None = None,
    judge: Mapping[str, Any] = JUDGE,
    version: str = "2.0.0",
    variety: float = 0.0,
) -> Report:
    """A report whose judgements are drawn: tasks of `config`, judged on all habits or on their own."""
    rng = np.random.default_rng(seed)
    shift = np.random.default_rng(99)
    rows, own_rows = [], []
    for habit, item, ident, task in _tasks(config, per_habit):
        moved = shift.normal(0, variety) if variety else 0.0
        for sample in range(samples):
            gone = rng.random() < lost
            found = {}
            for judged in HABITS if every or habit is None else (habit,):
                p = chance(habit, judged, item)
                p = 1 / (1 + np.exp(-(np.log((p + 1e-9) / (1 - p + 1e-9)) + moved)))
                name = "present" if rng.random() < p else "absent"
                if name == "present" and rng.random() < unsupported:
                    name = "unsupported-quote"
                found[judged] = (None, "no-reasoning") if gone else (name, None)
                rows.append((ident, sample, judged, *found[judged]))
            outcome = found[habit] if habit else min(found.values(), key=lambda each: each[0] != "present")
            own_rows.append((ident, sample, *outcome, None, habit, "trades", task))
    schema = {"id": pl.String, "sample": pl.Int64, "outcome": pl.String, "reason": pl.String}
    schema |= {"value": pl.Float64, "habit": pl.String, "domain": pl.String, "task": pl.String}
    subject = Subject(
        "cogtest",
        1,
        CogTest.outcomes,
        Release("cogtest", config, "test", version, f"digest-{config}-{version}"),
        f"responses-{model}-{config}",
        [{"model": model, "parameters": dict(parameters or {"temperature": 0.6})}],
        [judge],
        {"habits": "all" if every else "target", "sampling": "open", "system": "none"},
    )
    return make_report(
        subject,
        [SHOWN],
        pl.DataFrame(own_rows, schema, orient="row"),
        judgements=pl.DataFrame(rows, dict(JUDGEMENTS), orient="row"),
    )


def _tasks(config: str, per_habit: int):
    if config == "controls":
        for item in range(5 * per_habit):
            yield None, item, f"cogtest-control-{item:03}", None
        return
    for habit in HABITS:
        for item in range(4 if config == "twins" else per_habit):
            core = f"cogtest-core-{habit}-{item:03}"
            ident = core if config == "core" else f"cogtest-{config}-{habit}-{item:03}"
            yield habit, item, ident, core if config in {"core", "twins"} else None
