"""Work in threads: order, bounds, errors in their place, and an interrupt."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from mensrea.validation.inputs.parallel import in_order, threads

INTERRUPTED = """
import polars, sys, time
from mensrea.validation.inputs.parallel import in_order
def work(item):
    print("at work", flush=True)
    time.sleep(3)
try:
    list(in_order(work, range(2), 1))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_results_come_in_the_order_of_items(workers: int) -> None:
    def slow_if_even(item: int) -> int:
        time.sleep(0.002 * (item % 2 == 0))
        return item * item

    assert list(in_order(slow_if_even, range(40), workers)) == [(item, item * item) for item in range(40)]


@pytest.mark.parametrize("workers", [1, 3])
def test_few_items_are_in_memory(workers: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(50):
            taken += 1
            yield item

    for item, _ in in_order(str, items(), workers):
        assert taken - item <= workers + 1


def test_what_was_read_before_damage_is_not_lost() -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise OSError("damaged")

    seen: list[int] = []
    with pytest.raises(OSError, match="damaged"):  # noqa: PT012  # results are kept until it raises
        for _, result in in_order(lambda item: item, items(), 4):
            seen.append(result)
    assert seen == [0, 1, 2]


def test_an_error_of_the_work_comes_in_its_place() -> None:
    seen: list[float] = []
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  # results are kept until it raises
        for _, result in in_order(lambda item: 1 / item, [1, 2, 0, 4], 2):
            seen.append(result)
    assert seen == [1, 0.5]


def test_nobody_works_on_after_the_reader_has_left() -> None:
    done: list[int] = []
    results = in_order(done.append, range(1000), 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(done) < 10
    assert not [each for each in threading.enumerate() if each.name.startswith("ThreadPoolExecutor")]


def test_an_empty_input_gives_nothing() -> None:
    assert list(in_order(str, [], 2)) == []
    assert 1 <= threads() <= 4


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_interrupt_is_heard_where_polars_is_imported() -> None:
    child = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "at work\n"
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=20)
    assert out.splitlines()[-1] == "interrupted"
