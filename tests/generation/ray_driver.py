"""A run of cogtest's recipe in a process of its own, which tests may interrupt or kill.

`python ray_driver.py FOLDER local|ray BASE_URL ROWS [TOKENS]`: two workers on a cluster of this machine.
"""

import asyncio
import signal
import sys
from pathlib import Path

from mensrea.errors import MensreaError
from mensrea.generation.job import run_stages
from mensrea.generation.local import local
from mensrea.generation.ray_cluster import Cluster
from mensrea.generation.ray_runner import on_ray
from mensrea.generation.run_folder import RunFolder, Settings
from mensrea.generation.session import connected, job_of
from mensrea.models.budget import Budget
from mensrea.models.caller import Caller
from mensrea.models.journal import Journal

CONCURRENCY = 8


async def run(
    folder: RunFolder, settings: Settings, runner: str, tokens: int | None, journal: Journal
) -> None:
    names, transports = connected(settings)
    job = job_of(settings, names)
    budget = Budget(None, tokens)
    budget.resume(journal.totals())
    stops: list[bool] = []
    async with Caller(journal, transports, budget=budget, concurrency=CONCURRENCY) as caller:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stops.append, True)  # noqa: FBT003
        rows: list[int] = []
        if runner == "ray":
            cluster = Cluster(folder.path, settings, concurrency=CONCURRENCY, budget_tokens=tokens)
            execute = on_ray(
                job,
                journal,
                cluster,
                report=lambda _, more: rows.append(more),
                counters=caller.counters,
                stopped=lambda: bool(stops),
            )
        else:
            execute = local(
                job, journal, caller.call, workers=2 * CONCURRENCY, report=lambda _, more: rows.append(more)
            )
        await run_stages(job, journal, execute)
    sys.stdout.write(f"{sum(rows)} rows, {caller.counters.calls} calls\n")


def main() -> int:
    path, runner, url, rows, *tokens = sys.argv[1:]
    folder = RunFolder(Path(path))
    models = {"writer": "openai/local-model", "judge": "openai/local-model"}
    settings = Settings("cogtest", "generated", int(rows), 0, {"habit": "all"}, models, url)
    folder.begin(settings)
    try:
        with Journal.open(folder.path) as journal:
            asyncio.run(run(folder, settings, runner, int(tokens[0]) if tokens else None, journal))
    except MensreaError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
