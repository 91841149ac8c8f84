"""Running a recipe: models connected, the journal open, signals handled, and the result written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UsageError
from ..models.budget import Budget
from ..models.caller import Caller
from ..models.calls import Transport
from ..models.counting import counts
from ..models.endpoints import Options as Reach
from ..models.endpoints import connect
from ..models.journal import Journal
from ..models.limits import DEFAULT_CAP
from ..models.prices import Prices
from ..models.stopping import stopped_by_signals
from .job import Execute, Job, Stage, forget_failed, run_stages
from .local import local
from .outcome import FAILED
from .plan import RoleModel
from .progress import Progress
from .ray_shards import merge_shards
from .recipe import find_recipe
from .result import write_result
from .run_folder import RunFolder, Settings

if TYPE_CHECKING:
    from ..models.batch import BatchEndpoint

_SPARE_ROWS = 2
"""Rows under way for each call that may be in flight, so that calls don't wait for rows."""

_BATCHED_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes about its work; it may be resumed with others.

    Attributes:
        budget_usd: What all calls together may cost.
        budget_tokens: The tokens that all calls together may use.
        prices: The user's own price table.
        concurrency: The most calls in flight; None to find out what the server takes, up to 256.
        batch: Whether calls go through the provider's batch API.
        runner: Where rows run: in this process, or on a Ray cluster.
        address: The Ray cluster; None for one on this machine.
        workers: Ray's workers.
        progress: Whether to draw a line on standard error.
    """

    budget_usd: float | None = None
    budget_tokens: int | None = None
    prices: Path | None = None
    concurrency: int | None = None
    batch: bool = False
    runner: Literal["local", "ray"] = "local"
    address: str | None = None
    workers: int = 2
    progress: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    Attributes:
        account: Models, prompts, calls, tokens, drops, and the rows that were kept.
        counts: What this process did, by kind.
        recovered: What was found of an earlier process that ended badly, a line each.
    """

    account: Mapping[str, Any]
    counts: Mapping[str, float]
    recovered: tuple[str, ...]

    @property
    def failed(self) -> int:
        """Rows and samples that are missing since a call failed."""
        dropped = sum(each["rows"] for each in self.account["dropped"] if each["reason"] == FAILED)
        return dropped + sum(each["samples"] for each in self.account["missing"] if each["reason"] == FAILED)


def job_of(settings: Settings, models: Mapping[str, str]) -> Job:
    """The job of a run.

    Args:
        settings: What the run does.
        models: The model of each role, as the journal is to know it.

    Raises:
        UsageError: The recipe doesn't take the settings, or a role has no model.
    """
    recipe = find_recipe(settings.stem, settings.config)
    start = recipe.start(settings.rows, settings.seed, settings.inputs)
    missing = [role for role in recipe.roles if role not in models]
    if missing:
        raise UsageError(f"{recipe.stem} {recipe.config}: no model for the role {missing[0]!r}; pass --model")
    roles = {role: RoleModel(models[role], settings.parameters.get(role, {})) for role in recipe.roles}
    return Job(recipe, start, roles, settings.structured)


def run(folder: RunFolder, options: Options, *, retry_failed: bool = False) -> Report:
    """Run, or go on with, what was begun in a folder.

    Args:
        folder: The run's folder.
        options: How to go about it.
        retry_failed: Whether to ask again what has failed.

    Raises:
        RunLockedError: Another process works on it.
        BudgetError: The budget is spent.
        RunStoppedError: It was interrupted.
        ModelError: No model can be called.
        RecipeError: The recipe is at fault.
        StorageError: The disk is full, or the folder can't be written.
    """
    settings = folder.settings()
    with Journal.open(folder.path) as journal:
        return asyncio.run(_run(folder, settings, options, journal, retry_failed=retry_failed))


async def _run(
    folder: RunFolder, settings: Settings, options: Options, journal: Journal, *, retry_failed: bool
) -> Report:
    merge_shards(folder.path, journal)
    names, transports = connected(settings)
    batches = _batched(settings, transports, journal) if options.batch else None
    job = job_of(settings, names)
    prices = Prices.load(options.prices)
    prices = prices.discounted() if options.batch else prices
    if batches is not None:
        await batches.recover()
    budget = Budget(options.budget_usd, options.budget_tokens, prices)
    budget.resume(journal.totals())
    if retry_failed:
        forget_failed(job, journal)
    folder.forget_result()
    concurrency = options.concurrency or DEFAULT_CAP
    async with Caller(journal, transports, budget=budget, concurrency=concurrency) as caller:
        progress = Progress(folder, caller.counters, shown=options.progress)
        try:
            with stopped_by_signals(caller):
                execute = _executor(_Parts(job, journal, caller, options, progress, folder))
                ended = await run_stages(job, journal, execute)
        finally:
            progress.close()
    account = write_result(job, folder, journal, ended, prices.cost)
    return Report(account, counts(caller.counters), journal.recovered)


def connected(settings: Settings) -> tuple[dict[str, str], dict[str, Transport]]:
    """The name of each role's model, and the transport of each of these names."""
    names: dict[str, str] = {}
    transports: dict[str, Transport] = {}
    known: dict[str, str] = {}
    for role, spec in settings.models.items():
        if spec not in known:
            name, transport = connect(spec, Reach(base_url=settings.base_url or None))
            known[spec], transports[name] = name, transport
        names[role] = known[spec]
    return names, transports


def _batched(settings: Settings, transports: dict[str, Transport], journal: Journal) -> BatchEndpoint | None:
    """Send the calls of served models through one endpoint of the batch API; None if no model is served."""
    from ..models.batch import BatchEndpoint

    served = [name for name in transports if name.startswith("openai/")]
    if not served:
        return None
    endpoint = BatchEndpoint(journal, settings.base_url or None)
    transports.update(dict.fromkeys(served, endpoint))
    return endpoint


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a run works with."""

    job: Job
    journal: Journal
    caller: Caller
    options: Options
    progress: Progress
    folder: RunFolder


def _executor(parts: _Parts) -> Execute:
    run_rows = _on_ray(parts) if parts.options.runner == "ray" else _here(parts)

    async def execute(stage: Stage) -> None:
        parts.progress.begin(stage, len(parts.journal.finished(stage.identity)))
        await run_rows(stage)

    return execute


def _here(parts: _Parts) -> Execute:
    options, caller = parts.options, parts.caller
    rows = _BATCHED_ROWS if options.batch else _SPARE_ROWS * (options.concurrency or DEFAULT_CAP)
    return local(parts.job, parts.journal, caller.call, workers=rows, report=parts.progress.advance)


def _on_ray(parts: _Parts) -> Execute:
    from .ray_cluster import Cluster
    from .ray_runner import on_ray

    options, caller = parts.options, parts.caller
    cluster = Cluster(
        parts.folder.path,
        parts.folder.settings(),
        options.address,
        options.workers,
        budget_usd=options.budget_usd,
        budget_tokens=options.budget_tokens,
        prices=options.prices,
        concurrency=options.concurrency,
    )
    return on_ray(
        parts.job,
        parts.journal,
        cluster,
        report=parts.progress.advance,
        counters=caller.counters,
        stopped=lambda: caller.stopped,
    )
