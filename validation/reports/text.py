"""A report for people: tables of what was checked and found, the first findings of each rule, the verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from ...schemas.printable import printable, without_commands
from ..findings import Finding, Severity
from ..report import KeywordPlan, Report
from .grouping import Group, catalogue, closing, groups, plural, table_of_splits

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STYLES: dict[Severity, str] = {"error": "red", "warning": "yellow", "note": "cyan"}
_POINTERS_SHOWN = 3


def as_text(report: Report, most: int, width: int = 80, *, colour: bool = False) -> str:
    """The report as text.

    Args:
        report: What was found.
        most: How many findings of each code are shown.
        width: Columns of the terminal; longer lines wrap.
        colour: Whether to write the escape sequences for colour.
    """
    out = StringIO()
    console = _console(out, width, colour=colour)
    found = groups(report)
    _tables(console, report, found)
    for group in found:
        if most > 0:
            _examples(console, group, most)
    _suppressed(console, report)
    _engines(console, report)
    _verdict(console, report, found)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return without_commands("\n".join(lines)) + "\n"


def _console(out: StringIO, width: int, *, colour: bool) -> Console:
    from rich.console import Console

    system = "standard" if colour else None
    return Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system=system,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _print(console: Console, text: str, indent: int = 0, style: str = "") -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print(Padding(Text(printable(text), style=style, overflow="fold"), (0, 0, 0, indent)))


def _tables(console: Console, report: Report, found: Sequence[Group]) -> None:
    against = f" against {report.schema}" if report.schema else ""
    _print(console, f"Checked {report.target}{against}", style="bold")
    console.print()
    splits = _table(("split", "left"), ("rows", "right"), ("invalid", "right"), ("findings", "right"))
    for split in table_of_splits(report):
        checked = split.checked
        splits.add_row(printable(split.name), f"{checked.rows:,}", f"{checked.invalid:,}", split.count)
    console.print(splits)
    if found:
        console.print()
        console.print(_codes(found))


def _codes(found: Sequence[Group]) -> Table:
    from rich.text import Text

    table = _table(("rule", "left"), ("", "left"), ("severity", "left"), ("findings", "right"))
    for group in found:
        severity = Text(group.severity, style=_STYLES[group.severity])
        table.add_row(group.number or "-", printable(group.code), severity, f"{group.count:,}")
    return table


def _table(*columns: tuple[str, str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for title, justify in columns:
        # A name may fold; a number that did would be another number.
        name = justify == "left"
        table.add_column(title, justify="left" if name else "right", overflow="fold", no_wrap=not name)
    return table


def _examples(console: Console, group: Group, most: int) -> None:
    console.print()
    _print(console, f"{group.title}: {group.counted}", style=f"bold {_STYLES[group.severity]}")
    shown = group.first(most)
    for finding in shown:
        _example(console, finding)
    if more := group.count - len(shown):
        _print(console, f"... {more:,} more", 2)


def _example(console: Console, finding: Finding) -> None:
    """The place and the pointer, and below them what was found."""
    place = "  ".join(part for part in (finding.where or finding.file, finding.field) if part)
    if place:
        _print(console, place, 2)
    keyword = f" ({finding.keyword})" if finding.keyword else ""
    _print(console, f"{finding.message}{keyword}", 4 if place else 2, style="dim" if place else "")


def _suppressed(console: Console, report: Report) -> None:
    if not any(report.suppressed.values()):
        return
    console.print()
    _print(console, "Suppressed", style="bold")
    for suppression, count in report.suppressed.items():
        where = f" at {suppression.where}" if suppression.where else ""
        _print(console, f"{suppression.rule}{where}: {count:,}. {suppression.reason}", 2)


def _engines(console: Console, report: Report) -> None:
    """One line if every keyword ran over columns; otherwise the keywords that didn't, too."""
    if not report.plan:
        return
    pointers: dict[str, list[KeywordPlan]] = defaultdict(list)
    for plan in report.plan:
        pointers[plan.engine].append(plan)
    counts = ", ".join(
        f"{len(plans):,} {plural('annotation', len(plans)) if engine == 'annotation' else words}"
        for engine, words in _ENGINES.items()
        if (plans := pointers[engine])
    )
    total = len(report.plan)
    vectorised = len(pointers["vectorised"]) == total
    console.print()
    keywords = plural("keyword", total)
    _print(console, f"Schema: {f'all {total:,} {keywords} vectorised' if vectorised else counts}.")
    pointers["annotation"] = [plan for plan in pointers["annotation"] if _may_mislead(plan)]
    for engine in ("row by row", "annotation"):
        if pointers[engine]:
            _print(console, f"{_LISTED[engine]}: {', '.join(_places(pointers[engine]))}", 2)


_ENGINES = {
    "vectorised": "vectorised",
    "constant": "decided by column types",
    "row by row": "row by row",
    "annotation": "annotations",
}
# Nobody expects these to be checked, unlike `format`, a misspelt keyword, or `then` without `if`.
_PLAIN = """
$schema $id $anchor $dynamicAnchor $vocabulary $comment $defs definitions title description default
deprecated readOnly writeOnly examples
"""
_PLAIN_ANNOTATIONS = frozenset(_PLAIN.split())
_LISTED = {"row by row": "row by row", "annotation": "annotations, not checked"}


def _may_mislead(plan: KeywordPlan) -> bool:
    return _keyword(plan) not in _PLAIN_ANNOTATIONS


def _keyword(plan: KeywordPlan) -> str:
    return plan.pointer.rpartition("/")[2]


def _places(plans: Sequence[KeywordPlan]) -> Iterator[str]:
    """The pointers, and of a keyword at many places the number of them."""
    keywords: dict[str, list[str]] = defaultdict(list)
    for plan in plans:
        keywords[_keyword(plan)].append(plan.pointer)
    for keyword, places in keywords.items():
        if len(places) > _POINTERS_SHOWN:
            yield f"{keyword} ({len(places):,} places)"
        else:
            yield from places


def _verdict(console: Console, report: Report, found: Sequence[Group]) -> None:
    console.print()
    explained = [group.number for group in found if group.code in catalogue()]
    if explained:
        hint = f"`mensrea explain {explained[0]}` says what it looks for and what to do."
        _print(console, hint, style="dim")
    style = f"bold {_STYLES[found[0].severity]}" if found else "bold green"
    _print(console, closing(report), style=style)
