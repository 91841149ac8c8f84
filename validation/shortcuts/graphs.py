"""What tells the vertices of a graph question apart without following its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..columns import Integers
from ..inputs.batch import Batch
from .base import found, numbers, pc

Feature = Callable[[Batch, Integers], Integers]
"""From rows and a vertex of each, shape (n,), to a number for each row, shape (n,)."""

_LAST_WORD = r"(?P<word>[^\s?]+)\?\s*$"


def of_options(feature: Feature) -> Callable[[Batch], tuple[Integers, Integers]]:
    """A feature of the right option and of the wrong one."""
    return lambda batch: (
        feature(batch, numbers(batch, "target")),
        feature(batch, numbers(batch, "neg_target")),
    )


def of_asked(feature: Feature) -> Callable[[Batch], tuple[Integers, npt.NDArray[np.bool_]]]:
    """A feature of the one vertex that is asked about, and whether the answer is True."""

    def sides(batch: Batch) -> tuple[Integers, npt.NDArray[np.bool_]]:
        is_true = pc.equal(found(batch, "answer").values, "True").to_numpy(zero_copy_only=False)
        return feature(batch, numbers(batch, "asked[]")), is_true

    return sides


def incoming(batch: Batch, vertex: Integers) -> Integers:
    """Edges that lead to a vertex."""
    rows, _, ends = _edges(batch)
    return np.bincount(rows[ends == vertex[rows]], minlength=len(batch))


def outgoing(batch: Batch, vertex: Integers) -> Integers:
    """Edges that leave a vertex."""
    rows, starts, _ = _edges(batch)
    return np.bincount(rows[starts == vertex[rows]], minlength=len(batch))


def mentions(batch: Batch, vertex: Integers) -> Integers:
    """Sentences that name a vertex, the question apart: one an edge."""
    return incoming(batch, vertex) + outgoing(batch, vertex)


def first_mention(batch: Batch, vertex: Integers) -> Integers:
    """The number of the first sentence, from 0, that names a vertex; the number of sentences if none does."""
    rows, starts, ends = _edges(batch)
    counts = np.bincount(rows, minlength=len(batch))
    places = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
    names = (starts == vertex[rows]) | (ends == vertex[rows])
    np.minimum.at(counts, rows[names], places[names])
    return counts


def name_length(batch: Batch, vertex: Integers) -> Integers:
    """Characters of a vertex's name; 0 where the graph has no such vertex."""
    names = found(batch, "idx_to_symbol[]")
    lengths = np.asarray(pc.utf8_length(names.values), np.int64)
    sizes = np.bincount(names.rows, minlength=len(batch))
    exists = (vertex >= 0) & (vertex < sizes)
    result = np.zeros(len(batch), np.int64)
    result[exists] = lengths[(np.cumsum(sizes) - sizes + vertex)[exists]]
    return result


def sentences(batch: Batch, vertex: Integers) -> Integers:
    """Sentences before the question: the number of edges."""
    del vertex
    return np.bincount(_edges(batch)[0], minlength=len(batch))


def place_in_list(batch: Batch) -> tuple[Integers, Integers]:
    """Where the right option stands in `asked`, 0 or 1, and where the wrong one does."""
    asked = numbers(batch, "asked[]").reshape(-1, 2)
    last = (asked[:, 1] == numbers(batch, "target")).astype(np.int64)
    return last, 1 - last


def place_in_question(batch: Batch) -> tuple[Integers, Integers]:
    """Whether each option stands last in a question that ends in `a rempus or gerpus?`: 1 or 0."""
    matched = pc.extract_regex(found(batch, "question").values, _LAST_WORD)
    last = pc.fill_null(pc.struct_field(matched, "word"), "")
    return _is_named(batch, "target", last), _is_named(batch, "neg_target", last)


def _is_named(batch: Batch, column: str, words: Any) -> Integers:
    """Whether the vertex in a column has the name that is given for its row."""
    names, vertex = found(batch, "idx_to_symbol[]"), numbers(batch, column)
    sizes = np.bincount(names.rows, minlength=len(batch))
    places = np.arange(len(names.rows)) - (np.cumsum(sizes) - sizes)[names.rows]
    is_vertex = places == vertex[names.rows]
    is_word = pc.equal(names.values, words.take(names.rows)).to_numpy(zero_copy_only=False)
    return np.bincount(names.rows[is_vertex & is_word], minlength=len(batch))


def _edges(batch: Batch) -> tuple[Integers, Integers, Integers]:
    """The row, the start and the end of each edge; what isn't a pair is left out."""
    edges, vertices = found(batch, "edges[]"), numbers(batch, "edges[][]")
    sizes = np.asarray(pc.fill_null(pc.list_value_length(edges.values), 0), np.int64)
    starts = (np.cumsum(sizes) - sizes)[sizes == 2]  # noqa: PLR2004 (a pair)
    return edges.rows[sizes == 2], vertices[starts], vertices[starts + 1]  # noqa: PLR2004
