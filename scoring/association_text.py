"""Associations of habits with a label, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from .association import Association, Associations
from .association_matched import Matched
from .association_tables import Odds
from .habits import habits
from .printing import Page, probability

_LARGEST = 1000


def association_text(found: Associations, width: int = 80, *, colour: bool = False) -> str:
    """The result as text: rates for each model, and matched samples where lengths are known.

    Args:
        found: What was found.
        width: Columns of the terminal.
        colour: Whether to write the escape sequences for colour.
    """
    page = Page(width, colour=colour)
    for model in dict.fromkeys(each.model for each in found.rows):
        rows = [each for each in found.rows if each.model == model]
        page.title(f"{model}: {found.label} responses against the others")
        page.table(["habit", found.label, "others", "odds ratio", "p", "Holm"], [_raw(each) for each in rows])
        if any(each.matched for each in rows):
            _by_length(page, rows)
        if any(each.matched_category for each in rows):
            _by_category(page, rows)
    if found.findings:
        page.title("Findings")
        for each in found.findings:
            page.line(each, style="yellow")
    _notes(page, found)
    return page.text()


def _notes(page: Page, found: Associations) -> None:
    methods = {each.odds.method for each in found.rows if each.odds}
    page.line()
    if "fisher-exact" in methods:
        page.line("Odds ratio with half a sample added to each cell; p of Fisher's exact test.", style="dim")
    if methods - {"fisher-exact"}:
        page.line("Odds ratio and p by estimating equations, with items as clusters.", style="dim")
    page.line(
        "Matched: samples whose reasoning is within 19 % of the length of one with the other label. "
        "Adjusted: for length, by regression. Holm: over a model's habits. An association isn't a cause.",
        style="dim",
    )


def _raw(row: Association) -> list[str]:
    table, odds = row.table, row.odds
    return [
        f"{_name(row)}{' *' if row.rare else ''}",
        _share(table.shown, table.labelled),
        _share(table.shown_without, table.unlabelled),
        _ratio(odds),
        probability(None if odds is None else odds.p_value),
        probability(row.holm),
    ]


def _by_length(page: Page, rows: Sequence[Association]) -> None:
    page.title("The same among samples of like length")
    page.table(
        ["habit", "matched", "odds ratio", "p", "Holm", "adjusted"],
        [[*_matched(each, each.matched, each.holm_matched), _ratio(each.adjusted)] for each in rows],
    )
    _balance(page, rows[0], next(each.matched for each in rows if each.matched is not None))


def _by_category(page: Page, rows: Sequence[Association]) -> None:
    page.title("The same among samples of like length and the same category")
    page.table(
        ["habit", "matched", "odds ratio", "p", "Holm"],
        [_matched(each, each.matched_category, each.holm_category) for each in rows],
    )


def _balance(page: Page, row: Association, known: Matched) -> None:
    if known.imbalance is None:
        return
    after = "-" if known.imbalance_matched is None else f"{known.imbalance_matched:+.2f}"
    page.line(
        f"Mean log length differs by {known.imbalance:+.2f} standard deviations before matching, "
        f"by {after} after it ({_name(row)})."
    )


def _matched(row: Association, found: Matched | None, holm: float | None) -> list[str]:
    if found is None:
        return [_name(row), "-", "-", "-", "-"]
    odds = found.odds
    return [
        _name(row),
        f"{found.labelled + found.unlabelled:,}/{found.of_labelled + found.of_unlabelled:,}",
        _ratio(odds),
        probability(None if odds is None else odds.p_value),
        probability(holm),
    ]


def _name(row: Association) -> str:
    return habits()[row.habit].name if row.habit in habits() else row.habit


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} % of {whole:,}" if whole else "-"


def _ratio(odds: Odds | None) -> str:
    if odds is None:
        return "-"
    if odds.interval is None:
        return _number(odds.value)
    return f"{_number(odds.value)} [{_number(odds.interval.low)}, {_number(odds.interval.high)}]"


def _number(value: float) -> str:
    if value >= _LARGEST:
        return ">999"
    return f"{value:.{2 if value < 10 else 0}f}"  # noqa: PLR2004 -- two digits that count
