"""`enum` and `const` over columns of one type, with JSON's equality: 1 is 1.0, and true isn't 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .kinds import Kind
from .numbers import EXACT, limits
from .values import Mask, Values, numpy_mask, pc

Failing = Callable[[Values], Mask | None]
_FEW = 8


def not_among(choices: Sequence[Any], kind: Kind, stored: pa.DataType) -> Failing | None:
    """Elements of a column of scalars that equal none of the choices.

    None if doubles are to be compared with numbers that they may not hold; see `outside`.
    """
    numbers = [each for each in choices if isinstance(each, int | float)]
    if kind == "number" and any(abs(each) > EXACT for each in numbers):
        return None
    null = None in choices
    allowed = _of_kind(choices, kind, stored)
    width = pa.float64() if kind == "number" else stored
    scalars = pa.array(allowed, width) if allowed and kind != "null" else None

    def failing(values: Values) -> Mask | None:
        array = values.array
        if scalars is None:
            fails = np.ones(len(array), np.bool_)
        else:
            fails = _differs(array if array.type == width else array.cast(width), scalars)
        if array.null_count:
            missing = numpy_mask(array.is_null())
            missing = missing if values.not_finite is None else missing & ~values.not_finite
            fails = fails & ~missing if null else fails | missing
        return fails if fails.any() else None

    return failing


def _differs(array: Any, scalars: pa.Array) -> Mask:
    if len(scalars) > _FEW or pa.types.is_boolean(array.type):
        if pa.types.is_floating(array.type):
            # `is_in` goes by bits, and zero has two signs.
            array, scalars = pc.add(array, 0.0), pc.add(scalars, 0.0)
        return ~numpy_mask(pc.is_in(array, value_set=scalars))
    equal: Any = pc.equal(array, scalars[0])
    for scalar in list(scalars)[1:]:
        if equal.true_count == len(array):
            break
        equal = pc.or_(equal, pc.equal(array, scalar))
    return ~numpy_mask(equal)


def _of_kind(choices: Sequence[Any], kind: Kind, stored: pa.DataType) -> list[Any]:
    """The choices that a column of this kind can hold, in its own type."""
    if kind == "string":
        return [each for each in choices if isinstance(each, str)]
    if kind == "boolean":
        return [each for each in choices if isinstance(each, bool)]
    numbers = [each for each in choices if isinstance(each, int | float) and not isinstance(each, bool)]
    if kind == "integer":
        least, most = limits(stored)
        return [int(each) for each in numbers if each == each // 1 and least <= each <= most]
    return [float(each) for each in numbers] if kind == "number" else []
