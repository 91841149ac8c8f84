"""Findings: how they read, and how they are counted."""

import dataclasses

import pytest
from mensrea.validation.findings import MOST_KEPT, Finding, FindingLog


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
    assert list(FindingLog(findings).counts.items()) == [("a", 1), ("b", 2)]
    assert FindingLog([]).counts == {}


def test_a_log_counts_all_and_keeps_the_first_of_each_code() -> None:
    log = FindingLog([Finding("often", f"{number}") for number in range(MOST_KEPT + 5)])
    log.append(Finding("once", "x"))
    assert log.counts == {"often": MOST_KEPT + 5, "once": 1}
    assert len(log) == MOST_KEPT + 1
    assert [finding.message for finding in log[:2]] == ["0", "1"]
    assert log[-1].code == "once"


def test_what_was_counted_elsewhere_takes_no_place() -> None:
    log = FindingLog()
    log.add_unseen("often", 2 * MOST_KEPT)
    log.append(Finding("often", "x"))
    assert (log.counts, len(log)) == ({"often": 2 * MOST_KEPT + 1}, 1)


def test_a_severity_that_comes_late_is_kept() -> None:
    log = FindingLog(Finding("often", f"{number}") for number in range(MOST_KEPT + 5))
    log.append(Finding("once", "x"))
    log.extend([Finding("often", "y", "error"), Finding("often", "z", "error")])
    assert log.counts == {"often": MOST_KEPT + 7, "once": 1}
    assert [each.message for each in log if each.severity == "error"] == ["y"]
    assert [each.message for each in log[-3:]] == [f"{MOST_KEPT - 2}", "y", "x"]
