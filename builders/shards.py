"""Producing the shards of a split in order, in this process or in several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..validation.findings import Finding
from .assemble import paused_gc
from .base import DatasetBuilder, Shard
from .registry import builder_class

_AHEAD = 2


def iterate_shards(
    build: DatasetBuilder, split: str, folder: Path, *, workers: int = 1
) -> Iterator[pa.Table | Finding]:
    """The tables and findings of a split, shard by shard in the plan's order.

    With several workers each shard is produced in a process of its own and handed over through a
    file in `folder`, at most a few shards ahead of the reader.
    """
    shards = build.planned.splits[split]
    if workers <= 1 or len(shards) <= 1:
        with paused_gc():
            for shard in shards:
                yield from build.tables(split, shard)
        return
    options = {**build.config_kwargs, "cache_dir": str(Path(build.cache_dir).parent)}
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: list[Future[tuple[Path, list[Finding]]]] = []
        upcoming = iter(enumerate(shards))
        while True:
            while len(waiting) < workers * _AHEAD and (following := next(upcoming, None)):
                number, shard = following
                path = folder / f"shard-{number:05d}.arrow"
                waiting.append(
                    pool.submit(_produce, (build.stem, build.entry.name, options), split, dict(shard), path)
                )
            if not waiting:
                return
            yield from _take(waiting.pop(0))


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
    path, findings = done.result()
    yield from findings
    if path.stat().st_size:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            for index in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(index)])
    path.unlink()
