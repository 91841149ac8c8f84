"""A text without the differences that copying makes, and the way back to its own characters."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Edit = tuple[int, int, str]
"""Where a text is replaced, half-open, and by what; edits come in order and don't overlap."""

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_MOST_MARKS = 30

_SPACE = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
_UNSEEN = "\u00ad\u034f\u061c\u180e\ufe0e\ufe0f\ufeff"


def _between(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


_FOLDS = {
    **dict.fromkeys(_SPACE + _between(0x2000, 0x200A), " "),
    **dict.fromkeys(_between(0x2018, 0x201B), "'"),
    **dict.fromkeys(_between(0x201C, 0x201F), '"'),
    "\u2026": "...",
    **dict.fromkeys(_UNSEEN + _between(0x200B, 0x200F) + _between(0x202A, 0x202E), ""),
    **dict.fromkeys(_between(0x2060, 0x2064) + _between(0x2066, 0x206F), ""),
}
_FOLDED = re.compile(f"[{''.join(_FOLDS)}]")
_SPACES = re.compile("  +")
_BACKSLASHES = re.compile(r"\\\\+")
_WIDE = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class NormalText:
    r"""A text and its normal form, which has the same words in the same order.

    In the normal form, characters of no width are gone (soft hyphens, joiners, marks of direction, variation
    selectors); typographic quotation marks and apostrophes are straight, and an ellipsis is three dots;
    letters are composed (Unicode NFC, not NFKC: look-alikes, superscripts and full-width forms stay what
    they are); every run of white space is one space; a run of backslashes is halved while its length is
    even, as JSON and escaping code double them; every hyphen, dash and minus sign is a hyphen. Nothing else
    changes: no case, no Markdown (a line's `>` or `-` may be mathematics), no LaTeX. A letter with more than
    30 marks isn't composed.

    Attributes:
        text: The normal form.
        kinds: The normal form before dashes were made alike; the same length.
    """

    text: str
    kinds: str
    _steps: tuple[_Moves, ...]

    @classmethod
    def of(cls, text: str) -> NormalText:
        """Normalise any string, in time linear in its length."""
        steps: list[_Moves] = []
        for edits in (_folds, _compositions, _one_space, _halved):
            text, moves = _rewritten(text, edits(text))
            if moves.news:
                steps.append(moves)
        alike = text
        if not text.isascii():
            for dash in _DASHES:
                alike = alike.replace(dash, "-")
        return cls(alike, text, tuple(steps))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the normal form, which isn't empty, is in the text as given; both half-open."""
        for moves in reversed(self._steps):
            start, end = moves.start(start), moves.end(end)
        return start, end


@dataclass(slots=True)
class _Moves:
    """Edits that change the length: where each begins and ends after it, and before it."""

    news: list[int]
    new_ends: list[int]
    olds: list[int]
    old_ends: list[int]

    def start(self, at: int) -> int:
        last = bisect_right(self.news, at) - 1
        if last < 0:
            return at
        beyond = at - self.new_ends[last]
        return self.olds[last] if beyond < 0 else self.old_ends[last] + beyond

    def end(self, at: int) -> int:
        last = bisect_left(self.news, at) - 1
        return at if last < 0 else self.old_ends[last] + max(0, at - self.new_ends[last])


def normal_form(text: str) -> str:
    """The normal form alone; see `NormalText`."""
    return NormalText.of(text).text


def _rewritten(text: str, edits: Iterable[Edit]) -> tuple[str, _Moves]:
    moves = _Moves([], [], [], [])
    pieces: list[str] = []
    done = size = 0
    for start, end, new in edits:
        pieces += (text[done:start], new)
        size += start - done + len(new)
        done = end
        if len(new) != end - start:
            moves.news.append(size - len(new))
            moves.new_ends.append(size)
            moves.olds.append(start)
            moves.old_ends.append(end)
    return "".join((*pieces, text[done:])) if pieces else text, moves


def _folds(text: str) -> Iterator[Edit]:
    for match in _FOLDED.finditer(text):
        yield match.start(), match.end(), _FOLDS[match.group()]


def _one_space(text: str) -> Iterator[Edit]:
    for match in _SPACES.finditer(text):
        yield match.start(), match.end(), " "


def _halved(text: str) -> Iterator[Edit]:
    for match in _BACKSLASHES.finditer(text):
        length = match.end() - match.start()
        # The lowest bit that is set is the power of two in it.
        power = length & -length
        if power > 1:
            yield from ((at, at + power, "\\") for at in range(match.start(), match.end(), power))


def _compositions(text: str) -> Iterator[Edit]:
    """Letters with their marks, one by one, so that offsets stay exact."""
    if unicodedata.is_normalized("NFC", text):
        return
    for match in _WIDE.finditer(text):
        for start, end in _clusters(text, match.start(), match.end()):
            # Python orders marks in quadratic time; 30 is where Unicode's own limit for streams is.
            if end - start <= _MOST_MARKS + 1:
                new = unicodedata.normalize("NFC", text[start:end])
                if new != text[start:end]:
                    yield start, end, new


def _clusters(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    for at in range(start + 1, stop):
        if not _attaches(text[at]):
            yield start, at
            start = at
    yield start, stop


def _attaches(character: str) -> bool:
    """Whether it may compose with what is before: marks, vowels and finals of Hangul, vowels of Kirat Rai."""
    return (
        unicodedata.category(character).startswith("M")
        or "\u1160" <= character <= "\u11ff"
        or "\U00016d63" <= character <= "\U00016d6a"
    )
