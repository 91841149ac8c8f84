"""mensrea: datasets and benchmarks on chain-of-thought reasoning and its safety.

Build, validate, version, load and score the datasets of seven papers. Importing this package is
cheap: what needs `datasets`, Arrow or Polars is imported when it is first used.

    >>> import mensrea
    >>> [entry.stem for entry in mensrea.list_datasets() if entry.offline]
    ['cot2', 'cot2', 'cot2', 'cot2']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import MensreaError

if TYPE_CHECKING:
    from .builders.registry import builder
    from .builders.release import BuildOptions, build_release
    from .cards.listing import list_datasets
    from .loading.hub import CachedVersionWarning
    from .loading.place import CustomReleaseWarning
    from .loading.release import StaleCacheWarning, load
    from .loading.validate import validate
    from .validation.report import Report

_HOMES = {
    "BuildOptions": ".builders.release",
    "CachedVersionWarning": ".loading.hub",
    "CustomReleaseWarning": ".loading.place",
    "Report": ".validation.report",
    "StaleCacheWarning": ".loading.release",
    "build_release": ".builders.release",
    "builder": ".builders.registry",
    "list_datasets": ".cards.listing",
    "load": ".loading.release",
    "validate": ".loading.validate",
}

__all__ = [
    "BuildOptions",
    "CachedVersionWarning",
    "CustomReleaseWarning",
    "MensreaError",
    "Report",
    "StaleCacheWarning",
    "build_release",
    "builder",
    "list_datasets",
    "load",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mensrea")
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
