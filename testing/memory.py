"""The most memory that a function takes, measured in a process of its own. Linux only."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_memory(function: Callable[..., object], *args: Any, **kwargs: Any) -> int:
    """The most bytes that a fresh interpreter held in memory up to the end of a call.

    That includes the interpreter and what it had to import. Memory-mapped pages of files count
    while they are in memory.

    Args:
        function: A function of a module, so that the other process finds it.
        *args: Its arguments.
        **kwargs: Its named arguments.

    Raises:
        FileNotFoundError: The system isn't Linux.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, function, args, kwargs).result()


def _measured(function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    function(*args, **kwargs)
    # Not `getrusage`: after a fork its maximum is still that of the parent.
    peak = _PEAK.search(_STATUS.read_text(encoding="ascii"))
    return int(peak[1]) * 1024 if peak else 0
