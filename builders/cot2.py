"""CoT2 (arXiv 2505.23648): MNNS, made here, and the published ProsQA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import UsageError
from ..generation.cot2 import Family, generate, shards, split_rows
from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import RowIds
from .imports import Columns
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
        splits: dict[str, list[Shard]] = {}
        for split, count in rows.items():
            numbers = range(shards(family, split, count))
            splits[split] = [{"shard": number, "rows": count} for number in numbers]
        return Plan(splits)

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Tables of MNNS inputs with their targets, or ProsQA's items as published."""
        if self.entry.row == "prosqa":
            return self._prosqa(shard)
        family = Family.from_name(self.entry.name)
        try:
            return generate(family, split, shard["shard"], seed=self.options.seed, rows=shard["rows"])
        except ValueError as error:
            raise UsageError(str(error)) from error

    @property
    def recorded_options(self) -> Mapping[str, int]:
        """The number of rows, where a sampled family has another than the card's."""
        if self.entry.row == "prosqa" or self.options.rows is None:
            return {}
        return {} if Family.from_name(self.entry.name).exhaustive else {"rows": self.options.rows}

    def _rows(self, family: Family) -> dict[str, int | None]:
        total = self.options.rows
        if family.exhaustive or total is None:
            return dict.fromkeys(self.entry.splits)
        return dict(split_rows(total))

    def _plan_prosqa(self) -> Plan:
        paths = {Path(path).stem.rpartition("_")[2]: path for path in self.paths("prosqa")}
        ordered = [paths[name] for name in _PROSQA_SPLITS.values()]
        splits = {
            split: [{"paths": [path], "earlier": ordered[:number]}]
            for number, (split, path) in enumerate(zip(_PROSQA_SPLITS, ordered, strict=True))
        }
        message = "choosing the option with the lower in-degree is right in 66 % of the items"
        return Plan(splits, [Finding("in-degree-shortcut", message, "note")])

    def _prosqa(self, shard: Shard) -> Iterator[Item]:
        ids = RowIds(self.stem)
        seen: set[str] = set()
        for where, record in read_any(shard["earlier"]):
            row = Columns(_PROSQA).read(record, where)
            ids.of(row["question"], row["answer"])
            seen.add(row["question"])
        columns = Columns(_PROSQA)
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            identifier, _ = ids.of(row["question"], row["answer"])
            if row["question"] in seen:
                message = f"the question occurs before, here or in an earlier split; kept as {identifier}"
                yield Finding("duplicate-question", message, where=where, field="question")
            seen.add(row["question"])
            yield {"id": identifier, **row}
        yield from columns.findings()
