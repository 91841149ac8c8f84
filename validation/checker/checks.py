"""The parts that a compiled schema is made of: each says which elements fail, and tells of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .messages import describe
from .sink import Sink
from .values import Mask, Values, both, either

Show = Callable[[Any], Any]


class Check(ABC):
    """A schema, or a keyword of one, compiled for one type of column."""

    @abstractmethod
    def fails(self, values: Values) -> Mask | None:
        """The chosen elements that are invalid; None if none is."""

    @abstractmethod
    def tell(self, values: Values, sink: Sink) -> None:
        """Report every error of the chosen elements."""


@dataclass(frozen=True)
class Assertion(Check):
    """A keyword that an element passes or fails by itself.

    Attributes:
        keyword: Its name.
        failing: From values to a mask of those that fail, chosen or not; None if none does.
        expected: The keyword's value, for messages; see `describe`.
        schema: The schema that holds the keyword, for messages.
        show: From an Arrow scalar to what a message shows of it; None until the column is known.
        among: The members that may be at fault, of which a message names those of the object.
        says: The message, if it is the same for all elements.
    """

    keyword: str
    failing: Callable[[Values], Mask | None]
    expected: Any = None
    schema: Mapping[str, Any] | None = None
    show: Show | None = None
    among: Collection[str] | None = None
    says: str = ""

    def fails(self, values: Values) -> Mask | None:
        """The chosen elements that fail."""
        return chosen_only(self.failing(values), values)

    def tell(self, values: Values, sink: Sink) -> None:
        """One error for each element that fails."""
        mask = self.fails(values)
        if mask is not None:
            sink.add(self.keyword, values, mask, self._message)

    def _message(self, scalar: Any) -> str:
        if self.says:
            return self.says
        shown = scalar.as_py() if self.show is None else self.show(scalar)
        expected = self.expected if self.among is None else [name for name in shown if name in self.among]
        return describe(self.keyword, expected, shown, self.schema)


@dataclass(frozen=True)
class All(Check):
    """Checks that must all pass: the keywords of a schema, or `allOf`."""

    parts: Sequence[Check]

    def fails(self, values: Values) -> Mask | None:
        """Elements that fail any."""
        return either([part.fails(values) for part in self.parts])

    def tell(self, values: Values, sink: Sink) -> None:
        """The errors of each."""
        for part in self.parts:
            part.tell(values, sink)


def simplified(parts: Sequence[Check]) -> Check:
    """One check for several."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, All) else [part])]
    return flat[0] if len(flat) == 1 else All(flat)


def anything() -> Check:
    """The schema `true`."""
    return All([])


def nothing() -> Check:
    """The schema `false`."""
    return Assertion("false", everything)


def everything(values: Values) -> Mask:
    """Every element."""
    return np.ones(len(values), np.bool_)


def chosen_only(mask: Mask | None, values: Values) -> Mask | None:
    """The mask over chosen elements; None if that leaves none."""
    if mask is None:
        return None
    mask = both(mask, values.chosen)
    return mask if mask is not None and mask.any() else None
