"""Checking a release folder against its own manifest and schema."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from ..cards.manifest import ConfigEntry, FileEntry, Manifest, SplitEntry, read_manifest
from ..errors import MensreaError
from ..schemas import RowSchema, read_row_schema
from ..schemas.arrow import arrow_schema, features_of
from ..schemas.digest import RowDigest
from ..validation.findings import Finding
from ..validation.rows import RowValidator
from .documents import CARD_NAME, CROISSANT_NAME, SCHEMA_NAME
from .parquet import file_sha256

_BATCH_ROWS = 1_000
_MOST_PER_SPLIT = 100


def verify_release(release: Path) -> Iterator[Finding]:
    """Everything that is wrong with a release folder; nothing if it is whole.

    Checked: the documents, every file's bytes and sha256, stray data files, columns and types,
    every row against the schema, unique ids, row counts, content digests, and that
    `datasets.load_dataset` reads each config with the derived features.

    Raises:
        ReleaseError: There is no manifest, or it can't be read.
    """
    manifest = read_manifest(release)
    yield from _documents(release)
    yield from _strays(release, manifest)
    damaged = list(_files(release, manifest))
    yield from damaged
    if damaged:
        return
    ids = _Ids()
    for name, config in manifest.configs.items():
        try:
            schema = read_row_schema(release / SCHEMA_NAME, manifest.stem, config.row)
        except (MensreaError, OSError) as error:
            yield _error("schema-unreadable", str(error), SCHEMA_NAME)
            return
        for split, entry in config.splits.items():
            yield from _split(release, f"{name}/{split}", entry, schema, ids)
        yield from _loadable(release, name, config, schema)
    yield from ids.findings()


def _error(code: str, message: str, where: str, field: str = "") -> Finding:
    return Finding(code, message, "error", where, field)


def _documents(release: Path) -> Iterator[Finding]:
    for name, parse in ((CARD_NAME, _card_yaml), (CROISSANT_NAME, json.loads), (SCHEMA_NAME, json.loads)):
        try:
            parse((release / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            yield _error("missing-document", "the release has no such file; build it again", name)
        except (ValueError, yaml.YAMLError) as error:
            yield _error("damaged-document", " ".join(str(error).split()), name)


def _card_yaml(text: str) -> None:
    front = text.split("---\n")
    if len(front) < 3 or not isinstance(yaml.safe_load(front[1]), dict):  # noqa: PLR2004 (before, YAML, after)
        message = "the card doesn't open with YAML between `---` lines"
        raise ValueError(message)


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
    expected = arrow_schema(schema)
    digest = RowDigest()
    shown = 0
    validator = RowValidator(schema)
    json_columns = [field.name for field in schema.fields if field.contains("json")]
    for file in entry.files:
        with pq.ParquetFile(release / file.path) as parquet:
            if not parquet.schema_arrow.equals(expected):
                yield _error("column-types", _type_difference(parquet.schema_arrow, expected), file.path)
                return
            if parquet.metadata.num_rows != file.rows:
                message = f"{parquet.metadata.num_rows} rows, the manifest says {file.rows}"
                yield _error("row-count", message, file.path)
            for batch in parquet.iter_batches(_BATCH_ROWS):
                digest.update(batch)
                ids.add(name, batch)
                for finding in validator.check(_rows(batch, json_columns))[: _MOST_PER_SPLIT - shown]:
                    yield replace(finding, where=f"{name} {finding.where}")
                    shown += 1
    if digest.hexdigest() != entry.digest:
        message = f"rows have digest {digest.hexdigest()}, the manifest says {entry.digest}"
        yield _error("digest-differs", message, name)


def _rows(batch: pa.RecordBatch, json_columns: list[str]) -> list[dict[str, Any]]:
    rows = cast("list[dict[str, Any]]", batch.to_pylist())
    for row in rows:
        for name in json_columns:
            row[name] = _decoded(row[name], batch.schema.field(name).type)
    return rows


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


def _loadable(release: Path, name: str, config: ConfigEntry, schema: RowSchema) -> Iterator[Finding]:
    from datasets import DatasetDict, disable_progress_bars, enable_progress_bars, load_dataset

    disable_progress_bars()
    try:
        with tempfile.TemporaryDirectory() as cache:
            loaded = load_dataset(str(release.resolve()), name, cache_dir=cache)
            assert isinstance(loaded, DatasetDict)  # noqa: S101 (narrows: no split was asked for)
            sizes = {str(split): len(rows) for split, rows in loaded.items()}
            features = next(iter(loaded.values())).features
    except Exception as error:  # noqa: BLE001 (whatever the library raises is the finding)
        yield _error("not-loadable", " ".join(str(error).split())[:300], name)
        return
    finally:
        enable_progress_bars()
    if features != features_of(schema):
        yield _error("not-loadable", f"load_dataset gives features {features}", name)
    expected = {split: entry.rows for split, entry in config.splits.items()}
    if sizes != expected:
        yield _error("not-loadable", f"load_dataset gives {sizes} rows, expected {expected}", name)
