"""`mensrea.load`: find or build a release, load it, and check what came."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..builders.parquet import file_sha256
from ..builders.places import cache_root
from ..builders.release import BuildOptions, build_release
from ..cards import Card, find_card
from ..cards.manifest import ConfigEntry, Manifest, read_manifest
from ..errors import (
    ReleaseCorruptError,
    ReleaseError,
    ReleaseNotFoundError,
    ReleaseVersionError,
    UnknownConfigError,
    UnknownSplitError,
)
from ..schemas.digest import digest_of
from .hub import snapshot

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict

    Loaded = Dataset | DatasetDict | IterableDataset | IterableDatasetDict

_SPLIT_NAME = re.compile(r"[A-Za-z_][\w.]*")


class StaleCacheWarning(UserWarning):
    """The cache of `datasets` held other rows than the files; they were read again."""


def load(
    stem: str,
    config: str | None = None,
    split: str | None = None,
    *,
    version: str | None = None,
    path: str | os.PathLike[str] | None = None,
    repository: str | None = None,
    streaming: bool = False,
) -> Loaded:
    """Load a config of a dataset, and check version and content of what was loaded.

    The release is, in this order: the folder `path`; the Hub repository `repository` at the tag of
    `version`; `dist/<stem>` below the working directory; the cache, where it is built first if the
    config needs no network.

    Plain `load_dataset` can serve rows of another revision (when the Hub is unreachable) or of an
    earlier build (its cache goes by path and modification time). Here the loaded rows' content
    digest is compared with the manifest's. When the cache is stale it is refreshed, with a
    `StaleCacheWarning`. A streamed load compares the files' sha256 instead.

    Args:
        stem: The dataset, such as `cot2`.
        config: The config; None for the card's first.
        split: A split, or a slice such as `train[:10%]`; None for all splits.
        version: The version that the release must have, such as `1.0.0`; None for any.
        path: A release folder.
        repository: A Hub dataset repository that holds the release, such as `org/name`.
        streaming: Return an iterable dataset that reads the files as it goes.

    Returns:
        What `datasets.load_dataset` returns for these arguments.

    Raises:
        UsageError: Unknown dataset, config or split.
        ReleaseNotFoundError: No release is found, and it can't be built without a network.
        ReleaseVersionError: The release has another version.
        ReleaseCorruptError: Files or rows differ from the manifest.
        SourceError: The repository can't be reached and this version of it isn't cached.
    """
    card = find_card(stem)
    name = card.config(config).name
    folder = _find(card, name, version, path, repository).resolve()
    manifest = read_manifest(folder)
    entry = _checked_entry(manifest, stem, name, version, folder)
    _check_split(split, entry, f"{stem} {name}")
    if streaming:
        _check_files(folder, entry)
        return _load(folder, name, split, streaming=True)
    _check_rows(folder, name, entry)
    return _load(folder, name, split)


def _find(
    card: Card,
    config: str,
    version: str | None,
    path: str | os.PathLike[str] | None,
    repository: str | None,
) -> Path:
    if path is not None:
        return Path(path)
    if repository is not None:
        return snapshot(repository, version, config)
    for folder in (Path("dist") / card.stem, _cached(card)):
        if _holds(folder, config, version):
            return folder
    if not card.config(config).offline or version not in (None, card.version):
        message = (
            f"no release of {card.stem} {config}{f' {version}' if version else ''} in dist/ or the cache; "
            f"build it (`mensrea build {card.stem} --config {config}`, which makes version {card.version}), "
            "or name a folder (path=) or a Hub repository (repository=)"
        )
        raise ReleaseNotFoundError(message)
    return build_release(card.stem, configs=[config], out=_cached(card).parent, options=BuildOptions()).path


def _cached(card: Card) -> Path:
    return cache_root(None) / "releases" / card.version / card.stem


def _holds(folder: Path, config: str, version: str | None) -> bool:
    try:
        manifest = read_manifest(folder)
    except ReleaseError:
        return False
    return config in manifest.configs and version in (None, manifest.version)


def _checked_entry(
    manifest: Manifest, stem: str, config: str, version: str | None, folder: Path
) -> ConfigEntry:
    if manifest.stem != stem:
        message = f"{folder}: holds a release of {manifest.stem}, expected {stem}"
        raise ReleaseVersionError(message)
    if version is not None and manifest.version != version:
        message = f"{folder}: holds version {manifest.version} of {stem}, expected {version}"
        raise ReleaseVersionError(message)
    if config not in manifest.configs:
        message = f"{folder}: config {config} isn't built; it holds {', '.join(manifest.configs)}"
        raise UnknownConfigError(message)
    return manifest.configs[config]


def _check_split(split: str | None, entry: ConfigEntry, where: str) -> None:
    for part in (split or "").split("+") if split else ():
        name = _SPLIT_NAME.match(part.strip())
        if name is None or (name[0] not in entry.splits and name[0] != "all"):
            message = f"{where} has no split {part.strip()!r}; it has {', '.join(entry.splits)}"
            raise UnknownSplitError(message)


def _check_files(folder: Path, entry: ConfigEntry) -> None:
    for split in entry.splits.values():
        for file in split.files:
            path = folder / file.path
            if not path.is_file() or file_sha256(path) != file.sha256:
                message = f"{path}: missing or changed since it was built; build or fetch the release again"
                raise ReleaseCorruptError(message)


def _check_rows(folder: Path, config: str, entry: ConfigEntry) -> None:
    if not (moved := _moved(folder, config, entry)):
        return
    _check_files(folder, entry)
    message = (
        f"{folder}: the cache of `datasets` held other rows of {config} ({', '.join(moved)}); read again"
    )
    warnings.warn(message, StaleCacheWarning, stacklevel=3)
    if moved := _moved(folder, config, entry, download_mode="force_redownload"):
        message = f"{folder}: rows of {config} ({', '.join(moved)}) don't have the manifest's digest"
        raise ReleaseCorruptError(message)


def _moved(folder: Path, config: str, entry: ConfigEntry, **options: Any) -> list[str]:
    """The splits whose loaded rows don't have the manifest's digest."""
    splits = cast("DatasetDict", _load(folder, config, None, **options))
    return [
        name
        for name, expected in entry.splits.items()
        if digest_of([splits[name].data.table]).hexdigest() != expected.digest
    ]


def _load(folder: Path, config: str, split: str | None, **options: Any) -> Loaded:
    from datasets import load_dataset

    return cast("Loaded", load_dataset(str(folder), config, split=split, **options))
