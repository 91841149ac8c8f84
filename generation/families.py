"""Families of MNNS rows: how many digits, in which range, with which budget (CoT2, sections 1 and 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from .budgets import Budget
from .signed_sums import MAX_DIGIT, MAX_LENGTH, Int16

_MIN_LENGTH: Final = 2
_EXHAUSTIVE_SPACE: Final = 60_000
_NAME: Final = re.compile(r"mnns-([0-9]{1,4})x(?:([0-9]{1,4})-)?([0-9]{1,4})(?:-([a-z]+[0-9]{1,5}))?")


@dataclass(frozen=True)
class Family:
    """All inputs of `length` digits in `lowest..highest`, with the targets of a budget.

    Inputs and splits don't depend on the budget, so rows of different budgets compare one to one.

    Attributes:
        length: The number of digits.
        highest: The greatest value of a digit.
        lowest: The least value of a digit.
        budget: Which traces targets count; None for all.

    Raises:
        ValueError: A number is out of range. There are 2 to 12 digits, since the 2^m sign patterns
            of an input are enumerated, and each is at least 1, since a zero has no sign, and at
            most 1,999, since sums are stored in 16 bits.
    """

    length: int
    highest: int
    lowest: int = 1
    budget: Budget | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not _MIN_LENGTH <= self.length <= MAX_LENGTH:
            raise ValueError(
                f"{self.name}: the number of digits must be in {_MIN_LENGTH}..{MAX_LENGTH}, "
                f"since all sign patterns are enumerated; it is {self.length}"
            )
        if not 1 <= self.lowest < self.highest <= MAX_DIGIT:
            raise ValueError(
                f"{self.name}: digits must take at least two values in 1..{MAX_DIGIT}, since a zero has no "
                f"sign and sums are stored in 16 bits; they range from {self.lowest} to {self.highest}"
            )

    @classmethod
    def from_name(cls, name: str) -> Self:
        """The family of a name such as `mnns-4x9`, `mnns-5x5-13` for digits in 5..13, or `mnns-4x9-minabs4`.

        Raises:
            ValueError: No family has this name.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name!r} names no family: expected mnns-<digits>x<max>, as in mnns-4x9")
        length, lowest, highest = (int(group or 1) for group in match.groups()[:-1])
        family = cls(length, highest, lowest, Budget.from_name(match[4]) if match[4] else None)
        if family.name != name:
            raise ValueError(f"{name!r} names no family: write {family.name!r}")
        return family

    @property
    def name(self) -> str:
        """The name of the config: `mnns-<digits>x<max>` or `mnns-<digits>x<min>-<max>`, and the budget's."""
        digits = f"{self.length}x{'' if self.lowest == 1 else f'{self.lowest}-'}{self.highest}"
        return f"mnns-{digits}{'' if self.budget is None else f'-{self.budget.name}'}"

    @property
    def unbudgeted(self) -> Self:
        """The family of the same inputs with targets over all traces."""
        return replace(self, budget=None)

    @property
    def span(self) -> int:
        """The number of values that a digit takes."""
        return self.highest - self.lowest + 1

    @property
    def space(self) -> int:
        """The number of inputs."""
        return self.span**self.length

    @property
    def exhaustive(self) -> bool:
        """Whether every input is a row of the dataset: there are at most 60,000."""
        return self.space <= _EXHAUSTIVE_SPACE

    def enumerate(self) -> Int16:
        """Every input in lexicographic order, shape (space, length).

        Raises:
            ValueError: The family isn't exhaustive.
        """
        if not self.exhaustive:
            raise ValueError(f"{self.name} has {self.space:,} inputs: too many to enumerate")
        grid = np.indices((self.span,) * self.length, np.int16)
        return grid.reshape(self.length, -1).T + np.int16(self.lowest)

    def check(self, digits: npt.NDArray[np.integer[Any]]) -> None:
        """Raise a ValueError unless every row of `digits`, shape (n, length), is an input."""
        if digits.shape[1:] != (self.length,):
            raise ValueError(f"{self.name} has inputs of shape (n, {self.length}), not {digits.shape}")
        strangers = np.flatnonzero(((digits < self.lowest) | (digits > self.highest)).any(axis=1))
        if len(strangers):
            first = int(strangers[0])
            raise ValueError(
                f"row {first} isn't an input of {self.name}: "
                f"expected digits in {self.lowest}..{self.highest}, found {digits[first].tolist()}"
            )
