"""Finding the tags of a long text: in UTF-8, and eight bytes of them with each comparison."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .reasoning_tags import LITERALS, NAMES, Tags

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_ENCODED = [literal.encode() for literal in LITERALS]
_LENGTHS = np.array([len(literal) for literal in LITERALS])
_FIRSTS = bytes({literal[0] for literal in _ENCODED})
# The upper bits of a byte that goes on a character.
_CONTINUES = 0x80
# Whether two bytes may follow the first of a tag.
_NEXT = np.zeros((256, 256), np.bool_)
for _each in _ENCODED:
    _NEXT[[_each[1], _each.upper()[1]], [_each[2], _each.upper()[2]]] = True


def tags_of_long(text: str) -> Tags:
    """The tags of a text, as `tags_of` gives them."""
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    starts, codes = _find(np.append(data, np.zeros(32, np.uint8)))
    if len(data) > len(text):
        starts = np.cumsum((data & 0xC0) != _CONTINUES)[starts] - 1
    return Tags(starts.tolist(), (starts + _LENGTHS[codes]).tolist(), codes.tolist())


def _find(data: Bytes) -> tuple[Places, Places]:
    """Where in UTF-8, behind which at least 32 zeros stand, tags start, in order, and their codes."""
    words = np.ndarray((len(data) - 8,), np.dtype("<u8"), data.data, strides=(1,))
    places = np.flatnonzero(np.isin(data, list(_FIRSTS)))
    places = places[_NEXT[data[places + 1], data[places + 2]]]
    first = words[places]
    found = [_starting(words, places, first, code) for code in range(len(_ENCODED))]
    starts = np.concatenate(found)
    order = np.argsort(starts)
    return starts[order], np.repeat(np.arange(len(found)), [len(each) for each in found])[order]


def _starting(words: Words, places: Places, first: Words, code: int) -> Places:
    """At which places a tag starts."""
    literal, word = _ENCODED[code], first
    for offset in range(0, len(literal), 8):
        part = literal[offset : offset + 8]
        folded = bytes(0x20 if code < 2 * len(NAMES) and letter.isalpha() else 0 for letter in map(chr, part))
        fold, mask, value = (_word(each) for each in (folded, b"\xff" * len(part), part))
        places = places[((word | fold) & mask) == value]
        word = words[places + offset + 8]
    return places


def _word(data: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(data, "little"))
