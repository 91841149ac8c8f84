"""The release that a build replaces: what it may lose, what it hands on, what moved since."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ..cards import Card
from ..cards.manifest import MANIFEST_NAME, ConfigEntry, FileEntry, Manifest, read_manifest
from ..errors import (
    ReleaseCorruptError,
    StorageError,
    UnknownConfigError,
    UsageError,
    VersionBumpError,
)
from ..schemas import load_row_schema
from .diff import ReleaseDiff, diff_releases
from .documents import DOCUMENTS
from .parquet import file_sha256

_DATA_FILE = re.compile(r"(?P<config>[^/]+)/[^/]+-\d{5}-of-\d{5}\.parquet")


def previous_release(target: Path, built: Sequence[str], *, overwrite: bool) -> Manifest | None:
    """The manifest of the release that a build is about to replace; None where there is none.

    Args:
        target: Where the build's release will be.
        built: The configs that are built now.
        overwrite: Whether a release whose manifest can't be read may be replaced, if nothing but
            the configs that are built now would be lost.

    Raises:
        StorageError: The folder is no release, or holds files that aren't part of it and would be lost.
        ReleaseCorruptError: Its manifest can't be read.
    """
    if target.exists() and not target.is_dir():
        raise StorageError(f"{target}: a file is in the way; choose another --out")
    if not target.exists() or not any(target.iterdir()):
        return None
    if not (target / MANIFEST_NAME).is_file():
        raise StorageError(
            f"{target}: a folder that is no release is in the way; move it, or choose another --out"
        )
    try:
        manifest = read_manifest(target)
    except ReleaseCorruptError as error:
        _refuse_loss(target, lambda name: name in DOCUMENTS or _is_data_of(built, name))
        if not overwrite:
            raise ReleaseCorruptError(f"{error}, with --overwrite") from error
        return None
    splits = [split for config in manifest.configs.values() for split in config.splits.values()]
    known = {*DOCUMENTS, *(file.path for split in splits for file in split.files)}
    _refuse_loss(target, known.__contains__)
    return manifest


def carry_over(
    card: Card, previous: Manifest | None, target: Path, folder: Path, built: Sequence[str]
) -> dict[str, ConfigEntry]:
    """Link the configs of the previous release that aren't built now into the new one.

    Raises:
        UsageError: A config was built with another schema.
        ReleaseCorruptError: A file of it is missing or has changed.
    """
    kept: dict[str, ConfigEntry] = {}
    for name, entry in previous.configs.items() if previous else ():
        if name in built or not _is_current(card, name, entry, target):
            continue
        for split in entry.splits.values():
            for file in split.files:
                _link(target, folder, file)
        kept[name] = entry
    return kept


def compare(previous: Manifest | None, target: Path, folder: Path) -> ReleaseDiff | None:
    """What moved between the previous release and the new one.

    Raises:
        VersionBumpError: The new version is too small to say so. Metadata may move without one.
    """
    if previous is None:
        return None
    diff = diff_releases(target, folder)
    if diff.is_enough or diff.required == "patch":
        return diff
    moved = ", ".join(sorted(diff.rows)) or diff.lines[0]
    raise VersionBumpError(
        f"{target}: version {diff.new} replaces {diff.old}, but {moved} moved, which takes "
        f"{diff.required_version} or higher ({diff.required}); set `version` in the card, "
        "choose another --out, or pass --overwrite"
    )


def _refuse_loss(target: Path, is_known: Callable[[str], bool]) -> None:
    found = (path.relative_to(target).as_posix() for path in sorted(target.rglob("*")) if not path.is_dir())
    if foreign := next((name for name in found if not is_known(name)), None):
        raise StorageError(
            f"{target}: {foreign} isn't part of what is built and would be lost; move it elsewhere"
        )


def _is_data_of(configs: Sequence[str], name: str) -> bool:
    match = _DATA_FILE.fullmatch(name)
    return match is not None and match["config"] in configs


def _is_current(card: Card, name: str, entry: ConfigEntry, target: Path) -> bool:
    """Whether the card still has the config; with another schema it must be built anew."""
    try:
        config = card.config(name)
    except UnknownConfigError:
        return False
    if load_row_schema(card.stem, config.row).digest != entry.schema_digest:
        raise UsageError(
            f"{target}: config {name} was built with another schema; "
            f"build it too (--config {name}), or choose another --out"
        )
    return True


def _link(source: Path, folder: Path, file: FileEntry) -> None:
    origin, copy = source / file.path, folder / file.path
    if not origin.is_file() or file_sha256(origin) != file.sha256:
        raise ReleaseCorruptError(
            f"{origin}: missing or changed since it was built; build its config too, or choose another --out"
        )
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        copy.hardlink_to(origin)
    except OSError:
        shutil.copy2(origin, copy)
