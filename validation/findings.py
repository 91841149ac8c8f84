"""Findings: what a build or a check has to say about the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, overload

Severity = Literal["error", "warning", "note"]
MOST_KEPT = 10_000


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
        keyword: The keyword of a JSON Schema that failed.
        file: The file, where it is known apart from the rest of the place.
        line: Its line, from 1, in a file of lines.
        row: The row's number in its split or file, from 0.
    """

    code: str
    message: str
    severity: Severity = "warning"
    where: str = ""
    field: str = ""
    keyword: str = ""
    file: str = ""
    line: int | None = None
    row: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON, without empty members."""
        return {key: value for key, value in asdict(self).items() if value not in ("", None)}

    def __str__(self) -> str:
        """The place, the field and the message on one line."""
        place = ": ".join(part for part in (self.where, self.field) if part)
        return f"{place}: {self.message}" if place else self.message


class FindingLog(Sequence[Finding]):
    """Findings in the order they were made: all are counted, the first of each code are kept.

    A defect of every row of a large release would otherwise fill the memory. Of a severity that comes only
    after so many of another, one is kept in the place of the last, so that none goes unseen.
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        """Start with these."""
        self._kept: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._held: Counter[str] = Counter()
        self._severities = set[tuple[str, Severity]]()
        self.extend(findings)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings have each code, by code."""
        return dict(sorted(self._counts.items()))

    def append(self, finding: Finding) -> None:
        """Add a finding."""
        code: str = finding.code
        kind: tuple[str, Severity] = (code, finding.severity)
        self._counts[code] += 1
        if self._held[code] < MOST_KEPT:
            self._held[code] += 1
            self._kept.append(finding)
        elif kind not in self._severities:
            self._kept[self._last(code)] = finding
        self._severities.add(kind)

    def _last(self, code: str) -> int:
        """Where the last finding of a code is kept."""
        return max(index for index, each in enumerate(self._kept) if each.code == code)

    def add_unseen(self, code: str, more: int) -> None:
        """Count findings of a code that aren't at hand one by one."""
        if more:
            self._counts[code] += more

    def absorb(self, other: FindingLog) -> None:
        """Add another log: what it keeps, and the counts of what it doesn't."""
        kept = Counter(finding.code for finding in other)
        self.extend(other)
        for code, count in other.counts.items():
            self.add_unseen(code, count - kept[code])

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add findings."""
        for finding in findings:
            self.append(finding)

    @overload
    def __getitem__(self, index: int) -> Finding: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...

    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        """A kept finding, or several."""
        return self._kept[index]

    def __len__(self) -> int:
        """How many were kept."""
        return len(self._kept)
