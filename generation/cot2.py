"""MNNS, the minimum non-negative sum task of CoT2, with soft targets of any budget (sections 1 and 3).

A family fixes the number of digits and their range, such as `mnns-4x9`: four digits in 1..9, the
paper's main setting. A small family is released whole; of a larger one, distinct inputs are drawn.
`mnns-4x9-minabs4` has the same inputs with targets over the best four traces.

Digits decide the split: all orders of the same digits fall on one side, as in the paper, and they
do so in every family, so that a model trained on `mnns-4x9` hasn't seen the test digits of
`mnns-4x99`. The split is a threshold on a hash of the multiset rather than a cut of a shuffled
list, which would differ between families and can't be made of a space that is too large to list.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .budgets import Budget, budgeted_targets
from .families import Family
from .sampling import draw_distinct
from .seeds import stream, uniform_integers
from .signed_sums import Int16, Solutions, answers, optimal_patterns, pattern_bytes, solve
from .soft_targets import Targets, targets
from .splits import Bucket, bucket, multiset_hashes, split_rows

__all__ = [
    "DEFAULT_ROWS",
    "SCHEMA",
    "SHARD_ROWS",
    "Budget",
    "Family",
    "Solutions",
    "Targets",
    "answers",
    "budgeted_targets",
    "generate",
    "inputs",
    "optimal_patterns",
    "shards",
    "solve",
    "split_hashes",
    "split_rows",
    "table",
    "targets",
]

SCHEMA: Final = pa.schema(
    {
        "id": pa.string(),
        "digits": pa.list_(pa.int16()),
        "answer": pa.int16(),
        "trace": pa.list_(pa.int16()),
        "optimal_patterns": pa.list_(pa.string()),
        "targets": pa.list_(pa.struct({"step": pa.int8(), "state": pa.int16(), "count": pa.int32()})),
        "rule": pa.string(),
        "budget": pa.int16(),
        "tie_break": pa.string(),
    }
)
"""The columns of a row; the last three say which traces `targets` counts."""

DEFAULT_ROWS: Final[Mapping[str, int]] = split_rows(10_000)
"""Rows drawn for each split of a family that isn't exhaustive: 8,000, 1,000 and 1,000."""

SHARD_ROWS: Final = 25_000
"""The most rows of a shard and of a table."""

_TABLE_ENTRIES: Final = 2**21

# The least salt for which mnns-4x9 has all nine answers in train, each split's share of the rows to
# within 3/4 of a point, and each answer's share of a split to within 3 points of the whole's.
_SPLIT_SALT: Final = 23_435


def split_hashes(digits: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint64]:
    """What decides the split of each input: `bucket(split).contains(split_hashes(digits))`."""
    return multiset_hashes(digits, salt=_SPLIT_SALT)


def shards(family: Family, split: str, rows: int | None = None) -> int:
    """The number of shards of a split: a function of its number of rows, never of workers.

    Args:
        family: Which inputs there are.
        split: `train`, `validation` or `test`.
        rows: Rows of the whole split, `DEFAULT_ROWS` if None; an exhaustive family takes None only.

    Raises:
        ValueError: There is no such split, or so many rows can't be asked for.
    """
    bucket(split)  # refuses an unknown split
    if family.exhaustive and rows is not None:
        raise ValueError(f"{family.name} is released whole: a number of rows can't be asked for")
    if rows is not None and rows < 1:
        raise ValueError(f"{family.name}: {split!r} must have at least one row, not {rows}")
    return 1 if family.exhaustive else math.ceil((rows or DEFAULT_ROWS[split]) / SHARD_ROWS)


def inputs(family: Family, split: str, shard: int = 0, *, seed: int = 0, rows: int | None = None) -> Int16:
    """The inputs of a shard, distinct and in lexicographic order.

    Args:
        family: Which inputs there are.
        split: `train`, `validation` or `test`.
        shard: One of `shards(family, split, rows)`, from 0.
        seed: Chooses the inputs that are drawn; an exhaustive family is the same at any seed.
        rows: As in `shards`. Other numbers of rows give other inputs, not more of the same.

    Returns:
        Digits of shape (rows of the shard, length).

    Raises:
        ValueError: There is no such split or shard, or it can't hold so many rows.
    """
    count = shards(family, split, rows)
    hashes = bucket(split, shard, count)
    if family.exhaustive:
        return _all_inputs(family, split, hashes)
    total = rows or DEFAULT_ROWS[split]
    quota = total * (shard + 1) // count - total * shard // count
    words = stream(seed, "cot2", family.unbudgeted.name, split, shard)
    return _drawn_inputs(family, f"shard {shard} of {count} of {split!r}", hashes, quota, words)


def generate(
    family: Family, split: str, shard: int = 0, *, seed: int = 0, rows: int | None = None
) -> Iterator[pa.Table]:
    """The rows of a shard as tables of bounded size: at most 25,000 rows and some tens of MB each.

    Takes the arguments of `inputs` and raises what it raises, before the first table is asked for.
    """
    digits = inputs(family, split, shard, seed=seed, rows=rows)
    kept = family.budget.size if family.budget else 2**family.length
    steps = range(1, family.length + 1)
    widest = sum(min(2**step, family.highest * step + 1, kept) for step in steps)
    size = min(SHARD_ROWS, _TABLE_ENTRIES // widest)
    return (table(digits[start : start + size], family) for start in range(0, len(digits), size))


def table(digits: npt.NDArray[np.integer[Any]], family: Family) -> pa.Table:
    """One row for each input, in their order, with the columns of `SCHEMA`.

    Args:
        digits: At most 25,000 inputs of the family, shape (n, length).
        family: Where the inputs belong; its name begins their ids.

    Raises:
        ValueError: An input isn't of the family, or there are too many.
    """
    family.check(digits)
    if len(digits) > SHARD_ROWS:
        raise ValueError(f"a table holds at most {SHARD_ROWS:,} rows, not {len(digits):,}")
    solutions = solve(digits)
    soft = budgeted_targets(digits, family.budget) if family.budget else targets(digits)
    entries = [pa.array(soft.step), pa.array(soft.state), pa.array(soft.count)]
    columns = {
        "id": _ids(digits, family),
        "digits": _equal_lists(digits),
        "answer": pa.array(solutions.answers),
        "trace": _equal_lists(solutions.traces),
        "optimal_patterns": _lists(solutions.offsets, _pattern_strings(solutions, family.length)),
        "targets": _lists(soft.offsets, pa.StructArray.from_arrays(entries, ["step", "state", "count"])),
        **_rule(family.budget, len(digits)),
    }
    return pa.table(columns, schema=SCHEMA)


def _all_inputs(family: Family, split: str, hashes: Bucket) -> Int16:
    every = family.enumerate()
    chosen = every[hashes.contains(split_hashes(every))]
    if not len(chosen):
        raise ValueError(f"{family.name} is so small that no input falls in {split!r}: take a larger family")
    return chosen


def _drawn_inputs(family: Family, place: str, hashes: Bucket, quota: int, words: np.random.Philox) -> Int16:
    def draw(tries: int) -> Int16:
        shape = (tries, family.length)
        tried = uniform_integers(words, family.lowest, family.highest, shape).astype(np.int16)
        return tried[hashes.contains(split_hashes(tried))]

    # Beyond half of what falls in, drawing would be slow, and two seeds would have most rows in common.
    likely = int(family.space * hashes.share)
    drawn = draw_distinct(draw, quota, share=hashes.share) if 2 * quota <= likely else draw(0)
    if len(drawn) < quota:
        raise ValueError(
            f"{family.name}: {place} can't hold {quota:,} distinct rows: its share of all inputs is about "
            f"{likely:,}, fewer where digits are few, and at most half of it can be drawn; "
            f"ask for fewer rows or take a larger family"
        )
    return drawn


def _rule(budget: Budget | None, rows: int) -> dict[str, pa.Array]:
    values = ("all_traces", None, "none") if budget is None else (budget.rule, budget.size, budget.tie_break)
    names = ("rule", "budget", "tie_break")
    return {
        name: pa.repeat(pa.scalar(value, SCHEMA.field(name).type), rows)
        for name, value in zip(names, values, strict=True)
    }


def _ids(digits: npt.NDArray[np.integer[Any]], family: Family) -> pa.Array:
    written = [pa.array(column).cast(pa.string()) for column in digits.T]
    # Its functions are made at import, so type checkers know none of them.
    join: Any = getattr(pc, "binary_join_element_wise")  # noqa: B009
    return join(f"{family.name}:", join(*written, "-"), "")


def _equal_lists(values: npt.NDArray[np.integer[Any]]) -> pa.Array:
    offsets = np.arange(len(values) + 1) * np.int64(values.shape[1])
    return _lists(offsets, pa.array(values.astype(np.int16).ravel()))


def _lists(offsets: npt.NDArray[np.int64], values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)


def _pattern_strings(solutions: Solutions, length: int) -> pa.Array:
    characters = pattern_bytes(solutions.patterns, length)
    offsets = np.arange(len(characters) + 1, dtype=np.int32) * np.int32(length)
    return pa.StringArray.from_buffers(len(characters), pa.py_buffer(offsets), pa.py_buffer(characters))
