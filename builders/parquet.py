"""Writing a split to Parquet so that a small change rewrites few bytes."""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from ..cards.manifest import FileEntry, SplitEntry
from ..errors import ReleaseCorruptError
from ..schemas import Field, RowSchema
from ..schemas.arrow import arrow_schema
from ..schemas.digest import RowDigest

ROW_GROUP_BYTES = 32 * 2**20
SHARD_BYTES = 500 * 2**20
_CUT_EVERY = 256


class BackgroundWriter:
    """Hands tables to a `SplitWriter` on a thread of its own, at most two row groups ahead.

    Compression and hashing release the interpreter's lock, so rows are made meanwhile.
    """

    def __init__(self, writer: SplitWriter) -> None:
        """Write through this writer; use as a context manager, which waits for the end."""
        self._writer = writer
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self._ahead = 0

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Wait for what was handed over, and raise what went wrong with it."""
        self._pool.shutdown(wait=True, cancel_futures=exception[0] is not None)
        if exception[0] is None:
            self._wait(0)

    def write(self, table: pa.Table) -> None:
        """Hand a table over; raises what an earlier one met."""
        self._ahead += table.nbytes
        self._waiting.append((table.nbytes, self._pool.submit(self._writer.write, table)))
        self._wait(2 * ROW_GROUP_BYTES)

    def _wait(self, most: int) -> None:
        while self._waiting and (self._ahead > most or self._waiting[0][1].done() or not most):
            size, done = self._waiting.popleft()
            done.result()
            self._ahead -= size


class SplitWriter:
    """Writes tables to `<config>/<split>-NNNNN-of-NNNNN.parquet` and keeps the split's digest.

    Row groups end at a row chosen by the hash of its id, once there are enough bytes, so that
    inserting a row moves at most one boundary; fixed sizes would move all that follow and undo
    content-defined chunking. Encoded images are stored as they are: zstd gains nothing on them.
    """

    def __init__(
        self,
        release: Path,
        config: str,
        split: str,
        schema: RowSchema,
        *,
        row_group_bytes: int = ROW_GROUP_BYTES,
        shard_bytes: int = SHARD_BYTES,
    ) -> None:
        """Open a split of a release.

        Args:
            release: The release folder; the config's folder is made in it.
            config: The config's name.
            split: The split's name.
            schema: The schema of its rows.
            row_group_bytes: Arrow bytes that a row group holds at least, the last excepted.
            shard_bytes: Parquet bytes after which a new file starts.
        """
        self._release = release
        self._stem = f"{config}/{split}"
        self._schema = arrow_schema(schema)
        self._options = _writer_options(schema)
        self._row_group_bytes = row_group_bytes
        self._shard_bytes = shard_bytes
        self._digest = RowDigest()
        self._pending: list[pa.Table] = []
        self._pending_bytes = 0
        self._writer: pq.ParquetWriter | None = None
        self._parts: list[tuple[Path, int]] = []
        self.rows = 0
        (release / config).mkdir(parents=True, exist_ok=True)

    def write(self, table: pa.Table) -> None:
        """Add rows, in order."""
        self.rows += table.num_rows
        while table.num_rows:
            cut = self._cut(table)
            head, table = table.slice(0, cut), table.slice(cut)
            self._pending.append(head)
            self._pending_bytes += head.nbytes
            if table.num_rows or self._is_boundary(head):
                self._flush()

    def finish(self) -> SplitEntry:
        """Write what is left, name the files by their number, and account for them."""
        if self._pending or not self._parts:
            self._flush()
        self._close()
        return SplitEntry(
            rows=self._digest.rows,
            digest=self._digest.hexdigest(),
            columns=self._digest.columns(),
            files=tuple(self._named()),
        )

    def abandon(self) -> None:
        """Close the open file after an error."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _cut(self, table: pa.Table) -> int:
        """How many rows of the table still belong to this row group, which may grow to twice its bytes."""
        room = self._row_group_bytes - self._pending_bytes
        if table.nbytes <= room:
            return table.num_rows
        first = max(0, room) * table.num_rows // table.nbytes
        last = max(1, (room + self._row_group_bytes) * table.num_rows // table.nbytes)
        for offset, identifier in enumerate(table.column("id").slice(first, last - first)):
            if _is_cut(identifier.as_py()):
                return first + offset + 1
        return min(last, table.num_rows)

    def _is_boundary(self, table: pa.Table) -> bool:
        over = self._pending_bytes - self._row_group_bytes
        return over >= self._row_group_bytes or (over >= 0 and _is_cut(table.column("id")[-1].as_py()))

    def _flush(self) -> None:
        if self._writer is None:
            path = self._release / f"{self._stem}-{len(self._parts):05d}.part"
            self._parts.append((path, 0))
            self._writer = pq.ParquetWriter(path, self._schema, **self._options)
        pending = self._pending or [pa.Table.from_batches([], self._schema)]
        table = pa.concat_tables(pending).combine_chunks()
        self._digest.update(table)
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        path, rows = self._parts[-1]
        self._parts[-1] = (path, rows + table.num_rows)
        self._pending, self._pending_bytes = [], 0
        if path.stat().st_size >= self._shard_bytes:
            self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _named(self) -> Iterator[FileEntry]:
        for number, (part, rows) in enumerate(self._parts):
            path = f"{self._stem}-{number:05d}-of-{len(self._parts):05d}.parquet"
            target = part.rename(self._release / path)
            yield FileEntry(path, rows, target.stat().st_size, file_sha256(target))


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tables(release: Path, split: SplitEntry, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """A split's rows, a row group in memory at a time.

    Raises:
        ReleaseCorruptError: A file is missing or can't be read.
    """
    for entry in split.files:
        try:
            with pq.ParquetFile(release / entry.path) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group, columns=None if columns is None else list(columns))
        except (OSError, pa.ArrowException) as error:
            reason = str(error).partition("\n")[0]
            message = f"{release / entry.path}: can't be read ({reason}); build or fetch the release again"
            raise ReleaseCorruptError(message) from error


def _is_cut(identifier: str) -> bool:
    return zlib.crc32(identifier.encode()) % _CUT_EVERY == 0


def _writer_options(schema: RowSchema) -> Mapping[str, Any]:
    leaves = [leaf for field in schema.fields for leaf in _leaves(field, field.name)]
    media = {path for path, is_media in leaves if is_media}
    return {
        "compression": {path: "none" if path in media else "zstd" for path, _ in leaves},
        "use_dictionary": [path for path, _ in leaves if path not in media] or False,
        "use_content_defined_chunking": True,
        "write_page_index": True,
        "store_schema": True,
    }


def _leaves(field: Field, path: str) -> Iterator[tuple[str, bool]]:
    """Parquet's paths of the leaf columns, and whether each holds encoded media."""
    if field.kind == "list":
        yield from _leaves(field.children[0], f"{path}.list.element")
    elif field.kind == "struct":
        for child in field.children:
            yield from _leaves(child, f"{path}.{child.name}")
    elif field.kind == "image":
        yield f"{path}.bytes", True
        yield f"{path}.path", False
    else:
        yield path, False
