"""What is declared, and what counts as explained."""

import importlib
from inspect import isfunction, signature
from typing import Any

import pytest
from mensrea.scoring.reproduce import STEMS
from mensrea.scoring.reproductions.cells import Cell
from mensrea.scoring.reproductions.checks import Check, declared

EQUAL, OTHER, NEW = Cell("a", 1, 1, 0), Cell("b", 1, 2, 0), Cell("c", None, 3, 0)
DECLARED = [(stem, check) for stem in STEMS for check in declared(stem).checks]
each_check = pytest.mark.parametrize(
    "check", [check for _, check in DECLARED], ids=[f"{stem}-{check.compute}" for stem, check in DECLARED]
)


def check_of(**members) -> Check:
    whole: dict[str, Any] = {"place": "table 1", "how": "", "compute": "", "what": "rates", **members}
    return Check(**whole)


@pytest.mark.parametrize(
    ("cells", "differ", "status"),
    [
        ([EQUAL, EQUAL], 0, "equal"),
        ([EQUAL, NEW], 0, "equal"),
        ([NEW], 0, "added"),
        ([EQUAL, OTHER], 0, "unequal"),
        ([EQUAL, OTHER], 1, "explained"),
        ([OTHER, OTHER], 1, "unequal"),
        ([EQUAL, EQUAL], 1, "unequal"),
        ([], 0, "unequal"),
    ],
)
def test_only_known_differences_are_explained(cells, differ, status):
    assert [line.status for line in check_of(differ=differ).lines(cells)] == [status]


def test_a_line_for_each_figure():
    lines = check_of(each="rate, {name}").lines([EQUAL, OTHER])
    assert [(line.what, line.status) for line in lines] == [("rate, a", "equal"), ("rate, b", "unequal")]


def test_a_check_of_nothing_has_a_line():
    assert [line.status for line in check_of(each="rate, {name}").lines([])] == ["unequal"]


@each_check
def test_a_reason_stands_where_figures_differ_and_nowhere_else(check):
    assert bool(check.why) == bool(check.differ or check.anew)
    assert bool(check.what) != bool(check.each)
    assert check.how
    assert check.place


@each_check
def test_a_check_names_a_function_and_gives_what_it_takes(check):
    module, _, name = check.compute.partition(".")
    compute = getattr(importlib.import_module(f"mensrea.scoring.reproductions.{module}"), name)
    assert isfunction(compute)
    signature(compute).bind({}, **check.given)


def test_every_function_that_compares_is_declared():
    used = {check.compute for _, check in DECLARED}
    for module in {name.partition(".")[0] for name in used}:
        found = vars(importlib.import_module(f"mensrea.scoring.reproductions.{module}"))
        comparing = {
            f"{module}.{name}"
            for name, value in found.items()
            if isfunction(value)
            and value.__annotations__.get("return") == "Iterator[Cell]"
            and name[0] != "_"
        }
        assert comparing == {name for name in used if name.startswith(f"{module}.")}
