"""MNNS with budgeted soft targets (CoT2, arXiv 2505.23648): the states of the B best traces.

The paper's code reads "best" in two ways: by the least absolute final sum, or by the least that isn't
negative. Here all traces are listed and sorted again, and what a row stores is held to the first of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from .columns import Found, Integers, matrix_of, whole_numbers
from .findings import Finding, Severity
from .inputs.batch import Batch
from .rules.base import Rule
from .signed_sums import BUDGETED, MOST_DIGITS, TARGETS, blocks_of, is_budgeted, traces_of

pc = cast("Any", pyarrow.compute)
TIE_BREAKS: Final[Mapping[str, str]] = {
    "all_traces": "none",
    "topB_minabs": "non-negative before negative sums, then + before - from the first sign on",
    "topB_nonneg": "+ before - from the first sign on",
}
"""For each rule the order of traces whose final sums are equally good."""

_NAME: Final = re.compile(r"mnns-.*-(minabs|nonneg)([0-9]+)")
_NEVER: Final = np.iinfo(np.int64).max
# Room for each part of an entry's code, more than the schema allows.
_STEPS, _STATES, _COUNTS = 2**5, 2**18, 2**14
_GREATEST_DIGIT: Final = 2**12


class MnnsBudget(Rule):
    """Budgeted targets that aren't the states of the best traces, or columns that name another budget."""

    name: ClassVar[str] = "mnns-budget"
    severity: ClassVar[Severity] = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """The digits, the targets, and what they count."""
        return (*TARGETS, "rule", "budget", "tie_break")

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for the columns that name the budget, and one at the first wrong step of each row."""
        parts = [whole_numbers(batch, path) for path in (*TARGETS, "budget")]
        rules, ties = _texts(batch, "rule"), _texts(batch, "tie_break")
        if rules is None or ties is None or any(part is None for part in parts):
            return
        digits, *entries, (budget, _) = cast("list[Found]", parts)
        yield from self._names(batch, rules, ties, budget)
        matrix, lengths = matrix_of(*digits, len(batch))
        is_checked = is_budgeted(batch) & (budget > 0) & (lengths > 0) & (lengths <= MOST_DIGITS)
        stored = _codes(entries)[is_checked[entries[0][1]]]
        right = _right(np.clip(matrix, 0, _GREATEST_DIGIT), lengths, rules, np.where(is_checked, budget, 0))
        for row, step in _first_differences(stored, right):
            message = f"step {step}: states and counts aren't those of the {budget[row]} best traces"
            if (sums := [_added(codes, row, step) for codes in (stored, right)])[0] != sums[1]:
                message = f"step {step}: counts add up to {sums[0]}, expected {sums[1]}"
            yield self.finding(message, batch, row, "targets")

    def _names(self, batch: Batch, rules: Any, ties: Any, budget: Integers) -> Iterator[Finding]:
        """A finding where rule, budget and tie-break don't fit each other, or not the config's name."""
        fits = np.zeros(len(batch), np.bool_)
        for rule, tie in TIE_BREAKS.items():
            fits |= (rules == rule) & (ties == tie) & ((budget < 1) == (rule not in BUDGETED))
        if batch.place.config:
            match = _NAME.fullmatch(batch.place.config)
            rule, size = (f"topB_{match[1]}", int(match[2])) if match else ("all_traces", -1)
            fits &= (rules == rule) & (budget == size)
        for row in np.flatnonzero(~fits).tolist():
            found = f"rule {rules[row]!r}, budget {budget[row]} and tie_break {ties[row]!r}"
            yield self.finding(f"{found} don't fit each other and the config", batch, row, "rule")


def best_traces(digits: Integers, rule: str, size: int) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """The states of the best traces, shape (n, kept, m) for digits (n, m), and which of these are real.

    Where there are fewer than `size` traces that the rule may keep, the others aren't real.
    """
    states = traces_of(digits)
    final = states[:, :, -1]
    is_negative = final < 0
    refused = np.where(is_negative, _NEVER, final)
    rank = refused if rule == "topB_nonneg" else 2 * np.abs(final) + is_negative
    # Traces are listed with + before -, and a stable sort leaves equally good ones so.
    order = np.argsort(rank, axis=1, kind="stable")[:, :size]
    kept = np.take_along_axis(states, order[:, :, None], axis=1)
    return kept, np.take_along_axis(rank, order, axis=1) < _NEVER


def _right(matrix: Integers, lengths: Integers, rules: Any, budget: Integers) -> Integers:
    """The codes of the entries that rows should have; none for rows whose budget is 0."""
    codes = [np.empty(0, np.int64)]
    for rule in BUDGETED:
        for size, length in np.unique(np.column_stack([budget, lengths])[budget > 0], axis=0).tolist():
            chosen = np.flatnonzero((rules == rule) & (budget == size) & (lengths == length))
            for rows in blocks_of(chosen, length):
                states, is_real = best_traces(matrix[rows, :length], rule, size)
                places = (rows[:, None] * _STEPS + np.arange(1, length + 1))[:, None, :] * _STATES
                values, counts = np.unique(
                    (places + states + _STATES // 2)[is_real].ravel(), return_counts=True
                )
                codes.append(values * _COUNTS + counts)
    return np.concatenate(codes)


def _codes(entries: list[Found]) -> Integers:
    """A number for each entry that orders by row, step, state and count; what has no room gets another."""
    (step, rows), (state, _), (count, _) = entries
    place = rows * _STEPS + np.clip(step, 0, _STEPS - 1)
    state = np.clip(state + _STATES // 2, 0, _STATES - 1)
    return (place * _STATES + state) * _COUNTS + np.clip(count, 0, _COUNTS - 1)


def _first_differences(stored: Integers, right: Integers) -> Iterator[tuple[int, int]]:
    """Row and step of the first entry that only one side has, for each row with such an entry."""
    values, place = np.unique(np.concatenate([stored, right]), return_inverse=True)
    balance = np.bincount(place, np.repeat([1, -1], [len(stored), len(right)]), len(values))
    places = values[balance != 0] // (_COUNTS * _STATES)
    rows, first = np.unique(places // _STEPS, return_index=True)
    yield from zip(rows.tolist(), (places[first] % _STEPS).tolist(), strict=True)


def _added(codes: Integers, row: int, step: int) -> int:
    """The sum of the counts of a row's step."""
    return int((codes[codes // (_COUNTS * _STATES) == row * _STEPS + step] % _COUNTS).sum())


def _texts(batch: Batch, path: str) -> Any:
    """The strings of a column as an array of objects, nulls as empty ones; None if there are none."""
    column = batch.column(path)
    if column is None or not pa.types.is_string(column.values.type):
        return None
    return pc.fill_null(column.values, "").to_numpy(zero_copy_only=False)
