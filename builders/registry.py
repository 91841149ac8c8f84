"""From a stem to its builder class."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from ..cards import find_card
from ..errors import UnknownDatasetError
from .base import DatasetBuilder


def builder_class(stem: str) -> type[DatasetBuilder]:
    """The builder class in `builders/<stem>.py`.

    Raises:
        UnknownDatasetError: No dataset has this stem, or it has a card but no builder.
    """
    find_card(stem)
    try:
        module = importlib.import_module(f".{stem}", __package__)
    except ModuleNotFoundError as error:
        if error.name != f"{__package__}.{stem}":
            raise
        message = f"{stem} has a card but no builder; add builders/{stem}.py"
        raise UnknownDatasetError(message) from error
    for _, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, DatasetBuilder) and member.__module__ == module.__name__:
            return member
    message = f"builders/{stem}.py defines no subclass of DatasetBuilder"
    raise UnknownDatasetError(message)


def builder(stem: str, config: str | None = None, **options: Any) -> DatasetBuilder:
    """A Hugging Face builder of one config of a dataset.

    Args:
        stem: The dataset.
        config: The config; None for the card's first.
        **options: `data_dir` (a local copy of the release), `seed`, `rows`, `verify`, `cache_dir`
            and whatever else `datasets.DatasetBuilder` takes.

    Raises:
        UnknownDatasetError: No dataset has this stem.
        UnknownConfigError: The dataset has no such config.
    """
    return builder_class(stem)(config_name=config, **options)
