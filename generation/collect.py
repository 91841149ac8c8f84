"""The steps that see all rows at once: near-duplicates go, a sample stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from ..validation.duplicates.find import find_duplicates
from .functions import apply
from .outcome import Drop
from .recipe import Start
from .steps import CollectionStep, Distinct, Draw, Row

_ALL = ""


def apply_steps(
    steps: Sequence[CollectionStep], rows: Iterable[Row], start: Start
) -> tuple[list[Row], list[Drop]]:
    """Rows that all steps keep, in their order, and what each of them drops. The rows are held in memory.

    Raises:
        RecipeError: A step can't handle a row.
    """
    kept = list(rows)
    drops: list[Drop] = []
    for step in steps:
        if isinstance(step, Distinct):
            kept, dropped = distinct(step, kept)
        else:
            kept, dropped = draw(step, kept, start)
        drops += dropped
    return kept, drops


def distinct(step: Distinct, rows: Sequence[Row]) -> tuple[list[Row], list[Drop]]:
    """The first row of each cluster of the same or nearly the same texts."""
    if not rows:
        return [], []
    texts = [apply(step.text, row, f"step {step.name}") for row in rows]
    found = find_duplicates(texts, threshold=step.threshold)
    kept: list[Row] = []
    drops: list[Drop] = []
    for at, (row, is_first) in enumerate(zip(rows, found.keep().tolist(), strict=True)):
        if is_first:
            kept.append(row)
            continue
        reason = "duplicate" if int(found.first[at]) != at else "near-duplicate"
        drops.append(Drop(row, step.name, reason, f"of row {int(found.cluster[at])} of this step"))
    return kept, drops


def draw(step: Draw, rows: Sequence[Row], start: Start) -> tuple[list[Row], list[Drop]]:
    """As many rows of each group as asked for, those whose hash with the seed is least."""
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        group = apply(step.by, row, f"step {step.name}") if step.by else _ALL
        groups.setdefault(group, []).append(at)
    drawn: set[int] = set()
    for group, count in _counts(step, sorted(groups), start).items():
        ranked = sorted(groups[group], key=lambda at: (_rank(step, rows[at], start.seed), at))
        drawn.update(ranked[:count])
    kept = [row for at, row in enumerate(rows) if at in drawn]
    return kept, [Drop(row, step.name, "not-drawn") for at, row in enumerate(rows) if at not in drawn]


def _counts(step: Draw, groups: Sequence[str], start: Start) -> dict[str, int]:
    """Rows to draw of each group; where the run says how many in all, the first groups take the rest."""
    if step.count is not None:
        return dict.fromkeys(groups, step.count)
    each, rest = divmod(start.rows, max(1, len(groups)))
    return {group: each + (at < rest) for at, group in enumerate(groups)}


def _rank(step: Draw, row: Row, seed: int) -> bytes:
    text = f"{seed} {apply(step.identity, row, f'step {step.name}')}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
