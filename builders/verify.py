"""Checking a release folder against its own manifest and schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ..cards.manifest import ConfigEntry, FileEntry, Manifest, SplitEntry, read_manifest
from ..errors import MensreaError, UnknownConfigError, UnknownSplitError
from ..schemas import RowSchema, read_row_schema
from ..schemas.digest import combine_digests
from ..validation.findings import Finding
from ..validation.inputs.batch import Place
from ..validation.rows import RowValidator
from .documents import CARD_NAME, SCHEMA_NAME
from .parquet import file_sha256
from .verify_documents import check_documents, check_loading
from .verify_rows import SplitReading, Watch, error


def verify_release(
    release: Path, *, config: str | None = None, split: str | None = None, watch: Watch | None = None
) -> Iterator[Finding]:
    """Everything that is wrong with a release folder; nothing if it is whole.

    Checked: the documents against the manifest, every file's bytes and sha256, stray data files,
    columns and types, every row against the schema, unique ids, row counts, content digests, and
    that `datasets.load_dataset` reads those rows of each config, with the derived features.

    Args:
        release: The folder.
        config: Read this config alone; files of others needn't be there.
        split: Read this split alone.
        watch: Who is shown the rows as they are read.

    Raises:
        ReleaseError: There is no manifest, or it can't be read.
        UnknownConfigError: The release has no such config.
        UnknownSplitError: No config that is to be read has such a split.
    """
    whole = read_manifest(release)
    manifest = _narrowed(whole, config, split)
    documents = list(check_documents(release, whole))
    yield from documents
    # `datasets` does without a card that it can't read, and says so on standard error.
    has_card = not any(
        each.where == CARD_NAME and each.code in ("missing-document", "damaged-document")
        for each in documents
    )
    yield from _strays(release, whole)
    damaged = list(_files(release, manifest))
    yield from damaged
    if damaged:
        return
    watch = watch or Watch()
    for name, entry in manifest.configs.items():
        try:
            schema = read_row_schema(release / SCHEMA_NAME, manifest.stem, entry.row)
            RowValidator(schema)
        except (MensreaError, OSError) as reason:
            yield error("schema-unreadable", str(reason), SCHEMA_NAME)
            return
        yield from _rows(release, name, entry, schema, watch)
        yield from _config(name, whole.configs[name], schema)
        if has_card and split is None:
            yield from check_loading(release, name, entry, schema)
    yield from watch.ids.findings()


def _narrowed(manifest: Manifest, config: str | None, split: str | None) -> Manifest:
    """The manifest of what is to be read."""
    if config is not None and config not in manifest.configs:
        held = ", ".join(manifest.configs)
        raise UnknownConfigError(f"{manifest.stem} has no config {config!r} in this release; it has {held}")
    configs = {name: entry for name, entry in manifest.configs.items() if config in (None, name)}
    if split is not None:
        configs = {
            name: replace(entry, splits={split: entry.splits[split]})
            for name, entry in configs.items()
            if split in entry.splits
        }
    if not configs:
        raise UnknownSplitError(f"{manifest.stem}: no config that was asked for has a split {split!r}")
    return replace(manifest, configs=configs)


def _entries(manifest: Manifest) -> Iterator[FileEntry]:
    for config in manifest.configs.values():
        for split in config.splits.values():
            yield from split.files


def _strays(release: Path, manifest: Manifest) -> Iterator[Finding]:
    known = {entry.path for entry in _entries(manifest)}
    for path in sorted(release.rglob("*.parquet")):
        name = path.relative_to(release).as_posix()
        if name not in known:
            yield error("stray-file", "not in the manifest; `load_dataset` may read it", name)


def _files(release: Path, manifest: Manifest) -> Iterator[Finding]:
    for entry in _entries(manifest):
        path = release / entry.path
        if not path.is_file():
            yield error("missing-file", "the manifest names it; build the release again", entry.path)
        elif path.stat().st_size != entry.bytes:
            message = f"{path.stat().st_size} bytes, the manifest says {entry.bytes}"
            yield error("file-changed", message, entry.path)
        elif (found := file_sha256(path)) != entry.sha256:
            yield error("file-changed", f"sha256 {found}, the manifest says {entry.sha256}", entry.path)


def _rows(
    release: Path, name: str, config: ConfigEntry, schema: RowSchema, watch: Watch
) -> Iterator[Finding]:
    for split, entry in config.splits.items():
        yield from _split(release, SplitReading(Place(name, split), schema, watch), entry)


def _split(release: Path, reading: SplitReading, entry: SplitEntry) -> Iterator[Finding]:
    for file in entry.files:
        try:
            yield from reading.file(release, file)
        except (OSError, pa.ArrowException) as reason:
            yield error("unreadable-file", str(reason).partition("\n")[0], file.path)
            return
        if reading.is_over:
            return
    yield from reading.end(entry)


def _config(name: str, config: ConfigEntry, schema: RowSchema) -> Iterator[Finding]:
    if schema.digest != config.schema_digest:
        message = f"{SCHEMA_NAME} has digest {schema.digest}, the manifest says {config.schema_digest}"
        yield error("schema-differs", message, name)
    digest = combine_digests({split: entry.digest for split, entry in config.splits.items()})
    if digest != config.digest:
        yield error("digest-differs", f"its splits give {digest}, the manifest says {config.digest}", name)
