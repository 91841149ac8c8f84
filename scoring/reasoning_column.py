"""Splitting a column of texts: plain rows all at once, the rest by `split`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa

from .reasoning_plain import BACKTICK, FENCE, OTHER, STATUSES, Bytes, Marks, Places, Plain, read_plain
from .reasoning_split import split
from .reasoning_tags import BLANKS, LITERALS, NAMES

_TEXT = pa.large_string()
_TYPE = pa.struct([("reasoning", _TEXT), ("answer", _TEXT), ("status", pa.string())])

# Rows that a thread takes at a time; most of the work leaves the interpreter.
_ROWS = 16_384
_MOST_THREADS = 8

# What is looked for beside tags. Few letters begin any of this, and a search for it is fast for that reason.
_SIGNS = {"<|channel|>": OTHER, "```": FENCE, "~~~": FENCE, "`": BACKTICK}
_TAGS = [literal for literal in LITERALS if literal[0] == "<"]
_WANTED, _NAMED = [*_TAGS, *_SIGNS], LITERALS[: 2 * len(NAMES)]
_CODES = [*map(LITERALS.index, _TAGS), *_SIGNS.values()]

# Signs of texts that aren't plain, and how such texts begin.
_RARE = ["think▷", "THINK]", "[unused1"]
_BEGINNINGS = rf"^[{BLANKS}]*(?:analysis|Here)"


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
    plain = read_plain(data, offsets, _marks(found, offsets), inside=prefilled is True)
    left = np.flatnonzero((plain.left | found["rare"].to_numpy()) & np.asarray(texts.is_valid()))
    others = [split(text, prefilled=prefilled) for text in texts.take(left).to_pylist()]
    plain.status[left] = [STATUSES.index(each.status) for each in others]
    columns = [
        _taken(plain, data, 0, left, [each.reasoning for each in others]),
        _taken(plain, data, 2, left, [each.answer for each in others]),
        pa.DictionaryArray.from_arrays(plain.status, [str(each) for each in STATUSES]).cast(pa.string()),
    ]
    return pa.StructArray.from_arrays(columns, fields=list(_TYPE), mask=texts.is_null())


def _bytes_of(texts: Any) -> tuple[Bytes, Places]:
    """The UTF-8 of an array, and where in it each row starts, and the last one ends."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int64)[texts.offset :][: len(texts) + 1]
    return np.frombuffer(data or b"", np.uint8)[places[0] : places[-1]], places - places[0]


def _found(texts: Any) -> pl.DataFrame:
    """Row by row: where tags and signs start, what they are, and whether there is a sign of anything else."""
    text = pl.col("text").str
    rare = text.contains_any(_RARE), text.contains("assistantfinal", literal=True), text.contains(_BEGINNINGS)
    rows = pl.DataFrame({"text": cast("pl.Series", pl.from_arrow(texts)).fill_null("")})
    return rows.select(
        places=text.find_many(_WANTED, ascii_case_insensitive=True, leftmost=True),
        marks=text.extract_many(_WANTED, ascii_case_insensitive=True, leftmost=True),
        rare=pl.any_horizontal(rare),
    )


def _marks(found: pl.DataFrame, offsets: Places) -> Marks:
    """Tags and signs, in order."""
    row = np.repeat(np.arange(len(found)), found["places"].list.len().to_numpy())
    starts = offsets[row] + found["places"].explode().drop_nulls().to_numpy()
    marks = found["marks"].explode().drop_nulls()
    exact = marks.replace_strict(_WANTED, _CODES, default=None)
    named = marks.str.to_lowercase().replace_strict(_NAMED, range(len(_NAMED)), default=OTHER)
    return Marks(row, starts, starts + marks.str.len_bytes().to_numpy(), exact.fill_null(named).to_numpy())


def _taken(plain: Plain, data: Bytes, first: int, left: Places, others: list[str]) -> pa.Array:
    """What stands in the spans that begin with one of their columns; for the rows that were left, other texts.

    Spans cut the data up into four pieces a row, which takes no copy.
    """
    places = pa.py_buffer(np.append(plain.spans.ravel(), len(data)))
    pieces = pa.LargeStringArray.from_buffers(plain.spans.size, places, pa.py_buffer(data))
    rows = np.arange(first, plain.spans.size, 4)
    rows[left] = plain.spans.size + np.arange(len(left))
    texts = pl.concat([cast("pl.Series", pl.from_arrow(pieces)), pl.Series(others, dtype=pl.String)])
    return texts.gather(rows).to_arrow()
