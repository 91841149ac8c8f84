"""Finding the tags of a long text: in UTF-8, and eight bytes of them with each comparison."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .reasoning_tags import LITERALS, NAMES, Tags

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_ENCODED = [literal.encode() for literal in LITERALS]
SIZES = np.array([len(literal) for literal in _ENCODED])
_LENGTHS = np.array([len(literal) for literal in LITERALS])
_FIRSTS = bytes({literal[0] for literal in _ENCODED})
BEYOND = 32
# The upper bits of a byte that goes on a character.
_CONTINUES = 0x80
# Whether two bytes may follow the first of a tag.
_NEXT = np.zeros((256, 256), np.bool_)
for _each in _ENCODED:
    _NEXT[np.ix_(*([letter, *bytes([letter]).upper()] for letter in _each[1:3]))] = True


def tags_of_long(text: str) -> Tags:
    """The tags of a text, as `tags_of` gives them."""
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    padded = np.append(data, np.zeros(BEYOND, np.uint8))
    places = np.flatnonzero(np.logical_or.reduce([data == first for first in _FIRSTS]))
    places = places[_NEXT[padded[places + 1], padded[places + 2]]]
    codes = codes_at(padded, places)
    starts, codes = places[codes >= 0], codes[codes >= 0]
    if len(data) > len(text):
        starts = np.cumsum((data & 0xC0) != _CONTINUES)[starts] - 1
    return Tags(starts.tolist(), (starts + _LENGTHS[codes]).tolist(), codes.tolist())


def codes_at(data: Bytes, places: Places) -> Places:
    """The codes, as in `CODES`, of tags that start at some places of UTF-8; -1 where none does.

    Behind each place there are at least `BEYOND` more bytes.
    """
    words = np.ndarray((max(len(data) - 7, 0),), np.dtype("<u8"), data.data, strides=(1,))
    first = words[places]
    codes = np.full(len(places), -1)
    for code, literal in enumerate(_ENCODED):
        at = np.flatnonzero(_equal(first, literal[:8], code))
        for offset in range(8, len(literal), 8):
            at = at[_equal(words[places[at] + offset], literal[offset : offset + 8], code)]
        codes[at] = code
    return codes


def _equal(words: Words, part: bytes, code: int) -> npt.NDArray[np.bool_]:
    """Which words begin with a part of a tag, whose letters are in either case if it is a name."""
    named = code < 2 * len(NAMES)
    fold = bytes(0x20 if named and letter.isalpha() else 0 for letter in map(chr, part))
    return ((words | _word(fold)) & _word(b"\xff" * len(part))) == _word(part)


def _word(data: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(data, "little"))
