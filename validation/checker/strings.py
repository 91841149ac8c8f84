"""`minLength`, `maxLength`, `pattern` over columns of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .values import Mask, Values, found, numpy_mask, pc

Failing = Callable[[Values], Mask | None]
_MOST_BYTES = 4  # of a code point in UTF-8
_BEYOND = 2**40  # the length of any text, and within Arrow's integers


def shorter_than(least: int) -> Failing:
    """`minLength`, in code points."""
    least = min(least, _BEYOND)

    def failing(values: Values) -> Mask | None:
        # The bytes are known without looking at the text, and mostly settle it.
        sure = pc.less(pc.binary_length(values.array), least)
        maybe = pc.less(pc.binary_length(values.array), least * _MOST_BYTES)
        if maybe.true_count == sure.true_count:
            return found(sure)
        return found(pc.less(pc.utf8_length(values.array), least))

    return failing


def longer_than(most: int) -> Failing:
    """`maxLength`, in code points."""
    most = min(most, _BEYOND)

    def failing(values: Values) -> Mask | None:
        if not pc.greater(pc.binary_length(values.array), most).true_count:
            return None
        return found(pc.greater(pc.utf8_length(values.array), most))

    return failing


def unlike(pattern: str) -> Failing:
    """`pattern`, translated to Rust's dialect: it may match anywhere."""

    def failing(values: Values) -> Mask | None:
        import polars as pl

        texts: Any = pl.Series(values.array)
        matches = texts.str.contains(pattern, literal=False)
        if matches.all(ignore_nulls=True):
            return None
        return numpy_mask((~matches).to_arrow())

    return failing
