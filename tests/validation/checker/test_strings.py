"""Lengths and patterns of texts, in every layout that Arrow has for them."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .tabled import column, messages, rows_failing

TEXTS = ["", "a", "é", "😀", "e\u0301", "abcd", None, "a\nb"]
KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]


def array(kind: pa.DataType) -> Any:
    """The texts between others."""
    around = pa.array(["xxxxxxxx", *TEXTS, "y"])
    made = around.dictionary_encode() if pa.types.is_dictionary(kind) else around.cast(kind)
    return made.slice(1, len(TEXTS))


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize(
    ("schema", "failing"),
    [
        ({"minLength": 2}, [0, 1, 2, 3]),
        ({"minLength": 0}, []),
        ({"maxLength": 1}, [4, 5, 7]),
        ({"maxLength": 0}, [1, 2, 3, 4, 5, 7]),
        ({"pattern": "a"}, [0, 2, 3, 4]),
        ({"pattern": "^.$"}, [0, 4, 5, 7]),
        ({"pattern": "(?=a)"}, [0, 2, 3, 4]),
        ({"pattern": "^a$"}, [0, 2, 3, 4, 5, 7]),
        ({"type": "string"}, [6]),
        ({"type": ["integer", "null"]}, [0, 1, 2, 3, 4, 5, 7]),
        ({"enum": ["a", "😀"]}, [0, 2, 4, 5, 6, 7]),
        ({"enum": ["a", *"bcdefghijk", "😀", None]}, [0, 2, 4, 5, 7]),
        ({"const": ""}, [1, 2, 3, 4, 5, 6, 7]),
        ({"minimum": 3, "minItems": 3, "required": ["z"]}, []),
    ],
)
def test_texts_fail(kind: pa.DataType, schema: Any, failing: list[int]):
    assert rows_failing(schema, array(kind)) == failing


@pytest.mark.parametrize("length", [2**31, 2**63, 10**30, 1e300])
def test_a_length_beyond_any_integer(length: float):
    assert rows_failing({"minLength": length}, ["a", None]) == [0]
    assert rows_failing({"maxLength": length}, ["a", None]) == []


@given(st.lists(st.text(max_size=6)), st.integers(0, 7))
def test_lengths_are_of_code_points(texts: list[str], length: int):
    values = pa.array(texts, pa.string())
    assert rows_failing({"minLength": length}, values) == [
        i for i, each in enumerate(texts) if len(each) < length
    ]
    assert rows_failing({"maxLength": length}, values) == [
        i for i, each in enumerate(texts) if len(each) > length
    ]


def test_messages_say_what_was_found():
    schema = {"properties": {"a": {"minLength": 2, "pattern": "^b"}}}
    assert messages(schema, column(["a"])) == [
        "1 character, expected at least 2",
        'found "a", expected a match of ^b',
    ]
