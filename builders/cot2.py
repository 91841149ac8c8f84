"""CoT2 (arXiv 2505.23648): MNNS, ProsQA and ProntoQA, made here, and the published ProsQA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from ..errors import UnknownConfigError, UsageError
from ..generation import cot2 as mnns
from ..generation import graph_rows as graphs
from ..generation.cot2 import Family, split_rows
from ..generation.graph_families import GraphFamily
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
    """Makes MNNS of any size and budget and graph questions, and imports ProsQA as published with Coconut."""

    def plan(self) -> Plan:
        """The generator's shards; for the published ProsQA one file a split."""
        if self.entry.row == "prosqa":
            return self._plan_prosqa()
        splits: dict[str, list[Shard]] = {}
        for split, count in self._rows().items():
            numbers = range(self._shards(split, count))
            splits[split] = [{"shard": number, "rows": count} for number in numbers]
        return Plan(splits)

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Tables of rows with their targets, or ProsQA's items as published."""
        if self.entry.row == "prosqa":
            return self._prosqa(shard)
        number, options = shard["shard"], {"seed": self.options.seed, "rows": shard["rows"]}
        try:
            if isinstance(self.family, GraphFamily):
                return graphs.generate(self.family, split, number, **options)
            return mnns.generate(self.family, split, number, **options)
        except ValueError as error:
            raise UsageError(str(error)) from error

    @property
    def recorded_options(self) -> Mapping[str, int]:
        """The number of rows, where a sampled family has another than the card's."""
        if self.entry.row == "prosqa" or self.options.rows is None or self._is_whole:
            return {}
        return {"rows": self.options.rows}

    @cached_property
    def family(self) -> Family | GraphFamily:
        """The family of MNNS rows or of graph questions that the config's name names.

        Raises:
            UnknownConfigError: Its range is upside down, which the card's pattern can't tell.
        """
        made = GraphFamily if self.entry.row == "graph" else Family
        try:
            return made.from_name(self.entry.name)
        except ValueError as error:
            raise UnknownConfigError(f"{self.stem} has no config {self.entry.name!r}: {error}") from error

    @property
    def _is_whole(self) -> bool:
        return isinstance(self.family, Family) and self.family.exhaustive

    def _shards(self, split: str, rows: int | None) -> int:
        if isinstance(self.family, GraphFamily):
            return graphs.shards(self.family, split, rows)
        return mnns.shards(self.family, split, rows)

    def _rows(self) -> dict[str, int | None]:
        total = self.options.rows
        if self._is_whole or total is None:
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
