"""The report for people."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.findings import Finding, FindingLog
from mensrea.validation.report import Checked, KeywordPlan, Report
from mensrea.validation.reports.render import render
from rich.cells import cell_len

from .conftest import a_report, violation


def text_of(report: Report, most: int = 2, width: int = 80) -> str:
    return render(report, "text", most=most, width=width)


def test_the_whole_report(report: Report):
    assert text_of(report).splitlines() == [
        "Checked data against rows.schema.json",
        "",
        "split                     rows   invalid   findings",
        "data/train set.jsonl   200,000        50         51",
        "data/test.parquet        1,000         0          1",
        "elsewhere                    0         0          1",
        "",
        "rule                       severity   findings",
        "MR101   schema-violation   error            50",
        "MR201   duplicate-id       error             1",
        "MR305   duplicate-text     warning           1",
        "-       odd-thing          note              1",
        "",
        "MR101 schema-violation: 50 errors",
        "  data/train set.jsonl:17  /messages/0/role",
        "    'bot' is not one of ['user', 'system'] (enum)",
        "  data/train set.jsonl:18  /messages/0/role",
        "    'bot' is not one of ['user', 'system'] (enum)",
        "  ... 48 more",
        "",
        "MR201 duplicate-id: 1 error",
        "  data/train set.jsonl:9  id",
        "    id 'a' is that of line 1",
        "",
        "MR305 duplicate-text: 1 warning",
        "  data/test.parquet row 12  prompt",
        "    the prompt is that of row 7",
        "",
        "odd-thing: 1 note",
        "  manifest.json",
        "    odd",
        "",
        "Suppressed",
        "  mojibake at *prompt*: 12. As published.",
        "",
        "Schema: 1 vectorised, 1 decided by column types, 1 row by row, 1 annotation.",
        "  row by row: /properties/a/pattern",
        "  annotations, not checked: /properties/a/format",
        "",
        "`mensrea explain MR101` says what it looks for and what to do.",
        "data: 51 errors, 1 warning, 1 note in 201,000 rows (0.5 s, 402k rows/s)",
    ]


def test_valid_rows_take_few_lines():
    plan = [KeywordPlan(f"/properties/{name}/type", "vectorised") for name in "abc"]
    report = Report("a.jsonl", "s.json", [Checked("a.jsonl", 3, seconds=0.5)], plan=plan)
    assert text_of(report).splitlines() == [
        "Checked a.jsonl against s.json",
        "",
        "split     rows   invalid   findings",
        "a.jsonl      3         0          0",
        "",
        "Schema: all 3 keywords vectorised.",
        "",
        "a.jsonl: valid (3 rows, 0.5 s, 6 rows/s)",
    ]


def test_no_findings_are_shown_if_none_are_wanted(report: Report):
    text = text_of(report, most=0)
    assert "schema-violation   error            50" in text
    assert "train set.jsonl:17" not in text
    assert "more" not in text


def test_a_keyword_at_many_places_is_counted():
    plan = [KeywordPlan(f"/properties/{name}/format", "annotation") for name in "abcd"]
    report = Report("a.jsonl", "s.json", [Checked("a.jsonl")], plan=plan)
    assert "  annotations, not checked: format (4 places)\n" in text_of(report)


def test_annotations_are_counted_and_those_that_may_mislead_listed():
    plain = ("/$schema", "/$id", "/$defs", "/title", "/properties/format/description", "/items/examples")
    odd = ("/format", "/contentEncoding", "/minimun", "/then")
    plan = [KeywordPlan(pointer, "annotation") for pointer in (*plain, *odd)]
    text = text_of(Report("a.jsonl", "s.json", [Checked("a.jsonl")], plan=plan))
    assert f"Schema: 10 annotations.\n  annotations, not checked: {', '.join(odd)}\n" in text
    alone = [KeywordPlan("/title", "annotation"), KeywordPlan("/type", "vectorised")]
    text = text_of(Report("a.jsonl", "s.json", [Checked("a.jsonl")], plan=alone))
    assert "Schema: 1 vectorised, 1 annotation.\n\n" in text


def test_a_misspelt_keyword_is_in_the_table_of_rules_alone():
    misspelt = Finding("unknown-keyword", "no keyword", "note", "schema", "/minimun")
    checked = [Checked("train", 3, files=["data/train.jsonl"]), Checked("schema", 3)]
    report = Report("data", "s.json", checked, FindingLog([misspelt]))
    assert text_of(report).splitlines()[2:8] == [
        "split    rows   invalid   findings",
        "train       3         0          0",
        "schema      3         0          0",
        "",
        "rule                      severity   findings",
        "MR113   unknown-keyword   note              1",
    ]


def test_rows_in_memory_are_called_rows():
    finding = Finding("schema-violation", "odd", "error", "row 1", "/a", row=1)
    report = Report("list", "", [Checked("", 3, 1)], FindingLog([finding]))
    assert "rows       3         1          1\n" in text_of(report)


def test_colour_is_on_request_alone(report: Report):
    assert "\x1b" not in text_of(report)
    coloured = render(report, "text", most=2, colour=True)
    assert "\x1b[31m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == text_of(report).splitlines()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_long_pointers_and_messages_wrap(width: int):
    long = Finding("odd", "word " * 60 + "字" * 200, where="a.jsonl:1", field="/deep" * 60)
    lines = text_of(a_report(long), width=width).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert sum(line.count("word") for line in lines) == 60
    assert "".join(line.strip() for line in lines).count("字") == 200


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_data_steers_neither_a_terminal_nor_a_runner(text: str):
    report = a_report(Finding("odd", text, where=text, field=text), violation(1, f"x\n::error::{text}"))
    shown = text_of(report)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))
    assert "##[" not in shown


def test_markup_in_data_stays():
    assert "[red]x[/red] :smile:" in text_of(a_report(Finding("odd", "[red]x[/red] :smile:")))
