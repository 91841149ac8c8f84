"""Levels of nesting: which elements are where, for slices, nulls and every layout."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from mensrea.validation.checker.plain import finite, lengths_of, plain, viewless, without_views
from mensrea.validation.checker.values import Root, Values, both, either, escaped

LISTS = [[1, 2], None, [], [3]]


def test_members_of_sliced_objects_are_where_their_objects_are():
    array = pa.array([{"x/y": 0}, {"x/y": 1}, None, {"x/y": None}]).slice(1)
    child = Values.of(array, Root()).member(0, null_is_absent=False)
    assert child.array.to_pylist() == [1, None, None]
    assert child.chosen is not None
    assert child.chosen.tolist() == [True, False, True]
    assert child.frame.pointers(np.array([0, 2])) == ["/x~1y", "/x~1y"]
    absent = Values.of(array, Root()).member(0, null_is_absent=True).chosen
    assert absent is not None
    assert absent.tolist() == [True, False, False]


def test_a_null_among_a_dictionarys_values_is_absent():
    texts = pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["x", None]))
    rows = pa.StructArray.from_arrays([texts], ["a"])
    chosen = Values.of(rows, Root()).member(0, null_is_absent=True).chosen
    assert chosen is not None
    assert chosen.tolist() == [True, False, False]


@pytest.mark.parametrize(
    "kind",
    [pa.list_(pa.int8()), pa.large_list(pa.int8()), pa.list_view(pa.int8()), pa.large_list_view(pa.int8())],
    ids=str,
)
def test_items_of_sliced_lists(kind: pa.DataType):
    values = Values.of(
        pa.array([[9], *LISTS, [8]], kind).slice(1, 4), Root(), np.array([True, True, True, False])
    )
    lengths = values.lengths()
    items = values.items(lengths)
    assert lengths.tolist() == [2, 0, 0, 1]
    assert items.array.to_pylist() == [1, 2, 3]
    assert items.chosen is not None
    assert items.chosen.tolist() == [True, True, False]
    assert items.frame.pointers(np.array([1, 2])) == ["/1", "/0"]
    assert items.frame.rows(np.array([0, 1, 2])).tolist() == [0, 0, 3]


def test_what_lies_under_a_null_list_is_no_item():
    hidden = pa.ListArray.from_arrays(
        pa.array([0, 1, 3, 4]), pa.array([1, 2, 3, 4]), mask=pa.array([False, True, False])
    )
    fixed = pa.FixedSizeListArray.from_arrays(pa.array([1, 9, 2, 8]), 2, mask=pa.array([True, False]))
    for array, items in (
        (hidden, [1, 4]),
        (fixed, [2, 8]),
        (fixed.slice(1), [2, 8]),
        (fixed.slice(0, 1), []),
    ):
        values = Values.of(array, Root())
        assert values.items(values.lengths()).array.to_pylist() == items


def test_picked_elements_of_items_are_where_they_were():
    values = Values.of(pa.array(LISTS), Root())
    some = values.items(values.lengths()).pick(np.array([0, 2]))
    assert some.array.to_pylist() == [1, 3]
    assert some.frame.pointers(np.array([0, 1])) == ["/0", "/0"]
    assert some.frame.rows(np.array([0, 1])).tolist() == [0, 3]


def test_numbers_that_json_does_not_have_are_null_and_still_shown():
    values = Values.of(pa.array([1.0, float("nan"), None]), Root())
    assert values.array.to_pylist() == [1.0, None, None]
    assert str(values.elements[1]) == "nan"
    assert values.not_finite is not None
    assert values.not_finite.tolist() == [False, True, False]
    numbers = pa.array([1.0, None])
    assert finite(numbers) is numbers


INNER = pa.list_(pa.struct([("z", pa.string_view())]))
VIEWS: list[Any] = [
    pa.array(["a", None], pa.string_view()),
    pa.array([b"a", None], pa.binary_view()),
    pa.DictionaryArray.from_arrays(pa.array([0, None], pa.int8()), pa.array(["a"], pa.string_view())),
    pa.array([["a", None], None], pa.list_(pa.string_view())),
    pa.array([["a", None], None], pa.list_view(pa.string_view())),
    pa.array([["a", None], None], pa.list_(pa.string_view(), 2)),
    pa.array([{"x": "a", "y": [{"z": "b"}]}, None], pa.struct([("x", pa.string_view()), ("y", INNER)])),
    pa.array([[("a", "b")], None], pa.map_(pa.string(), pa.string_view())),
    pa.ExtensionArray.from_storage(pa.json_(pa.string_view()), pa.array(["1", None], pa.string_view())),
]  # fmt: skip


@pytest.mark.parametrize("array", VIEWS, ids=lambda array: str(array.type))
def test_views_become_plain(array: Any):
    longer = pa.concat_arrays([array, array]) if not isinstance(array, pa.DictionaryArray) else array
    for each in (array, array.slice(1), longer.slice(1)):
        made = viewless(each)
        assert "view" not in str(made.type)
        assert made.type == without_views(each.type)
        assert made.to_pylist() == each.to_pylist()
        assert made.take(pa.array([0])).to_pylist() == each.to_pylist()[:1]


def test_what_has_no_views_stays_itself():
    array = pa.array([["a"]])
    assert viewless(array) is array


def test_plain_arrays():
    texts = pa.array(["a", "b", "a"])
    flags = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 2, None], pa.int8()))
    assert plain(pa.chunked_array([texts, texts])).to_pylist() == ["a", "b", "a"] * 2
    assert plain(texts.dictionary_encode().slice(1)).to_pylist() == ["b", "a"]
    assert plain(flags).to_pylist() == [False, True, None]
    assert lengths_of(pa.array([[1], None])).to_pylist() == [1, 0]


def test_masks_combine():
    left, right = np.array([True, True, False]), np.array([True, False, False])
    assert both(None, None) is None
    assert both(left, None) is left
    assert both(left, right).tolist() == [True, False, False]  # pyright: ignore[reportOptionalMemberAccess]
    assert either([None, None]) is None
    assert either([None, left, right]).tolist() == [True, True, False]  # pyright: ignore[reportOptionalMemberAccess]
    assert escaped("a/b~c") == "a~1b~0c"
