"""The report for programs."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import mensrea.validation.reports
import numpy as np
import pytest
from mensrea.validation.findings import Finding, FindingLog
from mensrea.validation.report import Checked, Report
from mensrea.validation.reports.render import render

from .conftest import a_report, violation

SCHEMA: dict[str, Any] = json.loads(
    Path(mensrea.validation.reports.__file__).with_name("report.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def document(report: Report, most: int | None = None) -> dict[str, Any]:
    loaded = json.loads(render(report, "json", most=most))
    VALIDATOR.validate(loaded)
    return loaded


def test_every_member_is_described():
    def undescribed(schema: dict[str, Any]) -> list[str]:
        own = schema.get("properties", {})
        bare = [
            name
            for name, each in own.items()
            if "description" not in each and "description" not in SCHEMA["$defs"].get(each["$ref"][8:], {})
        ]
        inner = [each.get("items", each) for each in own.values()]
        return bare + [name for each in inner for name in undescribed(each)]

    jsonschema_rs.meta.validate(SCHEMA)
    assert undescribed(SCHEMA) + undescribed(SCHEMA["$defs"]["finding"]) == []


def test_what_was_found(report: Report):
    loaded = document(report)
    assert set(loaded) == set(SCHEMA["required"])
    assert (loaded["ok"], loaded["rows"]) == (False, 201_000)
    assert (loaded["errors"], loaded["warnings"], loaded["notes"]) == (51, 1, 1)
    assert loaded["counts"][0] == {
        "code": "schema-violation",
        "number": "MR101",
        "severity": "error",
        "count": 50,
    }
    assert len(loaded["findings"]) == 53
    assert loaded["findings"][0] == {
        "number": "MR101",
        "code": "schema-violation",
        "message": "'bot' is not one of ['user', 'system']",
        "severity": "error",
        "where": "data/train set.jsonl:17",
        "field": "/messages/0/role",
        "keyword": "enum",
        "file": "data/train set.jsonl",
        "line": 17,
        "row": 16,
    }
    assert loaded["suppressed"] == [
        {"rule": "mojibake", "reason": "As published.", "where": "*prompt*", "count": 12}
    ]
    assert loaded["plan"][1] == {"pointer": "/properties/a/pattern", "engine": "row by row"}
    assert loaded["checked"][0]["violations"] == {"enum": 50}


def test_fewer_are_listed_and_all_counted(report: Report):
    loaded = document(report, most=1)
    assert [finding["number"] for finding in loaded["findings"]] == ["MR101", "MR201", "MR305", ""]
    assert loaded["counts"][0]["count"] == 50


def test_numbers_of_numpy_are_numbers():
    finding = Finding("odd", np.str_("odd"), line=np.int64(3), row=np.int32(2))  # type: ignore[arg-type]
    checked = Checked("a", np.int64(5), np.uint8(1), Counter({"type": np.int64(1)}), np.float32(0.5))  # type: ignore[arg-type]
    loaded = document(Report("a", checked=[checked], findings=FindingLog([finding])))
    assert (loaded["rows"], loaded["findings"][0]["line"]) == (5, 3)
    assert loaded["checked"][0]["seconds"] == 0.5


@pytest.mark.parametrize("text", ["", "é 字 \u2028", "\ud800", "a\x00b\x1b"])
def test_any_text_gives_utf_8(text: str):
    written = render(a_report(violation(1, text)), "json").encode()
    assert json.loads(written)["findings"][0]["message"] == text.encode("utf-8", "backslashreplace").decode()


def test_an_empty_report():
    assert document(Report("a"))["ok"] is True
