"""Work on batches in a few threads, results in order, a bounded number in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
# Checks let go of the interpreter's lock for most of their time, but not for all of it.
_MOST_THREADS = 4


def threads() -> int:
    """As many threads as there are cores for this process, but no more than help."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_THREADS)


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[tuple[Item, Result]]:
    """Each item with its result, in the order of items; at most two items a thread are in memory."""
    count = workers or threads()
    with ThreadPoolExecutor(count) as pool:
        flying: deque[tuple[Item, Future[Result]]] = deque()
        try:
            for item in items:
                flying.append((item, pool.submit(work, item)))
                if len(flying) > count:
                    first, future = flying.popleft()
                    yield first, future.result()
            while flying:
                first, future = flying.popleft()
                yield first, future.result()
        finally:
            for _, future in flying:
                future.cancel()
