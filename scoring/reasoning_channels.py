"""The channels of gpt-oss: `docs/reasoning-text.md`, "Channels"."""

from __future__ import annotations

import re

from .reasoning_code import without_code
from .reasoning_tags import BLANKS, Tags, tags_of
from .reasoning_walk import Walk, walk

# Headers, and tokens that end a message or announce a header.
_TOKENS = re.compile(
    r"<\|(?:channel\|>\s*+(\w++)[^<]*+(?:<\|constrain\|>[^<]*+)?<\|message\|>"
    r"|start\|>(?:assistant)?|(?:end|return|call)\|>)"
)
# What is left of headers where special tokens were dropped.
_NAMES = re.compile(r"\A\s*+(analysis)(?=[^\W\d_a-z])|assistant(analysis|commentary|final)")
_END, _ANALYSIS, _FINAL, _OTHER = range(4)
_CODES = {"analysis": _ANALYSIS, "final": _FINAL}


def walk_channels(text: str, *, inside: bool) -> Walk | None:
    """Follow the channels of a text, which may begin inside a message of reasoning.

    Returns:
        None if no channel's header comes before all other tags.
    """
    pattern = _pattern(text)
    if pattern is None:
        return None
    tags = _tags_of(text, pattern)
    header = next((at for at, code in enumerate(tags.codes) if code != _END), None)
    if header is None:
        return None
    before = text[: tags.starts[header]]
    if without_code(before, tags_of(before)).codes:
        return None
    found = Walk(family="harmony", unclosed=tags.codes[-1] == _ANALYSIS)
    _follow(text, tags, found, inside=inside)
    if found.answer is not None:
        _look_inside(text, found, *found.answer)
    return found


def _pattern(text: str) -> re.Pattern[str] | None:
    if "|" in text and "<|channel|>" in text:
        return _TOKENS
    named = "assistantfinal" in text or text.lstrip(BLANKS).startswith("analysis")
    return _NAMES if named else None


def _tags_of(text: str, pattern: re.Pattern[str]) -> Tags:
    tags = Tags([], [], [])
    for match in pattern.finditer(text):
        tags.starts.append(match.start())
        tags.ends.append(match.end())
        tags.codes.append(_CODES.get(match[match.lastindex], _OTHER) if match.lastindex else _END)
    return without_code(text, tags, fences=False)


def _follow(text: str, tags: Tags, found: Walk, *, inside: bool) -> None:
    """Find the blocks and the answer: a message goes from the end of its header to the next tag."""
    start = tags.starts[0]
    if text[:start].strip(BLANKS) not in {"", "assistant"} or (inside and tags.codes[0] == _END):
        found.blocks += (0, start)
        found.missing = not inside
    for code, begin, end in zip(tags.codes, tags.ends, [*tags.starts[1:], len(text)], strict=True):
        if code == _ANALYSIS:
            found.blocks += (begin, end)
            found.answer = None
        elif code == _FINAL:
            found.answer = begin, end


def _look_inside(text: str, found: Walk, start: int, end: int) -> None:
    """Take out of an answer what it has of tags itself."""
    inner = walk(text[start:end], inside=False)
    found.missing |= not found.blocks and inner.missing
    found.blocks += (start + place for place in inner.blocks)
    found.answer = (start + inner.answer[0], start + inner.answer[1]) if inner.answer else None
    found.nested, found.unclosed = inner.nested, inner.unclosed
