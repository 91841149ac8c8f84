"""Quiet where `datasets` would draw bars."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without_progress_bars() -> Generator[None]:
    """Without those of `datasets`, unless the environment demands them: it has its way, with a warning."""
    from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if are_progress_bars_disabled():
        yield
        return
    try:
        with warnings.catch_warnings(action="ignore"):
            disable_progress_bars()
        yield
    finally:
        with warnings.catch_warnings(action="ignore"):
            enable_progress_bars()
