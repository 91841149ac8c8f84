"""Counts by code and by split."""

from collections import Counter
from pathlib import Path

import mensrea
import pytest
from mensrea.validation.findings import MOST_KEPT, Finding, FindingLog, Severity
from mensrea.validation.report import Checked, Report
from mensrea.validation.reports.grouping import by_split, closing, groups, in_turn, table_of_splits, totals_of


def found(code: str, file: str = "a.jsonl", severity: Severity = "error", count: int = 1) -> list[Finding]:
    return [
        Finding(code, "odd", severity, f"{file}:{line}", file=file, line=line) for line in range(1, count + 1)
    ]


def a_report(*findings: Finding, names: tuple[str, ...] = ("a.jsonl", "b.jsonl")) -> Report:
    return Report(
        "data", checked=[Checked(name, 10, seconds=1.0) for name in names], findings=FindingLog(findings)
    )


def test_errors_come_first_then_numbers_then_codes_without_one():
    report = a_report(
        *found("odd-thing"),
        *found("duplicate-id"),
        *found("schema-violation"),
        *found("mojibake", severity="note"),
    )
    report.findings.extend(found("duplicate-text", severity="warning"))
    codes = [group.code for group in groups(report)]
    assert codes == ["schema-violation", "duplicate-id", "odd-thing", "duplicate-text", "mojibake"]
    assert groups(report)[0].number == "MR101"
    assert groups(report)[2].title == "odd-thing"


def test_all_are_counted_though_the_first_are_kept():
    report = a_report(*found("duplicate-id", count=MOST_KEPT + 5), names=("a.jsonl",))
    (group,) = groups(report)
    assert (group.count, len(group.findings)) == (MOST_KEPT + 5, MOST_KEPT)
    (split,) = by_split(report)
    assert split.count == f"{MOST_KEPT + 5:,}"


def test_a_code_of_two_severities_is_two_groups_that_add_up():
    rows = [*found("duplicate-text", count=3), *found("duplicate-text", severity="warning", count=MOST_KEPT)]
    first, second = groups(a_report(*rows))
    assert (first.severity, first.count) == ("error", 3)
    assert (second.severity, second.count) == ("warning", MOST_KEPT)
    assert dict(totals_of(a_report(*rows))) == {"error": 3, "warning": MOST_KEPT, "note": 0}


def test_a_split_says_when_there_may_be_more():
    rows = [*found("duplicate-id", count=MOST_KEPT), *found("duplicate-id", "b.jsonl")]
    first, second = by_split(a_report(*rows))
    assert first.count == f"{MOST_KEPT:,}+"
    assert second.count == "0"


def test_violations_of_a_split_are_exact_beyond_those_kept():
    rows = [*found("schema-violation", count=MOST_KEPT), *found("schema-violation", "b.jsonl", count=7)]
    report = a_report(*rows)
    for checked, count in zip(report.checked, (MOST_KEPT, 7), strict=True):
        checked.violations = Counter({"type": count})
    assert [split.count for split in by_split(report)] == [f"{MOST_KEPT:,}", "7"]


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("main/train row 3", "main/train"),
        ("main/train some-id", "main/train"),
        ("main/train2 row 3", "main/train2"),
        ("main/train", "main/train"),
        ("main/trains row 3", "elsewhere"),
        ("manifest.json", "elsewhere"),
        ("", "elsewhere"),
    ],
)
def test_a_finding_belongs_to_the_split_its_place_names(where: str, name: str):
    report = a_report(Finding("odd", "odd", where=where), names=("main/train", "main/train2"))
    assert [split.checked.name for split in by_split(report) if split.groups] == [name]


def test_a_file_beats_the_place():
    report = a_report(Finding("odd", "odd", where="a.jsonl:3", file="b.jsonl"))
    assert [split.checked.name for split in by_split(report) if split.groups] == ["b.jsonl"]


def test_files_below_a_folder_belong_to_their_split():
    checked = [
        Checked("train", 10, files=["data/train.jsonl", "data/train.jsonl.gz"]),
        Checked("test", 10, files=["data/test.jsonl"]),
    ]
    findings = [
        Finding("broken-line", "odd", "error", "data/train.jsonl:17", file="data/train.jsonl", line=17),
        Finding("duplicate-id", "odd", "error", "data/train.jsonl.gz:2"),
        Finding("crlf", "odd", "warning", "data/test.jsonl", file="data/test.jsonl"),
        Finding("mojibake", "odd", "note", "test row 3"),
        Finding("unreadable-file", "odd", "error", "data/other.parquet", file="data/other.parquet"),
    ]
    splits = by_split(Report("data", checked=checked, findings=FindingLog(findings)))
    assert {split.name: [group.code for group in split.groups] for split in splits} == {
        "train": ["broken-line", "duplicate-id"],
        "test": ["crlf", "mojibake"],
        "elsewhere": ["unreadable-file"],
    }


def test_lines_of_a_folder_are_counted_in_their_split(tmp_path: Path):
    (tmp_path / "train.jsonl").write_bytes(b'{"id": 1}\r\nnot json\n')
    (tmp_path / "test.jsonl").write_bytes(b'{"id": 1}\n')
    (tmp_path / "dev.jsonl.gz").write_bytes(b"no gzip")
    report = mensrea.validate(tmp_path, {"properties": {"id": {"type": "string"}}})
    assert {split.name: [group.code for group in split.groups] for split in by_split(report)} == {
        "dev": ["unreadable-file"],
        "test": ["schema-violation"],
        "train": ["schema-violation", "broken-line", "crlf"],
    }
    assert report.checked[2].files == [str(tmp_path / "train.jsonl")]
    (crlf,) = (each for each in report.findings if each.code == "crlf")
    assert crlf.message == "1 line ends with CR LF, expected LF alone"


def test_findings_about_the_schema_are_of_no_split():
    unknown = Finding("unknown-keyword", "odd", "error", "schema", "/minimun")
    report = a_report(unknown, names=("schema",))
    assert [split.name for split in by_split(report) if split.groups] == ["elsewhere"]
    assert [(split.name, split.count) for split in table_of_splits(report)] == [("schema", "0")]


def test_rows_in_memory_have_what_no_other_split_has():
    report = a_report(
        Finding("odd", "odd", where="row 3", row=3),
        Finding("odd", "odd", where="some-id"),
        Finding("no-rows", "odd"),
        Finding("odd", "odd", where="a.jsonl:3"),
        Finding("odd", "odd", where="gone.jsonl", file="gone.jsonl"),
        Finding("unused-suppression", "odd"),
        Finding("unknown-keyword", "odd", where="schema"),
        names=("", "a.jsonl"),
    )
    counts = [(split.name, split.count) for split in table_of_splits(report)]
    assert counts == [("rows", "3"), ("a.jsonl", "1"), ("elsewhere", "2")]


def test_in_turn_a_frequent_code_hides_no_other():
    report = a_report(*found("duplicate-id", count=50), *found("odd-thing"))
    codes = [group.code for group, _ in in_turn(groups(report), 4)]
    assert codes == ["duplicate-id", "odd-thing", "duplicate-id", "duplicate-id"]
    assert in_turn(groups(report), 0) == []


@pytest.mark.parametrize(
    ("rows", "seconds", "findings", "line"),
    [
        (200_000, 0.4, [], "data: valid (200,000 rows, 0.4 s, 500k rows/s)"),
        (1, 0.5, [], "data: valid (1 row, 0.5 s, 2 rows/s)"),
        (3_000_000, 2, found("x"), "data: 1 error in 3,000,000 rows (2.0 s, 1.5M rows/s)"),
        (0, 0, found("x", severity="note", count=2), "data: 2 notes in 0 rows (0.0 s, 0 rows/s)"),
    ],
)
def test_the_closing_line(rows: int, seconds: float, findings: list[Finding], line: str):
    report = Report("data", checked=[Checked("data", rows, seconds=seconds)], findings=FindingLog(findings))
    assert closing(report) == line
