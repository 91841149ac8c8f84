"""What became of a row: the rows that came of it, what was dropped and why, and the calls that it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..errors import RecipeError
from .steps import Row

FAILED = "failed"
"""The reason of a row that was dropped since a call failed."""

CallCounts = dict[tuple[str, str], list[int]]
"""For each step and model: calls, and their prompt, completion, reasoning and cached tokens."""

_FAILED, _FINE = b"!", b" "


@dataclass(frozen=True, slots=True)
class Drop:
    """A row that was dropped.

    Attributes:
        row: The row as it was then.
        step: The step that dropped it.
        reason: Why, as a name in kebab-case, such as `failed`, `truncated`, `near-duplicate`.
        detail: More about it, for people.
    """

    row: Row
    step: str
    reason: str
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The drop as JSON."""
        return {"step": self.step, "reason": self.reason, "detail": self.detail, "row": self.row}


@dataclass(slots=True)
class Outcome:
    """What became of one row in a segment.

    Attributes:
        rows: The rows that came of it.
        drops: What was dropped.
        calls: The calls that it took.
        missing: Samples that are null in a row that stays, by step and reason.
    """

    rows: list[Row] = field(default_factory=list[Row])
    drops: list[Drop] = field(default_factory=list[Drop])
    calls: CallCounts = field(default_factory=dict[tuple[str, str], list[int]])
    missing: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    @property
    def failed(self) -> bool:
        """Whether a call failed on the way."""
        reasons = [drop.reason for drop in self.drops] + [reason for _, reason in self.missing]
        return FAILED in reasons

    def count(self, step: str, model: str, *tokens: int) -> None:
        """Count a call and its tokens."""
        counts = self.calls.setdefault((step, model), [0, 0, 0, 0, 0])
        for at, more in enumerate((1, *tokens)):
            counts[at] += more

    def miss(self, sample: Drop) -> None:
        """Count a sample that is missing in a row that stays."""
        self.missing[sample.step, sample.reason] += 1

    def to_bytes(self) -> bytes:
        """The outcome as the journal keeps it; the first byte says whether a call failed.

        Raises:
            RecipeError: A row isn't JSON.
        """
        value = {
            "rows": self.rows,
            "drops": [[drop.step, drop.reason, drop.detail, drop.row] for drop in self.drops],
            "calls": [[*key, *counts] for key, counts in sorted(self.calls.items())],
            "missing": [[*key, samples] for key, samples in sorted(self.missing.items())],
        }
        try:
            return (_FAILED if self.failed else _FINE) + orjson.dumps(value)
        except TypeError as error:
            raise RecipeError(f"a recipe made a row that isn't JSON: {error}") from error


def read_outcome(payload: bytes) -> Outcome:
    """The outcome that `to_bytes` wrote."""
    value = orjson.loads(payload[1:])
    drops = [Drop(row, step, reason, detail) for step, reason, detail, row in value["drops"]]
    calls = {(step, model): list(counts) for step, model, *counts in value["calls"]}
    missing = Counter({(step, reason): samples for step, reason, samples in value["missing"]})
    return Outcome(value["rows"], drops, calls, missing)


def has_failed(payload: bytes) -> bool:
    """Whether a call failed on the way to the outcome."""
    return payload[:1] == _FAILED


def add_counts(total: CallCounts, more: Mapping[tuple[str, str], Iterable[int]]) -> None:
    """Add counts of calls to a total."""
    for key, counts in more.items():
        known = total.setdefault(key, [0, 0, 0, 0, 0])
        for at, count in enumerate(counts):
            known[at] += count


def kept_rows(outcomes: Iterable[Outcome]) -> Iterator[Row]:
    """The rows that outcomes keep, in order."""
    for outcome in outcomes:
        yield from outcome.rows
