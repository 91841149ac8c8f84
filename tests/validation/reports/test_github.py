"""Annotations as the runner reads them, and the summary of a step."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.findings import Finding
from mensrea.validation.report import Report
from mensrea.validation.reports.github import step_summary
from mensrea.validation.reports.render import render

from .conftest import LINES, TABLE, a_report, in_table, violation

Command = tuple[str, dict[str, str], str]
any_text = st.text(st.characters(codec=None))


def parse(line: str) -> Command:
    """As ActionCommand.TryParseV2 of GitHub's runner does it."""
    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, listed = line[2:end].partition(" ")
    pairs = (pair.split("=", 1) for pair in listed.strip().split(",") if pair)
    properties = {key: unescape(value, ((":", "%3A"), (",", "%2C"))) for key, value in pairs}
    return name, properties, unescape(line[end + 2 :])


def unescape(text: str, names: tuple[tuple[str, str], ...] = ()) -> str:
    for token, spelled in (("\r", "%0D"), ("\n", "%0A"), *names, ("%", "%25")):
        text = text.replace(spelled, token)
    return text


def commands(report: Report, most: int | None = None) -> list[Command]:
    return [parse(line) for line in render(report, "github", most=most).splitlines()]


def test_a_line_is_annotated_with_its_title(report: Report):
    name, properties, message = commands(report)[0]
    assert name == "error"
    assert properties == {"file": LINES, "line": "17", "title": "MR101 schema-violation"}
    assert message == "/messages/0/role: 'bot' is not one of ['user', 'system']"


def test_a_row_of_a_table_has_a_file_and_says_which_row(report: Report):
    properties, message = next(each[1:] for each in commands(report) if each[0] == "warning")
    assert properties == {"file": TABLE, "title": "MR305 duplicate-text"}
    assert message == f"{TABLE} row 12: prompt: the prompt is that of row 7"


def test_ten_of_a_kind_the_most_important_first():
    report = a_report(
        *(Finding("odd-thing", "odd", "note") for _ in range(50)),
        *(in_table(row) for row in range(50)),
        *(violation(line) for line in range(1, 50)),
        Finding("duplicate-id", "odd", "error"),
    )
    found = commands(report)
    names = [name for name, _, _ in found]
    assert names == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    titles = [properties["title"] for _, properties, _ in found[:10]]
    assert titles == ["MR101 schema-violation", "MR201 duplicate-id", *["MR101 schema-violation"] * 8]


def test_the_last_notice_counts_everything(report: Report):
    name, properties, message = commands(report, most=1)[-1]
    assert (name, properties) == ("notice", {"title": "mensrea validate"})
    assert message.splitlines() == [
        "data: 51 errors, 1 warning, 1 note in 201,000 rows (0.5 s, 402k rows/s)",
        "MR101 schema-violation: 50 errors",
        "MR201 duplicate-id: 1 error",
        "MR305 duplicate-text: 1 warning",
        "odd-thing: 1 note",
        "49 more than the annotations show",
    ]


def test_valid_rows_give_a_notice_alone():
    assert [message for _, _, message in commands(a_report())] == [
        "data: valid (201,000 rows, 0.5 s, 402k rows/s)"
    ]


@settings(deadline=None)
@given(any_text, any_text.filter(bool))
def test_data_give_no_other_command(text: str, file: str):
    finding = Finding("odd", text, "error", f"{file}:1", text, file=file, line=1)
    first, last = commands(a_report(finding))
    assert (first[0], last[0]) == ("error", "notice")
    assert set(first[1]) == {"file", "line", "title"}


def test_special_characters_arrive():
    file = "a:b,c%3A.jsonl"
    finding = Finding("odd", "100% :: a,b\nc", "error", file=file, line=1)
    (_, properties, message), _ = commands(a_report(finding))
    assert properties["file"] == file
    assert message == "100% :: a,b\\nc"


def test_the_summary_of_a_step(report: Report):
    summary = step_summary(report)
    assert summary.startswith("### mensrea validate `data`\n")
    assert "| data/train set.jsonl | 200,000 | 50 | 51 |" in summary
    assert "| MR101 schema-violation | error | 50 |" in summary
    assert "<details><summary>MR101 schema-violation: 50 errors</summary>" in summary
    assert "- ... 47 more" in summary
    assert "| mojibake | 12 | As published. |" in summary
    assert summary == render(report, "markdown")


@pytest.mark.parametrize(
    "text", ["a|b", "<script>", "`` ` ``", "[x](https://example.org)", "@everyone", "a\n# b"]
)
def test_data_are_no_markdown(text: str):
    report = a_report(Finding("odd", text, where=text))
    report.checked[0].name = text
    # Without spans of code and escaped characters nothing special of the data is left.
    for line in step_summary(report).splitlines():
        if line.startswith(("- ", "| a", "| \\", "| `")):
            bare = (
                re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"\\.", "", line))
                if line[0] == "|"
                else (re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line))
            )
            assert not set(bare.strip("| ").replace("|", "")) & set("<[`@#")
    assert step_summary(report).count("\n# b") == 0


def test_a_summary_stays_small():
    long = [Finding(f"code-{number}", "x" * 100_000) for number in range(40)]
    assert len(step_summary(a_report(*long))) < 1 << 20
