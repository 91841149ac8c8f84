"""The report of a training run for a terminal."""

from __future__ import annotations

from ..scoring.printing import Page
from .report import TrainingReport
from .report_words import facts
from .tables import sections


def report_text(report: TrainingReport, width: int = 80, *, colour: bool = False) -> str:
    """The report as text.

    Args:
        report: What was found.
        width: Columns of the terminal.
        colour: Whether to write the escape sequences for colour.
    """
    page = Page(width, colour=colour)
    page.line(report.recipe.title, style="bold")
    page.facts(facts(report))
    for each in sections(report):
        table = each.table
        page.title(table.caption)
        page.table(table.columns, table.rows, texts=table.texts)
        page.line(each.note, style="dim")
    return page.text()
