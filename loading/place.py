"""Where a release is: a folder, the Hub, `dist/`, or the cache, where it may be built first."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from ..builders.base import fingerprint
from ..builders.release import BuildOptions, build_release
from ..cards import Card
from ..cards.manifest import read_manifest
from ..errors import ReleaseCorruptError, ReleaseError, ReleaseNotFoundError, StorageError
from ..validation.caches import cache_root
from .hub import discard, snapshot

_CALLER_OF_LOAD = 4


class CustomReleaseWarning(UserWarning):
    """`dist/` holds rows of another seed or number, which no version stands for; they were passed over."""


class Place(NamedTuple):
    """Where a release is.

    Attributes:
        folder: The release folder.
        discard: Removes a damaged file of it; None if it isn't ours to remove.
        files: The config's files by split, where `load_dataset` must be told them.
    """

    folder: Path
    discard: Callable[[Path], None] | None = None
    files: Mapping[str, list[str]] | None = None


def find_release(
    card: Card,
    config: str,
    version: str | None,
    path: str | os.PathLike[str] | None,
    repository: str | None,
) -> Place:
    """The release that holds a config, in the order that `load` documents.

    Raises:
        ReleaseNotFoundError: None is found, and none can be built without a network.
        ReleaseCorruptError: The manifest in `dist/` can't be read.
        SourceError: The repository can't be reached and this version of it isn't cached.
        StorageError: The cache can't be written.
    """
    if path is not None:
        return Place(Path(path).expanduser())
    if repository is not None:
        return Place(snapshot(repository, version, config), discard)
    local = Path("dist") / card.stem
    if _is_in(local, config, version):
        return Place(local)
    if not card.config(config).offline or version not in (None, card.version):
        message = (
            f"no release of {card.stem} {config}{f' {version}' if version else ''} in dist/ or the cache; "
            f"build it (`mensrea build {card.stem} --config {config}`, which makes version {card.version}), "
            "or name a folder (path=) or a Hub repository (repository=)"
        )
        raise ReleaseNotFoundError(message)
    cached = _cached(card, config)
    return Place(cached, lambda _: shutil.rmtree(cached, ignore_errors=True))


def _cached(card: Card, config: str) -> Path:
    """The release in the cache, built if it isn't there; one process builds, others wait for it."""
    from filelock import FileLock

    key = f"{card.version}-{fingerprint(card, card.config(config), None)}"
    folder = cache_root() / "releases" / key / card.stem
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{card.stem}.loading"):
            if not _holds(folder, config, card.version):
                _build(card.stem, config, folder)
    except OSError as error:
        where, reason = error.filename or folder, error.strerror or error
        message = f"{where}: can't be written ({reason}); choose another folder with MENSREA_CACHE"
        raise StorageError(message) from error
    return folder


def _build(stem: str, config: str, folder: Path) -> None:
    try:
        build_release(stem, configs=[config], out=folder.parent, options=BuildOptions())
    except ReleaseCorruptError:  # of a config built earlier
        shutil.rmtree(folder)
        build_release(stem, configs=[config], out=folder.parent, options=BuildOptions())


def _is_in(local: Path, config: str, version: str | None) -> bool:
    """Whether the working directory's release is what a version means: drawn with the default options.

    Raises:
        ReleaseCorruptError: Its manifest can't be read.
    """
    try:
        manifest = read_manifest(local)
    except ReleaseNotFoundError:
        return False
    entry = manifest.configs.get(config)
    if entry is None or version not in (None, manifest.version):
        return False
    if not entry.seed and not entry.options:
        return True
    drawn = f"seed {entry.seed}" + "".join(f", {name} {value}" for name, value in entry.options.items())
    message = f"{local}: {config} was drawn with {drawn}, so it isn't taken for a version; load it with path="
    warnings.warn(message, CustomReleaseWarning, stacklevel=_CALLER_OF_LOAD)
    return False


def _holds(folder: Path, config: str, version: str | None) -> bool:
    try:
        manifest = read_manifest(folder)
    except ReleaseError:
        return False
    return config in manifest.configs and version in (None, manifest.version)
