"""The comparison as text."""

from typing import Any

from mensrea.scoring.intervals import Interval
from mensrea.scoring.reproductions.cells import Cell
from mensrea.scoring.reproductions.checks import Check, Line
from mensrea.scoring.reproductions.table import as_text

COUNTS: Any = {"equal": 1, "added": 0, "explained": 1, "unequal": 1}


def line(*cells: Cell, **members) -> Line:
    return Line(Check("table 1", "", "", **members), "rate of models", cells)


def test_a_line_a_check_and_reasons_beneath():
    lines = [
        line(Cell("a", 0.5, 0.5, 3, Interval(0.4, 0.6, 0.95, "wilson"))),
        line(Cell("a", 1, 2, 0), Cell("b", 1, 1, 0), differ=1, why="A is misprinted."),
        line(Cell("a", 1, 2, 0)),
    ]
    assert as_text([("Paper", lines)], "here", COUNTS, 80) == (
        "Published figures, recomputed from here\n"
        "\n"
        "Paper\n"
        "                                              published recomputed 95 % interval\n"
        "= table 1       rate of models                    0.500      0.500   0.400-0.600\n"
        "~               rate of models                2 figures    1 equal\n"
        "                A is misprinted. (a: 1 -> 2)\n"
        "!               rate of models                        1          2\n"
        "                1 of 1 differ; known to differ: 0.\n"
        "\n"
        "= equal 1   ~ not equal, explained 1   ! NOT EQUAL 1\n"
    )


def test_a_few_differing_figures_are_shown():
    cells = [Cell(f"model {number}", 1, 2, 0) for number in range(5)]
    text = as_text([("Paper", [line(*cells)])], "here", COUNTS, 120)
    assert "(model 0: 1 -> 2; model 1: 1 -> 2; model 2: 1 -> 2; 2 more)" in text


def test_nothing_to_compare_is_said():
    assert "nothing" in as_text([("Paper", [line()])], "here", COUNTS, 80)
