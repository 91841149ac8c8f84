"""Tags in code, which are text: `docs/reasoning-text.md`, rule 2."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

from .reasoning_tags import BLANKS, Tags

# Backticks that hold something without a blank at either end; several in a row are one match where no tag can
# stand in between.
_CODE = r"`(?=[^ \t\n`])[^`\n]*+(?<=[^ \t])`"
_INLINE = re.compile(rf"{_CODE}(?:[^`<◁\[]*+{_CODE})*+")

# A line that opens or closes a fence, after its line feed: a search for that is much faster than for `^`.
_FENCE = re.compile(r"\n {0,3}(`{3,}|~{3,})([^\n]*)")

# What comes after so many is a degenerate text, and hides nothing.
_MOST = 2_000

Span = tuple[int, int]


def without_code(text: str, tags: Tags, *, inside: bool = False, fences: bool = True) -> Tags:
    """The tags of a text, less those in code.

    Args:
        text: The text.
        tags: Its tags.
        inside: Whether it begins inside a block.
        fences: Whether fences are code, as well as inline code.
    """
    if not tags.starts or all(text.find(sign, 0, tags.starts[-1]) < 0 for sign in "`~"):
        return tags
    tags = tags.without(_within(tags, _inline(text)))
    return tags.without(_fenced(text, tags, inside=inside)) if fences and tags.starts else tags


def _fenced(text: str, tags: Tags, *, inside: bool) -> Iterator[range]:
    """The places of tags that fences hide: before any other tag, only such as are balanced."""
    begins, hidden = len(text) - len(text.lstrip(BLANKS)), 0
    for places in _within(tags, _fences(text)):
        known = inside or places.start > hidden
        balanced = _balanced(tags.codes[places.start : places.stop])
        if known or (balanced and not _leads(text, tags, places, begins)):
            hidden += len(places)
            yield places


def _within(tags: Tags, spans: Iterable[Span]) -> Iterator[range]:
    """The places of the tags in each span that begins before the last tag."""
    last = tags.starts[-1]
    for start, end in takewhile(lambda span: span[0] <= last, spans):
        yield range(bisect_left(tags.starts, start), bisect_left(tags.starts, end))


def _inline(text: str) -> Iterator[Span]:
    return (match.span() for match in islice(_INLINE.finditer(text), _MOST))


def _fences(text: str) -> Iterator[Span]:
    """What stands in fences that close, with the line that opens them.

    A fence with a language inside an open one begins anew: the one before was never closed.
    """
    fence, start = "", 0
    for match in islice(_FENCE.finditer("\n" + text), _MOST):
        mark, language = match[1], match[2].strip()
        if not fence or (language and mark.startswith(fence)):
            fence, start = mark, match.start()
        elif not language and mark.startswith(fence):
            yield start, match.start()
            fence = ""


def _balanced(codes: Iterable[int]) -> bool:
    """Whether each tag that opens closes, and the other way round."""
    levels: dict[int, int] = {}
    for code in codes:
        family = code >> 1
        levels[family] = level = levels.get(family, 0) + (-1 if code & 1 else 1)
        if level < 0:
            return False
    return not any(levels.values())


def _leads(text: str, tags: Tags, places: range, begins: int) -> bool:
    """Whether a tag comes first in a fence that comes first in a text, which begins at some place."""
    line = text.find("\n", begins)
    return bool(places) and begins <= line and not text[line : tags.starts[places[0]]].strip(BLANKS)
