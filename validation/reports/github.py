"""A report for GitHub Actions: annotations in the log, and the summary of a step."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from ...schemas.printable import printable
from ..findings import Finding, Severity
from ..report import Report
from .escaping import escaped_data, escaped_property, relative_path
from .grouping import SEVERITIES, Group, closing, groups, in_turn, table_of_splits

# GitHub shows this many annotations of each kind a step, and drops the others without a word.
MOST_ANNOTATIONS = 10
_LONGEST = 500
_SPECIAL = frozenset("\\`*_{}[]()#+!|<>&~@$")
_BACKTICKS = re.compile("`+")
_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(report: Report, most: int) -> str:
    """Workflow commands, errors first, that GitHub shows as annotations; the last one counts all findings."""
    found = groups(report)
    lines = [
        _annotation(group, finding)
        for severity in SEVERITIES
        for group, finding in _shown(found, severity, most)
    ]
    return "\n".join([*lines, _summary(report, found, len(lines))]) + "\n"


def _shown(found: Sequence[Group], severity: Severity, most: int) -> list[tuple[Group, Finding]]:
    # The summary is a notice, too.
    room = MOST_ANNOTATIONS - (severity == "note")
    return in_turn([group.shortened(most) for group in found if group.severity == severity], room)


def _annotation(group: Group, finding: Finding) -> str:
    properties = {
        "file": relative_path(finding.file) if finding.file else "",
        "line": str(finding.line) if finding.file and finding.line else "",
        "title": group.title,
    }
    given = ((key, printable(text)) for key, text in properties.items() if text)
    listed = ",".join(f"{key}={escaped_property(text)}" for key, text in given)
    place = "" if finding.line else finding.where
    message = ": ".join(part for part in (place, finding.field, finding.message) if part)
    return f"::{_COMMANDS[group.severity]} {listed}::{escaped_data(printable(message))}"


def _summary(report: Report, found: Sequence[Group], shown: int) -> str:
    lines = [closing(report), *(f"{group.title}: {group.counted}" for group in found)]
    if more := sum(group.count for group in found) - shown:
        lines.append(f"{more:,} more than the annotations show")
    message = "\n".join(printable(line) for line in lines)
    return f"::notice title=mensrea validate::{escaped_data(message)}"


def step_summary(report: Report, most: int = 3) -> str:
    """The report in Markdown, for the file that `GITHUB_STEP_SUMMARY` names.

    Args:
        report: What was found.
        most: How many findings of each code are shown.
    """
    return "\n".join(_markdown(report, most)) + "\n"


def _markdown(report: Report, most: int) -> Iterator[str]:
    found = groups(report)
    yield f"### mensrea validate {_code(report.target)}"
    yield f"\n{_cell(closing(report))}\n"
    yield "| split | rows | invalid | findings |\n|---|--:|--:|--:|"
    for split in table_of_splits(report):
        checked = split.checked
        yield f"| {_cell(split.name)} | {checked.rows:,} | {checked.invalid:,} | {split.count} |"
    if found:
        yield "\n| rule | severity | findings |\n|---|---|--:|"
        yield from (f"| {_cell(group.title)} | {group.severity} | {group.count:,} |" for group in found)
    for group in found:
        yield from _details(group, most)
    if any(report.suppressed.values()):
        yield "\n| suppressed | findings | reason |\n|---|--:|---|"
        for suppression, count in report.suppressed.items():
            yield f"| {_cell(suppression.rule)} | {count:,} | {_cell(suppression.reason)} |"


def _details(group: Group, most: int) -> Iterator[str]:
    shown = group.first(most)
    if not shown:
        return
    yield f"\n<details><summary>{html.escape(group.title)}: {group.counted}</summary>\n"
    yield from (f"- {_code(_cut(str(finding)))}" for finding in shown)
    if more := group.count - len(shown):
        yield f"- ... {more:,} more"
    yield "\n</details>"


def _cut(text: str) -> str:
    """The beginning of a long text: a summary may have 1 MiB."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _cell(text: str) -> str:
    """Text in which nothing is Markdown or HTML."""
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in printable(text))


def _code(text: str) -> str:
    """Text as it stands, in a span of code that its own backticks can't end."""
    plain = printable(text)
    fence = "`" * (1 + max(map(len, _BACKTICKS.findall(plain)), default=0))
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"
