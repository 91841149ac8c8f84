"""Rules on texts that are alike: each row is held against every earlier one, of one config or of several."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations
from typing import ClassVar

import numpy as np

from ...errors import UsageError
from ..duplicates.find import checked_threshold, duplicates_of
from ..duplicates.reading import row_texts
from ..duplicates.words import words_of
from ..findings import Finding, Severity
from ..inputs.batch import Batch
from .base import Rule
from .duplicates import Rows
from .spanning import SpanningRule

Pair = tuple[int, int, float]


class LikenessRule(SpanningRule):
    """A rule that compares the texts of a field in pairs; several values in a row are joined."""

    severity: ClassVar[Severity] = "warning"

    def __init__(self, field: str, *, across: bool, against: Sequence[str]) -> None:
        """Say which rows are compared.

        Args:
            field: Path of the texts; rows without one take no part.
            across: Whether rows of different configs are compared too, among those it is declared for.
            against: Further configs whose rows these are compared with, though not with each other.
        """
        self._field, self._across, self._against = field, across, tuple(against)
        self._rows = Rows()
        self._texts: list[str | None] = []
        self._configs: list[str] = []
        self._own: list[bool] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The texts."""
        return (self._field,)

    @property
    def other_configs(self) -> tuple[str, ...]:
        """The configs that are compared with."""
        return self._against

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the texts."""
        return self._remember(batch, own=True)

    def look_up(self, batch: Batch) -> None:
        """Remember the texts to compare with."""
        self._remember(batch, own=False)

    def finish(self) -> Iterator[Finding]:
        """A finding for each row that has a partner, at the most similar, and one for each limit."""
        first: dict[str, dict[str, int]] = {}
        best: dict[int, tuple[float, int]] = {}
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(self._texts):
            if text is not None and text.strip():
                key = self._key(text)
                rows.setdefault(key, []).append(row)
                first.setdefault(key, {}).setdefault(self._configs[row], row)
        texts = list(rows)
        equal = ((position, position, 1.0) for position in range(len(texts)))
        for one, other, similarity in chain(equal, self._similar(texts)):
            self._weigh(rows[texts[one]], first[texts[other]], similarity, best)
            self._weigh(rows[texts[other]], first[texts[one]], similarity, best)
        for row, (similarity, partner) in sorted(best.items()):
            batch, position = self._rows.of(row)
            message = self._message(similarity, self._rows.where(-partner), self._texts[row] or "")
            yield self.finding(message, batch, position, self._field)
        yield from (Finding(self.name, each, "note", field=self._field) for each in self._limits())

    def _key(self, text: str) -> str:
        """What is compared of a text; where it is equal, texts have similarity 1."""
        return text

    @abstractmethod
    def _similar(self, texts: Sequence[str]) -> Iterable[Pair]:
        """Two positions and the similarity of each pair of different keys that are too much alike."""

    @abstractmethod
    def _message(self, similarity: float, where: str, text: str) -> str:
        """What a finding says of a row and the place of its partner."""

    def _limits(self) -> Iterable[str]:
        """What was left out."""
        return ()

    def _remember(self, batch: Batch, *, own: bool) -> Iterable[Finding]:
        self._rows.add(batch)
        self._texts += row_texts(batch, [self._field])[0]
        self._configs += [batch.place.config] * len(batch)
        self._own += [own] * len(batch)
        return ()

    def _weigh(
        self,
        rows: Sequence[int],
        partners: dict[str, int],
        similarity: float,
        best: dict[int, tuple[float, int]],
    ) -> None:
        """Note for each pair the similarity at the row that is reported, and its earliest such partner."""
        for row in rows:
            for partner in partners.values():
                if row != partner and self._compared(row, partner):
                    late, early = self._ordered(row, partner)
                    best[late] = max(best.get(late, (-np.inf, 0)), (similarity, -early))

    def _compared(self, one: int, other: int) -> bool:
        if self._own[one] and self._own[other]:
            return self._across or self._configs[one] == self._configs[other]
        return self._own[one] or self._own[other]

    def _ordered(self, one: int, other: int) -> tuple[int, int]:
        """The row that is reported, which is never one of another config than declared, and its partner."""
        if self._own[one] != self._own[other]:
            return (one, other) if self._own[one] else (other, one)
        return max(one, other), min(one, other)


class RepeatedOpening(LikenessRule):
    """A text that begins with the same words as an earlier one, whatever their case."""

    name: ClassVar[str] = "repeated-opening"

    def __init__(
        self, field: str, words: int = 4, *, across: bool = False, against: Sequence[str] = ()
    ) -> None:
        """Take the path of the texts, and how many words make an opening; shorter texts are their own.

        Args:
            field: Path of the texts.
            words: Words of an opening, from 1; white space separates words.
            across: Whether rows of different configs are compared too.
            against: Further configs to compare with.

        Raises:
            UsageError: The number of words is out of range.
        """
        if words < 1:
            raise UsageError(f"repeated-opening: words is {words}, expected a number from 1")
        super().__init__(field, across=across, against=against)
        self._words = words

    def _key(self, text: str) -> str:
        return " ".join(text.casefold().split()[: self._words])

    def _similar(self, texts: Sequence[str]) -> Iterable[Pair]:
        del texts
        return ()

    def _message(self, similarity: float, where: str, text: str) -> str:
        del similarity
        return f"opens like {where}: {self._key(text)!r}; expected another opening"


class SimilarText(LikenessRule):
    """A text that shares many runs of words with an earlier one."""

    name: ClassVar[str] = "similar-text"

    def __init__(
        self,
        field: str,
        threshold: float = 0.5,
        words: int = 3,
        *,
        across: bool = False,
        against: Sequence[str] = (),
    ) -> None:
        """Take the path of the texts and the least Jaccard similarity of their sets of word runs.

        Args:
            field: Path of the texts.
            threshold: The least similarity that is a finding, above 0 and at most 1.
            words: Words a run, from 1. Texts that have fewer are only ever equal.
            across: Whether rows of different configs are compared too.
            against: Further configs to compare with.

        Raises:
            UsageError: The threshold or the number of words is out of range.
        """
        checked_threshold(threshold, words)
        super().__init__(field, across=across, against=against)
        self._threshold, self._words = threshold, words
        self._left_out: list[str] = []

    def _similar(self, texts: Sequence[str]) -> Iterator[Pair]:
        found = duplicates_of(words_of(texts), threshold=self._threshold, shingle=self._words)
        members: dict[int, list[int]] = {}
        for position, first in enumerate(found.first.tolist()):
            members.setdefault(first, []).append(position)
        for group in members.values():
            yield from ((one, other, 1.0) for one, other in combinations(group, 2))
        for one, other, similarity in zip(
            found.left.tolist(), found.right.tolist(), found.similarity.tolist(), strict=True
        ):
            yield from ((left, right, similarity) for left in members[one] for right in members[other])
        self._left_out += found.limits.messages()

    def _limits(self) -> Iterable[str]:
        return self._left_out

    def _message(self, similarity: float, where: str, text: str) -> str:
        del text
        runs = f"runs of {self._words} words have similarity {similarity:.3f}"
        return f"much like {where}: {runs}, expected below {self._threshold:g}"


RULES: tuple[type[Rule], ...] = (RepeatedOpening, SimilarText)
