"""Drawing distinct rows of integers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

Int16 = npt.NDArray[np.int16]

_BLOCK: Final = 2**16


def draw_distinct(draw: Callable[[int], Int16], quota: int, *, share: float) -> Int16:
    """Distinct rows in lexicographic order, which doesn't tell the order of drawing.

    Repetitions are dropped as they are drawn, so that every set of `quota` rows is equally likely.

    Args:
        draw: Given a number of tries, gives the rows that were accepted, shape (accepted, m).
        quota: The number of rows wanted, at least 1.
        share: The part of the tries that is accepted in the long run, in (0, 1].

    Returns:
        Shape (quota, m); fewer rows when there are hardly any more, that is when almost three times
        the tries that a space of twice the quota needs didn't find them.
    """
    remaining = 4 * math.ceil(quota / share) + _BLOCK
    kept = draw(0)
    while len(kept) < quota and remaining > 0:
        tries = min(_BLOCK, math.ceil(1.5 * (quota - len(kept)) / share) + 64)
        kept = _distinct(np.concatenate([kept, draw(tries)]))
        remaining -= tries
    chosen = kept[:quota]
    return chosen[_lexicographic(chosen)]


def _distinct(rows: Int16) -> Int16:
    """The rows without repetitions, in the order of their first occurrence."""
    order = _lexicographic(rows)
    ordered = rows[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return rows[np.sort(order[first])]


def _lexicographic(rows: Int16) -> npt.NDArray[np.intp]:
    return np.lexsort(rows.T[::-1])
