"""Rules that answer MNNS, the least non-negative sum that signs can make, without a search."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..columns import Integers, matrix_of
from ..inputs.batch import Batch
from .base import found, numbers

Right = npt.NDArray[np.bool_]


def parity(batch: Batch) -> Right:
    """The answer has the parity of the plain sum; often it is 0 or 1."""
    return _digits(batch).sum(axis=1) % 2 == numbers(batch, "answer")


def greedy(batch: Batch) -> Right:
    """Largest first, each digit gets the sign that brings the sum nearer to 0.

    It is always right for up to four digits, as the same rule is for dividing up to four numbers between two.
    """
    digits = np.sort(_digits(batch), axis=1)[:, ::-1]
    left = np.zeros(len(digits), np.int64)
    for column in digits.T:
        left = np.abs(left - column)
    return left == numbers(batch, "answer")


def differencing(batch: Batch) -> Right:
    """Two largest numbers are replaced by their difference until one is left (Karmarkar and Karp, 1982)."""
    left = np.sort(_digits(batch), axis=1)
    for _ in range(left.shape[1] - 1):
        left = np.sort(np.column_stack([left[:, :-2], left[:, -1] - left[:, -2]]), axis=1)
    return left[:, 0] == numbers(batch, "answer")


def _digits(batch: Batch) -> Integers:
    """The digits of each row, filled up with zeros, which no rule minds; shape (n, longest)."""
    return matrix_of(numbers(batch, "digits[]"), found(batch, "digits[]").rows, len(batch))[0]
