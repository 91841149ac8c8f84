"""The tags that mark reasoning, and where they stand in a text: `docs/reasoning-text.md`, "Tags"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress

BLANKS = " \t\n\r\v\f"

# Names in plain brackets, in upper or lower case.
NAMES = (
    "think",
    "thinking",
    "antthinking",
    "thought",
    "reasoning",
    "scratchpad",
    "scratchpad_reasoning",
    "seed:think",
    "mm:think",
    "longcat_think",
    "think:opensource",
)

# Tokens of vocabularies: what opens and what closes.
TOKENS: Mapping[str, tuple[str, str]] = {
    "begin_of_thought": ("<|begin_of_thought|>", "<|end_of_thought|>"),
    "START_THINKING": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "inner_prefix": ("<|inner_prefix|>", "<|inner_suffix|>"),
    "kimi-k3": ("<|open|>think<|sep|>", "<|close|>think<|sep|>"),
    "gemma": ("<|channel>thought", "<channel|>"),
    "kimi": ("◁think▷", "◁/think▷"),
    "mistral": ("[THINK]", "[/THINK]"),
    "pangu": ("[unused16]", "[unused17]"),
}

# Sentences, which are tags only in a text that begins with the first of a pair.
_SENTENCES = (
    ("Here is my thought process:", "Here is my response:"),
    ("Here's my thought process:", "Here's my response:"),
)
FAMILIES = (*NAMES, *TOKENS, "granite")
LITERALS = tuple(tag for name in NAMES for tag in (f"<{name}>", f"</{name}>")) + tuple(
    tag for pair in TOKENS.values() for tag in pair
)


class _Codes(dict[str, int]):
    """Twice the place of a tag's family among `FAMILIES`, and one more if the tag closes."""

    def __missing__(self, tag: str) -> int:
        """The code of a name that isn't all lower case."""
        return self[tag.lower()]


CODES = _Codes({tag: code for code, tag in enumerate(LITERALS)})
CODES.update({tag: len(LITERALS) + end for pair in _SENTENCES for end, tag in enumerate(pair)})


@dataclass(slots=True)
class Tags:
    """The tags of a text in order: where each starts and ends, and its code as in `CODES`."""

    starts: list[int]
    ends: list[int]
    codes: list[int]

    def without(self, hidden: Iterable[range]) -> Tags:
        """The same, less those at some places of the lists."""
        kept = bytearray(b"\1") * len(self.starts)
        for places in hidden:
            kept[places.start : places.stop] = bytes(len(places))
        if all(kept):
            return self
        return Tags(*(list(compress(each, kept)) for each in (self.starts, self.ends, self.codes)))


def _pattern(first: str, *more: str) -> str:
    tails = [re.escape(token[1:]) for pair in TOKENS.values() for token in pair if token[0] == first]
    return f"{re.escape(first)}(?:{'|'.join([*more, *tails])})"


_INITIALS = "".join(sorted({letter for name in NAMES for letter in (name[0], name[0].upper())}))
_COMMON = _pattern("<", f"(?=/?[{_INITIALS}])(?i:/?(?:{'|'.join(NAMES)})>)")
_COMMON_TAGS = re.compile(_COMMON, re.ASCII)
_ALL_TAGS = re.compile("|".join([_COMMON, _pattern("◁"), _pattern("[")]), re.ASCII)
_SENTENCE_TAGS = re.compile("|".join(re.escape(tag) for pair in _SENTENCES for tag in pair))
_BEGINNINGS = tuple(opening for opening, _ in _SENTENCES)

# From this length on it pays to search with NumPy.
_LONG = 50_000


def tags_of(text: str) -> Tags:
    """The tags of a text, those in code included."""
    if text.lstrip(BLANKS).startswith(_BEGINNINGS):
        return _matches(text, _SENTENCE_TAGS)
    if len(text) >= _LONG:
        from .reasoning_bytes import tags_of_long

        return tags_of_long(text)
    return _matches(text, _ALL_TAGS if _has_rare(text) else _COMMON_TAGS)


def _has_rare(text: str) -> bool:
    """Whether there may be tags that don't begin with `<`: without them a search goes much faster."""
    return "▷" in text or ("[" in text and ("THINK]" in text or "[unused1" in text))


def _matches(text: str, pattern: re.Pattern[str]) -> Tags:
    tags = Tags([], [], [])
    for match in pattern.finditer(text):
        tags.starts.append(match.start())
        tags.ends.append(match.end())
        tags.codes.append(CODES[match[0]])
    return tags
