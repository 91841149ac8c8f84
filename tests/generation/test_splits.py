from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.splits import SPLITS, bucket, multiset_hashes, split_rows

M64 = 2**64 - 1
ITEMS = st.lists(st.integers(0, 999), min_size=1, max_size=12)


def splitmix64(value):
    value = (value + 0x9E3779B97F4A7C15) & M64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & M64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & M64
    return value ^ (value >> 31)


@given(ITEMS, st.integers(0, M64))
def test_hash_is_what_its_docstring_says(items, salt):
    expected = splitmix64((salt + sum(map(splitmix64, items))) & M64)
    assert multiset_hashes(np.array([items]), salt=salt).tolist() == [expected]


def test_first_word_of_splitmix64():
    assert splitmix64(0) == 0xE220A8397B1DCDAF


@given(ITEMS, st.randoms())
def test_orders_of_the_same_items_have_one_hash(items, random):
    shuffled = random.sample(items, len(items))
    left, right = multiset_hashes(np.array([items, shuffled])).tolist()
    assert left == right


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 1000])
def test_buckets_tile_the_hashes(shards):
    tiles = [bucket(split, shard, shards) for split in SPLITS for shard in range(shards)]
    assert tiles[0].low == 0
    assert tiles[-1].high == 2**64
    assert all(left.high == right.low for left, right in pairwise(tiles))
    assert sum(tile.share for tile in tiles) == pytest.approx(1)


@given(st.integers(1, 9), st.lists(st.integers(0, M64), min_size=1))
def test_a_hash_falls_in_one_bucket(shards, hashes):
    tiles = [bucket(split, shard, shards) for split in SPLITS for shard in range(shards)]
    values = np.array(hashes, np.uint64)
    assert np.sum([tile.contains(values) for tile in tiles], axis=0).tolist() == [1] * len(hashes)


@pytest.mark.parametrize(("split", "shard"), [("dev", 0), ("train", 2), ("train", -1)])
def test_unknown_buckets_are_refused(split, shard):
    with pytest.raises(ValueError, match=f"{split}"):
        bucket(split, shard, 2)


@given(st.integers(0, 10**9))
def test_split_rows_add_up(total):
    rows = split_rows(total)
    assert sum(rows.values()) == total
    assert abs(rows["train"] - 0.8 * total) <= 1
    assert abs(rows["test"] - 0.1 * total) <= 1
