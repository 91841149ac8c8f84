"""The wording of violations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.validation.checker.documents import KEYWORDS
from mensrea.validation.checker.messages import describe, shorten


@pytest.mark.parametrize(
    ("keyword", "expected", "found", "text"),
    [
        ("type", "string", 3, "found 3, expected a string"),
        ("type", ["integer", "null"], "x", 'found "x", expected an integer or null'),
        ("required", "no such", {}, '"no such" is missing'),
        ("maxLength", 100, "x" * 200, "200 characters, expected at most 100"),
        ("minItems", 2, [1], "1 item, expected at least 2"),
        ("enum", ["a", "b"], "x", 'found "x", expected one of "a", "b"'),
        ("const", 1, True, "found true, expected 1"),
        ("minimum", 0, -1.5, "found -1.5, expected at least 0"),
        ("pattern", "^a", "b\n", 'found "b\\n", expected a match of ^a'),
        ("madeUp", 1, 2, 'found 2, which breaks "madeUp"'),
    ],
)
def test_a_line_says_what_was_found_and_expected(keyword: str, expected: Any, found: Any, text: str) -> None:
    assert describe(keyword, expected, found) == text


def test_the_schema_makes_a_line_more_precise() -> None:
    schema = {"properties": {"a": {}}, "patternProperties": {"^b": {}}}
    message = describe("additionalProperties", None, {"a": 1, "bb": 2, "c": 3}, schema)
    assert message == 'unexpected "c", expected no members but those of the schema'
    assert describe("items", None, [1, 2, 3], {"prefixItems": [True]}) == "3 items, expected at most 1"
    demand = {"dependentRequired": {"x": ["b"], "a": ["b"]}}
    assert describe("dependentRequired", "b", {"a": 1}, demand) == '"b" is missing, expected beside "a"'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda v: st.lists(v, max_size=20) | st.dictionaries(st.text(), v, max_size=20),
    max_leaves=30,
)


@given(JSON)
def test_values_become_short_lines(value: Any) -> None:
    text = shorten(value)
    assert len(text) <= 60
    assert text.isprintable()


def test_huge_values_are_cut_before_they_are_written() -> None:
    assert shorten("x" * 10**6).endswith("…")
    assert shorten([[["y" * 1000] * 1000] * 1000] * 1000).endswith("…")
    assert shorten(10**5000) == "a int"


VALUES_OF = {"type": "string", "enum": [1], "anyOf": [{}], "oneOf": [{}], "required": "a", "pattern": "a"}


@pytest.mark.parametrize("keyword", sorted(KEYWORDS))
def test_every_keyword_has_a_line(keyword: str) -> None:
    found: Any = {"a": 1} if "ropert" in keyword or "equired" in keyword else [1]
    assert describe(keyword, VALUES_OF.get(keyword, 1), found)
