"""Findings by code and by split, counted: what every format of a report starts from."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

from ..findings import Finding, Severity
from ..report import Checked, Report
from ..rules.catalogue import RuleInfo, all_rules, number_of

SCHEMA_CODE = "schema-violation"
ELSEWHERE = "elsewhere"
UNNAMED = "rows"
# What these say is of no split, even if only one was read.
_ABOUT_SCHEMA = frozenset({"unknown-keyword"})
_ABOUT_RULES = frozenset({"unused-suppression", "rule-not-run", "rule-without-column"})
SEVERITIES: Sequence[Severity] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one code and severity.

    Attributes:
        code: The code, such as `duplicate-id`.
        number: Its number in the catalogue, such as `MR201`; empty for a code that isn't there.
        severity: The severity of all of them.
        count: How many there are.
        findings: Those that were kept, in order.
    """

    code: str
    number: str
    severity: Severity
    count: int
    findings: Sequence[Finding]

    @property
    def title(self) -> str:
        """Number and code: `MR201 duplicate-id`."""
        return f"{self.number} {self.code}".strip()

    @property
    def counted(self) -> str:
        """How many there are, in words: `1,234 errors`."""
        return f"{self.count:,} {plural(self.severity, self.count)}"

    def first(self, most: int) -> Sequence[Finding]:
        """The first of them."""
        return self.findings[: max(0, most)]

    def shortened(self, most: int) -> Group:
        """The group with the first of them alone; the count stays."""
        return replace(self, findings=self.first(most))


@dataclass(frozen=True, slots=True)
class SplitFindings:
    """The findings of one split or file.

    Attributes:
        checked: What was read; one named `elsewhere` holds the findings that belong to none.
        groups: Its findings.
        complete: False if there may be more than the groups count, for want of findings that were kept.
    """

    checked: Checked
    groups: Sequence[Group]
    complete: bool

    @property
    def name(self) -> str:
        """What a person calls it: `rows` if it has no name."""
        return self.checked.name or UNNAMED

    @property
    def count(self) -> str:
        """How many findings there are; with a plus if there may be more."""
        return f"{sum(group.count for group in self.groups):,}{'' if self.complete else '+'}"


def catalogue() -> Mapping[str, RuleInfo]:
    """What the catalogue says of each code."""
    return {info.name: info for info in all_rules()}


def groups(report: Report) -> list[Group]:
    """All findings, errors first, then by number.

    A code whose findings differ in severity gives a group for each; those that were counted but not
    kept are taken to have the most frequent one.
    """
    kept: dict[tuple[str, Severity], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        kept[finding.code, finding.severity].append(finding)
    unkept = Counter(report.findings.counts)
    unkept.subtract(finding.code for finding in report.findings)
    found: list[Group] = []
    for (code, severity), findings in sorted(kept.items(), key=lambda item: -len(item[1])):
        count = len(findings) + unkept.pop(code, 0)
        found.append(Group(code, number_of(code), severity, count, findings))
    return sorted(found, key=_rank)


def _rank(group: Group) -> tuple[int, bool, str, str]:
    return SEVERITIES.index(group.severity), not group.number, group.number, group.code


def in_turn(found: Sequence[Group], most: int) -> list[tuple[Group, Finding]]:
    """The first findings, one of each group in turn, so that a frequent defect doesn't hide the others."""
    columns = ([(group, finding) for finding in group.findings] for group in found)
    turns = (pair for turn in zip_longest(*columns) for pair in turn if pair is not None)
    return list(islice(turns, max(0, most)))


def by_split(report: Report) -> list[SplitFindings]:
    """The findings of every split, and last those that belong to none."""
    return _by_split(report, groups(report))


def table_of_splits(report: Report) -> list[SplitFindings]:
    """The same for a table of what was read: findings about the schema itself aren't among them."""
    return _by_split(report, [group for group in groups(report) if group.code not in _ABOUT_SCHEMA])


def _by_split(report: Report, found: Sequence[Group]) -> list[SplitFindings]:
    places = _Places(report.checked)
    sorted_out = [places.sort_out(group) for group in found]
    every = [*report.checked, Checked(ELSEWHERE)]
    alone = len(report.checked) == 1
    splits = [_of_split(checked, found, sorted_out, alone=alone) for checked in every]
    return [split for split in splits if split.groups or split.checked.name != ELSEWHERE]


class _Places:
    """Which split a finding belongs to: by its file, else by the name or file that its place begins with."""

    def __init__(self, checked: Collection[Checked]) -> None:
        self._names = {file: each.name for each in checked for file in each.files}
        self._names |= {each.name: each.name for each in checked if each.name}
        self._unnamed = any(not each.name for each in checked)
        # Of two names that fit, the longer one is meant.
        longest = sorted(self._names, key=len, reverse=True)
        pattern = f"({'|'.join(map(re.escape, longest))})(?=[ :]|\\Z)" if longest else "(?!)"
        self._beginning = re.compile(pattern)

    def sort_out(self, group: Group) -> Mapping[str, list[Finding]]:
        """The group's findings by the name of their split."""
        found: dict[str, list[Finding]] = defaultdict(list)
        for finding in group.findings:
            found[self._split(finding)].append(finding)
        return found

    def _split(self, finding: Finding) -> str:
        if finding.code in _ABOUT_SCHEMA:
            return ELSEWHERE
        if finding.file in self._names:
            return self._names[finding.file]
        if place := self._beginning.match(finding.where):
            return self._names[place[1]]
        # Rows in memory have no name for a place to begin with.
        is_of_rows = not finding.file and finding.code not in _ABOUT_RULES
        return "" if self._unnamed and is_of_rows else ELSEWHERE


def _of_split(
    checked: Checked, found: Sequence[Group], places: Sequence[Mapping[str, list[Finding]]], *, alone: bool
) -> SplitFindings:
    own: list[Group] = []
    complete = True
    for group, place in zip(found, places, strict=True):
        findings = place.get(checked.name, [])
        count, sure = _count(group, len(findings), checked, alone=alone)
        complete = complete and sure
        if count:
            own.append(replace(group, count=count, findings=findings))
    return SplitFindings(checked, own, complete)


def _count(group: Group, kept: int, checked: Checked, *, alone: bool) -> tuple[int, bool]:
    """How many findings of the group a split has, and whether that is sure."""
    if group.count == len(group.findings):
        return kept, True
    if group.code == SCHEMA_CODE:
        return max(kept, min(checked.violations.total(), group.count)), True
    return (group.count, True) if alone and kept else (kept, not kept)


def plural(noun: str, count: int) -> str:
    """The noun, with an s unless there is one."""
    return noun if count == 1 else f"{noun}s"


def counted(report: Report) -> str:
    """How many errors, warnings and notes there are: `3 errors, 1 warning`; empty if none."""
    totals = totals_of(report)
    return ", ".join(f"{totals[kind]:,} {plural(kind, totals[kind])}" for kind in SEVERITIES if totals[kind])


def totals_of(report: Report) -> Mapping[Severity, int]:
    """How many findings have each severity."""
    totals: Counter[Severity] = Counter(dict.fromkeys(SEVERITIES, 0))
    for group in groups(report):
        totals[group.severity] += group.count
    return totals


def closing(report: Report) -> str:
    """The verdict in a line: `data.jsonl: 3 errors in 200,000 rows (0.4 s, 500k rows/s)`."""
    rows = sum(checked.rows for checked in report.checked)
    size = f"{rows:,} {plural('row', rows)}"
    speed = _speed(rows, sum(checked.seconds for checked in report.checked))
    found = counted(report)
    verdict = f"{found} in {size} ({speed})" if found else f"valid ({size}, {speed})"
    return f"{report.target}: {verdict}"


def _speed(rows: int, seconds: float) -> str:
    rate = rows / max(seconds, 1e-6)
    unit, size = next(((unit, size) for unit, size in (("M", 1e6), ("k", 1e3)) if rate >= size), ("", 1.0))
    return f"{seconds:.1f} s, {rate / size:.3g}{unit} rows/s"
