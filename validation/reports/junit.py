"""A report as JUnit XML: a suite for each split, a case for the schema and for each rule.

The format has no standard. This keeps to what Jenkins' schema (junit-10.xsd of its xUnit plugin) allows,
which GitLab and the test reporters for GitHub read as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ...schemas.printable import printable
from ..findings import Finding
from ..report import Report
from .grouping import ELSEWHERE, SCHEMA_CODE, Group, SplitFindings, by_split, catalogue, plural


def as_junit(report: Report, most: int) -> str:
    """The report as JUnit XML.

    A case fails if its rule found an error; warnings and notes are its output, since the format has no
    word for them.
    """
    root = Element("testsuites", name=printable(f"mensrea validate {report.target}"))
    for split in by_split(report):
        _suite(root, report, split, most)
    suites = list(root)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", _seconds(sum(checked.seconds for checked in report.checked)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, report: Report, split: SplitFindings, most: int) -> None:
    suite = SubElement(root, "testsuite", name=printable(split.name))
    cases = list(_cases(report, split))
    failures = sum(_failed(found) for _, found in cases)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", "0")
    suite.set("time", _seconds(split.checked.seconds))
    for name, found in cases:
        _case(suite, split, name, found, most)


def _cases(report: Report, split: SplitFindings) -> Iterator[tuple[str, Sequence[Group]]]:
    """The name of every case, and what was found: the schema, the rules that ran, then any other code."""
    found: dict[str, list[Group]] = {}
    for group in split.groups:
        found.setdefault(group.code, []).append(group)
    was_read = split.checked.name != ELSEWHERE
    schema = [SCHEMA_CODE] if (report.schema and was_read) or SCHEMA_CODE in found else []
    ran = report.rules if was_read else ()
    rules = catalogue()
    for code in dict.fromkeys((*schema, *ran, *found)):
        number = rules[code].number if code in rules else ""
        name = "schema" if code == SCHEMA_CODE else code
        yield f"{number} {name}".strip(), found.get(code, ())


def _case(suite: Element, split: SplitFindings, name: str, found: Sequence[Group], most: int) -> None:
    # Consumers take what is before the last dot for a package.
    owner = printable(split.name).replace(".", "_")
    case = SubElement(suite, "testcase", name=printable(name), classname=owner, time="0.000")
    for group in found:
        if group.severity == "error":
            attributes = {"message": printable(_headline(group)), "type": group.title}
            SubElement(case, "failure", attributes).text = _listing(group, most)
    others = [group for group in found if group.severity != "error"]
    if others:
        text = "\n".join(f"{group.counted}\n{_listing(group, most)}" for group in others)
        SubElement(case, "system-out").text = text


def _failed(found: Sequence[Group]) -> bool:
    return any(group.severity == "error" for group in found)


def _headline(group: Group) -> str:
    first = f"; the first: {group.findings[0]}" if group.findings else ""
    return f"{group.count:,} {plural('finding', group.count)}{first}"


def _listing(group: Group, most: int) -> str:
    lines = [printable(_line(finding)) for finding in group.first(most)]
    more = group.count - len(lines)
    return "\n".join([*lines, *([f"... {more:,} more"] if more else [])])


def _line(finding: Finding) -> str:
    return f"{finding} ({finding.keyword})" if finding.keyword else str(finding)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
