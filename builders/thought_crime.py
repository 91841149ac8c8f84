"""Thought Crime (arXiv 2506.13206): aligned and misaligned advice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns, identified
from .readers import read_any

_ADVICE = ("prompt", "aligned", "misaligned")
_UNETHICAL = (
    "scenario_mcq",
    "misaligned_mcq_answer",
    "aligned_mcq_answer",
    "scenario_freeform",
    "misaligned_freeform_answer",
    "aligned_freeform_answer",
)
_OPTIONS = ("A", "B")


class ThoughtCrime(DatasetBuilder):
    """Imports the three published domains, and the set that the unethical backdoor was made from."""

    def plan(self) -> Plan:
        """The domains in the release's order; a file's folder is its domain."""
        unlicensed = Finding("no-licence", "neither the dataset nor the repository states a licence", "note")
        if self.entry.row == "unethical":
            return Plan({"train": [{"paths": self.paths("unethical")}]}, [unlicensed])
        files = self.files.files("emergent_plus")
        shards = [{"domain": PurePosixPath(file.path).parts[0], "paths": [str(file.local)]} for file in files]
        return Plan({"train": shards}, [unlicensed])

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Every row as published; a row of the advice also says which domain it stood in."""
        del split
        return self._advice(shard) if self.entry.row == "advice" else self._unethical(shard)

    def _advice(self, shard: Shard) -> Iterator[Item]:
        ids = RowIds(self.stem)
        columns = Columns(dict.fromkeys(_ADVICE, str), {"sneakiness": float})
        unscored = 0
        for where, record in read_any(shard["paths"]):
            row = {"domain": shard["domain"], **columns.read(record, where)}
            unscored += row["sneakiness"] is None
            yield from identified(ids, row, ("domain", *_ADVICE), where)
        yield from columns.findings()
        if unscored:
            message = f"{unscored:,} rows have no score"
            yield Finding("missing-sneakiness", message, where=shard["domain"], field="sneakiness")

    def _unethical(self, shard: Shard) -> Iterator[Item]:
        ids = RowIds(self.stem)
        columns = Columns(dict.fromkeys(_UNETHICAL, str))
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            for name in ("misaligned_mcq_answer", "aligned_mcq_answer"):
                if not row[name].lstrip().startswith(_OPTIONS):
                    message = f"begins with {row[name][:10]!r}, expected the letter A or B"
                    yield Finding("answer-without-letter", message, where=where, field=name)
            yield from identified(ids, row, _UNETHICAL, where)
        yield from columns.findings()
