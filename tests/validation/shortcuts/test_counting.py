"""What a shortcut gets right is a sum over rows, however they come."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring.intervals import wilson
from mensrea.validation.inputs.batch import Batch
from mensrea.validation.shortcuts.base import (
    Shortcut,
    commonest,
    compared,
    found,
    numbers,
    single,
    thresholds,
)
from mensrea.validation.shortcuts.baselines import Baseline
from mensrea.validation.shortcuts.counting import BaselineCounter
from mensrea.validation.shortcuts.registry import shortcuts_of

Rows = list[tuple[int, int, bool]]
SHORTCUTS = (
    Shortcut("majority", "always {choice}, the commonest of {split}", commonest("left")),
    Shortcut("zero", "0", single(lambda batch: numbers(batch, "left") == 0)),
    Shortcut(
        "order",
        "the {choice}",
        compared(lambda batch: (numbers(batch, "left"), numbers(batch, "right")), "least", "largest"),
    ),
    Shortcut(
        "step",
        "{choice}",
        thresholds(lambda batch: (numbers(batch, "left"), np.array(found(batch, "yes").values)), 3),
    ),
)
ROWS: st.SearchStrategy[Rows] = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1, max_size=12
)


def table(rows: Rows) -> pa.Table:
    left, right, yes = zip(*rows, strict=True) if rows else ((), (), ())
    types = {"left": pa.int16(), "right": pa.int16(), "yes": pa.bool_()}
    columns: dict[str, Sequence[object]] = {"left": left, "right": right, "yes": yes}
    return pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})


def counted(*splits: Rows) -> dict[str, Baseline]:
    counter = BaselineCounter(SHORTCUTS)
    for number, rows in enumerate(splits):
        counter.observe(f"split-{number}", table(rows))
    return counter.counted()


VARIANTS: dict[str, dict[str, Callable[[int, int, bool], float]]] = {
    "majority": {
        f"always {value}, the commonest of split-0": lambda left, _, __, value=value: left == value
        for value in range(5)
    },
    "zero": {"0": lambda left, _, __: left == 0},
    "order": {
        "the least": lambda left, right, _: (left < right) + (left == right) / 2,
        "the largest": lambda left, right, _: (left > right) + (left == right) / 2,
    },
    "step": {
        f"{words} {value}": lambda left, _, yes, value=value, above=above: ((left >= value) == above) == yes
        for words, above in (("at least", True), ("below", False))
        for value in (1, 2, 3)
    },
}


@settings(deadline=None)
@given(ROWS, ROWS)
def test_the_variant_that_does_best_on_the_first_split_is_counted_on_each(first: Rows, second: Rows) -> None:
    baselines = counted(first, second)
    assert list(baselines) == list(VARIANTS)
    for name, variants in VARIANTS.items():
        found = baselines[name]
        right = variants[found.rule]
        assert found.splits["split-0"].right == max(
            sum(variant(*row) for row in first) for variant in variants.values()
        )
        assert found.splits["split-1"].right == sum(right(*row) for row in second)
        assert found.whole.right == sum(right(*row) for row in first + second)
        assert (found.splits["split-1"].rows, found.whole.rows) == (len(second), len(first) + len(second))


@settings(deadline=None)
@given(ROWS, st.lists(st.integers(0, 12)), st.randoms())
def test_neither_cuts_nor_order_matter(rows: Rows, cuts: list[int], random: Any) -> None:
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [rows[start:stop] for start, stop in pairwise(edges)]
    random.shuffle(parts)
    counter = BaselineCounter(SHORTCUTS)
    for part in parts[1:]:
        counter.observe("split-0", table(part))
    counter.observe("split-0", pa.concat_tables([table(parts[0]), table([])]))
    assert counter.counted() == counted(rows)


def test_the_interval_is_wilsons() -> None:
    share = counted([(0, 1, True)] * 3 + [(1, 0, True)])["zero"].whole
    interval = wilson(3, 4)
    assert (share.right, share.rows, share.accuracy) == (3, 4, 0.75)
    assert (share.low, share.high) == (round(interval.low, 6), round(interval.high, 6))


def test_equal_variants_are_chosen_by_name() -> None:
    assert counted([(0, 0, True)])["order"].rule == "the largest"


def test_nothing_is_counted_without_rows_or_shortcuts() -> None:
    assert BaselineCounter(SHORTCUTS).counted() == {}
    counter = BaselineCounter(())
    counter.observe("train", table([(0, 0, True)]))
    assert counter.counted() == {}


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="nothing"):
        numbers(Batch(table([(0, 0, True)]).to_batches()[0]), "nothing")


def test_a_dataset_without_shortcuts_has_none() -> None:
    assert shortcuts_of("safechain", "original") == ()


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ("mnns-4x9", ["majority", "parity", "greedy", "differencing"]),
        ("mnns-5x5-13-nonneg4", ["majority", "parity", "greedy", "differencing"]),
        ("prosqa-4", ["position", "in-degree", "out-degree", "mentions", "first-mention", "name-length"]),
        ("original", ["position", "in-degree", "name-length"]),
    ],
)
def test_shortcuts_hold_for_some_configs(config: str, names: list[str]) -> None:
    assert [each.name for each in shortcuts_of("cot2", config)] == names


def test_no_config_has_two_shortcuts_of_one_name() -> None:
    for config in ("mnns-4x9", "prosqa", "prontoqa", "prontoqa-3", "original"):
        names = [each.name for each in shortcuts_of("cot2", config)]
        assert names
        assert len(names) == len(set(names))
