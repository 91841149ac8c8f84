"""Random orders out of a stream's raw words, many at once and the same on every platform."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


def raw(words: np.random.Philox, shape: tuple[int, ...], kind: str) -> npt.NDArray[Any]:
    """Random bits as unsigned integers of a kind such as `u2`; the lowest come first in a word.

    Args:
        words: The stream to draw from; it advances.
        shape: The shape of the result.
        kind: `u1`, `u2`, `u4` or `u8`.
    """
    count = math.prod(shape)
    width = np.dtype(kind).itemsize
    drawn = words.random_raw(-(-count * width // 8)).astype("<u8", copy=False)
    return drawn.view(f"<{kind}")[:count].reshape(shape)


def keys(words: np.random.Philox, shape: tuple[int, int], kind: str) -> npt.NDArray[Any]:
    """Random keys whose lowest bits are their place on the first axis, so that no two there are equal.

    Without equal keys, whichever algorithm sorts them gives the same order.
    """
    drawn = raw(words, shape, kind)
    return (drawn & ~drawn.dtype.type(_places(shape[0]))) | np.arange(shape[0], dtype=drawn.dtype)[:, None]


def shuffled(
    words: np.random.Philox, rows: int, sizes: npt.NDArray[np.int64] | int, width: int
) -> npt.NDArray[np.uint8]:
    """In each row the numbers from 0 to its size - 1 in random order, then the others in theirs.

    Args:
        words: The stream to draw from; it advances.
        rows: How many orders.
        sizes: How many items each row has, shape (rows,), or all rows have.
        width: The length of a row, at most 256.
    """
    drawn = np.ascontiguousarray(keys(words, (width, rows), "u4").T)
    drawn |= (np.arange(width) >= np.reshape(sizes, (-1, 1))) * ~np.uint32(_places(width))
    drawn.sort(axis=1)
    return (drawn & np.uint32(_places(width))).astype(np.uint8)


def random_order(words: np.random.Philox, items: int) -> npt.NDArray[np.intp]:
    """The numbers from 0 to `items - 1` in random order."""
    return np.argsort(raw(words, (items,), "u8"), kind="stable")


def _places(items: int) -> int:
    """All bits that the number of an item may have."""
    return (1 << max(items - 1, 1).bit_length()) - 1
