"""JUnit, as those who read it do."""

from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junitparser import Failure, JUnitXml
from mensrea.validation.findings import Finding
from mensrea.validation.report import Report
from mensrea.validation.reports.render import render

from .conftest import LINES, TABLE, a_report, violation

# What junit-10.xsd of Jenkins' xUnit plugin allows.
ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "system-out": set[str](),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "system-out"},
    "failure": set[str](),
    "system-out": set[str](),
}


def parsed(report: Report, tmp_path: Path, most: int | None = None) -> JUnitXml:
    path = tmp_path / "report.xml"
    path.write_text(render(report, "junit", most=most), encoding="utf-8")
    return JUnitXml.fromfile(str(path))


def test_a_suite_a_split_and_a_case_a_rule(report: Report, tmp_path: Path):
    suites = {suite.name: [case.name for case in suite] for suite in parsed(report, tmp_path)}
    rules = ["MR101 schema", "MR201 duplicate-id", "MR305 duplicate-text"]
    assert suites == {LINES: rules, TABLE: rules, "elsewhere": ["odd-thing"]}


def test_counts_add_up(report: Report, tmp_path: Path):
    whole = parsed(report, tmp_path)
    assert (whole.tests, whole.failures, whole.errors) == (7, 2, 0)
    for suite in whole:
        failed = [case for case in suite if any(isinstance(each, Failure) for each in case.result)]
        assert (suite.tests, suite.failures, suite.skipped) == (len(list(suite)), len(failed), 0)


def test_a_failure_has_the_first_findings(report: Report, tmp_path: Path):
    schema = next(iter(next(iter(parsed(report, tmp_path, most=2)))))
    (failure,) = schema.result
    assert schema.classname == "data/train set_jsonl"
    assert failure.type == "MR101 schema-violation"
    assert failure.message.startswith(f"50 findings; the first: {LINES}:17: /messages/0/role: 'bot'")
    assert (failure.text or "").splitlines() == [
        f"{LINES}:17: /messages/0/role: 'bot' is not one of ['user', 'system'] (enum)",
        f"{LINES}:18: /messages/0/role: 'bot' is not one of ['user', 'system'] (enum)",
        "... 48 more",
    ]


def test_a_warning_passes_with_output(report: Report, tmp_path: Path):
    table = next(suite for suite in parsed(report, tmp_path) if suite.name == TABLE)
    case = next(case for case in table if "duplicate-text" in case.name)
    assert case.is_passed
    assert case.system_out == f"1 warning\n{TABLE} row 12: prompt: the prompt is that of row 7"


def test_jenkins_knows_every_element_and_attribute(report: Report):
    for element in ET.fromstring(render(report, "junit").encode()).iter():
        assert set(element.attrib) <= ALLOWED[element.tag]
        assert {child.tag for child in element} <= CHILDREN[element.tag]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(codec=None)))
def test_any_text_parses(text: str, tmp_path: Path):
    report = a_report(violation(1, text), Finding(text or "odd", text, where=text, field=text))
    report.target = report.checked[0].name = text
    assert parsed(report, tmp_path).failures == 1
