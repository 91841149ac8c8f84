"""SARIF, as GitHub's code scanning reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
from mensrea.validation.findings import Finding
from mensrea.validation.report import Report
from mensrea.validation.reports.render import render
from mensrea.validation.reports.sarif import MOST_RESULTS

from .conftest import TABLE, a_report, in_table, violation


def run_of(report: Report, most: int | None = None) -> dict[str, Any]:
    log = json.loads(render(report, "sarif", most=most).encode())
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    return run


def fingerprints(report: Report) -> list[str]:
    return [each["partialFingerprints"]["primaryLocationLineHash"] for each in run_of(report)["results"]]


def test_rules_come_from_the_catalogue(report: Report):
    rules = run_of(report)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MR101", "MR201", "MR305", "odd-thing"]
    for rule in rules[:3]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["markdown"] == rule["help"]["text"] != ""
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}


def test_every_result_names_a_rule_and_a_place(report: Report):
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == 53
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert not physical["artifactLocation"]["uri"].startswith("/")
        assert physical["region"]["startLine"] >= 1


def test_a_line_is_a_region_and_the_pointer_a_logical_place(report: Report):
    first = run_of(report)["results"][0]
    assert first["message"]["text"] == "/messages/0/role: 'bot' is not one of ['user', 'system']"
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "data/train%20set.jsonl"},
                "region": {"startLine": 17},
            },
            "logicalLocations": [{"fullyQualifiedName": "messages/0/role", "kind": "element"}],
        }
    ]


def test_a_row_of_a_table_is_at_line_1_and_named(report: Report):
    row = next(each for each in run_of(report)["results"] if each["ruleId"] == "MR305")
    assert row["message"]["text"] == f"{TABLE} row 12: prompt: the prompt is that of row 7"
    (location,) = row["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": TABLE},
        "region": {"startLine": 1},
    }
    assert location["logicalLocations"][0]["fullyQualifiedName"] == f"{TABLE} row 12/prompt"


def test_files_are_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    file = str(tmp_path / "a b.jsonl")
    (result,) = run_of(a_report(Finding("odd", "odd", where=f"{file}:1", file=file, line=1)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.jsonl"


def test_fingerprints_differ_and_stay_when_rows_are_inserted_above():
    before = a_report(violation(3), violation(5), violation(9, "other"), in_table(3), in_table(4))
    after = a_report(violation(7), violation(10), violation(14, "other"), in_table(8), in_table(9))
    assert len(set(fingerprints(before))) == 5
    assert fingerprints(before) == fingerprints(after)


def test_an_id_is_part_of_the_fingerprint():
    def of(name: str) -> list[str]:
        return fingerprints(a_report(Finding("odd", "odd", where=f"main/train {name}", row=3)))

    assert of("a") != of("b")


def test_no_more_results_than_github_shows_errors_first():
    report = a_report(
        *(in_table(row) for row in range(MOST_RESULTS)),
        *(violation(line) for line in range(1, 101)),
        *(Finding("duplicate-id", "odd", "error") for _ in range(3)),
    )
    run = run_of(report)
    levels = [result["level"] for result in run["results"]]
    assert len(levels) == MOST_RESULTS
    assert levels == sorted(levels)
    assert levels.count("error") == 103
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("103 more findings")


def test_fewer_are_listed_on_request(report: Report):
    assert len(run_of(report, most=1)["results"]) == 4


def test_data_make_no_links_and_no_broken_text():
    (result,) = run_of(a_report(violation(1, "[click](https://example.org) \ud800")))["results"]
    assert "](" not in result["message"]["text"]
    assert result["message"]["text"].endswith("\\ud800")


def test_no_findings_are_no_results():
    run = run_of(a_report())
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]
