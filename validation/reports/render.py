"""A report in the format that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from ...errors import UsageError
from ..report import Report

Format = Literal["text", "json", "junit", "sarif", "github", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)
# Documents for programs hold all that was kept; those for people the first of each code.
_MOST: Mapping[Format, int] = {"text": 20, "junit": 20, "github": 10, "markdown": 3}
_ALL = 1 << 62


def render(
    report: Report,
    format: Format,  # noqa: A002  # the name that the command's option has
    *,
    most: int | None = None,
    width: int = 80,
    colour: bool = False,
) -> str:
    """The report as text, or as a document for CI.

    Args:
        report: What was found.
        format: `text` for people, `json` (see report.schema.json), `junit`, `sarif` (2.1.0), `github`
            (annotations, for the log of a workflow) or `markdown` (its summary).
        most: How many findings of each code are shown; all are counted. None shows 20 in `text` and
            `junit`, 10 in `github`, 3 in `markdown` and every one that was kept in `json` and `sarif`.
        width: Columns, for `text`.
        colour: Whether `text` has escape sequences for colour.

    Returns:
        The document, which ends with a newline.

    Raises:
        UsageError: There is no such format.
    """
    shown = _MOST.get(format, _ALL) if most is None else most
    if format == "text":
        from .text import as_text

        return as_text(report, shown, width, colour=colour)
    return _document(report, format, shown)


def _document(report: Report, wanted: Format, most: int) -> str:
    match wanted:
        case "json":
            from .as_json import as_json as write
        case "junit":
            from .junit import as_junit as write
        case "sarif":
            from .sarif import as_sarif as write
        case "github":
            from .github import as_github as write
        case "markdown":
            from .github import step_summary as write
        case _:
            raise UsageError(f"{wanted}: no format of a report; choose one of {', '.join(FORMATS)}")
    return write(report, most)
