"""The scorers, found by their datasets' stems."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from .base import Scorer


def find_scorer(stem: str, chosen: Mapping[str, str] | None = None) -> Scorer:
    """The scorer of a dataset.

    Args:
        stem: The dataset.
        chosen: Values of the scorer's options by name.

    Raises:
        UsageError: It has none, or an option isn't what it can be.
    """
    name = f"{__package__}.{stem}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        module = None
    for each in vars(module).values() if module else ():
        if isinstance(each, type) and issubclass(each, Scorer) and getattr(each, "stem", None) == stem:
            return each(chosen)
    raise UsageError(f"{stem}: no scorer; there is one for {', '.join(scored_stems()) or 'no dataset'}")


def scored_stems() -> list[str]:
    """The stems of the datasets that have a scorer."""
    cards = Path(__file__).parent.parent / "cards"
    return sorted(
        each.stem for each in Path(__file__).parent.glob("*.py") if (cards / f"{each.stem}.md").is_file()
    )
