"""Findings: what a build or a check has to say about the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing about the data.

    Attributes:
        code: A stable name in kebab-case, such as `identical-files`.
        message: One line: what was found and, where it isn't obvious, what was expected.
        severity: `error` stops a build; `warning` is a defect that is kept as it is; `note` is a
            fact that a user of the data should know.
        where: The file, the file and line, or the row's id.
        field: The column or JSON pointer, if one is meant.
    """

    code: str
    message: str
    severity: Severity = "warning"
    where: str = ""
    field: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON, without empty members."""
        return {key: value for key, value in asdict(self).items() if value != ""}

    def __str__(self) -> str:
        """The place, the field and the message on one line."""
        place = ": ".join(part for part in (self.where, self.field) if part)
        return f"{place}: {self.message}" if place else self.message


def count_by_code(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How many findings have each code, by code."""
    return dict(sorted(Counter(finding.code for finding in findings).items()))
