"""Bounds and multiples over columns of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

import numpy as np
import pyarrow as pa

from .values import Mask, Values, found, numpy_mask, pc

Failing = Callable[[Values], Mask | None]
# Up to here every integer is a double.
EXACT = 2**53
# 10 to this power is the last that is a double; integers below the other have at most 15 digits.
_EXACT_POWER = 22
_EXACT_DIGITS = 1e15
Refused = Callable[[Sequence[float]], list[int]]
Comparison = Literal["less", "less_equal", "greater", "greater_equal"]

# The comparison with its value that makes a number fail.
BOUNDS: Mapping[str, Comparison] = {
    "minimum": "less",
    "exclusiveMinimum": "less_equal",
    "maximum": "greater",
    "exclusiveMaximum": "greater_equal",
}


def outside(keyword: str, bound: float, kind: pa.DataType) -> Failing | bool | None:
    """A bound over a column of numbers, exactly.

    A bool if the type decides it: whether all fail. None if doubles are to be compared with a number
    that they may not hold; what they stand for is then as they are written, which the row engine knows.
    """
    comparison = BOUNDS[keyword]
    if not pa.types.is_floating(kind):
        return _integer_bound(comparison, bound, kind)
    return _compare(comparison, float(bound), pa.float64()) if abs(bound) <= EXACT else None


def _compare(comparison: Comparison, bound: float, kind: pa.DataType) -> Failing:
    function = getattr(pc, comparison)
    scalar = pa.scalar(bound, kind)

    def failing(values: Values) -> Mask | None:
        array = values.array if values.array.type == kind else values.array.cast(kind)
        return found(function(array, scalar))

    return failing


def _integer_bound(comparison: Comparison, bound: float, kind: pa.DataType) -> Failing | bool:
    if isinstance(bound, float) and math.isinf(bound):
        return (bound > 0) == comparison.startswith("less")
    whole = {
        "less": math.ceil(bound),
        "less_equal": math.floor(bound),
        "greater": math.floor(bound),
        "greater_equal": math.ceil(bound),
    }[comparison]
    least, most = limits(kind)
    if least <= whole <= most:
        return _compare(comparison, whole, kind)
    return (whole > most) == comparison.startswith("less")


def limits(kind: pa.DataType) -> tuple[int, int]:
    """The least and the greatest integer of an integer type."""
    if pa.types.is_signed_integer(kind):
        return -(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1
    return 0, 2**kind.bit_width - 1


def indivisible(divisor: float, kind: pa.DataType) -> Failing | None:
    """`multipleOf` over a column of integers; None if it is one of doubles."""
    if pa.types.is_floating(kind):
        return None
    places, whole = _fraction(divisor)
    # An integer is a multiple of D / 10^p if it is one of D without the factors that 10^p has too.
    whole //= math.gcd(whole, 10**places)
    least, most = limits(kind)

    def failing(values: Values) -> Mask | None:
        array = values.array
        if array.null_count:
            array = pc.fill_null(array, pa.scalar(0, kind))
        numbers = array.to_numpy(zero_copy_only=False)
        if whole <= most:
            fails = numbers % numbers.dtype.type(whole) != 0
        else:
            # Its only multiples within the type are zero and, for a signed one, perhaps the least number.
            fails = numbers != 0
            if -whole == least:
                fails &= numbers != least
        return fails if fails.any() else None

    return failing


def indivisible_decimal(divisor: float, refused: Refused) -> Failing | None:
    """`multipleOf` over a column of doubles, which stand for the decimals that they are written as.

    A double is a multiple of D / 10^p if it is the one nearest to some y / 10^p, and D divides y. That is
    exact where y has at most 15 digits and 10^p is a double; of other numbers `refused` knows it.

    Returns:
        None if 10^p is no double.
    """
    places, whole = _fraction(divisor)
    if places > _EXACT_POWER:
        return None
    power = float(10**places)

    def failing(values: Values) -> Mask | None:
        array = pc.fill_null(values.array.cast(pa.float64()), 0.0)
        numbers = array.to_numpy(zero_copy_only=False)
        with np.errstate(over="ignore"):
            scaled = np.rint(numbers * power)
        sure = np.abs(scaled) < _EXACT_DIGITS
        scaled = np.where(sure, scaled, 0.0)
        fails = (scaled / power != numbers) | (np.fmod(scaled, float(min(whole, EXACT))) != 0)
        chosen = ~sure if values.chosen is None else ~sure & values.chosen
        fails[~sure] = False
        rest = np.flatnonzero(chosen)
        if len(rest):
            fails[rest[refused(numbers[rest].tolist())]] = True
        return fails if fails.any() else None

    return failing


def _fraction(number: float) -> tuple[int, int]:
    """A positive number as the integer D over 10^p, as it is written: p and D."""
    if number == int(number):
        return 0, int(number)
    _, digits, exponent = Decimal(repr(number)).as_tuple()
    return -int(exponent), int("".join(map(str, digits)))


def fractional(values: Values) -> Mask | None:
    """`integer` over a column of doubles: what has a fraction or isn't finite."""
    array = values.array.cast(pa.float64())
    numbers = array.to_numpy(zero_copy_only=False)
    with np.errstate(all="ignore"):
        fails = ~(np.isfinite(numbers) & (np.trunc(numbers) == numbers))
    if array.null_count:
        fails &= numpy_mask(array.is_valid())
    return fails if fails.any() else None
