"""Gates: rows written for this project are held against the dataset's rules before they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from ..cards.manifest import Manifest
from ..errors import RowError
from ..validation.findings import Finding
from ..validation.inputs.batch import Batch, Place
from ..validation.rules.declarations import declarations
from ..validation.rules.registry import holds_for
from ..validation.rules.run import RuleRun
from .parquet import read_tables

_NAMED = 3


def refuse_breaches(folder: Path, manifest: Manifest, built: Sequence[str]) -> None:
    """Run the declared rules over the configs of the origin `authored`; other origins are kept as they are.

    A rule whose library isn't installed is left to `mensrea validate`, which says so.

    Args:
        folder: The release, whose Parquet files are written.
        manifest: What it holds.
        built: The configs that are new in it; without an authored one among them nothing is read.

    Raises:
        RowError: A rule reports an error; the message names the first ones.
    """
    authored = [name for name, entry in manifest.configs.items() if entry.origin == "authored"]
    if not set(authored) & set(built):
        return
    found = declarations(manifest.stem)
    held = [each for each in found.rules if any(holds_for(each, name) for name in authored)]
    run = RuleRun(held, found.suppressions, own=found.own)
    for name in authored:
        for batch in _batches(folder, manifest, name):
            run.observe(batch)
    run.finish()
    broken = [each for each in run.findings if each.severity == "error"]
    if broken:
        raise RowError(_message(manifest.stem, broken))


def _batches(folder: Path, manifest: Manifest, config: str) -> Iterator[Batch]:
    for split, entry in manifest.configs[config].splits.items():
        first = 0
        for table in read_tables(folder, entry):
            for part in table.to_batches():
                yield Batch(part, Place(config, split), first)
                first += len(part)


def _message(stem: str, broken: Sequence[Finding]) -> str:
    count = f"{len(broken):,} breach{'es' if len(broken) > 1 else ''} of declared rules"
    named = "; ".join(f"{each} ({each.code})" for each in islice(broken, _NAMED))
    more = f"; and {len(broken) - _NAMED:,} more" if len(broken) > _NAMED else ""
    return f"{stem}: {count}, expected none: {named}{more}; `mensrea explain RULE` says what to do"
