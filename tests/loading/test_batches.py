from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch: Any = pytest.importorskip("torch", reason="tensors need torch: pip install 'mensrea[gpu]'")

from mensrea.loading.batches import Batches, order  # noqa: E402 -- it needs torch


def taken(batches, count):
    return [each.tolist() for each in islice(batches, count)]


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 10), st.integers(), st.integers(0, 40))
def test_every_epoch_has_every_row_once_and_goes_on_from_any_state(rows, size, seed, state):
    whole = Batches(rows, size, seed=seed)
    per_epoch = whole.per_epoch
    all_batches = taken(whole, 3 * per_epoch)
    for epoch in range(3):
        batches = all_batches[epoch * per_epoch : (epoch + 1) * per_epoch]
        assert sorted(each for batch in batches for each in batch) == list(range(rows))
        assert all(len(batch) == size for batch in batches[:-1])
    state %= 3 * per_epoch
    assert taken(Batches(rows, size, seed=seed, state=state), 3 * per_epoch - state) == all_batches[state:]


def test_state_and_epoch_are_those_of_the_next_batch():
    batches = Batches(10, 4, seed=1)
    assert (batches.per_epoch, batches.state, batches.epoch) == (3, 0, 0)
    taken(batches, 3)
    assert (batches.state, batches.epoch) == (3, 1)
    again = Batches(10, 4, seed=1, state=batches.state)
    assert torch.equal(next(again), next(batches))


def test_seeds_and_epochs_have_orders_of_their_own():
    orders = {tuple(order(20, seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


def test_an_order_never_changes():
    """The same on any machine: a checkpoint's state would mean other rows otherwise."""
    assert order(10, 0, 0).tolist() == [3, 8, 2, 0, 1, 4, 5, 9, 7, 6]


def test_each_place_is_as_likely_for_each_row():
    places = np.stack([order(5, seed, 0) for seed in range(4000)])
    counts = np.stack([(places == row).sum(axis=0) for row in range(5)])
    assert (np.abs(counts - 800) < 5 * np.sqrt(800 * 0.8)).all()


@pytest.mark.parametrize(("rows", "size", "state"), [(0, 4, 0), (10, 0, 0), (10, 4, -1)])
def test_what_gives_no_batches_is_an_error(rows, size, state):
    with pytest.raises(ValueError, match=f"batches: found {rows} rows, size {size}, state {state}"):
        Batches(rows, size, state=state)


@pytest.mark.parametrize("whole", [np.int64, torch.tensor])
def test_numbers_of_a_checkpoint_are_taken(whole):
    batches = Batches(whole(10), whole(3), seed=whole(5), state=whole(2))
    assert taken(batches, 3) == taken(Batches(10, 3, seed=5, state=2), 3)
    assert type(batches.state) is int


@pytest.mark.parametrize("odd", [{"seed": "a"}, {"seed": 1.5}, {"state": None}])
def test_numbers_that_are_not_whole_are_refused_at_once(odd):
    with pytest.raises(TypeError, match="integer"):
        Batches(3, 2, **odd)
