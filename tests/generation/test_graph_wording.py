from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from mensrea.generation.graph_families import GraphFamily
from mensrea.generation.graph_names import FIRST_NAMES, NOUNS
from mensrea.generation.graph_problems import Problems
from mensrea.generation.graph_rows import generate, problems
from mensrea.generation.graph_wording import (
    SYMBOLS,
    named,
    path_sentences,
    questions,
    statements,
    symbol_names,
)
from mensrea.generation.seeds import stream

FACT = rf"(?:(?:{'|'.join(FIRST_NAMES)})|Every (?:{'|'.join(NOUNS)})) is an? (?:{'|'.join(NOUNS)})\."
OPTION = rf"an? (?:{'|'.join(NOUNS)})"
PERSON = rf"(?:{'|'.join(FIRST_NAMES)})"
SHAPES = {
    "prosqa": rf"(?:{FACT} )+Is {PERSON} {OPTION} or {OPTION}\?",
    "prontoqa": rf"(?:{FACT} )+True or false: it follows that {PERSON} is {OPTION}\.",
}


@pytest.mark.parametrize("task", ["prosqa", "prontoqa"])
def test_questions_are_english(task):
    (table,) = generate(GraphFamily(task), "test", rows=60)
    for text in table["question"].to_pylist():
        assert re.fullmatch(SHAPES[task], text)
        assert not re.search(r" a [aeiou]| an [^aeiou]|  | \.", text)


@pytest.mark.parametrize("task", ["prosqa", "prontoqa"])
def test_people_are_those_whom_no_edge_leads_to(task):
    (table,) = generate(GraphFamily(task), "test", rows=60)
    for row in table.to_pylist():
        ends = {end for _, end in row["edges"]}
        names = row["idx_to_symbol"]
        assert len(set(names)) == len(names)
        assert [name in FIRST_NAMES for name in names] == [node not in ends for node in range(len(names))]


def test_every_name_is_used_and_none_more_than_others():
    drawn = problems(GraphFamily("prontoqa"), "train", rows=2_000)
    counts = np.bincount(named(drawn, stream(0))[drawn.exists], minlength=len(SYMBOLS))
    people, concepts = counts[: len(FIRST_NAMES)], counts[len(FIRST_NAMES) :]
    assert abs(people - people.mean()).max() < 5 * np.sqrt(people.mean())
    assert abs(concepts - concepts.mean()).max() < 5 * np.sqrt(concepts.mean())


def test_texts_of_graphs_of_any_size():
    """The first has a single edge, the second none."""
    none, one = np.array([], int), np.array([0, 0])
    graphs = Problems(
        np.array([2, 2]), np.array([0, 1, 1]), np.array([0]), np.array([1]), one, one + 1, one + 1
    )
    symbols = np.array([[0, len(FIRST_NAMES)], [1, len(SYMBOLS) - 1]])
    assert questions("prontoqa", graphs, symbols, one[:, None] + 1).to_pylist() == [
        "Aiko is an agnip. True or false: it follows that Aiko is an agnip.",
        "True or false: it follows that Akira is a zundle.",
    ]
    assert statements(symbols, one, one + 1).to_pylist() == ["Aiko is an agnip.", "Akira is a zundle."]
    paths = np.array([[0, 1], [0, -1]])
    assert path_sentences(symbols, paths).to_pylist() == [["Aiko is an agnip."], []]
    assert symbol_names(none) == pa.array([], pa.string())
