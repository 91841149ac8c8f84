"""What a validation says: counts, findings, and which keyword was checked by which engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .findings import Finding, FindingLog
from .rules.base import Suppression

FailOn = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class KeywordPlan:
    """Where a keyword of the schema was checked.

    Attributes:
        pointer: JSON pointer of the keyword in the schema.
        engine: `vectorised` over columns, `row by row` for its column, `constant` if the columns' types
            decide it, or `annotation` if it asserts nothing.
    """

    pointer: str
    engine: Literal["vectorised", "row by row", "constant", "annotation"]


@dataclass(slots=True)
class Checked:
    """What was read of one split or file.

    Attributes:
        name: `config/split`, or the file; empty for rows in memory.
        rows: Rows that were looked at; of JSON Lines all lines but blank ones, broken ones too.
        invalid: How many of them break the schema or hold no value; each counts once, whatever else is
            wrong with it. What a line says beside its value (a repeated key, a number that JSON doesn't
            have) is a finding and makes it invalid only if the schema is broken.
        violations: Schema violations, by keyword.
        seconds: Wall time.
        files: The files that were read, as findings name them; none for rows in memory.
    """

    name: str
    rows: int = 0
    invalid: int = 0
    violations: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0
    files: list[str] = field(default_factory=list[str])


@dataclass
class Report:
    """The outcome of `mensrea.validate`.

    Attributes:
        target: What was checked, as the user named it.
        schema: The schema's name or file; empty if rows were checked against none.
        checked: One entry a split or file.
        findings: What was found: all are counted, the first of each code are kept.
        suppressed: Findings that a suppression accepts: how many, by suppression.
        plan: Which keyword ran where.
        rules: The rules that ran, by name.
    """

    target: str
    schema: str = ""
    checked: list[Checked] = field(default_factory=list[Checked])
    findings: FindingLog = field(default_factory=FindingLog)
    suppressed: Mapping[Suppression, int] = field(default_factory=dict[Suppression, int])
    plan: Sequence[KeywordPlan] = ()
    rules: Sequence[str] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.fails("error")

    @property
    def errors(self) -> list[Finding]:
        """The kept findings that are errors."""
        return [finding for finding in self.findings if finding.severity == "error"]

    def fails(self, fail_on: FailOn = "error") -> bool:
        """Whether a finding is at least this severe."""
        severe = {"error"} if fail_on == "error" else {"error", "warning"}
        return any(finding.severity in severe for finding in self.findings)
