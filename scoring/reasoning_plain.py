"""Reading many plain responses at once: at most one block, and nothing that needs a second look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .reasoning_bytes import Bytes, Places
from .reasoning_split import Status
from .reasoning_tags import BLANKS

Flags = npt.NDArray[np.bool_]

STATUSES = tuple(Status)
_ABSENT, _CLOSED, _CLOSE_ONLY, _UNCLOSED = map(
    STATUSES.index, (Status.ABSENT, Status.CLOSED, Status.CLOSE_ONLY, Status.UNCLOSED)
)

# What a mark is, if it is no tag.
FENCE, BACKTICK, OTHER = -1, -2, -3

# As many tags as a block has.
_BLOCK = 2
# Longer runs of blanks are left to `split`.
_MOST_BLANKS = 16
_BLANK = np.isin(np.arange(256), [ord(blank) for blank in BLANKS])


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in the rows, in order.

    Attributes:
        rows: In which row each mark stands.
        starts: Where it starts, in bytes of all rows.
        ends: Where it ends, if it is a tag.
        codes: A tag's code, as in `CODES`, or another mark's.
    """

    rows: Places
    starts: Places
    ends: Places
    codes: Places

    def where(self, flags: Flags) -> Marks:
        """Some of the marks."""
        return Marks(self.rows[flags], self.starts[flags], self.ends[flags], self.codes[flags])


@dataclass(frozen=True, slots=True)
class Plain:
    """What plain responses are made of, row by row.

    Attributes:
        spans: Where reasoning starts, where it ends, where the answer starts and where it ends, in bytes.
        status: The status, as a place in `STATUSES`.
        left: Whether a row isn't plain; the rest says nothing about it.
    """

    spans: Places
    status: npt.NDArray[np.int8]
    left: Flags


def read_plain(data: Bytes, offsets: Places, marks: Marks, *, inside: bool) -> Plain:
    """Read the rows that are plain.

    Args:
        data: UTF-8 of the rows, one after the other.
        offsets: Where each row starts, and where the last one ends.
        marks: What stands in them.
        inside: Whether all rows begin inside a block.
    """
    begins, stops = offsets[:-1], offsets[1:]
    tags = marks.where(marks.codes >= 0)
    counts = np.bincount(tags.rows, minlength=len(begins))
    plain = Plain(
        np.stack([begins, stops, stops, stops] if inside else [begins, begins, begins, stops]),
        np.full(len(begins), _UNCLOSED if inside else _ABSENT, np.int8),
        (counts > _BLOCK) | _in_code(data, marks, len(begins)),
    )
    plain.left[marks.rows[marks.codes == OTHER]] = True
    first = np.cumsum(counts) - counts
    _one_tag(plain, tags, first, counts == 1, inside=inside)
    _two_tags(plain, tags, first, counts == _BLOCK, inside=inside)
    plain.spans[:, plain.left] = begins[plain.left]
    _strip(plain, data)
    answered = np.flatnonzero(plain.spans[2] < plain.spans[3])
    plain.left[answered] |= data[plain.spans[2, answered]] == ord("<")
    return plain


def _in_code(data: Bytes, marks: Marks, count: int) -> Flags:
    """Rows in which a tag may be in code: a fence before it, or a backtick before it on its line."""
    fenced = np.full(count, len(data) + 1)
    last = np.full(count, -1)
    fences, tags = marks.where(marks.codes == FENCE), marks.where(marks.codes >= 0)
    fenced[fences.rows[::-1]] = fences.starts[::-1]
    last[tags.rows] = tags.starts
    found = fenced < last
    ticks = np.maximum.accumulate(np.where(marks.codes == BACKTICK, np.arange(len(marks.rows)), -1))
    after = (marks.codes >= 0) & (ticks >= 0) & ~found[marks.rows]
    after &= marks.rows[ticks] == marks.rows
    between = zip(marks.starts[ticks[after]].tolist(), marks.starts[after].tolist(), strict=True)
    same_line = [b"\n" not in data[start:end].tobytes() for start, end in between]
    found[marks.rows[after][same_line]] = True
    return found


def _one_tag(plain: Plain, tags: Marks, first: Places, rows: Flags, *, inside: bool) -> None:
    """Rows with one tag: it opens a block that never ends, or closes one."""
    at = first[rows]
    closes = tags.codes[at] % 2 == 1
    row, tag = np.flatnonzero(rows)[closes], at[closes]
    plain.spans[1, row], plain.spans[2, row] = tags.starts[tag], tags.ends[tag]
    plain.status[row] = _CLOSED if inside else _CLOSE_ONLY
    row, tag = np.flatnonzero(rows)[~closes], at[~closes]
    plain.spans[0, row] = tags.ends[tag]
    plain.spans[1:3, row] = plain.spans[3, row]
    plain.status[row] = _UNCLOSED
    plain.left[row] |= inside


def _two_tags(plain: Plain, tags: Marks, first: Places, rows: Flags, *, inside: bool) -> None:
    """Rows with two tags, of which the second closes what the first opens."""
    at = first[rows]
    block = (tags.codes[at] % 2 == 0) & (tags.codes[at + 1] == tags.codes[at] + 1)
    plain.left[rows] |= ~block | inside
    row, tag = np.flatnonzero(rows)[block], at[block]
    plain.spans[:3, row] = tags.ends[tag], tags.starts[tag + 1], tags.ends[tag + 1]
    plain.status[row] = _CLOSED


def _strip(plain: Plain, data: Bytes) -> None:
    """Take blanks off the ends of all spans."""
    for starts, ends in (plain.spans[:2], plain.spans[2:]):
        for edges, step in ((starts, 1), (ends, -1)):
            rows = np.flatnonzero(starts < ends)
            for _ in range(_MOST_BLANKS):
                rows = rows[_BLANK[data[edges[rows] - (step < 0)]]]
                edges[rows] += step
                rows = rows[starts[rows] < ends[rows]]
            plain.left[rows] |= _BLANK[data[edges[rows] - (step < 0)]]
