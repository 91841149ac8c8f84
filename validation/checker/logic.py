"""`anyOf`, `oneOf`, `not`, `if`: verdicts of schemas combined element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .checks import Assertion, Check
from .sink import Sink
from .values import Mask, Values, either


def any_of(branches: Sequence[Check], schema: Mapping[str, Any]) -> Assertion:
    """`anyOf`: an element fails if every branch does."""

    def failing(values: Values) -> Mask | None:
        masks = [branch.fails(values) for branch in branches]
        if any(mask is None for mask in masks):
            return None
        return np.logical_and.reduce([mask for mask in masks if mask is not None])

    return Assertion("anyOf", failing, schema["anyOf"])


def one_of(branches: Sequence[Check], schema: Mapping[str, Any]) -> Assertion:
    """`oneOf`: an element fails unless all branches but one do."""

    def failing(values: Values) -> Mask | None:
        passed = np.full(len(values), len(branches), np.int32)
        for branch in branches:
            mask = branch.fails(values)
            if mask is not None:
                passed -= mask
        return passed != 1

    return Assertion("oneOf", failing, schema["oneOf"])


def negated(branch: Check) -> Assertion:
    """`not`: an element fails if the branch passes."""

    def failing(values: Values) -> Mask | None:
        return _passes(branch, values)

    return Assertion("not", failing)


@dataclass(frozen=True)
class Conditional(Check):
    """`if`, `then`, `else`; errors are those of the branch taken."""

    condition: Check
    then: Check | None
    otherwise: Check | None

    def fails(self, values: Values) -> Mask | None:
        """Elements that fail the branch they take."""
        return either([branch.fails(part) for branch, part in self._taken(values)])

    def tell(self, values: Values, sink: Sink) -> None:
        """The errors of the branches taken."""
        for branch, part in self._taken(values):
            branch.tell(part, sink)

    def _taken(self, values: Values) -> list[tuple[Check, Values]]:
        passes = _passes(self.condition, values)
        taken: list[tuple[Check, Values]] = []
        if self.then is not None:
            taken.append((self.then, values.among(passes)))
        if self.otherwise is not None:
            taken.append((self.otherwise, values.among(~passes)))
        return taken


@dataclass(frozen=True)
class Where(Check):
    """A check of some of the elements."""

    check: Check
    mask: Assertion

    def fails(self, values: Values) -> Mask | None:
        """Elements that it applies to and that fail."""
        return self.check.fails(self._part(values))

    def tell(self, values: Values, sink: Sink) -> None:
        """Their errors."""
        self.check.tell(self._part(values), sink)

    def _part(self, values: Values) -> Values:
        mask = self.mask.failing(values)
        return values.among(np.zeros(len(values), np.bool_) if mask is None else mask)


def _passes(check: Check, values: Values) -> Mask:
    mask = check.fails(values)
    return np.ones(len(values), np.bool_) if mask is None else ~mask
