"""Splits and shards as ranges of a fixed 64-bit hash.

What a row is hashed by decides its split, and nothing else does: no seed, no number of rows, no
order. So `train` at one seed never meets `test` at another, and shards, which are sub-ranges of
their split, share no row whatever the seeds they are drawn with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SPLITS: Final[Mapping[str, tuple[int, int]]] = {"train": (0, 8), "validation": (8, 9), "test": (9, 10)}
"""The part of the hash range that each split takes, in tenths."""

_HASHES: Final = 2**64


@dataclass(frozen=True)
class Bucket:
    """The hashes `low..high - 1`: a split, or one shard of it."""

    low: int
    high: int

    @property
    def share(self) -> float:
        """The part of all hashes that falls in, in (0, 1]."""
        return (self.high - self.low) / _HASHES

    def contains(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Which hashes fall in; of the shape of `hashes`."""
        return (hashes >= np.uint64(self.low)) & (hashes <= np.uint64(self.high - 1))


def bucket(split: str, shard: int = 0, shards: int = 1) -> Bucket:
    """The hashes of one of the equal shards that a split is cut into.

    Raises:
        ValueError: There is no such split or shard.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: it must be one of {', '.join(SPLITS)}")
    if not 0 <= shard < shards:
        raise ValueError(f"shard {shard} of {split!r} doesn't exist: there are {shards}, counted from 0")
    low, high = (_HASHES * tenths // 10 for tenths in SPLITS[split])
    width = high - low
    return Bucket(low + width * shard // shards, low + width * (shard + 1) // shards)


def split_rows(total: int) -> dict[str, int]:
    """How many of `total` rows each split gets, by its tenths."""
    return {split: total * high // 10 - total * low // 10 for split, (low, high) in SPLITS.items()}


def multiset_hashes(items: npt.NDArray[np.integer[Any]], *, salt: int = 0) -> npt.NDArray[np.uint64]:
    """A hash of each row's multiset: equal for all orders of the same items.

    It is `mix(salt + mix(item_1) + ... + mix(item_m))` modulo 2^64, where `mix` is one step of
    SplitMix64 (Steele, Lea and Flood, 2014): integer arithmetic only, the same on every platform.

    Args:
        items: Small non-negative integers, shape (n, m).
        salt: Chooses among unrelated hashes, 0 to 2^64 - 1.

    Returns:
        Shape (n,).
    """
    mixed = mix(np.arange(items.max(initial=0) + 1, dtype=np.uint64))
    total = np.full(len(items), salt, dtype=np.uint64)
    for column in items.T:
        total += mixed[column]
    return mix(total)


def mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """One step of SplitMix64 from each value: an unrelated word, the same on every platform."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
