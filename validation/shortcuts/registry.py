"""From a dataset's stem to its shortcuts."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import cast

from .base import Shortcut


def shortcuts_of(stem: str, config: str) -> tuple[Shortcut, ...]:
    """The shortcuts that `validation/shortcuts/<stem>.py` lists in `SHORTCUTS` for a config.

    None where there is no such module.
    """
    try:
        module = importlib.import_module(f".{stem}", __package__)
    except ModuleNotFoundError as error:
        if error.name != f"{__package__}.{stem}":
            raise
        return ()
    declared = cast("Sequence[Shortcut]", module.SHORTCUTS)
    return tuple(
        each
        for each in declared
        if not each.configs or any(fnmatchcase(config, glob) for glob in each.configs)
    )
