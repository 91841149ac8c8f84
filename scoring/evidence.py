"""Whether what a judge quotes as evidence is in the reasoning that it read."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .evidence_normal import NormalText, normal_form
from .evidence_places import places
from .evidence_words import has_words, in_word, is_long_enough

MOST_ELLIPSES = 3
"""Ellipses that a quote may have inside."""
MOST_LEFT_OUT = 200
"""Characters of the normal form that all ellipses of a quote may leave out together."""

How = Literal["exact", "normalised", "elided"]
Span = tuple[int, int]

_WRAPS = frozenset("\"'`*_")
_STOPS = frozenset(".,")
_ELLIPSIS = re.compile(r"\[\.{3,}+\]|\(\.{3,}+\)|\.{3,}+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*+\n")


@dataclass(frozen=True, slots=True)
class Located:
    """Where a quote is in the reasoning as given.

    Attributes:
        spans: Half-open offsets in characters, in order: one pair, or one for each part between ellipses.
        how: `exact` if the characters there are the quote's, `normalised` if they are so in normal form,
            `elided` if the quote has ellipses for what is between or around its parts.
    """

    spans: tuple[Span, ...]
    how: How

    @property
    def start(self) -> int:
        """Where the first part begins."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where the last part ends."""
        return self.spans[-1][1]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of reasoning in which quotes are looked for.

    A quote is located where its normal form (see `NormalText`) occurs in that of the reasoning, beginning and
    ending outside words and numbers (see `in_word`). Around the quote, quotation marks and Markdown emphasis
    that wrap all of it don't count, nor do a full stop or comma at its end. Case counts, but for the first
    letter if a small letter follows it. A quote that is too short isn't located: it has three words, or two
    of eight letters or digits together, or one of twelve.

    An ellipsis of the quote may be the reasoning's own. If it isn't, it may stand for words left out: at most
    three of them inside a quote, each part of three words or more, in order, without overlap, in one
    paragraph, and at most 200 characters left out in all. At the ends of a quote an ellipsis means nothing.

    Paraphrases, words put in, left out or in another order, other numbers, and sentences put together from
    different places aren't located.
    """

    reasoning: str
    _normal: NormalText

    @classmethod
    def of(cls, reasoning: str) -> Evidence:
        """Prepare any string, in time linear in its length."""
        return cls(reasoning, NormalText.of(reasoning))

    def occurs(self, quote: str) -> bool:
        """Whether a quote is located."""
        return self._find(quote) is not None

    def locate(self, quote: str) -> Located | None:
        """The first place of a quote, None if it has none; in time linear in the reasoning and the quote.

        A place of the whole quote comes before one of what is within its quotation marks, full stop or comma,
        that before one with another first letter, and all before one with words left out.
        """
        found = self._find(quote)
        if found is None:
            return None
        spans = tuple(self._normal.span(start, end) for start, end in found[0])
        if found[1]:
            return Located(spans, "elided")
        start, end = spans[0]
        return Located(spans, "exact" if self.reasoning[start:end] == quote.strip() else "normalised")

    def _find(self, quote: str) -> tuple[Sequence[Span], bool] | None:
        """Spans of the normal form, and whether words are left out."""
        whole = normal_form(quote).strip(" ")
        core = _core(whole)
        if not is_long_enough(core):
            return None
        for form in dict.fromkeys((whole, *_first_letters(core))):
            start = next(self._places(form), None)
            if start is not None:
                return [(start, start + len(form))], False
        parts = _ELLIPSIS.split(core)
        spans = self._elided([part for each in parts if (part := _core(each))]) if len(parts) > 1 else None
        return None if spans is None else (spans, True)

    def _places(self, form: str) -> Iterator[int]:
        kinds = self._normal.kinds
        for start in places(self._normal.text, form):
            if not in_word(kinds, start) and not in_word(kinds, start + len(form)):
                yield start

    def _elided(self, parts: Sequence[str]) -> Sequence[Span] | None:
        if not 1 <= len(parts) <= MOST_ELLIPSES + 1:
            return None
        if not all(map(has_words if len(parts) > 1 else is_long_enough, parts)):
            return None
        chains = (self._chain([first, *parts[1:]]) for first in _first_letters(parts[0]))
        return next((each for each in chains if each is not None), None)

    def _chain(self, parts: Sequence[str]) -> Sequence[Span] | None:
        """The first places of parts in order that leave out little enough."""
        allowed = sum(map(len, parts)) + MOST_LEFT_OUT
        blank = [match.start() for match in _BLANK_LINE.finditer(self.reasoning)]
        followers = [_Follower(self._places(part), len(part)) for part in parts[1:]]
        for start in self._places(parts[0]):
            spans = [(start, start + len(parts[0]))]
            for follower in followers:
                span = follower.after(spans[-1][1])
                if span is None:
                    return None
                spans.append(span)
            if spans[-1][1] - start <= allowed and self._is_free(blank, start, spans[-1][1]):
                return spans
        return None

    def _is_free(self, blank: Sequence[int], start: int, end: int) -> bool:
        """Whether no blank line, given in order, begins within a span of the normal form."""
        first, last = self._normal.span(start, end)
        return bisect_left(blank, first) == bisect_left(blank, last)


class _Follower:
    """Places of a part, asked for in order, so that all questions together walk over them once."""

    def __init__(self, starts: Iterator[int], length: int) -> None:
        self._starts, self._length = starts, length
        self._at: int | None = -1

    def after(self, end: int) -> Span | None:
        """The first place that doesn't begin before `end`, which never goes back."""
        if self._at is not None and self._at < end:
            self._at = next((start for start in self._starts if start >= end), None)
        return None if self._at is None else (self._at, self._at + self._length)


def _core(quote: str) -> str:
    """A quote in normal form without what wraps it and without one full stop or comma at its end."""
    start, end, stopped = 0, len(quote), False
    while start < end:
        first, last = quote[start], quote[end - 1]
        if first == " ":
            start += 1
        elif last == " ":
            end -= 1
        elif first == last and first in _WRAPS:
            start, end = start + 1, end - 1
        elif not stopped and last in _STOPS and not quote.endswith("..", start, end):
            end, stopped = end - 1, True
        else:
            break
    return quote[start : max(start, end)]


def _first_letters(form: str) -> Iterator[str]:
    """The form, and with its first letter's case changed if a small letter follows, as in no variable."""
    yield form
    at = next((place for place, character in enumerate(form) if character.isalnum()), len(form))
    other = form[at : at + 1].swapcase()
    if form[at + 1 : at + 2].islower() and len(other) == 1:
        yield form[:at] + other + form[at + 1 :]
