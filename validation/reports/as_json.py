"""A report as JSON, for programs; report.schema.json describes it."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from ..findings import Finding
from ..report import Checked, Report
from .escaping import json_text
from .grouping import Group, groups, totals_of

VERSION = 1
_ALWAYS = ("code", "message", "severity")
_OPTIONAL = tuple(field.name for field in fields(Finding) if field.name not in _ALWAYS)


def as_json(report: Report, most: int) -> str:
    """The report as one JSON object."""
    return json_text(_document(report, most))


def _document(report: Report, most: int) -> dict[str, Any]:
    found = groups(report)
    totals = totals_of(report)
    return {
        "version": VERSION,
        "target": report.target,
        "schema": report.schema,
        "ok": report.ok,
        "rows": sum(checked.rows for checked in report.checked),
        "errors": totals["error"],
        "warnings": totals["warning"],
        "notes": totals["note"],
        "checked": [_checked(checked) for checked in report.checked],
        "rules": list(report.rules),
        "counts": [_count(group) for group in found],
        "findings": [_finding(group, finding) for group in found for finding in group.first(most)],
        "suppressed": [
            {**asdict(suppression), "count": count} for suppression, count in report.suppressed.items()
        ],
        "plan": [asdict(plan) for plan in report.plan],
    }


def _checked(checked: Checked) -> dict[str, Any]:
    # Not `asdict`: it copies a Counter wrongly before Python 3.12.
    return {
        "name": checked.name,
        "files": list(checked.files),
        "rows": checked.rows,
        "invalid": checked.invalid,
        "violations": dict(checked.violations),
        "seconds": checked.seconds,
    }


def _count(group: Group) -> dict[str, Any]:
    return {
        "code": group.code,
        "number": group.number,
        "severity": group.severity,
        "count": group.count,
    }


def _finding(group: Group, finding: Finding) -> dict[str, Any]:
    members = ((name, getattr(finding, name)) for name in _OPTIONAL)
    always = {name: getattr(finding, name) for name in _ALWAYS}
    return {
        "number": group.number,
        **always,
        **{name: value for name, value in members if value not in ("", None)},
    }
