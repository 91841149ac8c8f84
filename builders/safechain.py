"""SafeChain (arXiv 2502.12025): CoT-style safety training rows."""

from __future__ import annotations

from collections.abc import Iterator

from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns, identified
from .readers import read_any

_COLUMNS = ("instruction", "label", "response")
_LABELS = frozenset({"vanilla_harmful", "vanilla_benign", "adversarial_harmful", "adversarial_benign"})


class SafeChain(DatasetBuilder):
    """Imports the 40,000 published rows; a response is thought, `</think>`, answer."""

    def plan(self) -> Plan:
        """One split from all files of the release."""
        unlicensed = Finding("no-licence", "the release's card states no licence", "note")
        return Plan({"train": [{"paths": self.paths("responses")}]}, [unlicensed])

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Every row as published, and what is odd about it."""
        del split
        ids = RowIds(self.stem)
        columns = Columns(dict.fromkeys(_COLUMNS, str))
        rows = without_opening = 0
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            rows += 1
            without_opening += "<think>" not in row["response"]
            yield from _oddities(row["label"], row["response"], where)
            yield from identified(ids, row, _COLUMNS, where)
        yield from columns.findings()
        if without_opening:
            message = f"{without_opening:,} of {rows:,} responses, by design of the release"
            yield Finding("missing-opening-think-tag", message, "note", field="response")


def _oddities(label: str, response: str, where: str) -> Iterator[Finding]:
    if label not in _LABELS:
        message = f"found {label!r}, expected one of {', '.join(sorted(_LABELS))}"
        yield Finding("unknown-label", message, where=where, field="label")
    if "</think>" not in response:
        message = "the thought never closes, so the response has no answer"
        yield Finding("unclosed-think", message, where=where, field="response")
