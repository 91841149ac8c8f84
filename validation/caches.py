"""Where what can be fetched or made again is kept."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root(cache_dir: Path | None = None) -> Path:
    """The cache folder: the one given, `$MENSREA_CACHE`, or `mensrea` in the user's cache folder."""
    chosen = cache_dir or chosen_cache()
    return chosen or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mensrea"


def chosen_cache() -> Path | None:
    """The folder that `$MENSREA_CACHE` names, if any."""
    named = os.environ.get("MENSREA_CACHE")
    return Path(named).expanduser() if named else None
