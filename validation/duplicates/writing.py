"""A copy of files without the rows that repeat others: kept lines stay byte for byte."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow.parquet as pq

from ...errors import StorageError, UsageError
from .reading import is_lines, open_lines
from .summary import DedupeReport

Mask = npt.NDArray[np.bool_]


def write_kept(report: DedupeReport, base: Path, out: Path) -> None:
    """Write the copy, and beside it `<out>.dropped.jsonl` with a reason for every row that isn't in it.

    Args:
        report: What was found.
        base: The file or folder that was read; what lies in a folder keeps its path below it.
        out: A file if `base` is one, or a folder; it must not exist.

    Raises:
        UsageError: Something is there already, or the format would change.
        StorageError: It can't be written.
    """
    check_target(base, out)
    keep = report.duplicates.keep()
    try:
        with _whole(out) as unfinished:
            for number, file in enumerate(report.places.files):
                target = unfinished / file.relative_to(base) if base.is_dir() else unfinished
                target.parent.mkdir(parents=True, exist_ok=True)
                copy = _copy_lines if is_lines(file) else _copy_parquet
                copy(file, target, keep[report.places.rows_of(number)])
            with _whole(dropped_file(out)) as listed:
                listed.write_bytes(b"".join(_reasons(report)))
    except OSError as error:
        raise StorageError(
            f"{out}: can't be written ({error.strerror or error}); nothing is left there"
        ) from error


def dropped_file(out: Path) -> Path:
    """Where the dropped rows are listed."""
    return out.with_name(out.name + ".dropped.jsonl")


def check_target(base: Path, out: Path) -> None:
    """Refuse a place that is taken, or a file of another format.

    Raises:
        UsageError: The copy can't go there.
    """
    for path in (out, dropped_file(out)):
        if path.exists():
            raise UsageError(f"{path}: exists already; name a new file or folder, or remove it first")
    if base.is_dir():
        if out.resolve().is_relative_to(base.resolve()):
            raise UsageError(f"{out}: lies in the folder that is read; name a place outside {base}")
        return
    if _format(base) != _format(out):
        raise UsageError(
            f"{out}: expected a name that ends like {base.name}, since the format stays the same"
        )


def _format(path: Path) -> tuple[bool, bool]:
    return is_lines(path), path.name.endswith((".gz", ".parquet"))


def _reasons(report: DedupeReport) -> Iterator[bytes]:
    for dropped in report.dropped:
        yield orjson.dumps(report.explained(dropped), option=orjson.OPT_APPEND_NEWLINE)


@contextmanager
def _whole(out: Path) -> Generator[Path]:
    """A place beside `out` that is renamed to it once everything is there, and removed otherwise."""
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.unfinished")
    try:
        yield unfinished
        unfinished.replace(out)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.unlink(missing_ok=True)
        raise


def _copy_lines(file: Path, target: Path, keep: Mask) -> None:
    """Blank lines are no rows: they stay where they are."""
    rows = iter(keep.tolist())
    with open_lines(file) as source, _opened(target, packed=file.name.endswith(".gz")) as copy:
        for line in source:
            if not line.strip() or next(rows):
                copy.write(line)


@contextmanager
def _opened(target: Path, *, packed: bool) -> Generator[IO[bytes]]:
    with target.open("wb") as raw:
        if not packed:
            yield raw
            return
        # Neither a name nor a time, so that equal rows give equal bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
            yield cast("IO[bytes]", file)


def _copy_parquet(file: Path, target: Path, keep: Mask) -> None:
    with pq.ParquetFile(file) as source:
        metadata: Any = source.metadata
        filled = metadata.num_row_groups and metadata.num_columns
        packing = metadata.row_group(0).column(0).compression.lower() if filled else "zstd"
        with pq.ParquetWriter(
            target, source.schema_arrow, compression="none" if packing == "uncompressed" else packing
        ) as writer:
            first = 0
            for group in range(metadata.num_row_groups):
                table = source.read_row_group(group)
                kept = table.filter(keep[first : first + len(table)])
                first += len(table)
                if len(kept):
                    writer.write_table(kept, row_group_size=len(kept))
