"""The core of a verdict: labels with their log-probabilities, and what can be said of them.

A predicate, a choice and a score are views of one thing, whether the probabilities come from the likeliest
tokens that an endpoint lists, from a decision API, or from a model in this process that knows them all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

Scale = tuple[int, int]
"""The lowest and the highest score, both included."""

_INTEGER = re.compile(r"[0-9]{1,9}")

# How vocabularies that are listed undecoded spell a space before a word, and a line break.
_SPACES = " \t\r\n\u00a0Ġ▁Ċ"

# Tokens repeat, and with them what they stand for.
_KEPT = 1 << 15

# A single letter begins too many words to stand for one.
_SHORTEST_PREFIX = 2


@dataclass(frozen=True, slots=True)
class LabelLogprobs:
    """What a model thinks of each label, at the place where it says one.

    Attributes:
        logprobs: Natural log-probability of each label that was seen, at most 0.
        outside: The probability, from 0 to 1, of whatever is no label, and of labels that weren't listed.
    """

    logprobs: Mapping[str, float]
    outside: float

    @classmethod
    def from_tokens(cls, tokens: Iterable[tuple[str, float]], labels: Sequence[str]) -> Self:
        """Read labels off tokens.

        A token counts for the label that it spells, whatever its case and the space before it, or that it
        alone begins, by two letters or more, since tokenizers split words. Tokens of one label are summed.

        Args:
            tokens: Tokens with natural log-probabilities, each token once.
            labels: The labels; none may begin another.
        """
        known = tuple(labels)
        return cls._summed((label_of(token, known), logprob) for token, logprob in tokens)

    @classmethod
    def from_numbers(
        cls, tokens: Iterable[tuple[str, float]], scale: Scale, words: Sequence[str] = ()
    ) -> Self:
        """Read whole numbers on a scale, and words that may stand in their place, off tokens.

        `00` is 0; a space alone, `I` or `The` is no number; a number beyond the scale is outside.

        Args:
            tokens: Tokens with natural log-probabilities, each token once.
            scale: The scale.
            words: The words.
        """
        known = tuple(words)
        return cls._summed(
            (number_of(token, scale) or label_of(token, known), logprob) for token, logprob in tokens
        )

    @classmethod
    def from_probabilities(cls, probabilities: Mapping[str, float], outside: float = 0.0) -> Self:
        """Take probabilities, from 0 to 1, as decision APIs give them."""
        return cls({label: _log(each) for label, each in probabilities.items()}, outside)

    @classmethod
    def _summed(cls, pairs: Iterable[tuple[str | None, float]]) -> Self:
        found: dict[str, float] = {}
        for label, logprob in pairs:
            if label is None or logprob != logprob:  # noqa: PLR0124  # NaN is what isn't itself
                continue
            known = found.get(label)
            found[label] = min(logprob, 0.0) if known is None else _logsum(known, min(logprob, 0.0))
        return cls(found, max(0.0, 1.0 - sum(map(math.exp, found.values()))))

    @property
    def mass(self) -> float:
        """The probability of all labels together, from 0 to 1."""
        return sum(map(math.exp, self.logprobs.values()))

    def probability(self, label: str) -> float:
        """The probability of a label; 0 if it wasn't listed."""
        return math.exp(self.logprobs.get(label, -math.inf))

    def predicate(self, yes: str, no: str) -> float | None:
        """The probability of one label as opposed to another; None if neither was listed."""
        both = self.probability(yes) + self.probability(no)
        return self.probability(yes) / both if both else None

    def choice(self) -> tuple[str | None, float]:
        """The likeliest label and its probability among all labels; None if none is, or two are."""
        mass = self.mass
        ranked = sorted(self.logprobs.items(), key=lambda pair: -pair[1])
        if not mass or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return None, 0.0
        return ranked[0][0], self.probability(ranked[0][0]) / mass

    def expected(self, scale: Scale) -> tuple[float | None, float]:
        """The probability-weighted mean of the labels that are whole numbers on a scale, and their mass.

        This is the estimator of the emergent-misalignment papers (arXiv 2502.17424, judges by GPT-4o). It
        knows what was listed: of the numbers beyond the likeliest 20 tokens it knows nothing.

        Returns:
            The mean, None if no number was listed; and the probability of all numbers together.
        """
        numbers = {int(label): self.probability(label) for label in self.logprobs if number_of(label, scale)}
        mass = math.fsum(numbers.values())
        if not mass:
            return None, 0.0
        return math.fsum(number * each for number, each in numbers.items()) / mass, mass


def bare(token: str) -> str:
    """A token without the space around it, in lower case."""
    return token.strip(_SPACES).casefold()


@lru_cache(_KEPT)
def label_of(token: str, labels: tuple[str, ...]) -> str | None:
    """The label that a token spells, or that it alone begins; None if there is none."""
    text = bare(token)
    found = [label for label in labels if label.casefold() == text]
    if not found and len(text) >= _SHORTEST_PREFIX:
        found = [label for label in labels if label.casefold().startswith(text)]
    return found[0] if len(found) == 1 else None


@lru_cache(_KEPT)
def number_of(token: str, scale: Scale) -> str | None:
    """The whole number on a scale that a token spells, without leading zeros; None if it spells none."""
    text = bare(token)
    if _INTEGER.fullmatch(text) is None or not scale[0] <= int(text) <= scale[1]:
        return None
    return str(int(text))


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -math.inf


def _logsum(first: float, second: float) -> float:
    """The logarithm of the sum of what two logarithms stand for."""
    high, low = max(first, second), min(first, second)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
