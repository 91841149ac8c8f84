"""Rows of ProsQA and ProntoQA, drawn with a seed and solved exactly (CoT2, sections 2 and 3).

The graph decides the split: all graphs that are the same but for names, vertex numbers and order fall
on one side, whatever is asked about them, at any seed and in any number of rows.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .graph_classes import class_hashes
from .graph_drawing import draw, renumbered
from .graph_families import GraphFamily
from .graph_problems import Integers, Problems, offsets_of
from .graph_random import random_order
from .graph_search import NodeTargets, canonical_paths, frontier, on_path, reach, search
from .graph_wording import named, path_sentences, questions, statements, symbol_names, symbolic
from .seeds import stream
from .splits import Bucket, bucket

_ENTRIES: Final = pa.list_(pa.struct({"step": pa.int8(), "node": pa.int16(), "count": pa.int32()}))

SCHEMA: Final = pa.schema(
    {
        "id": pa.string(),
        "task": pa.string(),
        "question": pa.string(),
        "answer": pa.string(),
        "steps": pa.list_(pa.string()),
        "symbolic": pa.string(),
        "idx_to_symbol": pa.list_(pa.string()),
        "edges": pa.list_(pa.list_(pa.int16())),
        "root": pa.int16(),
        "target": pa.int16(),
        "neg_target": pa.int16(),
        "asked": pa.list_(pa.int16()),
        "hops": pa.int8(),
        "frontier": _ENTRIES,
        "reach": _ENTRIES,
        "on_path": _ENTRIES,
    }
)
"""The columns of a row."""

SHARD_ROWS: Final = 25_000
"""The most rows of a shard."""

_TABLE_ROWS: Final = 2_500
_DRAWN_AT_ONCE: Final = 2_048
_LEAST_DRAWN: Final = 64
_ID_DIGITS: Final = 16


def shards(family: GraphFamily, split: str, rows: int | None = None) -> int:
    """The number of shards of a split: a function of its number of rows, never of workers.

    Args:
        family: Which questions there are.
        split: `train`, `validation` or `test`.
        rows: Rows of the whole split, `family.default_rows` if None.

    Raises:
        ValueError: There is no such split, or so few rows can't be asked for.
    """
    bucket(split)  # refuses an unknown split
    if rows is not None and rows < 1:
        raise ValueError(f"{family.name}: {split!r} must have at least one row, not {rows}")
    return math.ceil((rows or family.default_rows[split]) / SHARD_ROWS)


def problems(
    family: GraphFamily, split: str, shard: int = 0, *, seed: int = 0, rows: int | None = None
) -> Problems:
    """The graphs of a shard with root and options, in the order of its rows.

    Args:
        family: Which questions there are.
        split: `train`, `validation` or `test`.
        shard: One of `shards(family, split, rows)`, from 0.
        seed: Chooses the graphs that are drawn.
        rows: As in `shards`. Other numbers of rows give other graphs, not more of the same.

    Raises:
        ValueError: There is no such split or shard.
    """
    count = shards(family, split, rows)
    bucket(split, shard, count)  # refuses an unknown shard
    total = rows or family.default_rows[split]
    quota = total * (shard + 1) // count - total * shard // count
    labels = ("cot2", family.name, split, shard)
    parts: list[Problems] = []
    percent = 0
    for hops, share in family.mix.items():
        wanted = quota * (percent + share) // 100 - quota * percent // 100
        percent += share
        parts.append(_drawn(family, hops, wanted, bucket(split), stream(seed, *labels, "graphs", hops)))
    words = stream(seed, *labels, "order")
    return renumbered(Problems.joined(parts).take(random_order(words, quota)), words)


def generate(
    family: GraphFamily, split: str, shard: int = 0, *, seed: int = 0, rows: int | None = None
) -> Iterator[pa.Table]:
    """The rows of a shard as tables of at most 2,500 rows.

    Takes the arguments of `problems` and raises what it raises, before the first table is asked for.
    """
    drawn = problems(family, split, shard, seed=seed, rows=rows)
    words = stream(seed, "cot2", family.name, split, shard, "words")
    symbols = named(drawn, words)
    first = np.empty(len(drawn), np.bool_)
    first[random_order(words, len(drawn))] = np.arange(len(drawn)) % 2 == 0
    starts = range(0, len(drawn), _TABLE_ROWS)
    chunks = (np.arange(start, min(start + _TABLE_ROWS, len(drawn))) for start in starts)
    return (table(family, drawn.take(chunk), symbols[chunk], first[chunk]) for chunk in chunks)


def table(family: GraphFamily, drawn: Problems, symbols: Integers, first: npt.NDArray[np.bool_]) -> pa.Table:
    """One row for each graph, in their order, with the columns of `SCHEMA`.

    Args:
        family: Where the graphs belong.
        drawn: The graphs, with their vertices numbered and their edges ordered as in the rows.
        symbols: What the vertices are called, indices into `graph_wording.SYMBOLS`, shape (n, at
            least the width of the graphs).
        first: Whether the target is the first option, or in ProntoQA the concept asked about.
    """
    found = search(drawn)
    rows, symbols = np.arange(len(drawn)), symbols[:, : drawn.width]
    hops = found.distance[rows, drawn.target].astype(np.int64)
    # Where a single concept is asked about, it is the target or the negative one.
    options = [np.where(first, drawn.target, drawn.negative), np.where(first, drawn.negative, drawn.target)]
    asked = np.stack(options if family.paths_meet else options[:1], axis=1)
    is_path = first | family.paths_meet
    paths = np.where(is_path[:, None], canonical_paths(drawn, found, int(hops.max(initial=0))), -1)
    question = questions(family.task, drawn, symbols, asked)
    answer = statements(symbols, drawn.root, drawn.target) if family.paths_meet else _truth(first)
    columns = {
        "id": _ids(family, question),
        "task": pa.repeat(family.task, len(drawn)),
        "question": question,
        "answer": answer,
        "steps": path_sentences(symbols, paths),
        "symbolic": symbolic(drawn, asked),
        "idx_to_symbol": _lists(offsets_of(drawn.nodes), symbol_names(symbols[drawn.exists])),
        "edges": _lists(drawn.offsets, _equal_lists(np.stack([drawn.start, drawn.end], axis=1))),
        "root": _int16(drawn.root),
        "target": _int16(drawn.target),
        "neg_target": _int16(drawn.negative),
        "asked": _equal_lists(asked),
        "hops": pa.array(hops.astype(np.int8)),
        "frontier": _entries(frontier(found, hops)),
        "reach": _entries(reach(found, hops)),
        "on_path": _entries(on_path(found, np.where(is_path, hops, 0))),
    }
    return pa.table(columns, schema=SCHEMA)


def _drawn(family: GraphFamily, hops: int, wanted: int, hashes: Bucket, words: np.random.Philox) -> Problems:
    """The first graphs of a stream that fall into a split."""
    parts: list[Problems] = []
    missing = wanted
    while missing > 0 or not parts:
        likely = math.ceil(1.1 * missing / hashes.share) + _LEAST_DRAWN
        tried = draw(family, hops, min(likely, _DRAWN_AT_ONCE), words)
        kept = np.flatnonzero(hashes.contains(class_hashes(tried)))[:missing]
        parts.append(tried.take(kept))
        missing -= len(kept)
    return Problems.joined(parts)


def _ids(family: GraphFamily, question: pa.StringArray) -> pa.Array:
    """The task, and 16 hexadecimal digits of the sha256 of the question."""
    _, offsets, characters = question.buffers()
    text = memoryview(characters)
    stops = np.frombuffer(offsets, np.int32)[: len(question) + 1].tolist()
    digests = (hashlib.sha256(text[start:stop]).hexdigest() for start, stop in pairwise(stops))
    return pa.array([f"{family.task}:{digest[:_ID_DIGITS]}" for digest in digests], pa.string())


def _truth(is_true: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(["False", "True"]).take(pa.array(is_true.astype(np.int8)))


def _entries(targets: NodeTargets) -> pa.ListArray:
    columns = [pa.array(each) for each in (targets.step, targets.node, targets.count)]
    return _lists(targets.offsets, pa.StructArray.from_arrays(columns, ["step", "node", "count"]))


def _equal_lists(values: Integers) -> pa.ListArray:
    offsets = np.arange(len(values) + 1) * values.shape[1]
    return _lists(offsets, _int16(values.ravel()))


def _int16(values: Integers) -> pa.Array:
    return pa.array(values.astype(np.int16))


def _lists(offsets: Integers, values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)
