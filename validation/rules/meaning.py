"""Texts that say much the same in other words, by the embeddings of a small model on the CPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..duplicates.find import checked_threshold
from .base import Rule
from .embedding import embedded, require
from .likeness import LikenessRule, Pair

MOST_TEXTS = 20_000
_BLOCK = 1_024


class SimilarMeaning(LikenessRule):
    """A text whose embedding is close to that of an earlier one."""

    name: ClassVar[str] = "similar-meaning"

    def __init__(
        self, field: str, threshold: float = 0.85, *, across: bool = False, against: Sequence[str] = ()
    ) -> None:
        """Take the path of the texts and the least cosine of two embeddings that is a finding.

        Args:
            field: Path of the texts.
            threshold: The least cosine, above 0 and at most 1.
            across: Whether rows of different configs are compared too.
            against: Further configs to compare with.

        Raises:
            UsageError: The threshold is out of range.
            MissingLibraryError: The model isn't installed, or holds other weights than it should.
        """
        checked_threshold(threshold, 1)
        super().__init__(field, across=across, against=against)
        require(self.name)
        self._threshold = threshold
        self._left_out: list[str] = []

    def _similar(self, texts: Sequence[str]) -> Iterator[Pair]:
        if len(texts) > MOST_TEXTS:
            more = f"{len(texts) - MOST_TEXTS:,} of {len(texts):,} texts weren't compared"
            self._left_out.append(f"{more}: the first {MOST_TEXTS:,} are the most that are")
        vectors = embedded(texts[:MOST_TEXTS])
        for start in range(0, len(vectors), _BLOCK):
            yield from _close(vectors, start, self._threshold)

    def _limits(self) -> Iterable[str]:
        return self._left_out

    def _message(self, similarity: float, where: str, text: str) -> str:
        del text
        cosine = f"the cosine of the embeddings is {similarity:.3f}"
        return f"says much the same as {where}: {cosine}, expected below {self._threshold:g}"


def _close(vectors: npt.NDArray[np.float32], start: int, threshold: float) -> Iterator[Pair]:
    """The pairs of a block of rows with later rows."""
    block: Any = vectors[start : start + _BLOCK] @ vectors[start:].T
    rows, columns = np.nonzero(np.triu(block, 1) >= threshold)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        yield start + row, start + column, float(min(block[row, column], 1.0))


RULES: tuple[type[Rule], ...] = (SimilarMeaning,)
