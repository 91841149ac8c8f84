"""`enum` and `const` with JSON's equality."""

from typing import Any

import jsonschema
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .tabled import engines, rows_failing

MANY = [*range(2, 14)]


@pytest.mark.parametrize(
    ("choices", "values", "kind", "failing"),
    [
        ([1.0, 2], [1, 2, 3], pa.int8(), [2]),
        ([True], [1, 0], pa.int8(), [0, 1]),
        ([1], [True, False], pa.bool_(), [0, 1]),
        ([False], [True, False, None], pa.bool_(), [0, 2]),
        ([None], [True, None], pa.bool_(), [0]),
        ([None], [None, None], pa.null(), []),
        ([1], [None], pa.null(), [0]),
        ([300, 1.5, 1e300, 10**400, 1], [1, 2], pa.int8(), [1]),
        ([2**64 - 1, 2**63], [2**64 - 1, 2**63, 5], pa.uint64(), [2]),
        ([0], [0.0, -0.0, 1.0], pa.float64(), [2]),
        ([0, *MANY], [0.0, -0.0, 1.0, None], pa.float64(), [2, 3]),
        ([-0.0, *MANY], [0.0, -0.0, 1.0], pa.float32(), [2]),
        ([0.5, *MANY], [0.5, 0.25], pa.float16(), [1]),
        ([10**400, 1], [1.0, 2.0], pa.float64(), [1]),
        ([[], {}], [1], pa.int8(), [0]),
        ([], [1, None], pa.int8(), [0, 1]),
        (["a", 1], [[1], None], pa.list_(pa.int8()), [0, 1]),
        ([[1], None], [[1], [1, 2], None], pa.list_(pa.int8()), [1]),
        ([{"b": 1.0}], [{"b": 1}, {"b": 2}], pa.struct([("b", pa.int8())]), [1]),
    ],
)  # fmt: skip
def test_what_equals_no_choice_fails(
    choices: list[Any], values: list[Any], kind: pa.DataType, failing: list[int]
):
    array = pa.array([None, *values, None], kind).slice(1, len(values))
    assert rows_failing({"enum": choices}, array) == failing


@given(
    st.lists(st.sampled_from(["", "a", "b", "é", "😀", None])),
    st.lists(st.sampled_from(["", "a", "é", None, 1, *"cdefghijklmnop"])),
)
def test_texts_fail_as_in_jsonschema(texts: list[Any], choices: list[Any]):
    check = jsonschema.Draft202012Validator({"enum": choices})
    expected = [index for index, each in enumerate(texts) if not check.is_valid(each)]
    assert rows_failing({"enum": choices}, pa.array(texts, pa.string())) == expected


def test_members_of_an_enum_that_look_like_schemas_are_values():
    schema = {"properties": {"a": {"enum": [{"$id": "x", "$dynamicRef": "y"}, 1]}}}
    assert engines(schema, pa.schema([("a", pa.int8())]))["/properties/a/enum"] == "vectorised"
    assert rows_failing(schema["properties"]["a"], [1, 2]) == [1]
