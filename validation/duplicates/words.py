"""From texts to words: normalisation, and a stable 64-bit hash for each word.

Normalised is: Unicode NFKC, case folded, white space and punctuation dropped. What remains is a sequence
of words, and two texts are *the same text* if they have the same words in the same order. A word is a run
of letters, marks, digits and `_` (a point between two digits belongs to it); every operator or symbol, such
as `+`, `-`, `=` or an emoji, is a word; so is every character of a script that doesn't put spaces between
words. A hyphen between two letters separates them. A text of nothing but punctuation is one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from .hashing import SEED, mix, own

pc = cast("Any", pyarrow.compute)
Hashes = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.int64]
Texts: TypeAlias = pa.Array | pa.ChunkedArray | Sequence[str | None]

THREADS = 2
CHUNK_BYTES = 1_000_000
BLOCK_WORDS = 200_000
CHUNK_ROWS = 100_000
LONGEST_IN_COLUMNS = 64
SEPARATOR, LETTER, DIGIT, HYPHEN, POINT, SYMBOL = range(6)
# Han, kana, Hangul is spaced, Thai, Lao, Khmer and Myanmar.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
ODD = re.compile(r"[^\w\x00-\x7f]|" + UNSPACED.pattern)


def _classes() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    table[[*b"abcdefghijklmnopqrstuvwxyz_", *range(0x80, 0x100)]] = LETTER
    table[[*b"0123456789"]] = DIGIT
    table[[*b"+*/=<>^%~|$"]] = SYMBOL
    table[ord("-")], table[ord(".")] = HYPHEN, POINT
    return table


CLASSES = _classes()
MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)


@dataclass(frozen=True)
class Words:
    """The words of texts, as hashes.

    Attributes:
        hashes: One a word, text after text.
        offsets: Where each text's words begin, and the end of the last: one more than there are texts.
    """

    hashes: Hashes
    offsets: Indices

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.offsets) - 1

    @property
    def counts(self) -> Indices:
        """How many words each text has."""
        return np.diff(self.offsets)

    def blocks(self) -> Iterator[Words]:
        """Texts with about 200,000 words together: what is computed of these stays in the cache."""
        marks = np.arange(BLOCK_WORDS, len(self.hashes) + BLOCK_WORDS, BLOCK_WORDS)
        cuts = np.unique([0, *np.searchsorted(self.offsets[:-1], marks), len(self)])
        for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            start, end = self.offsets[first], self.offsets[last]
            yield Words(self.hashes[start:end], self.offsets[first : last + 1] - start)

    def fingerprints(self) -> Hashes:
        """A 64-bit hash of each text's words in order; 0 for a text without words."""
        with ThreadPoolExecutor(THREADS) as pool:
            parts = list(pool.map(Words.fingerprints_at_once, self.blocks()))
        return np.concatenate([np.zeros(0, np.uint64), *parts])

    def fingerprints_at_once(self) -> Hashes:
        """The same for one block."""
        counts = self.counts
        inside = np.arange(len(self.hashes), dtype=np.int64) - np.repeat(self.offsets[:-1], counts)
        spread = mix(self.hashes + inside.astype(np.uint64) * SEED)
        sums = np.zeros(len(self), np.uint64)
        some = counts > 0
        if some.any():
            sums[some] = mix(np.add.reduceat(spread, self.offsets[:-1][some]))
        return sums


def concatenated(parts: Sequence[Words]) -> Words:
    """The texts of all parts, one part after the other."""
    counts = np.concatenate([np.zeros(0, np.int64), *(part.counts for part in parts)])
    hashes = np.concatenate([np.zeros(0, np.uint64), *(part.hashes for part in parts)])
    return Words(hashes, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]))


def words_of(texts: Texts) -> Words:
    """The words of each text; none for null.

    Args:
        texts: Strings, as an Arrow array or a sequence.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        return concatenated(list(pool.map(_words_of_chunk, _chunks(texts))))


def _chunks(texts: Texts) -> Iterator[Any]:
    """Arrays of bounded size; a text longer than that is alone in one."""
    if isinstance(texts, pa.ChunkedArray):
        for part in cast("Any", texts).chunks:
            yield from _slices(part)
    elif isinstance(texts, pa.Array):
        yield from _slices(texts)
    else:
        for first in range(0, len(texts), CHUNK_ROWS):
            yield from _slices(pa.array(texts[first : first + CHUNK_ROWS], pa.large_string()))


def _slices(texts: Any) -> Iterator[Any]:
    whole = texts.cast(pa.large_string())
    ends = np.cumsum(np.asarray(pc.fill_null(pc.binary_length(whole), 0), np.int64))
    first = 0
    while first < len(whole):
        done = ends[first - 1] if first else 0
        fitting = int(np.searchsorted(ends, done + CHUNK_BYTES, "right"))
        last = min(max(first + 1, fitting), first + CHUNK_ROWS)
        yield whole.slice(first, last - first)
        first = last


def _words_of_chunk(texts: Any) -> Words:
    if not len(texts):
        return Words(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    # The line feed keeps a text's last word apart from the next text's first.
    feed, nothing = pa.scalar("\n", pa.large_string()), pa.scalar("", pa.large_string())
    lines = _folded(pc.binary_join_element_wise(pc.fill_null(texts, ""), feed, nothing))
    offsets = np.frombuffer(lines.buffers()[1], np.int64, len(lines) + 1, lines.offset * 8)
    data = np.frombuffer(lines.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    starts, lengths = _spans(data)
    words = Words(
        _hashed(data, starts, lengths), np.searchsorted(starts, offsets - offsets[0]).astype(np.int64)
    )
    return _with_wordless(words, lines)


def _folded(texts: Any) -> Any:
    """NFKC and case folding; texts of plain ASCII, the most, only need lower case.

    The texts mustn't be a slice: `ascii_lower` of pyarrow 26 reads other bytes then.
    """
    odd = pc.invert(pc.string_is_ascii(texts))
    if pc.any(odd).as_py():
        folded = [_fold(text) for text in texts.filter(odd).to_pylist()]
        texts = pc.replace_with_mask(texts, odd, pa.array(folded, pa.large_string()))
    return pc.ascii_lower(texts)


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return ODD.sub(_apart, unicodedata.normalize("NFKC", folded))


def _apart(match: re.Match[str]) -> str:
    return _replacement(match.group())


@lru_cache(maxsize=100_000)
def _replacement(character: str) -> str:
    category = unicodedata.category(character)
    if category.startswith("M"):
        return character
    if category.startswith(("L", "S")):
        return f" {character} "
    return "" if category == "Cf" else ("-" if category == "Pd" else " ")


def _spans(data: npt.NDArray[np.uint8]) -> tuple[Indices, Indices]:
    """Where words start, and their lengths in bytes."""
    classes = CLASSES[data]
    hyphens = np.flatnonzero(classes == HYPHEN)
    between = (classes[hyphens - 1] == LETTER) & (classes[hyphens + 1] == LETTER)
    points = np.flatnonzero(classes == POINT)
    decimal = (classes[points - 1] == DIGIT) & (classes[points + 1] == DIGIT)
    classes[hyphens] = np.where(between, SEPARATOR, SYMBOL)
    classes[points] = np.where(decimal, DIGIT, SEPARATOR)
    inside = (classes == LETTER) | (classes == DIGIT)
    joined = np.zeros(len(data) + 1, np.bool_)
    np.logical_and(inside[1:], inside[:-1], out=joined[1:-1])
    solid = classes != SEPARATOR
    starts = np.flatnonzero(solid & ~joined[:-1])
    ends = np.flatnonzero(solid & ~joined[1:])
    return starts, ends - starts + 1


def _hashed(data: npt.NDArray[np.uint8], starts: Indices, lengths: Indices) -> Hashes:
    padded = np.concatenate([data, np.zeros(8, np.uint8)])
    # Eight bytes from every byte on, so that a word is read in as many steps as it has eights.
    eights = np.ndarray((len(data),), np.dtype("<u8"), padded, strides=(1,))
    hashes = mix((eights[starts] & MASKS[np.minimum(lengths, 8)]) ^ (lengths.astype(np.uint64) * SEED))
    for done in range(8, LONGEST_IN_COLUMNS, 8):
        longer = np.flatnonzero(lengths > done)
        if not len(longer):
            break
        piece = eights[starts[longer] + done] & MASKS[np.minimum(lengths[longer] - done, 8)]
        hashes[longer] = mix((hashes[longer] * SEED) ^ piece)
    for word in np.flatnonzero(lengths > LONGEST_IN_COLUMNS).tolist():
        hashes[word] = own(data[starts[word] : starts[word] + lengths[word]].tobytes())
    return hashes


def _with_wordless(words: Words, texts: Any) -> Words:
    """A text of nothing but punctuation is one word: itself without white space."""
    found = [(row, "".join(texts[row].as_py().split())) for row in np.flatnonzero(words.counts == 0).tolist()]
    found = [(row, text) for row, text in found if text]
    if not found:
        return words
    rows = np.array([row for row, _ in found])
    hashes = np.array([own(text.encode()) for _, text in found], np.uint64)
    counts = words.counts
    counts[rows] = 1
    inserted = np.insert(words.hashes, words.offsets[rows], hashes)
    return Words(inserted, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]))
