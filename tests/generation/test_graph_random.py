from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.graph_random import keys, random_order, raw, shuffled
from mensrea.generation.seeds import stream


@given(st.sampled_from(["u1", "u2", "u4", "u8"]), st.integers(0, 5), st.integers(0, 9))
def test_raw_bits_are_the_words_cut_up(kind, rows, columns):
    found = raw(stream(1), (rows, columns), kind)
    width = int(kind[1])
    words = stream(1).random_raw(rows * columns + 1).astype("<u8").tobytes()
    assert found.shape == (rows, columns)
    assert found.astype(f"<{kind}").tobytes() == words[: rows * columns * width]


@pytest.mark.parametrize("items", [1, 2, 26, 64, 97])
def test_no_two_keys_of_a_column_are_equal(items):
    found = keys(stream(2), (items, 500), "u2")
    assert all(len(set(column)) == items for column in found.T.tolist())


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.integers(9, 97))
def test_items_come_first_and_each_once(sizes, width):
    for size, row in zip(
        sizes, shuffled(stream(3), len(sizes), np.array(sizes), width).tolist(), strict=True
    ):
        assert sorted(row[:size]) == list(range(size))
        assert sorted(row) == list(range(width))


def test_all_orders_are_equally_likely():
    orders = shuffled(stream(4), 24_000, 4, 4).astype(int) @ [64, 16, 4, 1]
    counts = np.unique(orders, return_counts=True)[1]
    assert len(counts) == 24
    assert abs(counts - 1_000).max() < 150


def test_a_random_order_has_each_number_once():
    order = random_order(stream(5), 1_000)
    assert sorted(order.tolist()) == list(range(1_000))
    assert abs(np.corrcoef(order, range(1_000))[0, 1]) < 0.15
