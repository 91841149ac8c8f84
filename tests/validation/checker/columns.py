"""Columns of Arrow types, drawn so that values repeat, and lie at the ends of their types."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

TEXTS = (
    "",
    "a",
    "ab",
    "b",
    "abc",
    "A1",
    "aaaa",
    "é",
    "e\u0301",
    "😀",
    "😀b",
    "a\nb",
    " a",
    "a/b",
    "x~y",
    "12",
    "null",
)
NAMES = ("a", "b", "ab", "c", "é", "x/y", "m~n", "😀")
INTEGERS = (0, 1, 2, 3, -1, -2, 4, 7, 10, 100)
FLOATS = (0.0, -0.0, 1.0, 2.0, 0.5, -0.5, 1.5, 3.0, -2.0, 0.1, 10.0)
DOUBLES = (*FLOATS, 1e16, 1e22, 2.0**53, 2.0**-10)
WIDTHS = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
STRINGS = (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string())
LEAVES = (*WIDTHS, *STRINGS, *STRINGS, pa.float32(), pa.float64(), pa.float64(), pa.bool_(), pa.null())


def _types(inner: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.DataType]:
    return st.one_of(
        inner.map(pa.list_),
        inner.map(pa.large_list),
        st.tuples(inner, st.integers(0, 3)).map(lambda each: pa.list_(*each)),
        structs(inner),
        structs(inner),
    )


def structs(inner: st.SearchStrategy[pa.DataType], least: int = 0) -> st.SearchStrategy[pa.StructType]:
    """Structs of some of the names."""
    names = st.lists(st.sampled_from(NAMES), min_size=least, max_size=least + 3, unique=True)
    return names.flatmap(
        lambda chosen: st.tuples(*[inner] * len(chosen)).map(
            lambda kinds: pa.struct(list(zip(chosen, kinds, strict=True)))
        )
    )


ARROW = st.sampled_from(LEAVES)
for _ in range(2):
    ARROW = st.one_of(st.sampled_from(LEAVES), _types(ARROW), _types(ARROW))


def json_type(kind: pa.DataType) -> str:
    """The JSON type of a column's values."""
    tests: Mapping[str, Sequence[Callable[[pa.DataType], bool]]] = {
        "string": (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary),
        "integer": (pa.types.is_integer,),
        "number": (pa.types.is_floating,),
        "boolean": (pa.types.is_boolean,),
        "object": (pa.types.is_struct,),
        "null": (pa.types.is_null,),
    }
    return next((name for name, each in tests.items() if any(test(kind) for test in each)), "array")


def value(chance: random.Random, kind: pa.DataType, nulls: float = 0.1) -> Any:
    """A value of an Arrow type, as `to_pylist` gives it."""
    makers: Mapping[str, Callable[[], Any]] = {
        "string": lambda: chance.choice(TEXTS),
        "boolean": lambda: chance.random() < 0.5,
        "integer": lambda: _integer(chance, kind),
        "number": lambda: chance.choice(DOUBLES if pa.types.is_float64(kind) else FLOATS),
        "array": lambda: _list(chance, kind, nulls),
        "object": lambda: {each.name: value(chance, each.type, nulls) for each in kind},
    }
    name = json_type(kind)
    return None if name == "null" or chance.random() < nulls else makers[name]()


def _list(chance: random.Random, kind: pa.DataType, nulls: float) -> list[Any]:
    length = kind.list_size if pa.types.is_fixed_size_list(kind) else chance.choice((0, 1, 1, 2, 2, 3, 4))
    return [value(chance, kind.value_type, nulls) for _ in range(length)]


def _integer(chance: random.Random, kind: pa.DataType) -> int:
    signed = pa.types.is_signed_integer(kind)
    low, high = (
        (-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
        if signed
        else (0, 2**kind.bit_width - 1)
    )
    if chance.random() < 0.2:
        return chance.choice((low, high, high - 1, min(high, 2**53), min(high, 2**53 + 1)))
    return max(low, chance.choice(INTEGERS))
