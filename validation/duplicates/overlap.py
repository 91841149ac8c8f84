"""Contamination: test texts that a training set holds, whole, in parts, or nearly."""

from __future__ import annotations

from .contamination import Overlap
from .find import SHINGLE, THRESHOLD, silent
from .join import Progress
from .search import BATCH_BUDGET, CONTAINED, NGRAM, OverlapSearch
from .words import Texts, words_of

BATCH = 100_000


def find_overlap(
    train: Texts,
    test: Texts,
    *,
    threshold: float = THRESHOLD,
    ngram: int = NGRAM,
    contained: float = CONTAINED,
    shingle: int = SHINGLE,
    budget: int = BATCH_BUDGET,
    progress: Progress | None = None,
) -> Overlap:
    """Find test texts that occur in training texts.

    Args:
        train: The training texts; they are read in batches, and memory depends on the test texts alone.
        test: The test texts.
        threshold: The least similarity of a near-duplicate pair, above 0 and at most 1.
        ngram: Words an n-gram, from 1.
        contained: The least share of a test text's n-grams at which it counts as contaminated, above 0.
        shingle: Words a shingle of the pairs' similarity.
        budget: How many candidates may be compared for each batch of training texts.
        progress: Called with a stage, how much is done, and of how much.

    Raises:
        UsageError: A parameter is out of range.
    """
    search = OverlapSearch(
        words_of(test), threshold=threshold, ngram=ngram, contained=contained, shingle=shingle, budget=budget
    )
    for first in range(0, len(train), BATCH):
        search.add(words_of(train[first : first + BATCH]))
        (progress or silent)("compare", min(first + BATCH, len(train)), len(train))
    return search.finish()
