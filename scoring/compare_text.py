"""A comparison for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from .compare import Change, Comparison
from .printing import Page, bare, interval, points, probability
from .subjects import Side

_SHOWN = 10
_IDS_SHOWN = 3


def comparison_text(comparison: Comparison, width: int = 80, *, colour: bool = False) -> str:
    """The comparison as text.

    Args:
        comparison: What was found.
        width: Columns of the terminal.
        colour: Whether to write the escape sequences for colour.
    """
    page = Page(width, colour=colour)
    if comparison.differs:
        page.line(f"Figures may not compare: {'; '.join(comparison.differs)}", style="bold yellow")
        page.line()
    page.facts(_facts(comparison))
    page.line()
    overall = [each for each in comparison.changes if not each.group]
    _changes(page, "metric", [each.name for each in overall], overall, comparison)
    _groups(page, comparison)
    _transitions(page, comparison)
    if comparison.uncompared:
        page.title("Not compared")
        page.facts(list(comparison.uncompared.items()))
    page.line()
    page.line(_verdict(comparison, overall), style="bold")
    page.line(_method(comparison), style="dim")
    return page.text()


def _facts(comparison: Comparison) -> list[tuple[str, str]]:
    only = [
        f"{len(ids):,} only in {side} ({_some(ids)})"
        for side, ids in (("A", comparison.only_a), ("B", comparison.only_b))
        if ids
    ]
    uneven = [f"{comparison.uneven:,} with other samples in B"] if comparison.uneven else []
    return [
        ("items", "; ".join([comparison.dataset, *only, *uneven])),
        ("A", _side(comparison.a)),
        ("B", _side(comparison.b)),
    ]


def _some(ids: Sequence[str]) -> str:
    return ", ".join([*ids[:_IDS_SHOWN], *(["..."] if len(ids) > _IDS_SHOWN else [])])


def _side(side: Side) -> str:
    return f"{', '.join(side.models) or 'unknown'}; release {side.version}, responses {side.responses}"


def _changes(
    page: Page, first: str, names: Sequence[str], changes: Sequence[Change], comparison: Comparison
) -> None:
    level = f"{100 * comparison.settings.level:g} % interval"
    columns = [first, "A", "B", "B-A", level, "p", "Holm", "pairs", "up/down"]
    rows = [
        [
            name,
            bare(each.difference.a, each.kind),
            bare(each.difference.b, each.kind),
            points(each.difference.value, each.kind),
            interval(each.difference.interval, each.kind),
            probability(each.difference.p_value),
            probability(each.corrected),
            f"{each.difference.n_pairs:,}",
            f"{each.up:,}/{each.down:,}",
        ]
        for name, each in zip(names, changes, strict=True)
    ]
    page.table(columns, rows)


def _groups(page: Page, comparison: Comparison) -> None:
    found: dict[tuple[str, str], list[Change]] = {}
    for each in comparison.changes:
        for column in each.group:
            found.setdefault((each.name, column), []).append(each)
    for (name, column), changes in found.items():
        page.title(f"{name} by {column}")
        _changes(page, column, [each.group[column] for each in changes], changes, comparison)


def _transitions(page: Page, comparison: Comparison) -> None:
    moved = sum(count for _, _, count in comparison.transitions)
    if not moved:
        return
    page.title(f"{moved:,} of {comparison.samples:,} samples have another outcome in B")
    rows = [[f"{a} -> {b}", f"{count:,}"] for a, b, count in comparison.transitions[:_SHOWN]]
    page.table(["from A to B", "samples"], rows)
    if (more := len(comparison.transitions) - _SHOWN) > 0:
        page.line(f"... {more:,} more kinds", style="dim")


def _verdict(comparison: Comparison, overall: Sequence[Change]) -> str:
    alpha = 1 - comparison.settings.level
    clear = [each for each in overall if each.corrected < alpha]
    if not clear:
        return f"No metric differs at {100 * alpha:g} % after Holm's correction."
    listed = [
        f"{each.name} is {'higher' if each.difference.value > 0 else 'lower'} in B "
        f"({points(each.difference.value, each.kind)}, p {probability(each.corrected)} after Holm)"
        for each in clear
    ]
    return f"{'; '.join(listed)}."


def _method(comparison: Comparison) -> str:
    tests = dict.fromkeys(each.difference.test for each in comparison.changes)
    methods = dict.fromkeys(
        each.difference.interval.method for each in comparison.changes if each.difference.interval
    )
    settings = comparison.settings
    return (
        f"Shares in percent, differences in points, over items scored in both. Tests: {', '.join(tests)}; "
        f"intervals: {', '.join(methods)}; seed {settings.seed}, {settings.resamples:,} resamples. "
        "Holm's correction is over all metrics, and apart from that over all groups."
        f"{' Pairs are clusters of like items; up and down count items.' if comparison.clustered else ''}"
    )
