"""Ids that somebody may have meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

_MOST_COMPARED = 2_000
_CLOSE = 0.8
_NO_LETTER = re.compile(r"[\W_]+")


def nearest(wrong: str, ids: Sequence[str]) -> str | None:
    """The id that another one was most likely meant to be, None if none is near.

    Case, spaces and punctuation don't count, nor does a prefix that one of them lacks. Beyond
    that, the first 2,000 ids are compared by their letters.

    Args:
        wrong: The id that isn't one of them.
        ids: The ids that there are.
    """
    plain = _plain(wrong)
    known = [(each, _plain(each)) for each in ids]
    same = [each for each, letters in known if letters == plain]
    ends = [each for each, letters in known if plain and letters and _ends(plain, letters)]
    for found in (same, ends):
        if len(found) == 1:
            return found[0]
    return next(iter(get_close_matches(wrong, ids[:_MOST_COMPARED], 1, _CLOSE)), None)


def _ends(one: str, other: str) -> bool:
    return one.endswith(other) or other.endswith(one)


def _plain(text: str) -> str:
    return _NO_LETTER.sub("", text).lower()
