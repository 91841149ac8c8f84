"""Profiles of models: which habits they show, where, how surely, and which models are alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .adaptivity import Adaptivity, adaptivity
from .controls import ControlGap, against_controls
from .habit_clusters import LEAST, Tree, tree_of
from .habit_grid import Grid, grid_of, judged_table
from .habit_rates import HabitRate, habit_rates, own_judgements, pooled
from .metrics import Settings
from .profile_likeness import Likeness, likeness
from .profile_subjects import by_model, subject_findings, tasks_config
from .report import Report
from .specificity import OffTarget, Specificity, off_target, specificity
from .task_draws import profile_rates, shared_tasks, smallest, task_weights
from .twins import Twins, against_twins

if TYPE_CHECKING:
    import polars as pl

FORMAT = "mensrea-profiles/1"

_TARGET_ONLY = "judged on each task's own habit alone; score again with --set habits=all"
_SHARED = "five habits of the published set have the same tasks, so no task is off target; use core"
_COVERED = 0.9
_UNSUPPORTED = 0.1


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A model's habits.

    Attributes:
        model: Its name, with what tells it from others of the name.
        config: The config whose tasks have habits.
        tasks: How many of its tasks were judged.
        samples: How many samples of them.
        habits: Each habit on its own tasks.
        off_target: Each habit on the tasks of each; None where it isn't known.
        specificity: Each habit on its own tasks against others; empty where it isn't known.
        adaptivity: How far habits depend on the task; None where it isn't known.
        on_controls: Each habit on controls.
        controls: Each habit on its own tasks against controls.
        twins: Core tasks against their twins; None where it isn't known.
        published: Each habit on the published tasks, where these aren't the config.
        skipped: What isn't known, and why.
    """

    model: str
    config: str
    tasks: int
    samples: int
    habits: Sequence[HabitRate]
    off_target: OffTarget | None
    specificity: Sequence[Specificity]
    adaptivity: Adaptivity | None
    on_controls: Sequence[HabitRate]
    controls: Sequence[ControlGap]
    twins: Twins | None
    published: Sequence[HabitRate]
    skipped: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Profiles:
    """Profiles of one or several models.

    Attributes:
        config: The config whose tasks have habits.
        models: Each model, in the order of the reports.
        likeness: How alike each two models are; empty for one model.
        tree: Models joined by likeness; None for fewer than three.
        skipped: What isn't known of the models together, and why.
        findings: What makes figures hard to compare or to trust.
        settings: How intervals were computed.
    """

    config: str
    models: Sequence[ModelProfile]
    likeness: Sequence[Likeness]
    tree: Tree | None
    skipped: Mapping[str, str]
    findings: Sequence[str]
    settings: Settings

    def as_dict(self) -> dict[str, Any]:
        """The profiles as JSON has them."""
        return {"format": FORMAT, **asdict(self)}

    def as_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The profiles for a terminal of so many columns."""
        from .profile_text import profile_text

        return profile_text(self, width, colour=colour)


def profile(
    reports: Sequence[Report], *, seed: int = 0, resamples: int = 1000, level: float = 0.95
) -> Profiles:
    """Profile models by their reports on cogtest (arXiv 2506.21571).

    Args:
        reports: Of one or several models: on `core`, `generated` or `original`, and, where there are, on
            `controls` and `twins`.
        seed: Of every random draw.
        resamples: Of the bootstrap.
        level: Of confidence.

    Raises:
        UsageError: There are no reports, none is on tasks with habits, two are on the same, one is about
            something else or has no judgements; or the level is no share.
    """
    models = by_model(reports)
    config = tasks_config(models)
    settings = Settings(seed, resamples, level)
    tables = {
        name: {of: judged_table(report) for of, report in each.items()} for name, each in models.items()
    }
    usable = {name: each for name, each in tables.items() if config in each}
    grids = {name: grid_of(each[config]) for name, each in usable.items()}
    found = [_model(name, config, each, grids[name], settings) for name, each in usable.items()]
    shaped = {name: grid for name, grid in grids.items() if _has_shape(grid)}
    compared, tree = _together(shaped, settings)
    findings = [
        *subject_findings(models),
        *(f"{name} has no report on {config} and is left out" for name in models if name not in usable),
        *(f"{name} shows all habits alike and is in no comparison" for name in grids if name not in shaped),
        *_task_findings(grids),
        *(line for each in found for line in _model_findings(each)),
    ]
    return Profiles(config, found, compared, tree, _skipped(len(shaped), tree), findings, settings)


def _model(
    name: str, config: str, tables: Mapping[str, pl.DataFrame], grid: Grid, settings: Settings
) -> ModelProfile:
    table, level, seed = tables[config], settings.level, settings.seed
    reason = _SHARED if config == "original" else None if grid.is_full else _TARGET_ONLY
    skipped: dict[str, str] = {}
    if reason:
        skipped |= dict.fromkeys(("off-target rates", "specificity", "adaptivity"), reason)
    controls = tables.get("controls")
    if controls is None:
        skipped["controls"] = "no report on controls; run --config controls"
    twins = None
    if "twins" in tables and config == "core":
        twins = against_twins(
            grid, grid_of(tables["twins"]), seed=seed, resamples=settings.resamples, level=level
        )
    if twins is None:
        why = "none has a core task with scored samples" if "twins" in tables else "no report on twins"
        skipped["twins"] = f"{why}; run --config twins beside core"
    published = own_judgements(tables["original"]) if "original" in tables and config != "original" else None
    return ModelProfile(
        name,
        config,
        len(grid.ids),
        table.select("id", "sample").n_unique(),
        habit_rates(own_judgements(table), level),
        None if reason else off_target(grid),
        [] if reason else specificity(grid, seed=seed, level=level),
        None if reason else adaptivity(grid, seed=seed, resamples=settings.resamples, level=level),
        [] if controls is None else habit_rates(controls, level),
        [] if controls is None else against_controls(grid, grid_of(controls), seed=seed, level=level),
        twins,
        [] if published is None else habit_rates(published, level),
        skipped,
    )


def _has_shape(grid: Grid) -> bool:
    rates = profile_rates(np.ones((1, len(grid.ids))), grid)[0]
    known = rates[np.isfinite(rates)]
    return bool(len(known) >= LEAST and np.ptp(known) > 0)


def _together(grids: Mapping[str, Grid], settings: Settings) -> tuple[list[Likeness], Tree | None]:
    if len(grids) <= 1:
        return [], None
    names, shared = list(grids), shared_tasks(list(grids.values()))
    own = shared[0].own
    weights = task_weights(own, seed=settings.seed, resamples=settings.resamples)
    compared = likeness(names, shared, weights, level=settings.level, tasks=smallest(own))
    return compared, tree_of(names, shared, weights)


def _skipped(models: int, tree: Tree | None) -> dict[str, str]:
    skipped: dict[str, str] = {}
    if models <= 1:
        skipped["likeness"] = "one model; give reports of several"
    if tree is None:
        skipped["groups"] = f"they need reports of {LEAST} models, found {models}"
    return skipped


def _task_findings(grids: Mapping[str, Grid]) -> Iterator[str]:
    every = {ident for grid in grids.values() for ident in grid.ids}
    for name, grid in grids.items():
        if len(grid.ids) < len(every):
            yield f"{name} has {len(grid.ids):,} of {len(every):,} tasks; models are compared on others"


def _model_findings(model: ModelProfile) -> Iterator[str]:
    scored, judged, yeses = pooled(model.habits)
    if judged and scored < _COVERED * judged:
        yield (
            f"{model.model}: only {scored:,} of {judged:,} samples are scored; see the reasons, and read its "
            "rates as those of what was scored"
        )
    missing = yeses - sum(each.k for each in model.habits)
    if yeses and missing > _UNSUPPORTED * yeses:
        yield (
            f"{model.model}: {missing:,} of {yeses:,} yeses of the judge have no evidence in the reasoning; "
            "they count as no hits"
        )
