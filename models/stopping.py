"""Interrupts while calls are in flight."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress

from .caller import Caller


@contextmanager
def stopped_by_signals(caller: Caller) -> Generator[None]:
    """The first interrupt lets calls in flight end; the second doesn't wait for them."""
    loop = asyncio.get_running_loop()
    handled = (signal.SIGINT, signal.SIGTERM)
    steps = iter((caller.stop,))

    def stop() -> None:
        next(steps, caller.abort)()

    with suppress(NotImplementedError, ValueError):  # not the main thread: others handle signals
        for number in handled:
            loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        with suppress(NotImplementedError, ValueError):
            for number in handled:
                loop.remove_signal_handler(number)
