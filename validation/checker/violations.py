"""What breaks a schema in a batch of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """One error, as `jsonschema.iter_errors` would place it.

    Attributes:
        row: The row's position in the batch, from 0.
        pointer: JSON pointer of the value inside the row; empty for the row itself.
        keyword: The keyword that failed; `false` for the schema `false`.
        message: One line: what was found and what was expected.
    """

    row: int
    pointer: str
    keyword: str
    message: str


@dataclass(slots=True)
class BatchResult:
    """What a batch of rows shows.

    Attributes:
        rows: How many rows were checked.
        invalid: How many of them break the schema.
        counts: How many violations there are, by keyword; all are counted.
        violations: The first of them in order of row and pointer, as many as were asked for, but every one of
            a row whose first is there.
    """

    rows: int = 0
    invalid: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    violations: Sequence[Violation] = ()
