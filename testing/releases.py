"""Stand-ins for published releases: writing one, and seeing what a builder makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ..builders.registry import builder
from ..schemas import Field, RowSchema
from ..validation.findings import Finding, FindingLog

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a builder made of a release.

    Attributes:
        splits: The rows of each split, in order, as Python values.
        findings: Everything that was noticed.
    """

    splits: Mapping[str, Sequence[Row]]
    findings: Sequence[Finding]

    @property
    def rows(self) -> list[Row]:
        """The rows of all splits, one split after another."""
        return [row for rows in self.splits.values() for row in rows]

    @property
    def codes(self) -> Mapping[str, int]:
        """How many findings have each code."""
        return FindingLog(self.findings).counts

    def places(self, code: str) -> list[str]:
        """Where the findings with this code are."""
        return [finding.where for finding in self.findings if finding.code == code]


def import_release(stem: str, config: str | None, source: Path, **options: Any) -> Imported:
    """Import a release that lies in a folder, without writing anything.

    Args:
        stem: The dataset.
        config: The config; None for the card's first.
        source: The folder. Its files needn't be the recorded ones.
        **options: Options of `mensrea.builder`.

    Raises:
        SourceError: A file is missing or can't be used.
        RowError: Rows violate the schema.
    """
    build = builder(stem, config, **{"data_dir": str(source), "verify": False, **options})
    findings = list(build.planned.findings)
    splits: dict[str, list[Row]] = {}
    for split, shards in build.planned.splits.items():
        rows = splits.setdefault(split, [])
        for shard in shards:
            for item in build.tables(split, shard):
                if isinstance(item, Finding):
                    findings.append(item)
                else:
                    rows += rows_of(item, build.row_schema)
    return Imported(splits, [*findings, *build.files.findings])


def rows_of(table: pa.Table, schema: RowSchema) -> list[Row]:
    """The rows of a table as the values that the schema describes, JSON columns decoded."""
    rows = cast("list[Row]", table.to_pylist())
    encoded = [field for field in schema.fields if field.contains("json")]
    for row in rows if encoded else ():
        row.update({field.name: _decoded(field, row[field.name]) for field in encoded})
    return rows


def write_json(path: Path, value: object) -> None:
    """Write a JSON file, and the folders above it."""
    _written(path).write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")


def write_jsonl(path: Path, records: Iterable[object]) -> None:
    """Write a JSON Lines file, and the folders above it."""
    with _written(path).open("wb") as file:
        file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)


def write_parquet(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write a Parquet file with the columns of the first record, and the folders above it."""
    pq.write_table(pa.Table.from_pylist(list(records)), _written(path))


def _written(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _decoded(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.kind == "json":
        return json.loads(value)
    if field.kind == "list":
        return [_decoded(field.children[0], each) for each in value]
    if field.kind == "struct":
        return {child.name: _decoded(child, value[child.name]) for child in field.children}
    return value
