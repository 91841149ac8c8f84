"""Graph questions in English and in symbols: many texts at once, cut out of one buffer (CoT2, section 2).

A text is a row of pieces out of a small vocabulary, such as all sentences that join two names. Arrow
takes the pieces of all texts one after the other, and where a text ends is where its last piece does.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa

from .graph_families import Task
from .graph_names import FIRST_NAMES, NOUNS, with_article
from .graph_problems import Integers, Problems, offsets_of
from .graph_random import shuffled

SYMBOLS: Final = (*FIRST_NAMES, *NOUNS)
"""All that a vertex may be called: people first, then concepts."""

_PEOPLE, _CONCEPTS, _MOST_NODES = len(FIRST_NAMES), len(NOUNS), 64


def named(problems: Problems, words: np.random.Philox) -> Integers:
    """A name for each vertex, no name twice in a graph: a person's where no edge leads to, else a noun.

    Args:
        problems: Graphs whose vertices all have edges.
        words: The stream to draw from; it advances.

    Returns:
        Indices into `SYMBOLS`, shape (n, width).
    """
    _, end = problems.flat
    is_person = np.bincount(end, minlength=problems.exists.size).reshape(problems.exists.shape) == 0
    people = shuffled(words, len(problems), _PEOPLE, _PEOPLE)[:, : problems.width].astype(np.int64)
    concepts = shuffled(words, len(problems), _CONCEPTS, _CONCEPTS)[:, : problems.width].astype(np.int64)
    return np.where(is_person, people, concepts + _PEOPLE)


def questions(task: Task, problems: Problems, symbols: Integers, asked: Integers) -> pa.StringArray:
    """A sentence for each edge, in their order, and the question.

    Args:
        task: Decides the question.
        problems: The graphs.
        symbols: What their vertices are called: indices into `SYMBOLS`, shape (n, width).
        asked: The vertices asked about in order: shape (n, 2) for ProsQA, (n, 1) for ProntoQA.
    """
    rows = np.arange(len(problems))[:, None]
    person, concepts = symbols[rows, problems.root[:, None]], symbols[rows, asked] - _PEOPLE
    ends = [person, *(concepts[:, [place]] + _PEOPLE + place * _CONCEPTS for place in range(asked.shape[1]))]
    start, end = (symbols.ravel()[flat] for flat in problems.flat)
    return _texts(_question_pieces(task), _pair(start, end), problems.offsets, np.hstack(ends) + _pairs())


def symbolic(problems: Problems, asked: Integers) -> pa.StringArray:
    """The same with vertex numbers: `3>7 1>4 | 0 ? 7 8`, or `... | 0 ? 7` with one vertex asked about."""
    options = [asked[:, [place]] + (place + 1) * _MOST_NODES for place in range(asked.shape[1])]
    tail = np.hstack([problems.root[:, None], *options]) + _MOST_NODES**2
    pieces = problems.start * _MOST_NODES + problems.end
    return _texts(_symbol_pieces(asked.shape[1]), pieces, problems.offsets, tail)


def statements(symbols: Integers, start: Integers, end: Integers) -> pa.StringArray:
    """For each row the sentence that its vertex `start` is its vertex `end`, such as `Mei is a glorvet.`."""
    rows = np.arange(len(symbols))
    return _sentences().take(pa.array(_pair(symbols[rows, start], symbols[rows, end])))


def path_sentences(symbols: Integers, paths: Integers) -> pa.ListArray:
    """The sentences along a path in each row: vertices, shape (n, most), and -1 after its end."""
    row, place = np.nonzero(paths[:, 1:] >= 0)
    start, end = (symbols[row, paths[row, place + later]] for later in (0, 1))
    offsets = offsets_of(np.bincount(row, minlength=len(paths)))
    return pa.ListArray.from_arrays(offsets.astype(np.int32), _sentences().take(pa.array(_pair(start, end))))


def symbol_names(symbols: Integers) -> pa.StringArray:
    """What indices into `SYMBOLS`, of any number, stand for."""
    return pa.array(SYMBOLS).take(pa.array(symbols))


def _pair(start: Integers, end: Integers) -> Integers:
    """The place of a sentence in `_sentences`, given two symbols."""
    return start * _CONCEPTS + end - _PEOPLE


def _pairs() -> int:
    return len(SYMBOLS) * _CONCEPTS


@cache
def _sentences() -> pa.StringArray:
    subjects = [*FIRST_NAMES, *(f"Every {noun}" for noun in NOUNS)]
    return pa.array([f"{subject} is {with_article(noun)}." for subject in subjects for noun in NOUNS])


@cache
def _question_pieces(task: Task) -> pa.StringArray:
    pieces = [f"{sentence} " for sentence in _sentences().to_pylist()]
    concepts = [with_article(noun) for noun in NOUNS]
    if task == "prosqa":
        pieces += [f"Is {name} " for name in FIRST_NAMES]
        pieces += [*(f"{concept} or " for concept in concepts), *(f"{concept}?" for concept in concepts)]
    else:
        pieces += [f"True or false: it follows that {name} is " for name in FIRST_NAMES]
        pieces += [f"{concept}." for concept in concepts]
    return pa.array(pieces)


@cache
def _symbol_pieces(options: int) -> pa.StringArray:
    numbers = range(_MOST_NODES)
    pieces = [f"{start}>{end} " for start in numbers for end in numbers]
    pieces += [f"| {root} ? " for root in numbers]
    for place in range(options):
        pieces += [f"{node}{'' if place == options - 1 else ' '}" for node in numbers]
    return pa.array(pieces)


def _texts(
    vocabulary: pa.StringArray, pieces: Integers, offsets: Integers, tails: Integers
) -> pa.StringArray:
    """Texts of pieces `offsets[r]` to `offsets[r + 1] - 1` and then the row's tail, shape (n, tail)."""
    extra = tails.shape[1]
    stops = offsets + extra * np.arange(len(offsets))
    every = np.empty(stops[-1], np.int32)
    every[np.arange(len(pieces)) + extra * np.repeat(np.arange(len(tails)), np.diff(offsets))] = pieces
    every[stops[1:, None] - np.arange(extra, 0, -1)] = tails
    taken = vocabulary.take(pa.array(every))
    _, places, characters = taken.buffers()
    begin = np.frombuffer(places, np.int32)[stops]
    return pa.StringArray.from_buffers(len(tails), pa.py_buffer(begin), characters)
