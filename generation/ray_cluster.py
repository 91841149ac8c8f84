"""Shards on a Ray cluster: connecting, what workers need, and Ray Data's pool of actors."""

# Ray comes with the extra `scale`, and type checkers may not find it.
# pyright: reportMissingImports=false

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import BudgetError, RunError, UsageError
from .ray_shards import ask_to_stop
from .ray_worker import SegmentPlan, ShardWorker
from .run_folder import Settings

_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where rows run, and how.

    Attributes:
        folder: The run's folder.
        settings: What the run does.
        address: Of the Ray cluster; None to start one on this machine.
        workers: How many workers.
        gpus: GPUs of a worker; None for one where a model is held and the cluster has any.
        budget_usd: What all calls of the run together may cost.
        budget_tokens: The tokens that they may use.
        prices: The user's own price table.
        concurrency: The most calls in flight, of all workers together; None to find out what servers take.
    """

    folder: Path
    settings: Settings
    address: str | None = None
    workers: int = 2
    gpus: float | None = None
    budget_usd: float | None = None
    budget_tokens: int | None = None
    prices: Path | None = None
    concurrency: int | None = None

    @property
    def place(self) -> str:
        """The cluster as messages name it."""
        return f"Ray at {self.address or 'this machine'}"


@dataclass(frozen=True, slots=True)
class End:
    """How a shard ended: the name of an exception class and its message, or empty texts."""

    shard: int
    error: str
    message: str


def connect(cluster: Cluster) -> bool:
    """Connect to the cluster, or start one; whether this did so and `disconnect` has to undo it.

    Raises:
        UsageError: The cluster can't be reached.
    """
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    if ray.is_initialized():
        return False
    options: dict[str, Any] = {}
    if not cluster.address:
        options = {"include_dashboard": False, "num_cpus": max(cluster.workers, os.cpu_count() or 1)}
    try:
        ray.init(cluster.address or "local", log_to_driver=False, logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UsageError(f"{cluster.place}: {(str(error).splitlines() or [''])[0]}") from error
    return True


def disconnect() -> None:
    """Leave the cluster; one that was started for this process ends."""
    import ray

    ray.shutdown()


def run_shards(plan: SegmentPlan, cluster: Cluster, folder: Path) -> list[End]:
    """Run shards on the cluster that this process is connected to, and wait.

    The first that fails stops the others, unless it ran out of its own part of the budget.

    Raises:
        UsageError: The cluster has no room for a single worker.
        RunError: Ray failed.
    """
    import ray
    import ray.data

    shards = [{"shard": each} for each in plan.shares]
    ends: list[End] = []
    try:
        ended = ray.data.from_items(shards, override_num_blocks=len(shards)).map_batches(
            ShardWorker,
            fn_constructor_args=(plan,),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(
                size=min(cluster.workers, len(shards)), max_tasks_in_flight_per_actor=1
            ),
            num_cpus=1,
            num_gpus=_gpus(cluster),
        )
        for row in ended.iter_rows():
            ends.append(End(row["shard"], row["error"], row["message"]))
            if ends[-1].error not in {"", BudgetError.__name__}:
                ask_to_stop(folder)
    except ray.exceptions.RayError as error:
        raise RunError(f"{cluster.place}: {(str(error).splitlines() or [''])[0]}") from error
    return ends


def _gpus(cluster: Cluster) -> float:
    """GPUs of a worker.

    Raises:
        UsageError: The cluster has no room for a worker.
    """
    import ray

    there = ray.cluster_resources()
    holds = any(spec.startswith("held/") for spec in cluster.settings.models.values())
    gpus = cluster.gpus
    if gpus is None:
        gpus = 1.0 if holds and there.get("GPU", 0) >= 1 else 0.0
    if there.get("CPU", 0) < 1 or there.get("GPU", 0) < gpus:
        found = f"{there.get('CPU', 0):g} CPUs and {there.get('GPU', 0):g} GPUs"
        raise UsageError(
            f"Ray at {cluster.address or 'this machine'}: {found}; a worker needs 1 and {gpus:g}"
        )
    return gpus
