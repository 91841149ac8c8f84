"""Where words begin and end, and how many a quote has."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

WORDS = 3
"""Words of a part of a quote beside an ellipsis, at least."""
LETTERS = {1: 12, 2: 8, 3: 0}
"""Letters and digits of a quote by its number of words, at least; more words need none."""

# Thai to Lao, Burmese, Khmer, kana, and Chinese characters: their words aren't set apart.
_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
_LETTER = re.compile(r"[^\W_]")
_JOINTS = frozenset("'-_\u2010\u2011")
_POINTS = frozenset(".,:/^\u2012\u2013\u2212")
_SIGNS = frozenset("-\u2212")


def in_word(text: str, at: int) -> bool:
    """Whether a place is inside a word or a number, so that no quote may begin or end there.

    A word is letters, digits and their marks. An apostrophe, hyphen or underscore between two of them belongs
    to it, so that "can" isn't in "can't" and "linear" not in "non-linear"; a dash doesn't. So does, between
    digits, a point, comma, colon, slash, caret or dash, and before a digit a minus sign: "3" isn't in "3.5",
    "5" not in "-5". In scripts without spaces every place is between words.

    Args:
        text: A text whose letters are composed and that has no characters without width.
        at: An offset, 0 to the text's length.
    """
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    if _is_mark(right) or (left in _SIGNS and right.isdigit()):
        return True
    if _same_word(left, right):
        return True
    before, after = text[at - 2 : at - 1], text[at + 1 : at + 2]
    return _joined(before, left, right) or _joined(left, right, after)


def is_long_enough(text: str) -> bool:
    """Whether a text has three words, two with eight letters or digits together, or one with twelve."""
    needed = LETTERS.get(_words(text))
    return needed is not None and sum(1 for _ in islice(_LETTER.finditer(text), needed)) == needed


def has_words(text: str) -> bool:
    """Whether a text has three words."""
    return _words(text) == WORDS


def _words(text: str) -> int:
    """Pieces between white space with a letter or digit, three at most; each letter of an unspaced script."""
    found = (piece for piece in _UNSPACED.sub(r" \g<0> ", text).split() if _LETTER.search(piece))
    return sum(1 for _ in islice(found, WORDS))


def _joined(left: str, joint: str, right: str) -> bool:
    if joint in _JOINTS and left and right and _same_word(left, right):
        return True
    return joint in _POINTS and left.isdigit() and right.isdigit()


def _same_word(left: str, right: str) -> bool:
    if not (_is_wordy(left) and _is_wordy(right)):
        return False
    return not (_UNSPACED.match(left) or _UNSPACED.match(right))


def _is_wordy(character: str) -> bool:
    return character.isalnum() or _is_mark(character)


def _is_mark(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character).startswith("M")
