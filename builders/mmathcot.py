"""MMathCoT-1M (URSA, arXiv 2501.04686): multimodal maths with chains of thought."""

from __future__ import annotations

from collections.abc import Iterator

from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns, identified
from .readers import read_any

URSA_COLUMNS = ("image_url", "instruction", "output")
COLLECTIONS = frozenset(
    {"MathV-360k", "Multimath", "DataEngine_Geometry", "Geo170K", "Mavis_Extra", "VarsityTutors"}
)


class MMathCoT(DatasetBuilder):
    """Imports the 1,019,059 published rows as a stream; figures stay in the release's archives."""

    def plan(self) -> Plan:
        """One split from one file."""
        message = "the paper reports no check for overlap with the evaluation sets"
        note = Finding("no-decontamination", message, "note")
        return Plan({"train": [{"paths": self.paths("instructions")}]}, [note])

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Every row as published, with the collection that its figure's path names."""
        del split
        ids = RowIds(self.stem)
        columns = Columns(dict.fromkeys(URSA_COLUMNS, str))
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            row["collection"] = row["image_url"].partition("/")[0]
            yield from unknown_collection(row["collection"], where)
            yield from _empty("question", row["instruction"].partition("Question:"), "instruction", where)
            yield from _empty("answer", row["output"].rpartition("†Answer:"), "output", where)
            yield from identified(ids, row, URSA_COLUMNS, where)
        yield from columns.findings()


def unknown_collection(collection: str, where: str) -> Iterator[Finding]:
    """A finding if a figure's path begins with a folder that the release's archives don't have."""
    if collection not in COLLECTIONS:
        message = f"found {collection!r}, expected one of {', '.join(sorted(COLLECTIONS))}"
        yield Finding("unknown-collection", message, where=where, field="image_url")


def _empty(what: str, parts: tuple[str, str, str], field: str, where: str) -> Iterator[Finding]:
    """A finding if the marker is there and nothing follows it, or if there is no marker."""
    _, marker, text = parts
    if not marker:
        yield Finding(f"no-{what}-marker", "the marker is missing", where=where, field=field)
    elif not text.strip():
        yield Finding(f"empty-{what}", f"nothing follows {marker!r}", where=where, field=field)
