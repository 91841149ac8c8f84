"""Building a release: every config's rows as Parquet, with card, manifest and Croissant."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute
from tqdm import tqdm

from ..cards import Card, Config, find_card
from ..cards.manifest import ConfigEntry, Manifest, SourceEntry, SplitEntry
from ..errors import RowError, UsageError
from ..schemas.digest import combine_digests
from ..validation.findings import Finding, FindingLog
from ..validation.shortcuts.counting import BaselineCounter
from ..validation.shortcuts.registry import shortcuts_of
from .base import DatasetBuilder
from .diff import ReleaseDiff
from .documents import write_documents
from .gates import refuse_breaches
from .parquet import BackgroundWriter, SplitWriter, read_tables
from .previous import carry_over, compare, previous_release
from .registry import builder_class
from .shards import iterate_shards
from .workspace import replacing

# Its functions are made at import, so type checkers know none of them.
compute = cast("Any", pyarrow.compute)


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to build.

    Attributes:
        seed: Root of every random stream of procedural configs.
        rows: Rows in all splits of a sampled config; None for the card's number.
        source: A local copy of the published release, for imported configs; the folder of a run, for
            generated ones.
        verify: Whether that copy must have the recorded hashes.
        workers: Processes; the result doesn't depend on it.
        overwrite: Replace a release whatever moved, without comparing versions.
        progress: Show progress bars on standard error.
    """

    seed: int = 0
    rows: int | None = None
    source: Path | None = None
    verify: bool = True
    workers: int = 1
    overwrite: bool = False
    progress: bool = False


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    Attributes:
        path: The release folder.
        manifest: Its manifest.
        built: The configs built now; others were carried over from the previous release.
        findings: What was noticed, by config; of each code at most 10,000, the manifest counts all.
        diff: The comparison with the release that was replaced, if there was one.
    """

    path: Path
    manifest: Manifest
    built: tuple[str, ...]
    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict[str, Sequence[Finding]])
    diff: ReleaseDiff | None = None


@dataclass(frozen=True, slots=True)
class _Noted:
    """What is noted of a config while its rows stream past."""

    findings: FindingLog
    baselines: BaselineCounter


def build_release(
    stem: str,
    *,
    configs: Sequence[str] = (),
    out: Path = Path("dist"),
    options: BuildOptions | None = None,
) -> BuildReport:
    """Build configs of a dataset into `out/<stem>`, replacing the release there whole or not at all.

    Configs of the previous release that aren't built now are carried over.

    Args:
        stem: The dataset.
        configs: Configs to build; none for those that build offline, or for all imported ones
            where there are none or `options.source` is given.
        out: The folder that holds releases.
        options: How to build.

    Raises:
        UsageError: Unknown dataset or config.
        SourceError: An upstream file is missing, unreachable, or not the recorded one.
        RowError: Rows violate the schema, repeat an id, or were written here and break a declared rule.
        VersionBumpError: Rows moved more than the card's version says.
        StorageError: The folder can't be written.
    """
    options = options or BuildOptions()
    card = find_card(stem)
    target = out.expanduser() / stem
    names = _chosen(card, configs, options)
    with replacing(target) as folder, tempfile.TemporaryDirectory(dir=folder) as scratch:
        previous = previous_release(target, names, overwrite=options.overwrite)
        entries: dict[str, ConfigEntry] = {}
        findings: dict[str, FindingLog] = {}
        for name in names:
            entries[name], findings[name] = _build_config(card, name, folder, options, scratch)
        carried = carry_over(card, previous, target, folder, names)
        every = {**carried, **entries}
        manifest = _manifest(card, {name: every[name] for name in _ordered(card, every)})
        _refuse_duplicates(folder, manifest)
        refuse_breaches(folder, manifest, names)
        write_documents(folder, card, manifest, target, findings)
        diff = None if options.overwrite else compare(previous, target, folder)
    return BuildReport(target, manifest, names, findings, diff)


def builds_offline(stem: str) -> bool:
    """Whether any config of a dataset builds without a network."""
    return any(config.offline for config in find_card(stem).configs.values())


def options_for_all(stem: str, options: BuildOptions) -> BuildOptions:
    """What of a build's options concerns a dataset among all: where nothing is drawn, no seed and no rows."""
    drawn = any(config.origin == "procedural" for config in find_card(stem).configs.values())
    return options if drawn else replace(options, seed=0, rows=None)


def _chosen(card: Card, configs: Sequence[str], options: BuildOptions) -> tuple[str, ...]:
    if options.source is not None and configs and not any(_reads(card.config(name)) for name in configs):
        message = f"{card.stem} {', '.join(configs)}: made here, so --source has no use; leave it out"
        raise UsageError(message)
    entries = [card.config(name) for name in configs] or list(card.configs.values())
    if not any(entry.origin == "procedural" for entry in entries):
        given = "--rows" if options.rows is not None else "--seed" if options.seed else None
        if given is not None:
            raise UsageError(f"{card.stem}: nothing is drawn here, so {given} has no use; leave it out")
    if configs:
        return tuple(dict.fromkeys(card.config(name).name for name in configs))
    offline = [name for name, config in card.configs.items() if config.offline]
    if offline and options.source is None:
        return tuple(offline)
    imported = tuple(name for name, config in card.configs.items() if config.origin == "upstream")
    if not imported:
        message = f"{card.stem} imports nothing, so --source has no use; leave it out"
        raise UsageError(message)
    return imported


def _reads(entry: Config) -> bool:
    """Whether a config's rows come out of `--source`: a copy of the release, or the folder of a run."""
    return bool(entry.sources) or entry.origin == "generated"


def _build_config(
    card: Card, name: str, folder: Path, options: BuildOptions, scratch: str
) -> tuple[ConfigEntry, FindingLog]:
    build = make_builder(card.stem, name, options, scratch)
    plan = build.planned
    findings = FindingLog(plan.findings)
    noted = _Noted(findings, BaselineCounter(shortcuts_of(card.stem, name)))
    splits = {split: _build_split(build, split, folder, noted, options) for split in build.entry.splits}
    findings.extend(build.files.findings)
    findings.extend(_size_findings(build, splits))
    return _config_entry(build, splits, noted, options), findings


def make_builder(stem: str, config: str, options: BuildOptions, scratch: str) -> DatasetBuilder:
    """The builder of a config with a build's options.

    A release doesn't pass through the cache of `datasets`; `scratch` stands in for it, since a
    builder makes its cache folder when it is made.
    """
    entry = find_card(stem).config(config)
    given = {
        "data_dir": str(options.source.expanduser()) if options.source and _reads(entry) else None,
        "seed": options.seed if entry.origin == "procedural" else None,
        "rows": options.rows if entry.origin == "procedural" else None,
        "verify": None if options.verify else False,
        "cache_dir": scratch,
    }
    return builder_class(stem)(config_name=config, **given)


def _build_split(
    build: DatasetBuilder, split: str, folder: Path, noted: _Noted, options: BuildOptions
) -> SplitEntry:
    writer = SplitWriter(folder, build.entry.name, split, build.row_schema)
    expected = build.entry.splits[split]
    label = f"{build.stem}/{build.entry.name} {split}"
    try:
        bar = tqdm(total=expected, desc=label, unit=" rows", disable=not options.progress, leave=False)
        shards = closing(iterate_shards(build, split, folder, workers=options.workers))
        with bar, shards as items, BackgroundWriter(writer) as background:
            for item in items:
                if isinstance(item, Finding):
                    noted.findings.append(item)
                else:
                    background.write(item)
                    noted.baselines.observe(split, item)
                    bar.update(item.num_rows)
        if not writer.rows:
            place = f"{build.stem} {build.entry.name}/{split}"
            raise RowError(f"{place}: no rows; a release can't hold an empty split")
        return writer.finish()
    finally:
        writer.abandon()


def _size_findings(build: DatasetBuilder, splits: Mapping[str, SplitEntry]) -> Iterable[Finding]:
    if build.options.rows is not None or build.entry.pattern:
        return
    for split, entry in splits.items():
        expected = build.entry.splits[split]
        if expected is not None and expected != entry.rows:
            message = f"{entry.rows:,} rows, the card says {expected:,}"
            yield Finding("row-count", message, "warning", f"{build.entry.name}/{split}")


def _config_entry(
    build: DatasetBuilder,
    splits: Mapping[str, SplitEntry],
    noted: _Noted,
    options: BuildOptions,
) -> ConfigEntry:
    return ConfigEntry(
        origin=build.entry.origin,
        row=build.entry.row,
        schema_digest=build.row_schema.digest,
        digest=combine_digests({split: entry.digest for split, entry in splits.items()}),
        seed=options.seed if build.entry.origin == "procedural" else None,
        options=build.recorded_options,
        splits=splits,
        sources=tuple(
            SourceEntry(
                name=file.source.name,
                host=file.source.host,
                repository=file.source.repository,
                revision=file.revision,
                path=file.path,
                bytes=file.bytes,
                sha256=file.sha256,
                pinned=file.pinned,
            )
            for file in build.files.fetched
        ),
        findings=noted.findings.counts,
        generation=build.generated.account() if build.generated else {},
        shortcuts=noted.baselines.counted(),
    )


def _ordered(card: Card, names: Iterable[str]) -> list[str]:
    """The card's order, then members of families by name."""
    rank = {name: number for number, name in enumerate(card.configs)}
    return sorted(names, key=lambda name: (rank.get(name, len(rank)), name))


def _manifest(card: Card, entries: Mapping[str, ConfigEntry]) -> Manifest:
    return Manifest(
        stem=card.stem,
        version=card.version,
        tier=card.tier,
        declared=(*card.configs, *(family.name for family in card.families)),
        configs=entries,
        writer={name: importlib.metadata.version(name) for name in ("mensrea", "datasets", "pyarrow")},
    )


def _refuse_duplicates(folder: Path, manifest: Manifest) -> None:
    """Ids are unique in the dataset."""
    ids: list[pa.ChunkedArray] = []
    for config in manifest.configs.values():
        for split in config.splits.values():
            ids.extend(table.column("id") for table in read_tables(folder, split, ["id"]))
    column: Any = pa.chunked_array([chunk for each in ids for chunk in each.chunks], pa.string())
    counts: Any = compute.value_counts(column) if len(column) else None
    if counts is None or len(counts) == len(column):
        return
    repeated = counts.filter(compute.greater(counts.field("counts"), 1))
    first = repeated[0].as_py()
    message = (
        f"{manifest.stem}: id {first['values']} occurs {first['counts']} times, expected once"
        + (f" (and {len(repeated) - 1} more ids repeat)" if len(repeated) > 1 else "")
        + "; ids must be derived from what makes a row unique"
    )
    raise RowError(message)
