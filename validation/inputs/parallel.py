"""Work on batches in a few threads, results in order, a bounded number in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
# Checks let go of the interpreter's lock for most of their time, but not for all of it.
MOST_THREADS = 4
_WAKE_SECONDS = 0.2


def threads() -> int:
    """As many threads as there are cores for this process, but no more than help."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_THREADS)


def in_order(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int | None = None,
    *,
    stop: Callable[[], None] | None = None,
) -> Iterator[tuple[Item, Result]]:
    """Each item with its result, in the order of items; at most two items a thread are in memory.

    An error of `items` is raised after the results of those that came before it, an error of `work` in its
    item's place.

    Args:
        work: What is done with an item, in a thread.
        items: The items.
        workers: How many threads; as many as `threads` says if left out.
        stop: Called when no more results are wanted, so that work in flight can end early.
    """
    count = workers or threads()
    flying: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(count) as pool:
        try:
            failure = yield from _submitted(pool, work, items, flying, count)
            while flying:
                first, future = flying.popleft()
                yield first, _result(future)
        finally:
            for _, future in flying:
                future.cancel()
            if stop is not None:
                stop()
    if failure is not None:
        raise failure


def _submitted(
    pool: ThreadPoolExecutor,
    work: Callable[[Item], Result],
    items: Iterable[Item],
    flying: deque[tuple[Item, Future[Result]]],
    most: int,
) -> Generator[tuple[Item, Result], None, Exception | None]:
    """Results as they are due, until items end; what ended them early, if something did."""
    waiting = iter(items)
    while True:
        try:
            item = next(waiting)
        except StopIteration:
            return None
        except Exception as error:  # noqa: BLE001  # raised again once the results before it are out
            return error
        flying.append((item, pool.submit(work, item)))
        del item
        if len(flying) > most:
            first, future = flying.popleft()
            yield first, _result(future)


def _result(future: Future[Result]) -> Result:
    """The result, waited for in steps: where Polars is imported, a wait without end hears no interrupt."""
    while not future.done():
        wait([future], _WAKE_SECONDS)
    return future.result()
