"""Checking a release folder against its own manifest and schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from ..cards.manifest import ConfigEntry, FileEntry, Manifest, SplitEntry, read_manifest
from ..errors import MensreaError
from ..schemas import RowSchema, read_row_schema
from ..schemas.arrow import arrow_schema
from ..schemas.digest import RowDigest, combine_digests
from ..validation.findings import Finding
from ..validation.rows import RowValidator
from .documents import CARD_NAME, SCHEMA_NAME
from .parquet import file_sha256
from .verify_documents import check_documents, check_loading

_BATCH_ROWS = 1_000
_MOST_PER_SPLIT = 100


def verify_release(release: Path) -> Iterator[Finding]:
    """Everything that is wrong with a release folder; nothing if it is whole.

    Checked: the documents against the manifest, every file's bytes and sha256, stray data files,
    columns and types, every row against the schema, unique ids, row counts, content digests, and
    that `datasets.load_dataset` reads those rows of each config, with the derived features.

    Raises:
        ReleaseError: There is no manifest, or it can't be read.
    """
    manifest = read_manifest(release)
    documents = list(check_documents(release, manifest))
    yield from documents
    # `datasets` does without a card that it can't read, and says so on standard error.
    has_card = not any(
        each.where == CARD_NAME and each.code in ("missing-document", "damaged-document")
        for each in documents
    )
    yield from _strays(release, manifest)
    damaged = list(_files(release, manifest))
    yield from damaged
    if damaged:
        return
    ids = _Ids()
    for name, config in manifest.configs.items():
        try:
            schema = read_row_schema(release / SCHEMA_NAME, manifest.stem, config.row)
            RowValidator(schema)
        except (MensreaError, OSError) as error:
            yield _error("schema-unreadable", str(error), SCHEMA_NAME)
            return
        for split, entry in config.splits.items():
            yield from _split(release, f"{name}/{split}", entry, schema, ids)
        yield from _config(name, config, schema)
        if has_card:
            yield from check_loading(release, name, config, schema)
    yield from ids.findings()


def _error(code: str, message: str, where: str, field: str = "") -> Finding:
    return Finding(code, message, "error", where, field)


def _entries(manifest: Manifest) -> Iterator[FileEntry]:
    for config in manifest.configs.values():
        for split in config.splits.values():
            yield from split.files


def _strays(release: Path, manifest: Manifest) -> Iterator[Finding]:
    known = {entry.path for entry in _entries(manifest)}
    for path in sorted(release.rglob("*.parquet")):
        name = path.relative_to(release).as_posix()
        if name not in known:
            yield _error("stray-file", "not in the manifest; `load_dataset` may read it", name)


def _files(release: Path, manifest: Manifest) -> Iterator[Finding]:
    for entry in _entries(manifest):
        path = release / entry.path
        if not path.is_file():
            yield _error("missing-file", "the manifest names it; build the release again", entry.path)
        elif path.stat().st_size != entry.bytes:
            message = f"{path.stat().st_size} bytes, the manifest says {entry.bytes}"
            yield _error("file-changed", message, entry.path)
        elif (found := file_sha256(path)) != entry.sha256:
            yield _error("file-changed", f"sha256 {found}, the manifest says {entry.sha256}", entry.path)


def _split(release: Path, name: str, entry: SplitEntry, schema: RowSchema, ids: _Ids) -> Iterator[Finding]:
    reading = _Reading(name, schema, ids)
    for file in entry.files:
        try:
            yield from reading.file(release, file)
        except (OSError, pa.ArrowException) as error:
            yield _error("unreadable-file", str(error).partition("\n")[0], file.path)
            return
        if reading.is_over:
            return
    yield from reading.end(entry)


def _config(name: str, config: ConfigEntry, schema: RowSchema) -> Iterator[Finding]:
    if schema.digest != config.schema_digest:
        message = f"{SCHEMA_NAME} has digest {schema.digest}, the manifest says {config.schema_digest}"
        yield _error("schema-differs", message, name)
    digest = combine_digests({split: entry.digest for split, entry in config.splits.items()})
    if digest != config.digest:
        yield _error("digest-differs", f"its splits give {digest}, the manifest says {config.digest}", name)


class _Reading:
    """What the rows of a split show, as they are read."""

    def __init__(self, name: str, schema: RowSchema, ids: _Ids) -> None:
        self.is_over = False
        self._name = name
        self._ids = ids
        self._columns = arrow_schema(schema)
        self._validator = RowValidator(schema)
        self._json = [field.name for field in schema.fields if field.contains("json")]
        self._violations = 0
        self._digest = RowDigest()
        self._digest.update(pa.Table.from_batches([], self._columns))

    def file(self, release: Path, file: FileEntry) -> Iterator[Finding]:
        with pq.ParquetFile(release / file.path) as parquet:
            if not parquet.schema_arrow.equals(self._columns):
                self.is_over = True
                yield _error("column-types", _type_difference(parquet.schema_arrow, self._columns), file.path)
                return
            if parquet.metadata.num_rows != file.rows:
                message = f"{parquet.metadata.num_rows} rows, the manifest says {file.rows}"
                yield _error("row-count", message, file.path)
            for batch in parquet.iter_batches(_BATCH_ROWS):
                self._digest.update(batch)
                self._ids.add(self._name, batch)
                yield from self._violations_of(batch)

    def end(self, entry: SplitEntry) -> Iterator[Finding]:
        if more := max(0, self._violations - _MOST_PER_SPLIT):
            yield _error("schema-violation", f"and {more:,} more findings of this kind", self._name)
        if self._digest.rows != entry.rows:
            yield _error("row-count", f"{self._digest.rows} rows, the manifest says {entry.rows}", self._name)
        if (digest := self._digest.hexdigest()) != entry.digest:
            yield _error(
                "digest-differs", f"rows give {digest}, the manifest says {entry.digest}", self._name
            )
        elif differing := sorted(dict(self._digest.columns().items() ^ entry.columns.items())):
            message = f"the manifest has other digests of {', '.join(differing)}"
            yield _error("digest-differs", message, self._name)

    def _violations_of(self, batch: pa.RecordBatch) -> Iterator[Finding]:
        rows, broken = _rows(batch, self._json)
        for finding in [*broken, *self._validator.check(rows)]:
            self._violations += 1
            if self._violations <= _MOST_PER_SPLIT:
                yield replace(finding, where=f"{self._name} {finding.where}")


def _rows(batch: pa.RecordBatch, json_columns: list[str]) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The rows, JSON columns decoded, without those that aren't JSON there; these as findings."""
    rows: list[dict[str, Any]] = []
    broken: list[Finding] = []
    for row in cast("list[dict[str, Any]]", batch.to_pylist()):
        try:
            decoded = {name: _decoded(row[name], batch.schema.field(name).type) for name in json_columns}
        except ValueError as error:
            broken.append(_error("schema-violation", f"not JSON: {error}", row["id"], "/"))
        else:
            rows.append({**row, **decoded})
    return rows, broken


def _decoded(value: Any, kind: pa.DataType) -> Any:
    """JSON columns as the values they stand for, which is what the schema describes."""
    if value is None:
        return None
    if isinstance(kind, pa.BaseExtensionType):
        return json.loads(value)
    if pa.types.is_struct(kind):
        return {member.name: _decoded(value[member.name], member.type) for member in kind}
    if pa.types.is_list(kind):
        return [_decoded(each, kind.value_type) for each in value]
    return value


def _type_difference(found: pa.Schema, expected: pa.Schema) -> str:
    for field in expected:
        if field.name not in found.names:
            return f"column {field.name} is missing, expected {field.type}"
        if found.field(field.name).type != field.type:
            return f"column {field.name} is {found.field(field.name).type}, expected {field.type}"
    return f"columns {found.names}, expected {expected.names}"


class _Ids:
    """Where each id was seen."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._repeated: list[Finding] = []

    def add(self, name: str, batch: pa.RecordBatch) -> None:
        for identifier in batch.column("id").to_pylist():
            if identifier in self._seen:
                message = f"the id occurs again, first in {self._seen[identifier]}"
                self._repeated.append(_error("duplicate-id", message, f"{name} {identifier}"))
            else:
                self._seen[identifier] = name

    def findings(self) -> list[Finding]:
        return self._repeated
