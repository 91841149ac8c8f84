"""What the declarations of every dataset must satisfy, and their rules at work on rows of its builder."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fnmatch import filter as filter_names
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from mensrea import builder
from mensrea.cards import find_card
from mensrea.schemas import load_row_schema
from mensrea.schemas.arrow import storage_schema
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.base import Declared, Rule
from mensrea.validation.rules.catalogue import find_rule
from mensrea.validation.rules.declarations import Declarations, declarations
from mensrea.validation.rules.registry import build_rule, holds_for
from mensrea.validation.rules.run import RuleRun
from mensrea.validation.rules.spanning import SpanningRule

Splits = Mapping[str, pa.Table]
_FEWEST, _BATCHES = 3, 4


def splits_of(stem: str, config: str, source: Path | None = None, **options: Any) -> dict[str, pa.Table]:
    """The rows that a builder makes of a copy of the release, by split."""
    if source is not None:
        options = {"data_dir": str(source), "verify": False, **options}
    build = builder(stem, config, **options)
    return {
        split: pa.concat_tables(
            item for shard in shards for item in build.tables(split, shard) if not isinstance(item, Finding)
        )
        for split, shards in build.planned.splits.items()
    }


def batches(config: str, splits: Splits) -> list[Batch]:
    """A few batches for each split, so that rules see more than one."""
    made: list[Batch] = []
    for split, table in splits.items():
        first, size = 0, max(_FEWEST, len(table) // _BATCHES)
        for part in table.combine_chunks().to_batches(max_chunksize=size):
            made.append(Batch(part, Place(config, split), first))
            first += len(part)
    return made


def checked(stem: str, release: Mapping[str, Splits]) -> RuleRun:
    """A dataset's declared rules, run over the configs of a release."""
    found = declarations(stem)
    run = RuleRun(found.rules, found.suppressions, own=found.own)
    for config, splits in release.items():
        for batch in batches(config, splits):
            run.observe(batch)
    run.finish()
    return run


def run_rule(rule: Rule, config: str, splits: Splits) -> list[str]:
    """What one rule says: `place: field: message` of each finding."""
    found = [str(each) for batch in batches(config, splits) for each in rule.observe(batch)]
    return [*found, *map(str, rule.finish())]


def changed(table: pa.Table, row: int, **values: Any) -> pa.Table:
    """The table with other values in a row."""
    rows = table.to_pylist()
    rows[row].update(values)
    plain = pa.schema([pa.field(each.name, _storage(each.type)) for each in table.schema])
    return pa.Table.from_pylist(rows, schema=plain)


def counts_of(run: RuleRun) -> dict[str, int]:
    """How many findings there are of each code, notes aside."""
    return dict(Counter(each.code for each in run.findings if each.severity != "note"))


def _storage(kind: Any) -> Any:
    """A type with plain text in place of JSON."""
    if isinstance(kind, pa.BaseExtensionType):
        return kind.storage_type
    if pa.types.is_list(kind):
        return pa.list_(_storage(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(each.name, _storage(each.type)) for each in kind])
    return kind


class DeclarationsConformance:
    """A dataset's test names the stem and inherits these.

    Attributes:
        stem: The dataset.
    """

    stem: ClassVar[str]

    @property
    def declared(self) -> Declarations:
        return declarations(self.stem)

    def test_every_rule_can_be_built(self) -> None:
        assert self.declared.rules
        for each in self.declared.rules:
            assert build_rule(each, self.declared.own).name == each.name

    def test_every_config_named_is_in_the_card(self) -> None:
        for each in self.declared.rules:
            for name in each.configs:
                assert filter_names(find_card(self.stem).configs, name), each

    def test_every_path_is_in_the_rows_of_each_config_meant(self) -> None:
        for each in self.declared.rules:
            made = build_rule(each, self.declared.own)
            for path in made.columns:
                missing = [config for config in self._meant(each) if not self._has(config, path)]
                others = made.other_configs if isinstance(made, SpanningRule) else ()
                if not (missing and any(self._has(config, path) for config in others)):
                    assert not missing, (each.name, path)

    def test_no_rule_is_declared_twice(self) -> None:
        seen = [(each.name, repr(each.parameters), each.configs) for each in self.declared.rules]
        assert len(seen) == len(set(seen))

    def test_each_own_rule_is_declared_and_has_a_page(self) -> None:
        names = {each.name for each in self.declared.rules}
        for own in self.declared.own:
            assert own.name in names
            info = find_rule(own.name)
            assert info.number.startswith("MR9")
            assert info.severity == own.severity

    def test_each_suppression_is_of_a_declared_rule_at_a_place_that_exists(self) -> None:
        configs = find_card(self.stem).configs
        for each in self.declared.suppressions:
            meant = [rule for rule in self.declared.rules if rule.name == find_rule(each.rule).name]
            assert meant
            assert each.where
            assert len(each.reason.split()) > 5
            assert each.reason.endswith(".")
            fields = {path for rule in meant for path in build_rule(rule, self.declared.own).columns}
            places = {f"{name}/{split} x" for name, config in configs.items() for split in config.splits}
            named = each.where.rpartition(" ")[0] + " x" if " " in each.where else each.where
            assert any(fnmatchcase(place, named) for place in fields | places), each.where

    def test_the_canary_is_the_cards(self) -> None:
        canaries = [
            each.parameters["canary"] for each in self.declared.rules if each.name == "missing-canary"
        ]
        card = find_card(self.stem)
        assert canaries == ([card.canary] if card.tier == "gated" else [])

    def _meant(self, declared: Declared) -> Sequence[str]:
        return [config for config in find_card(self.stem).configs if holds_for(declared, config)]

    def _has(self, config: str, path: str) -> bool:
        row = load_row_schema(self.stem, find_card(self.stem).configs[config].row)
        return Batch(pa.RecordBatch.from_pylist([], schema=storage_schema(row))).column(path) is not None
