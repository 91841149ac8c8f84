"""A line on the terminal while calls are made."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from ..models.counting import Counters, line


class Progress:
    """Follows calls; a context manager."""

    def __init__(self, total: int, what: str, counters: Counters, *, shown: bool) -> None:
        """Draw nothing yet.

        Args:
            total: How many there are.
            what: What they are, in the plural.
            counters: The counts of calls, which change as time goes by.
            shown: Whether to draw a line on standard error.
        """
        self._counters = counters
        self._bar: tqdm[Any] = tqdm(
            total=total,
            bar_format="{n_fmt}/{total_fmt} " + what + "{postfix}",
            unit_scale=True,
            disable=not shown,
            file=sys.stderr,
            leave=False,
        )

    def advance(self, count: int) -> None:
        """So many more have ended."""
        self._bar.postfix = line(self._counters)
        self._bar.update(count)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        self._bar.close()
