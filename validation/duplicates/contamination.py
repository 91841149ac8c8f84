"""What a search for test texts in training texts found."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .guard import Limits
from .words import Indices


@dataclass(frozen=True)
class Overlap:
    """What `find_overlap` found.

    Attributes:
        train_rows: How many training texts there were.
        test_rows: How many test texts.
        blank: How many test texts are null or white space; these never overlap.
        short: How many other test texts have fewer words than an n-gram; only equality and pairs show these.
        threshold: The least similarity of a pair.
        ngram: Words an n-gram.
        least: The least share of n-grams at which a test text is contaminated.
        exact: For each test row the first training row with the same text, or -1.
        contained: For each test row the share of its n-grams that occur in the training texts; not a number
            for short and blank texts.
        contained_in: A training row that holds the first of these, or -1.
        test: Test row of each near-duplicate pair; a text that occurs exactly is in none.
        train: Its training row.
        similarity: Jaccard similarity of the pair.
        limits: What a bound on the work left out.
    """

    train_rows: int
    test_rows: int
    blank: int
    short: int
    threshold: float
    ngram: int
    least: float
    exact: Indices
    contained: npt.NDArray[np.float64]
    contained_in: Indices
    test: Indices
    train: Indices
    similarity: npt.NDArray[np.float64]
    limits: Limits = field(default_factory=Limits)

    @property
    def pairs(self) -> pa.Table:
        """The near-duplicate pairs: `test`, `train` (rows from 0) and `similarity`, ordered by row."""
        return pa.table({"test": self.test, "train": self.train, "similarity": self.similarity})

    def near(self) -> npt.NDArray[np.bool_]:
        """Whether each test row is nearly a training row."""
        mask = np.zeros(self.test_rows, np.bool_)
        mask[self.test] = True
        return mask

    def contaminated(self) -> npt.NDArray[np.bool_]:
        """Whether each test row occurs in the training texts: whole, nearly, or enough of its n-grams."""
        return (self.exact >= 0) | self.near() | (np.nan_to_num(self.contained) >= self.least)

    @property
    def found(self) -> bool:
        """Whether any test text is contaminated."""
        return bool(self.contaminated().any())
