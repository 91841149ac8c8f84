"""A report as SARIF 2.1.0, as far as GitHub's code scanning reads it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from ..findings import Finding
from ..report import Report
from ..rules.catalogue import RuleInfo
from .escaping import json_text, uri
from .grouping import Group, catalogue, groups, in_turn

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub takes 25,000 results of a run and shows 5,000; more would push others out by its choice, not ours.
MOST_RESULTS = 5_000


def as_sarif(report: Report, most: int) -> str:
    """The report as a SARIF log of one run.

    At most 5,000 results are listed: errors first, and of equal severity one of each code in turn.
    """
    found = groups(report)
    listed = _listed(found, most)
    rules = _rules(report, found)
    numbers = [rule["id"] for rule in rules]
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": {"name": "mensrea", "version": version("mensrea"), "rules": rules}},
        "invocations": [_invocation(sum(group.count for group in found) - len(listed))],
        "columnKind": "unicodeCodePoints",
        "results": [_result(report, group, finding, numbers, seen) for group, finding in listed],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log)


def _listed(found: Sequence[Group], most: int) -> list[tuple[Group, Finding]]:
    listed: list[tuple[Group, Finding]] = []
    for severity in ("error", "warning", "note"):
        same = [group.shortened(most) for group in found if group.severity == severity]
        listed += in_turn(same, MOST_RESULTS - len(listed))
    return listed


def _invocation(left_out: int) -> dict[str, Any]:
    """That the run worked, and how many findings aren't among its results."""
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if left_out:
        message = {"text": f"{left_out:,} more findings were counted and aren't listed"}
        invocation["toolExecutionNotifications"] = [{"level": "note", "message": message}]
    return invocation


def _rules(report: Report, found: Sequence[Group]) -> list[dict[str, Any]]:
    """The rules that ran and those that found something, by number."""
    known = catalogue()
    codes = dict.fromkeys((*(group.code for group in found), *report.rules))
    rules = [_known(known[code]) if code in known else {"id": code, "name": code} for code in codes]
    return sorted(rules, key=lambda rule: rule["id"])


def _known(info: RuleInfo) -> dict[str, Any]:
    return {
        "id": info.number,
        "name": info.name,
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": info.summary},
        "help": {"text": info.page, "markdown": info.page},
        "defaultConfiguration": {"level": info.severity},
        "properties": {"tags": ["data"], "problem.severity": _problem(info.severity)},
    }


def _problem(severity: str) -> str:
    return "recommendation" if severity == "note" else severity


def _result(
    report: Report, group: Group, finding: Finding, rules: Sequence[str], seen: Counter[str]
) -> dict[str, Any]:
    rule = group.number or group.code
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": group.severity,
        "message": {"text": _message(finding)},
        "locations": [_location(report, finding)],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding, seen)},
    }


def _message(finding: Finding) -> str:
    # A line is where the result is shown; a row or an id is seen nowhere else.
    place = "" if finding.line else finding.where
    message = ": ".join(part for part in (place, finding.field, finding.message) if part)
    # What looks like a link in Markdown would become one.
    return message.replace("](", "] (")


def _location(report: Report, finding: Finding) -> dict[str, Any]:
    """The file and line; for a row, which has no line, the first line and the row's name."""
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(finding.file or report.target)},
            "region": {"startLine": int(finding.line or 1)},
        }
    }
    row = () if finding.line else (finding.where,)
    name = "/".join(part for part in (*row, finding.field.lstrip("/")) if part)
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "element"}]
    return location


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """What tells a result from others and stays when rows are inserted above: no line and no row number.

    Equal results are numbered in their order, as GitHub does for equal lines.
    """
    place = "" if finding.line is not None else finding.where.removesuffix(f"row {finding.row}")
    parts = (finding.code, finding.file, place, finding.field, finding.keyword, finding.message)
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"
