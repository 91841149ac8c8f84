"""A worker of a cluster, without a cluster: Ray calls nothing else of it."""

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from mensrea.generation.job import Job, Stage, stages
from mensrea.generation.local import local
from mensrea.generation.ray_shards import ask_to_stop, merge_shards, read_counts, split_rows
from mensrea.generation.ray_worker import SegmentPlan, ShardWorker, Share
from mensrea.generation.run_folder import Settings
from mensrea.generation.session import connected, job_of
from mensrea.models.caller import Caller
from mensrea.models.journal import Journal
from mensrea.testing.openai_local import LocalOpenAI


@pytest.fixture
def server() -> Iterator[LocalOpenAI]:
    with LocalOpenAI(models=["local-model"]) as server:
        yield server


@pytest.fixture
def settings(server: LocalOpenAI) -> Settings:
    models = {"writer": "openai/local-model", "judge": "openai/local-model"}
    return Settings("cogtest", "generated", 16, 0, {"habit": "all"}, models, server.base_url)


@pytest.fixture
def job(settings: Settings) -> Job:
    return job_of(settings, connected(settings)[0])


def first(job: Job, journal: Journal) -> Stage:
    return next(stages(job, journal, []))


def run_local(folder: Path, job: Job, settings: Settings) -> dict[int, bytes]:
    async def main() -> None:
        async with Caller(journal, connected(settings)[1]) as caller:
            execute = local(job, journal, caller.call, workers=8, report=lambda *_: None)
            await execute(first(job, journal))

    with Journal.open(folder) as journal:
        asyncio.run(main())
        return dict(journal.outcomes(first(job, journal).identity))


def plan_of(folder: Path, job: Job, settings: Settings, shards: int = 3) -> SegmentPlan:
    with Journal.open(folder) as journal:
        stage = first(job, journal)
        found = split_rows(folder, stage.pending(journal), shards)
    shares = {shard.index: Share(None, None) for shard in found}
    return SegmentPlan(folder, settings, 0, stage.segment.fingerprint, stage.identity, shares)


def work(plan: SegmentPlan) -> Mapping[str, Any]:
    """Run a worker on all shards, and free what a worker's process would free by its end."""

    async def main() -> Mapping[str, Any]:
        worker = ShardWorker(plan)
        ended = await worker({"shard": sorted(plan.shares)})
        if worker._ready:
            for transport in worker._ready[1].values():
                await transport.close()
        return ended

    return asyncio.run(main())


def test_shards_together_are_what_a_local_run_gives(
    tmp_path: Path, server: LocalOpenAI, job: Job, settings: Settings
) -> None:
    expected = run_local(tmp_path / "local", job, settings)
    run = tmp_path / "run"
    plan = plan_of(run, job, settings)
    assert work(plan) == {"shard": [0, 1, 2], "error": [""] * 3, "message": [""] * 3}
    assert read_counts(run)["rows"] == len(expected)
    with Journal.open(run) as journal:
        merge_shards(run, journal)
        assert dict(journal.outcomes(plan.identity)) == expected
    assert server.tally.summary()["requests"] == 2 * server.tally.summary()["distinct"]


def test_replies_in_the_run_s_journal_arent_asked_for_again(
    tmp_path: Path, server: LocalOpenAI, job: Job, settings: Settings
) -> None:
    expected = run_local(tmp_path, job, settings)
    before = server.tally.summary()["requests"]
    with Journal.open(tmp_path) as journal:
        journal.forget_outcomes(first(job, journal).identity)
    plan = plan_of(tmp_path, job, settings)
    assert not any(work(plan)["error"])
    assert server.tally.summary()["requests"] == before
    with Journal.open(tmp_path) as journal:
        merge_shards(tmp_path, journal)
        assert dict(journal.outcomes(plan.identity)) == expected


def test_a_shard_goes_on_where_another_worker_died(
    tmp_path: Path, server: LocalOpenAI, job: Job, settings: Settings
) -> None:
    plan = plan_of(tmp_path, job, settings)
    assert not any(work(plan)["error"])
    before = server.tally.summary()["requests"]
    assert not any(work(plan)["error"])
    assert server.tally.summary()["requests"] == before


def test_another_version_of_the_recipe_is_refused(tmp_path: Path, job: Job, settings: Settings) -> None:
    plan = dataclasses.replace(plan_of(tmp_path, job, settings, shards=1), fingerprint=b"other")
    ended = work(plan)
    assert ended["error"] == ["RunError"]
    assert "install the same version" in ended["message"][0]


def test_it_stops_when_asked_to(tmp_path: Path, server: LocalOpenAI, job: Job, settings: Settings) -> None:
    plan = plan_of(tmp_path, job, settings)
    ask_to_stop(tmp_path)
    assert set(work(plan)["error"]) == {"RunStoppedError"}
    assert server.tally.summary()["requests"] <= 8


def test_a_shard_keeps_to_its_share(tmp_path: Path, job: Job, settings: Settings) -> None:
    plan = plan_of(tmp_path, job, settings, shards=1)
    plan = dataclasses.replace(plan, shares={0: Share(None, 6_000)})
    assert work(plan)["error"] == ["BudgetError"]
    with Journal.open(tmp_path) as journal:
        merge_shards(tmp_path, journal)
        assert 0 < sum(total.prompt + total.completion for total in journal.totals()) <= 6_000


def test_whatever_goes_wrong_is_said_with_the_place(tmp_path: Path, job: Job, settings: Settings) -> None:
    plan = plan_of(tmp_path, job, settings, shards=1)
    ended = work(dataclasses.replace(plan, segment=7))
    assert ended["error"] == ["IndexError"]
    assert ended["message"][0].startswith("worker ")
