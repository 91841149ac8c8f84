"""The choice of a format."""

from typing import Any, cast

import pytest
from mensrea.errors import UsageError
from mensrea.validation.report import Report
from mensrea.validation.reports.render import FORMATS, render


@pytest.mark.parametrize("wanted", FORMATS)
def test_every_format_ends_with_one_newline(wanted: Any, report: Report):
    written = render(report, wanted)
    assert written.endswith("\n")
    assert not written.endswith("\n\n")
    written.encode()


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [("text", 20), ("junit", 20), ("github", 9), ("markdown", 3), ("json", 50), ("sarif", 50)],
)
def test_how_many_are_shown_unless_told(wanted: Any, shown: int, report: Report):
    message = "is not one of"
    headlines = 1 if wanted == "junit" else 0
    assert render(report, wanted).count(message) == shown + headlines


def test_another_format_is_refused(report: Report):
    with pytest.raises(UsageError, match=r"yaml: no format of a report; choose one of text, json, junit"):
        render(report, cast("Any", "yaml"))
