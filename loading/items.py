"""The rows of a release that responses are about."""

from __future__ import annotations

import os
from typing import Any, cast

from ..builders.quiet import without_progress_bars
from ..cards import find_card
from ..cards.manifest import ConfigEntry, read_manifest
from ..errors import UsageError
from ..scoring.items import Items
from .place import find_release
from .release import checked_entry, load

_USUAL = "test"


def load_items(
    stem: str,
    config: str | None = None,
    split: str | None = None,
    *,
    version: str | None = None,
    path: str | os.PathLike[str] | None = None,
    repository: str | None = None,
) -> Items:
    """The rows of one split, checked as `load` checks them.

    Args:
        stem: The dataset.
        config: The config; None for the card's first.
        split: The split; None for `test`, or the only one.
        version: The version that the release must have.
        path: A release folder.
        repository: A Hub dataset repository.

    Raises:
        UsageError: The release has no such config, or no split is named, and there are several.
        ReleaseError: There is no such release, or it is damaged.
    """
    card = find_card(stem)
    name = card.config(config).name
    folder = find_release(card, name, version, path, repository).folder
    manifest = read_manifest(folder)
    entry = checked_entry(manifest, stem, name, version, folder)
    chosen = split or _split(entry, name)
    with without_progress_bars():
        rows = cast("Any", load(stem, name, chosen, version=version, path=path, repository=repository))
    return Items(stem, name, chosen, manifest.version, entry.splits[chosen].digest, rows.to_list())


def _split(entry: ConfigEntry, config: str) -> str:
    splits = list(entry.splits)
    if _USUAL in splits:
        return _USUAL
    if len(splits) == 1:
        return splits[0]
    raise UsageError(f"{config} has the splits {', '.join(splits)}; name one with --split")
