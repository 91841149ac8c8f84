"""A report with a bit of everything."""

from collections import Counter

import pytest
from mensrea.validation.findings import Finding, FindingLog
from mensrea.validation.report import Checked, KeywordPlan, Report
from mensrea.validation.rules.base import Suppression

LINES = "data/train set.jsonl"
TABLE = "data/test.parquet"


def violation(line: int, message: str = "'bot' is not one of ['user', 'system']") -> Finding:
    return Finding(
        "schema-violation",
        message,
        "error",
        f"{LINES}:{line}",
        "/messages/0/role",
        keyword="enum",
        file=LINES,
        line=line,
        row=line - 1,
    )


def in_table(row: int, message: str = "the prompt is that of row 7") -> Finding:
    return Finding("duplicate-text", message, "warning", f"{TABLE} row {row}", "prompt", file=TABLE, row=row)


def a_report(*findings: Finding) -> Report:
    """Two files, of which the first has as many violations as there are findings of that code."""
    log = FindingLog(findings)
    broken = log.counts.get("schema-violation", 0)
    return Report(
        "data",
        "rows.schema.json",
        [
            Checked(LINES, 200_000, broken, Counter({"enum": broken} if broken else {}), 0.4),
            Checked(TABLE, 1_000, 0, Counter(), 0.1),
        ],
        log,
        rules=["duplicate-id", "duplicate-text"],
    )


@pytest.fixture
def report() -> Report:
    """Errors in lines, a warning in a table, a note that belongs to no file, and a suppression."""
    found = a_report(
        *(violation(line) for line in range(17, 67)),
        Finding("duplicate-id", "id 'a' is that of line 1", "error", f"{LINES}:9", "id", file=LINES, line=9),
        in_table(12),
        Finding("odd-thing", "odd", "note", "manifest.json"),
    )
    found.suppressed = {Suppression("mojibake", "As published.", "*prompt*"): 12}
    found.plan = [
        KeywordPlan("/properties/a/type", "vectorised"),
        KeywordPlan("/properties/a/pattern", "row by row"),
        KeywordPlan("/properties/a/format", "annotation"),
        KeywordPlan("/additionalProperties", "constant"),
    ]
    return found
