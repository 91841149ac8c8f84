from __future__ import annotations

import pytest
from mensrea.scoring.declared import Mean, OfK, PassAtK, Plurality, Rate, check_declared, declared_from

DECLARED = [
    Rate("a", "A rate.", of=("x",), among=("x", "y"), nulls="keep", paper="plain"),
    Rate("b", "A rate of all.", of=("x", "y")),
    Mean("c", "A mean.", span=(0.0, 100.0)),
    Mean("d", "A mean without bounds."),
    OfK("e", "A majority.", of=("x",), rule="majority", k=4, ties="out"),
    OfK("f", "All.", of=("x",), rule="all", k=5),
    PassAtK("g", "One of ten.", of=("x", "y"), k=10),
    Plurality("h", "A vote.", of=("x",), k=5),
]


@pytest.mark.parametrize("declared", DECLARED, ids=lambda each: each.name)
def test_a_definition_gives_the_declaration_again(declared):
    again = declared_from(declared.name, declared.description, declared.definition)
    assert again.definition == declared.definition
    assert type(again) is type(declared)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"kind": "sum"}, "found kind 'sum', expected one of rate, mean, of-k, pass-at-k, plurality"),
        ({}, "found kind None"),
        ({"kind": "rate", "off": ["x"]}, "doesn't fit its kind 'rate'"),
    ],
)
def test_a_definition_that_is_none_is_an_error(definition, message):
    with pytest.raises(ValueError, match=message):
        declared_from("a", "", definition)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rate("a", "", of=()), "no class is counted"),
        (lambda: Rate("a", "", of="safe"), "classes are a tuple of names"),
        (lambda: Rate("a", "", of=("x",), among=("y",)), "class 'x' is counted, but isn't among y"),
        (lambda: OfK("a", "", of=("x",), rule="all", k=0), "found k = 0"),
        (lambda: OfK("a", "", of=("x",), rule="majority", k=4), "4 samples can tie"),
        (lambda: PassAtK("a", "", of=("x",), k=0), "found k = 0"),
        (lambda: Plurality("a", "", of="x", k=1), "classes are a tuple of names"),
    ],
)
def test_a_declaration_that_says_nothing_clear_is_an_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_misspelt_class_would_count_nothing():
    with pytest.raises(ValueError, match="metric a: found class 'sfae', expected one of safe, unsafe"):
        check_declared([Rate("a", "", of=("sfae",))], ["unsafe", "safe"])


def test_a_misspelt_class_of_the_denominator_is_found_too():
    with pytest.raises(ValueError, match="found class 'z'"):
        check_declared([Rate("a", "", of=("x",), among=("x", "z"))], ["x", "y"])


def test_two_metrics_of_one_name_are_an_error():
    with pytest.raises(ValueError, match="metric c: declared twice"):
        check_declared([Mean("c", ""), Mean("c", "")], [])
