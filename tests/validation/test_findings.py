"""Findings: how they read, and how they are counted."""

import dataclasses

import pytest
from mensrea.validation.findings import Finding, count_by_code


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding("odd", "is odd"), "is odd"),
        (Finding("odd", "is odd", where="a.json:3"), "a.json:3: is odd"),
        (Finding("odd", "is odd", field="/a"), "/a: is odd"),
        (Finding("odd", "is odd", "note", "a.json:3", "/a"), "a.json:3: /a: is odd"),
    ],
)
def test_a_finding_reads_from_place_to_message(finding: Finding, text: str) -> None:
    assert str(finding) == text


def test_as_json_it_has_no_empty_members() -> None:
    assert Finding("odd", "is odd").as_dict() == {"code": "odd", "message": "is odd", "severity": "warning"}
    full = Finding("odd", "is odd", "error", "row-1", "/a")
    assert Finding(**full.as_dict()) == full == dataclasses.replace(full)


def test_counts_go_by_code_in_alphabetical_order() -> None:
    findings = [Finding(code, "x") for code in ("b", "a", "b")]
    assert list(count_by_code(findings).items()) == [("a", 1), ("b", 2)]
    assert count_by_code([]) == {}
