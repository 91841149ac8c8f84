"""The canary: a string in every row of a gated dataset, by which leaked rows are recognised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..findings import Finding, Severity
from ..inputs.batch import Batch
from .base import Rule

pc = cast("Any", pyarrow.compute)


class MissingCanary(Rule):
    """A row without the canary. Where the path leads to several values, one of them must have it."""

    name: ClassVar[str] = "missing-canary"
    severity: ClassVar[Severity] = "error"

    def __init__(self, canary: str, field: str = "canary") -> None:
        """Take the canary, and the path of the text that holds it.

        Raises:
            ValueError: The canary is blank.
        """
        if not canary.strip():
            raise ValueError("canary: found an empty text, expected the string that every row holds")
        self._canary = canary
        self._field = field

    @property
    def columns(self) -> tuple[str, ...]:
        """The text that holds the canary."""
        return (self._field,)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """A finding for each row without it."""
        column = batch.column(self._field)
        if column is None:
            return
        if pa.types.is_nested(column.values.type):
            found = np.zeros(len(column.values), np.bool_)
        else:
            text = column.values.cast(pa.large_string())
            holds = pc.fill_null(pc.match_substring(text, self._canary), False)  # noqa: FBT003 (for null)
            found = np.asarray(holds)
        has_canary = np.zeros(len(batch), np.bool_)
        has_canary[column.rows[found]] = True
        for row in np.flatnonzero(~has_canary).tolist():
            yield self.finding(f"expected the canary {self._canary!r}", batch, row, self._field)


RULES: tuple[type[Rule], ...] = (MissingCanary,)
