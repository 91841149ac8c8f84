"""Splitting a column of texts: plain rows all at once, the rest by `split`."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa

from .reasoning_bytes import BEYOND, SIZES, Bytes, Places, codes_at
from .reasoning_plain import BACKTICK, FENCE, OTHER, STATUSES, Marks, Plain, read_plain
from .reasoning_split import Split, split
from .reasoning_tags import BLANKS, LITERALS

_TEXT = pa.large_string()
_TYPE = pa.struct([("reasoning", _TEXT), ("answer", _TEXT), ("status", pa.string())])

# Rows that a thread takes at a time; most of the work leaves the interpreter.
_ROWS = 16_384
_MOST_THREADS = 8

# Tags, and signs of code and channels. Few letters begin any of this, which makes a search for it fast.
_WANTED = [*(literal for literal in LITERALS if literal[0] == "<"), "<|channel|>", "```", "~~~", "`"]

# Signs of tags and channels that don't begin with `<`, and how texts begin that have others.
_RARE = r"think▷|THINK\]|\[unused1|assistantfinal"
_BEGINNINGS = re.compile(rf"[{BLANKS}]*(?:analysis|Here)".encode())
_MAY_BEGIN = np.isin(np.arange(256), list(f"{BLANKS}aH".encode()))


def split_texts(column: pa.Array | pa.ChunkedArray, *, prefilled: bool | None = None) -> pa.StructArray:
    """Split a column of texts, as `split_column` says."""
    chunks: list[Any] = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    texts = [chunk.cast(_TEXT) for chunk in chunks]
    slices = [each.slice(start, _ROWS) for each in texts for start in range(0, len(each), _ROWS)]
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        done = list(pool.map(partial(_split, prefilled=prefilled), slices))
    return cast("pa.StructArray", pa.concat_arrays(done) if done else pa.array([], _TYPE))


def _split(texts: Any, *, prefilled: bool | None) -> pa.StructArray:
    data, offsets = _bytes_of(texts)
    found = _found(texts)
    marks = _marks(found["places"], data, offsets)
    plain = read_plain(data, offsets, marks, inside=prefilled is True)
    plain.left[_special(data, offsets)] = True
    left = np.flatnonzero((plain.left | found["rare"].to_numpy()) & np.asarray(texts.is_valid()))
    others = [split(text, prefilled=prefilled) for text in texts.take(left).to_pylist()]
    plain.status[left] = [STATUSES.index(each.status) for each in others]
    columns = [
        *_taken(plain, data, left, others),
        pa.DictionaryArray.from_arrays(plain.status, [str(each) for each in STATUSES]).cast(pa.string()),
    ]
    return pa.StructArray.from_arrays(columns, fields=list(_TYPE), mask=texts.is_null())


def _bytes_of(texts: Any) -> tuple[Bytes, Places]:
    """The UTF-8 of an array, and where in it each row starts, and the last one ends."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int64)[texts.offset :][: len(texts) + 1]
    return np.frombuffer(data or b"", np.uint8)[places[0] : places[-1]], places - places[0]


def _special(data: Bytes, offsets: Places) -> list[int]:
    """The rows that begin as only texts with channels or sentences for tags do."""
    rows = np.flatnonzero(offsets[:-1] < offsets[1:])
    rows = rows[_MAY_BEGIN[data[offsets[rows]]]]
    spans = zip(rows.tolist(), offsets[rows].tolist(), offsets[rows + 1].tolist(), strict=True)
    return [row for row, start, end in spans if _BEGINNINGS.match(data.data, start, end)]


def _found(texts: Any) -> pl.DataFrame:
    """Row by row: where tags and signs start, and whether there is a sign of any other."""
    text = pl.col("text").str
    rows = pl.DataFrame({"text": cast("pl.Series", pl.from_arrow(texts)).fill_null("")})
    return rows.select(
        places=text.find_many(_WANTED, ascii_case_insensitive=True, leftmost=True),
        rare=text.contains(_RARE),
    )


def _marks(found: pl.Series, data: Bytes, offsets: Places) -> Marks:
    """Tags and signs, in order; what begins like a tag is one, or `OTHER`."""
    rows = np.repeat(np.arange(len(found)), found.list.len().to_numpy())
    starts = offsets[rows] + found.explode().drop_nulls().to_numpy()
    codes = np.full(len(rows), OTHER)
    within = np.flatnonzero(starts < len(data) - BEYOND)
    known = codes_at(data, starts[within])
    codes[within[known >= 0]] = known[known >= 0]
    codes[data[starts] == ord("~")] = FENCE
    ticks = np.flatnonzero(data[starts] == ord("`"))
    next_two = np.minimum(starts[ticks] + np.array([[1], [2]]), len(data) - 1)
    codes[ticks] = np.where((data[next_two] == ord("`")).all(axis=0), FENCE, BACKTICK)
    return Marks(rows, starts, starts + SIZES[codes], codes)


def _taken(plain: Plain, data: Bytes, left: Places, others: list[Split]) -> tuple[pa.Array, pa.Array]:
    """Reasoning and answers: pieces of the data, which spans cut into four a row, or those of others."""
    places = pa.py_buffer(np.append(plain.spans.T.ravel(), len(data)))
    pieces = pa.LargeStringArray.from_buffers(plain.spans.size, places, pa.py_buffer(data))
    more = [text for each in others for text in (each.reasoning, each.answer)]
    texts = pl.concat([cast("pl.Series", pl.from_arrow(pieces)), pl.Series(more, dtype=pl.String)])
    reasoning = np.arange(0, len(pieces), 4)
    answer = reasoning + 2
    reasoning[left] = np.arange(len(pieces), len(texts), 2)
    answer[left] = reasoning[left] + 1
    return texts.gather(reasoning).to_arrow(), texts.gather(answer).to_arrow()
