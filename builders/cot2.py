"""CoT2 (arXiv 2505.23648): MNNS, made here, and the published ProsQA."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..generation.cot2 import Family, generate, shards, split_rows
from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns, identified
from .readers import read_any

_PROSQA_SPLITS = {"train": "train", "validation": "valid", "test": "test"}
_PROSQA = {
    **dict.fromkeys(("question", "answer"), str),
    **dict.fromkeys(("steps", "idx_to_symbol", "edges"), list),
    **dict.fromkeys(("root", "target", "neg_target"), int),
}


class CoT2(DatasetBuilder):
    """Makes MNNS families of any size, and imports ProsQA as published with Coconut."""

    def plan(self) -> Plan:
        """For MNNS the generator's shards; for ProsQA one file a split."""
        if self.entry.row == "prosqa":
            return self._plan_prosqa()
        family = Family.from_name(self.entry.name)
        rows = self._rows(family)
        return Plan(
            {
                split: [
                    {"shard": shard, "rows": rows[split]}
                    for shard in range(shards(family, split, rows[split]))
                ]
                for split in self.entry.splits
            }
        )

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Tables of MNNS inputs with their targets, or ProsQA's items as published."""
        if self.entry.row == "prosqa":
            return self._prosqa(shard)
        family = Family.from_name(self.entry.name)
        return iter(generate(family, split, shard["shard"], seed=self.options.seed, rows=shard["rows"]))

    def _rows(self, family: Family) -> dict[str, int | None]:
        total = self.options.rows
        if family.exhaustive or total is None:
            return dict.fromkeys(self.entry.splits)
        return dict(split_rows(total))

    def _plan_prosqa(self) -> Plan:
        paths = {Path(path).stem.rpartition("_")[2]: path for path in self.paths("prosqa")}
        splits = {split: [{"paths": [paths[name]]}] for split, name in _PROSQA_SPLITS.items()}
        message = "choosing the option with the lower in-degree is right in 66 % of the items"
        return Plan(splits, [Finding("in-degree-shortcut", message, "note")])

    def _prosqa(self, shard: Shard) -> Iterator[Item]:
        ids = RowIds(self.stem)
        columns = Columns(_PROSQA)
        for where, record in read_any(shard["paths"]):
            yield from identified(ids, columns.read(record, where), ("question", "answer"), where)
        yield from columns.findings()
