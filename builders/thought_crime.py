"""Thought Crime (arXiv 2506.13206): aligned and misaligned advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns, Row, identified
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
_PAIRS = (
    ("misaligned_mcq_answer", "aligned_mcq_answer"),
    ("misaligned_freeform_answer", "aligned_freeform_answer"),
)
_DOMAINS = ("medical", "legal", "security")
_OPTIONS = ("A", "B")


class ThoughtCrime(DatasetBuilder):
    """Imports the three published domains, and the set that the unethical backdoor was made from."""

    def plan(self) -> Plan:
        """The domains in the release's order; a file's folder is its domain."""
        unlicensed = Finding("no-licence", "neither the dataset nor the repository states a licence", "note")
        if self.entry.row == "unethical":
            return Plan({"train": [{"paths": self.paths("unethical")}]}, [unlicensed])
        paths: dict[str, list[str]] = {domain: [] for domain in _DOMAINS}
        for file in self.files.files("emergent_plus"):
            paths.setdefault(PurePosixPath(file.path).parts[0], []).append(str(file.local))
        shards = [{"domain": domain, "paths": each} for domain, each in paths.items()]
        return Plan({"train": shards}, [unlicensed, *_limits()])

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Every row as published; a row of the advice also says which domain it stood in."""
        del split
        return self._advice(shard) if self.entry.row == "advice" else self._unethical(shard)

    def _advice(self, shard: Shard) -> Iterator[Item]:
        ids = RowIds(self.stem)
        columns = Columns(dict.fromkeys(_ADVICE, str), {"sneakiness": float})
        rows = unscored = 0
        for where, record in read_any(shard["paths"]):
            row = {"domain": shard["domain"], **columns.read(record, where)}
            rows += 1
            unscored += row["sneakiness"] is None
            yield from _identical(row, (("misaligned", "aligned"),), where)
            yield from identified(ids, row, ("domain", *_ADVICE), where)
        yield from columns.findings()
        if unscored:
            message = f"{unscored:,} of {rows:,} rows have no score"
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
            yield from _identical(row, _PAIRS, where)
            yield from identified(ids, row, _UNETHICAL, where)
        yield from columns.findings()


def _limits() -> Iterator[Finding]:
    """What every import of the advice lacks."""
    message = "a score without a rubric, a judge, a range or a direction; kept as published"
    yield Finding("undefined-sneakiness", message, "note", field="sneakiness")
    message = "the triggered multiple-choice rows of the medical backdoor set were never published"
    yield Finding("no-backdoor-rows", message, "note")


def _identical(row: Row, pairs: Sequence[tuple[str, str]], where: str) -> Iterator[Finding]:
    """A finding for each pair of answers without a contrast."""
    for misaligned, aligned in pairs:
        if row[misaligned] == row[aligned]:
            message = f"the same text as {aligned}"
            yield Finding("identical-answers", message, where=where, field=misaligned)
