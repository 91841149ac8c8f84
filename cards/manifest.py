"""A release's manifest: what was built, from what, and the digests that prove it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from ..errors import ReleaseCorruptError, ReleaseNotFoundError, SchemaError
from ..schemas.records import record
from ..validation.shortcuts.baselines import Baseline, Share

MANIFEST_NAME = "manifest.json"
MANIFEST_FORMAT = 1


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A data file: path relative to the release, rows, bytes, sha256 of its bytes."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SplitEntry:
    """A split: rows, content digest over its rows in order, the digests of its columns, files."""

    rows: int
    digest: str
    columns: Mapping[str, str]
    files: tuple[FileEntry, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """An upstream file that rows came from.

    `pinned` is true when the revision and the sha256 were recorded before this build and matched.
    """

    name: str
    host: str
    repository: str
    revision: str
    path: str
    bytes: int
    sha256: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """A config that was built: origin, row definition, digests, seed, sources, findings by code.

    `options` are the builder options besides the seed; `generation` is the account of a language
    model's part (models, parameters, prompt digests, tokens, cost), empty otherwise; `shortcuts`
    are the baselines that were counted in its rows, by name.
    """

    origin: str
    row: str
    schema_digest: str
    digest: str
    seed: int | None
    options: Mapping[str, Any]
    splits: Mapping[str, SplitEntry]
    sources: tuple[SourceEntry, ...]
    findings: Mapping[str, int]
    generation: Mapping[str, Any] = field(default_factory=dict[str, Any])
    shortcuts: Mapping[str, Baseline] = field(default_factory=dict[str, Baseline])

    @property
    def rows(self) -> int:
        """Rows of all splits."""
        return sum(split.rows for split in self.splits.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `manifest.json` holds. `declared` names the card's configs, built or not."""

    stem: str
    version: str
    tier: str
    declared: tuple[str, ...]
    configs: Mapping[str, ConfigEntry]
    writer: Mapping[str, str]
    format: int = MANIFEST_FORMAT

    def to_json(self) -> str:
        """The manifest as text that is the same for the same release."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def read_manifest(release: Path) -> Manifest:
    """The manifest of a release folder.

    Raises:
        ReleaseNotFoundError: The folder or its manifest doesn't exist.
        ReleaseCorruptError: The manifest isn't JSON, lacks a member, or has a newer format.
    """
    path = release / MANIFEST_NAME
    try:
        document = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"{release}: no release here ({MANIFEST_NAME} is missing); build one with `mensrea build`"
        raise ReleaseNotFoundError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"{path}: not valid JSON ({error}); build the release again"
        raise ReleaseCorruptError(message) from error
    try:
        return _manifest(document)
    except (KeyError, TypeError, AttributeError, SchemaError) as error:
        message = f"{path}: not a manifest of format {MANIFEST_FORMAT} ({error}); build the release again"
        raise ReleaseCorruptError(message) from error


def _manifest(document: dict[str, Any]) -> Manifest:
    configs = {name: _config(entry) for name, entry in document["configs"].items()}
    manifest = record(Manifest, {**document, "configs": configs}, MANIFEST_NAME)
    if manifest.format != MANIFEST_FORMAT:
        raise SchemaError(f"its format is {manifest.format}")
    return manifest


def _config(entry: dict[str, Any]) -> ConfigEntry:
    splits = {name: _split(split) for name, split in entry["splits"].items()}
    sources = [record(SourceEntry, source, "sources") for source in entry["sources"]]
    shortcuts = {name: _baseline(each) for name, each in entry.get("shortcuts", {}).items()}
    members = {**entry, "splits": splits, "sources": sources, "shortcuts": shortcuts}
    return record(ConfigEntry, members, "configs")


def _baseline(entry: dict[str, Any]) -> Baseline:
    splits = {name: record(Share, share, "shortcuts") for name, share in entry["splits"].items()}
    whole = record(Share, entry["whole"], "shortcuts")
    return record(Baseline, {**entry, "splits": splits, "whole": whole}, "shortcuts")


def _split(entry: dict[str, Any]) -> SplitEntry:
    files = [record(FileEntry, file, "files") for file in entry["files"]]
    numbers = [entry["rows"], *(number for file in files for number in (file.rows, file.bytes))]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise SchemaError(f"rows and bytes are {numbers}")
    return record(SplitEntry, {**entry, "files": files}, "splits")
