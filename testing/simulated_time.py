"""An event loop whose clock jumps: hours of waiting take no time, and all happens in the same order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class DeadlockError(RuntimeError):
    """Everything waits, and nothing will ever happen."""


class _Clock(selectors.SelectSelector):
    """Instead of waiting for the time of the next timer, it moves the clock there."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise DeadlockError("everything waits, and no timer is set")
        self.now += max(timeout, 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.clock = _Clock()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


def run_simulated(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, as `asyncio.run` does, on a clock that starts at 0 and never waits.

    Threads and the network don't fit in: the clock doesn't know about them.

    Raises:
        DeadlockError: Everything waits for something that won't happen.
    """
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
