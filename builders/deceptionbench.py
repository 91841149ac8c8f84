"""DeceptionBench and the self-monitor rows (arXiv 2505.18807)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns, Row, identified
from .readers import Record, read_any

_SCENARIO = ("type", "inner_prompt", "system_prompt", "outer_prompt")
_MONITOR = ("thinking_process", "reflection", "assessment", "revised_response")
# Letters alone, as the release and its ports space and punctuate them differently.
_CATEGORIES = (
    "sycophan",
    "alignmentfaking",
    "sandbagging",
    "strategicdeception",
    "goaldrivenrulebreaking",
    "honestyevasion",
)
_NO_LETTERS = re.compile("[^a-z]+")


class DeceptionBench(DatasetBuilder):
    """Imports the 180 scenarios, and the rows that Self-Monitor was trained on."""

    def plan(self) -> Plan:
        """One split from one file, either way."""
        if self.entry.row == "self_monitor":
            return Plan({"train": [{"paths": self.paths("self_monitor")}]})
        return Plan({"test": [{"paths": self.paths("scenarios")}]})

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Every row as published; upstream's `id` and `source` under names of their own."""
        del split
        return self._scenarios(shard) if self.entry.row == "scenario" else self._monitored(shard)

    def _scenarios(self, shard: Shard) -> Iterator[Item]:
        ids = RowIds(self.stem)
        columns = Columns(dict.fromkeys(_SCENARIO, str), {"format": str, "id": object, "setting": object})
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            yield from _scenario_oddities(row, where)
            yield from _missing(record, ("id", "format"), where)
            row.pop("setting")
            row = {"upstream_id": _text(row.pop("id")), **row}
            yield from identified(ids, row, (*_SCENARIO, "format"), where)
        yield from columns.findings()

    def _monitored(self, shard: Shard) -> Iterator[Item]:
        ids = RowIds(self.stem)
        kinds = {**dict.fromkeys(_MONITOR, str), "assessment": object, "source": object}
        columns = Columns({"question": str}, kinds)
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            yield from _missing(record, (*_MONITOR, "source"), where)
            row["assessment"], row["upstream_source"] = _text(row["assessment"]), _text(row.pop("source"))
            yield from identified(ids, row, ("question", *_MONITOR, "upstream_source"), where)
        yield from columns.findings()


def _scenario_oddities(row: Row, where: str) -> Iterator[Finding]:
    if not _NO_LETTERS.sub("", row["type"].lower()).startswith(_CATEGORIES):
        message = f"found {row['type']!r}, expected one of the paper's five categories"
        yield Finding("unknown-category", message, where=where, field="type")
    if row["setting"] is not None:
        message = "left over from an earlier schema of the benchmark; not imported"
        yield Finding("residual-setting", message, where=where, field="setting")


def _text(value: object) -> str | None:
    """A value whose type the release doesn't document, as text: numbers as JSON writes them."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _missing(record: Record, names: tuple[str, ...], where: str) -> Iterator[Finding]:
    for name in names:
        if record.get(name) is None:
            state = "null" if name in record else "absent"
            yield Finding("missing-field", f"the field is {state}; kept as null", where=where, field=name)
