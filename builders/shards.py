"""Producing the shards of a split in order, in this process or in several."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa

from ..errors import MensreaError
from ..validation.findings import Finding
from .assemble import paused_gc
from .base import DatasetBuilder, Shard
from .registry import builder_class

_AHEAD = 2
_GLANCE_SECONDS = 0.2


def iterate_shards(
    build: DatasetBuilder, split: str, folder: Path, *, workers: int = 1
) -> Generator[pa.Table | Finding]:
    """The tables and findings of a split, shard by shard in the plan's order.

    With several workers each shard is produced in a process of its own and handed over through a
    file below `folder`, at most a few shards ahead of the reader. Close the generator if it isn't
    read to its end: that ends the processes.
    """
    shards = build.planned.splits[split]
    if workers <= 1 or len(shards) <= 1:
        with paused_gc():
            for shard in shards:
                yield from build.tables(split, shard)
        return
    options = {**build.config_kwargs, "cache_dir": str(Path(build.cache_dir).parent)}
    job = (build.stem, build.entry.name, options)
    with tempfile.TemporaryDirectory(dir=folder) as handed_over, _workers(workers) as pool:
        waiting: list[Future[tuple[Path, list[Finding]]]] = []
        upcoming = iter(enumerate(shards))
        while True:
            while len(waiting) < workers * _AHEAD and (following := next(upcoming, None)):
                number, shard = following
                path = Path(handed_over) / f"{number:05d}.arrow"
                with _undisturbed():
                    waiting.append(pool.submit(_produce, job, split, dict(shard), path))
            if not waiting:
                return
            yield from _take(waiting.pop(0))


@contextmanager
def _workers(count: int) -> Generator[ProcessPoolExecutor]:
    """Processes that end at once when the block fails or this process is gone, whatever they are doing."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_end_with, initargs=(theirs,))
    try:
        yield pool
        pool.shutdown()
    except BrokenProcessPool as error:
        message = "a process that makes rows was killed, perhaps for lack of memory; try fewer --workers"
        raise MensreaError(message) from error
    finally:
        ours.close()
        pool.shutdown(cancel_futures=True)
        theirs.close()


def _end_with(theirs: Connection) -> None:
    Thread(target=_wait_for_the_end, args=(theirs,), daemon=True).start()


def _wait_for_the_end(theirs: Connection) -> None:
    with suppress(EOFError, OSError):
        theirs.recv()
    os._exit(1)


@contextmanager
def _undisturbed() -> Generator[None]:
    """Start processes that Ctrl-C doesn't reach: what it means for them is decided here."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _produce(
    made: tuple[str, str, Mapping[str, Any]], split: str, shard: Shard, path: Path
) -> tuple[Path, list[Finding]]:
    stem, config, options = made
    build = builder_class(stem)(config_name=config, **options)
    findings: list[Finding] = []
    writer: pa.ipc.RecordBatchFileWriter | None = None
    with paused_gc(), pa.OSFile(str(path), "wb") as sink:
        for item in build.tables(split, shard):
            if isinstance(item, Finding):
                findings.append(item)
                continue
            if writer is None:
                writer = pa.ipc.new_file(sink, item.schema)
            writer.write_table(item)
        if writer is not None:
            writer.close()
    return path, findings


def _take(done: Future[tuple[Path, list[Finding]]]) -> Iterator[pa.Table | Finding]:
    # With time limits, since Ctrl-C doesn't end a wait without one once Polars has been imported.
    while not done.done():
        wait([done], timeout=_GLANCE_SECONDS)
    path, findings = done.result()
    yield from findings
    if path.stat().st_size:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            for index in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(index)])
    path.unlink()
