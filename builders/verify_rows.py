"""Checking the rows of a release's split against its schema and its manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute

from ..cards.manifest import FileEntry, SplitEntry
from ..schemas import Field, RowSchema
from ..schemas.arrow import arrow_schema
from ..schemas.digest import RowDigest
from ..validation.checker.table import TableChecker
from ..validation.checker.violations import BatchResult
from ..validation.findings import Finding
from ..validation.inputs.batch import Batch, Place
from ..validation.inputs.parallel import in_order
from ..validation.inputs.tables import parquet_source
from ..validation.report import Checked
from ..validation.rules.keys import Keys
from ..validation.schema_check import Tally

pc = cast("Any", pyarrow.compute)
Observer = Callable[[Batch], None]
_MOST_PER_SPLIT = 100


class Ids:
    """Where each id of a release was seen."""

    def __init__(self) -> None:
        """Start with none."""
        self._keys = Keys()

    def add(self, batch: Batch) -> None:
        """Remember the ids of a batch."""
        self._keys.add(batch, "id")

    def findings(self) -> Iterator[Finding]:
        """Ids that occur again; where they first were."""
        for value, (first, *others) in self._keys.repeated():
            for other in others:
                message = f"the id occurs again, first in {first.batch.place}"
                yield error("duplicate-id", message, f"{other.batch.place} {value}")


@dataclass
class Watch:
    """Who wants to know what of a release's rows.

    Attributes:
        observe: Is shown every batch, in order.
        checked: Takes what was read, one entry a split.
        tally: Takes where keywords ran.
        ids: Takes the ids.
        unseen: Takes how many violations a split has beyond those that are findings; where it is left
            out, a finding says so.
    """

    observe: Observer | None = None
    checked: list[Checked] = field(default_factory=list[Checked])
    tally: Tally = field(default_factory=lambda: Tally(0))
    ids: Ids = field(default_factory=Ids)
    unseen: Callable[[int], None] | None = None


class SplitReading:
    """What the rows of a split show, as they are read."""

    def __init__(self, place: Place, schema: RowSchema, watch: Watch) -> None:
        """Read a split's files with `file`, one after another, and then ask for the `end`."""
        self.is_over = False
        self.checked = Checked(str(place))
        watch.checked.append(self.checked)
        self._place = place
        self._ids = watch.ids
        self._observe = watch.observe
        self._unseen = watch.unseen
        self._columns = arrow_schema(schema)
        self._checker = TableChecker(schema.document, self._columns)
        self._images = [path for column in schema.fields for path in _images(column, column.name)]
        self._tally = Tally(_MOST_PER_SPLIT)
        watch.tally.learn(self._checker.plan)
        self._digest = RowDigest()
        self._digest.update(pa.Table.from_batches([], self._columns))

    def file(self, release: Path, file: FileEntry) -> Iterator[Finding]:
        """The findings of one file."""
        started = perf_counter()
        source = parquet_source(release / file.path, self._place)
        if not source.columns.equals(self._columns):
            self.is_over = True
            yield error("column-types", type_difference(source.columns, self._columns), file.path)
            return
        if source.rows != file.rows:
            yield error("row-count", f"{source.rows} rows, the manifest says {file.rows}", file.path)
        for rows, result in in_order(self._check, source.batches()):
            yield from self._batch(rows, result)
        self.checked.seconds += perf_counter() - started

    def end(self, entry: SplitEntry) -> Iterator[Finding]:
        """What the split as a whole shows."""
        name = str(self._place)
        more = max(0, self.checked.violations.total() - self._tally.kept)
        if more and self._unseen is not None:
            self._unseen(more)
        elif more:
            yield error("schema-violation", f"and {more:,} more findings of this kind", name)
        if self._digest.rows != entry.rows:
            yield error("row-count", f"{self._digest.rows} rows, the manifest says {entry.rows}", name)
        if (digest := self._digest.hexdigest()) != entry.digest:
            yield error("digest-differs", f"rows give {digest}, the manifest says {entry.digest}", name)
        elif differing := sorted(dict(self._digest.columns().items() ^ entry.columns.items())):
            yield error("digest-differs", f"the manifest has other digests of {', '.join(differing)}", name)

    def _check(self, rows: pa.RecordBatch) -> BatchResult:
        return self._checker.check(rows, self._tally.wanted)

    def _batch(self, rows: pa.RecordBatch, result: BatchResult) -> Iterator[Finding]:
        batch = Batch(rows, self._place, self.checked.rows)
        self._digest.update(rows)
        self._ids.add(batch)
        self.checked.rows += len(batch)
        self.checked.invalid += result.invalid
        self.checked.violations.update(result.counts)
        yield from self._tally.findings(result, batch)
        for path in self._images:
            yield from _missing_images(batch, path)
        if self._observe:
            self._observe(batch)


def error(code: str, message: str, where: str, pointer: str = "") -> Finding:
    """A finding that makes a release invalid."""
    return Finding(code, message, "error", where, pointer)


def type_difference(found: pa.Schema, expected: pa.Schema) -> str:
    """The first difference between columns."""
    for column in expected:
        if column.name not in found.names:
            return f"column {column.name} is missing, expected {column.type}"
        if found.field(column.name).type != column.type:
            return f"column {column.name} is {found.field(column.name).type}, expected {column.type}"
    return f"columns {found.names}, expected {expected.names}"


def _images(column: Field, path: str) -> Iterator[str]:
    """The paths of pictures in a column."""
    if column.kind == "image":
        yield path
    for child in column.children:
        yield from _images(child, f"{path}[]" if column.kind == "list" else f"{path}.{child.name}")


def _missing_images(batch: Batch, path: str) -> Iterator[Finding]:
    column = batch.column(f"{path}.bytes")
    if column is None:
        return
    empty = pc.fill_null(pc.equal(pc.binary_length(column.values), 0), fill_value=True)
    for index in pc.indices_nonzero(empty).to_pylist():
        row = int(column.rows[index])
        message = "no bytes; expected {'bytes': encoded picture, 'path': name or null}"
        yield error("missing-image", message, batch.where(row), path)
