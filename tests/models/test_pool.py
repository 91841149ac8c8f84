from __future__ import annotations

import asyncio
import gc

import pytest
from mensrea.models.pool import run_all


def test_every_job_is_done_once_by_as_many_workers_as_asked():
    done, under_way, most = [], 0, 0

    async def work(job):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        done.append(job)

    asyncio.run(run_all(range(100), work, 7))
    assert sorted(done) == list(range(100))
    assert most == 7


def test_jobs_are_read_as_they_are_begun():
    read = []

    def jobs():
        for number in range(10):
            read.append(number)
            yield number

    async def work(job):
        assert len(read) <= job + 2
        await asyncio.sleep(0)

    asyncio.run(run_all(jobs(), work, 2))
    assert read == list(range(10))


def test_the_first_error_stops_all_and_is_raised_as_it_is():
    done = []

    async def work(job):
        await asyncio.sleep(0.02 * job)
        if job == 3:
            raise ValueError("three")
        done.append(job)

    thresholds = gc.get_threshold()
    with pytest.raises(ValueError, match=r"^three$"):
        asyncio.run(run_all(range(50), work, 4))
    assert done == [0, 1, 2]
    assert gc.get_threshold() == thresholds


def test_other_tasks_get_their_turn_though_no_job_waits():
    turns = []

    async def work(job):
        if len(turns) > 3:
            turns.append(job)

    async def other():
        for _ in range(5):
            turns.append(None)
            await asyncio.sleep(0)

    async def main():
        task = asyncio.create_task(other())
        await run_all(range(10_000), work, 1)
        await task

    asyncio.run(main())
    assert turns.count(None) == 5
    assert any(each is not None for each in turns)
