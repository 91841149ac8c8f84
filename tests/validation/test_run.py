"""A validation: counts, order, splits of several files, and the same report for any number of threads."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mensrea
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mensrea.testing.memory import peak_memory
from mensrea.validation.findings import MOST_KEPT
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.inputs.tables import memory_source, parquet_source
from mensrea.validation.report import Report
from mensrea.validation.reports.render import render
from mensrea.validation.rules.base import Suppression, rule
from mensrea.validation.rules.run import RuleRun, Suppressor
from mensrea.validation.run import Validation
from mensrea.validation.schema_check import SchemaOptions

SCHEMA: dict[str, Any] = {
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "n": {"type": "integer", "maximum": 5}},
}
DEFECTS = (
    b"{", b"", b'{"id": "\xff"}', b'{"id": 1, "id": 2}', b'{"id": "a", "n": NaN}', b"[1]", b"7", b"null",
    b'{"id": "a", "n": 36893488147419103232}', b"{}", b"{}{}", b'{"id": "\\ud800"}', b"[" * 600 + b"]" * 600,
    b'{"id": "a", "n": 7}\r', b'{"id": "a", "n": 2.0}', b'{"id": "a", "n": 7.5, "t": "2024-01-01"}', b"\t",
)  # fmt: skip
HERE = Place(file="f")


def start(schema: Any = SCHEMA, *rules: Any, **options: Any) -> Validation:
    return Validation("f", SchemaOptions(schema), RuleRun(rules), **options)


def of_lines(path: Path, *rules: Any, **options: Any) -> Report:
    run = start(SCHEMA, *rules, **options)
    run.lines(path, HERE)
    return run.report()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of some 20 blocks, with defects all over it."""
    path = tmp_path_factory.mktemp("mixed") / "rows.jsonl"
    with path.open("wb") as file:
        for number in range(17_000):
            file.write(
                json.dumps({"id": f"row-{number}", "n": number % 5, "text": "x" * 300}).encode() + b"\n"
            )
            if number % 1000 == 500:
                file.write(DEFECTS[number // 1000] + b"\n")
    return path


def shown(report: Report) -> list[tuple[Any, ...]]:
    return [(each.code, each.line, each.field, each.keyword, each.message) for each in report.findings]


def test_every_line_counts_once(mixed: Path) -> None:
    (checked,) = (report := of_lines(mixed)).checked
    assert checked.rows == 17_000 + 15
    assert checked.invalid == 11
    assert report.findings.counts == {
        "big-integer": 1, "blank-line": 2, "broken-line": 4, "crlf": 1, "duplicate-key": 1, "invalid-utf8": 1,
        "not-finite": 1, "schema-violation": checked.violations.total(),
    }  # fmt: skip
    assert checked.violations == {"type": 3, "required": 1, "maximum": 3}


def test_findings_are_in_the_order_of_lines(mixed: Path) -> None:
    report = of_lines(mixed)
    lines = [each.line for each in report.findings if each.line is not None]
    assert lines == sorted(lines)
    fine = (5, 6, 7, 14)
    assert {502 + 1001 * number for number in range(17) if number not in fine} == set(lines)


def test_rules_do_not_change_what_the_schema_says(mixed: Path) -> None:
    plain, watched = of_lines(mixed), of_lines(mixed, rule("duplicate-id"))
    assert [each for each in shown(watched) if each[0] != "duplicate-id"] == shown(plain)
    assert watched.checked[0].invalid == plain.checked[0].invalid
    assert watched.rules == ("duplicate-id",)
    assert {each.engine for each in watched.plan} == {"row by row"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_report_is_the_same_for_any_number_of_threads(
    mixed: Path, tmp_path: Path, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"id": [f"row-{number}" for number in range(150_000)], "n": list(range(150_000))})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=20_000)
    texts: set[str] = set()
    for workers in (1, 2, 4, 3):
        monkeypatch.setattr("mensrea.validation.inputs.parallel.threads", lambda workers=workers: workers)
        run = start(most=50)
        run.lines(mixed, HERE)
        run.table(parquet_source(tmp_path / "a.parquet", Place("c", "s", "g")))
        report = run.report()
        for checked in report.checked:
            checked.seconds = 1
        texts.add(render(report, form))
    assert len(texts) == 1


def test_tables_and_lines_say_the_same(tmp_path: Path) -> None:
    rows = [{"id": f"r{number}", "n": number % 8, "x": [{"y": None}]} for number in range(3000)]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "x": {"items": {"required": ["z"]}}}}
    runs = [start(schema, most=4000) for _ in range(4)]
    runs[0].table(memory_source(table, HERE))
    runs[1].table(parquet_source(tmp_path / "a.parquet", HERE))
    runs[2].objects(rows, HERE)
    runs[3].lines(tmp_path / "a.jsonl", HERE)
    reports = [run.report() for run in runs]
    said = [
        [(each.row, *place[2:]) for each, place in zip(r.findings, shown(r), strict=True)]
        for r in reports[:3]
    ]
    lines = [(line - 1, *rest) for _, line, *rest in shown(reports[3])]
    assert said[0] == said[1] == said[2] == lines
    assert len(lines) == 3750
    assert [report.checked[0].violations for report in reports] == [{"maximum": 750, "required": 3000}] * 4
    assert {report.checked[0].invalid for report in reports} == {3000}


def test_of_many_violations_some_are_kept_and_all_counted(mixed: Path) -> None:
    report = of_lines(mixed, most=2)
    assert sum(each.code == "schema-violation" for each in report.findings) == 2
    assert report.findings.counts["schema-violation"] == of_lines(mixed).findings.counts["schema-violation"]
    assert not report.ok


@pytest.mark.parametrize("kind", ["lines", "table", "values"])
def test_more_violations_than_are_ever_kept_are_errors(tmp_path: Path, kind: str) -> None:
    rows, run = 2 * MOST_KEPT + 5, start(most=3)
    if kind == "lines":
        (tmp_path / "f.jsonl").write_bytes(b'{"id":1}\n' * rows)
        run.lines(tmp_path / "f.jsonl", HERE)
    elif kind == "values":
        run.objects([{"id": 1}] * rows, HERE)
    else:
        pq.write_table(pa.table({"id": np.ones(rows, np.int64)}), tmp_path / "f.parquet")
        run.table(parquet_source(tmp_path / "f.parquet", HERE))
    report = run.report()
    assert not report.ok
    assert (report.findings.counts, len(report.findings)) == ({"schema-violation": rows}, 3)
    assert f"{rows:,} errors in {rows:,} rows" in render(report, "text").replace("\n", " ")


def test_files_of_a_split_count_as_one(tmp_path: Path) -> None:
    run = start(None)
    seen: list[tuple[int, int]] = []
    run = Validation("d", SchemaOptions(SCHEMA), observe=lambda batch: seen.append((batch.first, len(batch))))
    for number in range(3):
        table = pa.table({"id": ["a", "b"], "n": [1, 6]})
        pq.write_table(table, tmp_path / f"{number}.parquet")
        run.table(parquet_source(tmp_path / f"{number}.parquet", Place("c", "s", f"{number}")))
    report = run.report()
    (checked,) = report.checked
    assert (checked.name, checked.rows, checked.invalid) == ("c/s", 6, 3)
    assert seen == [(0, 2), (2, 2), (4, 2)]
    assert [(each.row, each.file) for each in report.findings] == [(1, "0"), (3, "1"), (5, "2")]


def test_damage_midway_keeps_what_came_before(tmp_path: Path) -> None:
    table = pa.table({"id": np.random.default_rng(0).integers(0, 2**60, 400_000).astype(str)})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=100_000, use_dictionary=False)
    data = bytearray(path.read_bytes())
    middle = len(data) * 5 // 8
    data[middle : middle + 200_000] = bytes(200_000)
    path.write_bytes(data)
    seen: list[Batch] = []
    for observe in (None, seen.append):
        run = Validation("f", SchemaOptions(SCHEMA), observe=observe)
        with pytest.raises((OSError, pa.ArrowException)):
            run.table(parquet_source(path, HERE))
        (checked,) = run.report().checked
        assert 100_000 < checked.rows < 300_000
        assert checked.seconds > 0


def test_a_suppression_of_violations_is_counted() -> None:
    known = Suppression("schema-violation", "known", "*n")
    never = Suppression("MR102", "never needed")
    run = Validation(
        "f", SchemaOptions(SCHEMA), RuleRun((), Suppressor([known, never])), expected=[known, never]
    )
    run.objects([{"id": "a", "n": 9}, {"n": 1}], HERE)
    report = run.report()
    assert report.suppressed == {known: 1}
    assert report.findings.counts == {"schema-violation": 1, "unused-suppression": 1}


@pytest.mark.parametrize(("strict", "severity"), [(False, "note"), (True, "error")])
def test_unknown_keywords(strict: bool, severity: str) -> None:  # noqa: FBT001
    options = SchemaOptions({"properties": {"a": {"maxLenght": 3}}}, strict=strict)
    (finding,) = Validation("f", options).report().findings
    assert (finding.code, finding.severity, finding.field) == (
        "unknown-keyword", severity, "/properties/a/maxLenght",
    )  # fmt: skip


def test_nothing_to_check_is_a_warning_unless_it_is_known_why(tmp_path: Path) -> None:
    codes: list[Sequence[str]] = []
    for data in (b"", b"\n\n", b"{\n"):
        (tmp_path / "a.jsonl").write_bytes(data)
        codes.append(sorted(of_lines(tmp_path / "a.jsonl").findings.counts))
    assert codes == [["no-rows"], ["blank-line", "no-rows"], ["broken-line"]]


def test_numbers_that_are_not_finite_are_found_once(tmp_path: Path) -> None:
    rows = [{"id": "a", "n": 1, "x": [1.0, float("nan")]}]
    (tmp_path / "a.jsonl").write_text(json.dumps(rows[0]) + "\n")
    checks: Sequence[Callable[[Validation], None]] = (
        lambda run: run.objects(rows, HERE),
        lambda run: run.objects(iter(rows), HERE),
        lambda run: run.table(memory_source(pa.Table.from_pylist(rows), HERE)),
        lambda run: run.lines(tmp_path / "a.jsonl", HERE),
    )
    for check in checks:
        for rules in ((), (rule("duplicate-id"),)):
            check(run := start(SCHEMA, *rules))
            (finding,) = run.report().findings
            assert (finding.code, finding.field, finding.message) == (
                "not-finite", "/x/1", "found NaN, expected a finite number",
            )  # fmt: skip


def test_a_bar_is_shown_on_request_alone(mixed: Path, capfd: pytest.CaptureFixture[str]) -> None:
    of_lines(mixed)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["jsonl", "one-group.parquet", "groups.parquet"])
def test_memory_is_bounded(tmp_path: Path, kind: str) -> None:
    text = np.random.default_rng(0).integers(32, 127, (100_000, 2000), np.uint8)
    text[(text == 34) | (text == 92)] = 32
    path = tmp_path / f"rows.{kind}"
    if kind == "jsonl":
        path.write_bytes(b"".join(b'{"text":"' + row.tobytes() + b'"}\n' for row in text))
    else:
        table = pa.table({"text": [row.tobytes().decode() for row in text]})
        groups = 100_000 if kind.startswith("one") else 5000
        pq.write_table(table, path, row_group_size=groups, use_dictionary=False)
    schema = {"properties": {"text": {"type": "string", "maxLength": 5000}}}
    assert peak_memory(mensrea.validate, str(path), schema) < 450e6
