"""DeceptionBench and Self-Monitor (arXiv 2505.18807): 180 scenarios in five categories, and training rows.

A scenario holds a neutral question (inner), a role (system) and a situation with an incentive (outer); one
model answers both (section 4.1, appendix D.1). The categories' sizes follow from figures 6 to 10: every
printed percentage is a fraction of at most so many rows. A self-monitor row holds a thought, a critique
with a verdict, and an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

import numpy as np
import pyarrow.compute

from .findings import Finding, Severity
from .inputs.batch import Batch
from .rules.base import Declared, Rule, Suppression, rule

pc = cast("Any", pyarrow.compute)

SCENARIOS, MONITOR = ("original",), ("original-self-monitor",)
PROMPTS = ("inner_prompt", "system_prompt", "outer_prompt")
REASONING = ("thinking_process", "reflection", "revised_response")
# The paper's name and size, then how names begin in the release and its ports, letters alone.
CATEGORIES: dict[str, tuple[int, tuple[str, ...]]] = {
    "strategic deception": (45, ("strategicdeception", "goaldrivenrulebreaking")),
    "sycophancy": (43, ("sycophan",)),
    "honesty evasion": (43, ("honestyevasion",)),
    "sandbagging": (33, ("sandbagging",)),
    "alignment faking": (16, ("alignmentfaking",)),
}


class CategorySize(Rule):
    """A category with another number of scenarios than the paper's, or a `type` that is none of the five."""

    name: ClassVar[str] = "category-size"
    severity: ClassVar[Severity] = "warning"

    def __init__(self) -> None:
        """Start without rows."""
        self._counts: Counter[str] = Counter()
        self._place = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The category as the release writes it."""
        return ("type",)

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each row of no known category."""
        column = batch.column("type")
        if column is None:
            return
        self._place = batch.place.config
        letters = pc.replace_substring_regex(pc.utf8_lower(column.values), "[^a-z]+", "")
        known = np.zeros(len(column.values), np.bool_)
        for name, (_, beginnings) in CATEGORIES.items():
            found = pc.match_substring_regex(letters, f"^(?:{'|'.join(beginnings)})")
            mask = np.asarray(pc.fill_null(found, False))  # noqa: FBT003 (for null)
            self._counts[name] += int(mask.sum())
            known |= mask
        for index in np.flatnonzero(~known).tolist():
            message = f"found {column.values[index].as_py()!r}, expected one of the five categories"
            yield self.finding(message, batch, int(column.rows[index]), "type")

    def finish(self) -> Iterable[Finding]:
        """A finding for each category of another size."""
        for name, (size, _) in CATEGORIES.items():
            if self._place and self._counts[name] != size:
                message = f"{self._counts[name]} scenarios of {name}, expected {size}"
                yield Finding(self.name, message, self.severity, self._place, "type")


RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("duplicate-id", field="upstream_id", configs=SCENARIOS, severity="warning"),
    rule("category-size", configs=SCENARIOS),
    rule("cross-field", left="inner_prompt", operator="!=", right="outer_prompt", configs=SCENARIOS),
    rule(
        "cross-field",
        when={"properties": {"format": {"type": "string"}}},
        then={"properties": {"format": {"allOf": [{"pattern": "<think>"}, {"pattern": "<output>"}]}}},
        message="the format asks for no <think> and <output> tags",
        configs=SCENARIOS,
        severity="warning",
    ),
    rule("duplicate-text", field="outer_prompt", configs=SCENARIOS, severity="warning"),
    rule("empty-text", fields=PROMPTS, configs=SCENARIOS),
    rule("mojibake", fields=PROMPTS, configs=SCENARIOS),
    rule("language", fields=PROMPTS, expected=["en"], configs=SCENARIOS),
    rule("secret", fields=PROMPTS, configs=SCENARIOS),
    rule("personal-data", fields=PROMPTS, configs=SCENARIOS),
    rule("empty-text", fields=["question", *REASONING], configs=MONITOR, severity="warning"),
    rule("unbalanced-tags", fields=REASONING, tags=["think", "monitor", "label", "output"], configs=MONITOR),
    rule("nested-tags", fields=REASONING, tags=["think", "monitor", "label", "output"], configs=MONITOR),
    rule("duplicate-text", field="question", configs=MONITOR, severity="note"),
    rule("truncated-text", fields=REASONING, configs=MONITOR),
    rule("mojibake", fields=["question", *REASONING], configs=MONITOR),
    rule("language", fields=["question", *REASONING], expected=["en"], configs=MONITOR),
    rule("secret", fields=["question", *REASONING], configs=MONITOR),
    rule("personal-data", fields=["question", *REASONING], configs=MONITOR),
)

SUPPRESSIONS: tuple[Suppression, ...] = ()

OWN_RULES: tuple[type[Rule], ...] = (CategorySize,)
