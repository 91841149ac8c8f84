"""`mensrea.load`: find or build a release, load it, and check what came."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..builders.parquet import file_sha256
from ..cards import find_card
from ..cards.manifest import ConfigEntry, Manifest, read_manifest
from ..errors import (
    ReleaseCorruptError,
    ReleaseVersionError,
    StorageError,
    UnknownConfigError,
    UnknownSplitError,
    UsageError,
)
from ..schemas.digest import digest_of
from .place import Place, find_release

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
    config needs no network. What changes the rows, such as the package's code, changes the place in
    the cache, so that rows of other code are never loaded from there. A version stands for the rows
    of the default seed and number: others in `dist/` are passed over with a `CustomReleaseWarning`,
    and loaded where `path` names them.

    Plain `load_dataset` can serve rows of another revision (when the Hub is unreachable) or of an
    earlier build (its cache goes by the folder's name and the card's YAML). Here the loaded rows' content
    digest is compared with the manifest's. When the cache is stale it is refreshed, with a
    `StaleCacheWarning`. A streamed load compares the files' sha256 instead.

    Without the Hub, a named version is loaded from the cache if that very version is there. If no
    version is named, the newest is meant: the one last seen is then loaded with a
    `CachedVersionWarning` that names it.

    Args:
        stem: The dataset, such as `cot2`.
        config: The config; None for the card's first.
        split: A split, or a slice such as `train[:10%]`; None for all splits.
        version: The version that the release must have, such as `1.0.0`; None for any, and on the
            Hub for the newest.
        path: A release folder.
        repository: A Hub dataset repository that holds the release, such as `org/name`; a folder
            of that name is never taken for it.
        streaming: Return an iterable dataset that reads the files as it goes, of a whole split or
            of all.

    Returns:
        What `datasets.load_dataset` returns for these arguments.

    Raises:
        UsageError: Unknown dataset, config or split; both `path` and `repository`; a slice to stream.
        ReleaseNotFoundError: No release is found, and it can't be built without a network.
        ReleaseVersionError: The release has another version, or is of another dataset.
        ReleaseCorruptError: Files or rows differ from the manifest. What was in a cache is removed
            from it, so that the next call builds or downloads it again.
        SourceError: The repository can't be reached and this version of it isn't cached.
        StorageError: The cache can't be written.
    """
    card = find_card(stem)
    name = card.config(config).name
    if path is not None and repository is not None:
        raise UsageError("path= and repository= name two places; leave one out")
    place = find_release(card, name, version, path, repository)
    place = place._replace(folder=place.folder.resolve())
    manifest = read_manifest(place.folder)
    entry = checked_entry(manifest, stem, name, version, place.folder)
    _check_split(split, entry, f"{stem} {name}", streaming=streaming)
    place = place._replace(files=_files_to_name(place.folder, manifest, entry))
    if streaming:
        _check_files(place, entry)
        return _load(place, name, split, streaming=True)
    _check_rows(place, name, entry)
    return _load(place, name, split)


def checked_entry(
    manifest: Manifest, stem: str, config: str, version: str | None, folder: Path
) -> ConfigEntry:
    """The config's entry of a release that has to be of this dataset and version.

    Raises:
        ReleaseVersionError: It is of another.
        UnknownConfigError: It holds no such config.
    """
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


def _files_to_name(folder: Path, manifest: Manifest, entry: ConfigEntry) -> Mapping[str, list[str]] | None:
    """The config's files, where those of the first aren't there, as in a snapshot of one config.

    Whichever config is asked for, `load_dataset` looks for the files of the first.
    """
    first = next(iter(manifest.configs.values()))
    if all((folder / file.path).exists() for split in first.splits.values() for file in split.files):
        return None
    return {name: [file.path for file in split.files] for name, split in entry.splits.items()}


def _check_split(split: str | None, entry: ConfigEntry, where: str, *, streaming: bool) -> None:
    if split is None:
        return
    for part in split.split("+"):
        name = _SPLIT_NAME.match(part.strip())
        if name is None or (name[0] not in entry.splits and name[0] != "all"):
            message = f"{where} has no split {part.strip()!r}; it has {', '.join(entry.splits)}"
            raise UnknownSplitError(message)
    if streaming and split not in entry.splits:
        message = f"{where}: {split!r} can't be streamed; name one split, or none for all"
        raise UsageError(message)
    if split != "all":
        _check_slice(split, entry, where)


def _check_slice(split: str, entry: ConfigEntry, where: str) -> None:
    from datasets import ReadInstruction

    sizes = {name: each.rows for name, each in entry.splits.items()}
    try:
        ReadInstruction.from_spec(split).to_absolute(sizes)
    except (AssertionError, ValueError) as error:
        message = f"{where}: {split!r} can't be read as slices of its splits: {error}"
        raise UnknownSplitError(message) from error


def _check_files(place: Place, entry: ConfigEntry) -> None:
    for split in entry.splits.values():
        for file in split.files:
            path = place.folder / file.path
            if path.is_file() and file_sha256(path) == file.sha256:
                continue
            advice = "build or fetch the release again"
            if place.discard is not None:
                place.discard(path)
                advice = "removed from the cache, so load it again"
            message = f"{path}: missing or changed since it was built; {advice}"
            raise ReleaseCorruptError(message)


def _check_rows(place: Place, config: str, entry: ConfigEntry) -> None:
    if not (stale := _moved(place, config, entry)):
        return
    _check_files(place, entry)
    if moved := _moved(place, config, entry, download_mode="force_redownload"):
        message = f"{place.folder}: rows of {config} ({', '.join(moved)}) don't have the manifest's digest"
        raise ReleaseCorruptError(message)
    held = f"the cache of `datasets` held other rows of {config} ({', '.join(stale)})"
    message = f"{place.folder}: {held}; they were read again"
    warnings.warn(message, StaleCacheWarning, stacklevel=3)


def _moved(place: Place, config: str, entry: ConfigEntry, **options: Any) -> list[str]:
    """The splits whose loaded rows don't have the manifest's digest."""
    splits = cast("DatasetDict", _loaded(place, config, entry, **options))
    return [
        name
        for name, expected in entry.splits.items()
        if name not in splits or digest_of([splits[name].data.table]).hexdigest() != expected.digest
    ]


def _loaded(place: Place, config: str, entry: ConfigEntry, **options: Any) -> Loaded:
    """All splits; what `datasets` fails on is reported as the damage that made it fail."""
    try:
        return _load(place, config, None, **options)
    except Exception as error:
        _check_files(place, entry)
        cause = error.__cause__ or error
        if isinstance(cause, OSError) and cause.errno is not None:
            reason = f"{cause.strerror}; free or allow it, or choose another folder with HF_DATASETS_CACHE"
            raise StorageError(f"{cause.filename or place.folder}: {reason}") from error
        if isinstance(error, MemoryError | ImportError):
            raise
        reason = " ".join(str(cause).split())
        message = f"{place.folder}: `load_dataset` can't read {config}: {reason}; build or fetch it again"
        raise ReleaseCorruptError(message) from error


def _load(place: Place, config: str, split: str | None, **options: Any) -> Loaded:
    from datasets import load_dataset

    rows = load_dataset(str(place.folder), config, split=split, data_files=place.files, **options)
    return cast("Loaded", rows)
