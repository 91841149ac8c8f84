"""Profiles as one page that needs no network and no script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from . import plots, plots_profile
from . import profile_words as words
from .comparison import Difference
from .habit_labels import SHORT, short_name
from .habits import HABITS
from .html_page import page
from .html_parts import Figure, Table, drawn
from .profiles import ModelProfile, Profiles
from .unpaired import Gap

_STEP = 25


def profile_html(profiles: Profiles) -> str:
    """The profiles as a page: tables, and plots as inline SVG; it follows the reader's light or dark mode.

    Raises:
        MissingLibraryError: matplotlib, of the extra `report`, isn't installed.
    """
    return page("profile.html", _content(profiles))


def _content(profiles: Profiles) -> dict[str, Any]:
    names = [each.model for each in profiles.models]
    return {
        "title": "Habits of mind in models' reasoning",
        "models": ", ".join(names),
        "facts": [
            ("tasks", [f"cogtest {profiles.config}"]),
            ("models", [f"{place}: {name}" for place, name in enumerate(names, start=1)]),
        ],
        "findings": profiles.findings,
        "together": _together(profiles),
        "likeness": _likeness(profiles, names),
        "groups": _groups(profiles, names),
        "models_shown": [_model(each, f"m{place}", profiles) for place, each in enumerate(profiles.models)],
        "method": words.method_line(profiles),
        "skipped": list(profiles.skipped.items()),
        "habits": Table("Habits by number", ["habit", "name"], words.habit_key(), ["habit", "name"]),
    }


def _together(profiles: Profiles) -> dict[str, Any] | None:
    if len(profiles.models) <= 1:
        return None
    found = {each.model: _rates(each) for each in profiles.models}
    tree = profiles.tree
    order = [*(tree.order if tree else ()), *(each for each in found if not tree or each not in tree.order)]
    values = [found[name] for name in order]
    columns = list(SHORT.values())
    title = "Percent of samples on a habit's own tasks that show it"
    if tree is not None and len(order) == len(tree.order):
        svg = plots_profile.tree_heat(values, order, columns, tree.joins, name="together", label=title)
        caption = f"{title}; at the right, models joined by how alike their profiles are."
    else:
        svg, caption = plots_profile.heat(values, order, columns, name="together", label=title), f"{title}."
    rows = [
        [short_name(habit), *(_percent(found[name][place]) for name in found)]
        for place, habit in enumerate(HABITS)
    ]
    table = Table(title, ["habit", *found], rows, ["habit"])
    return {"figure": drawn(svg, caption), "table": table}


def _rates(model: ModelProfile) -> list[float | None]:
    known = {each.habit: each.value for each in model.habits}
    return [known.get(habit) for habit in HABITS]


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f}"


def _likeness(profiles: Profiles, names: Sequence[str]) -> dict[str, Any] | None:
    if not profiles.likeness:
        return None
    order = [*(profiles.tree.order if profiles.tree else names)]
    known = {frozenset((each.a, each.b)): each.pearson for each in profiles.likeness}
    values = [[1.0 if a == b else known.get(frozenset((a, b))) for b in order] for a in order]
    title = "Correlation of models' profiles, times 100"
    numbers = [str(names.index(name) + 1) for name in order]
    rows = [f"{number}: {name}" for number, name in zip(numbers, order, strict=True)]
    svg = plots_profile.heat(values, rows, numbers, name="likeness", label=title)
    table = Table(title, words.LIKENESS_COLUMNS, words.likeness_rows(profiles.likeness, names), ["models"])
    return {"figure": drawn(svg, f"{title}."), "note": words.LIKENESS_NOTE, "table": table}


def _groups(profiles: Profiles, names: Sequence[str]) -> dict[str, Any] | None:
    tree = profiles.tree
    if tree is None:
        return None
    table = Table("Groups of models", words.TREE_COLUMNS, words.tree_rows(tree, names), ["groups", "Ward"])
    kept = "" if tree.cophenetic is None else f"Cophenetic correlation: {tree.cophenetic:.2f}. "
    return {"table": table, "note": f"{kept}{words.TREE_NOTE}"}


def _model(model: ModelProfile, name: str, profiles: Profiles) -> dict[str, Any]:
    level = words.level_of(profiles)
    return {
        "title": model.model,
        "line": f"{words.model_line(model)}.",
        "rates": _shown(model, name, level),
        "outcomes": _outcomes(model),
        "off_target": _off_target(model, name),
        "specificity": _specificity(model, name, profiles),
        "adaptivity": model.adaptivity
        and {"lines": words.adaptivity_lines(model.adaptivity), "note": words.ADAPTIVITY_NOTE},
        "controls": _controls(model, name, level),
        "twins": _twins(model, name, level),
        "published": model.published
        and Table("On the published tasks", words.RATE_COLUMNS, words.rate_rows(model.published), ["habit"]),
        "skipped": list(model.skipped.items()),
    }


def _shown(model: ModelProfile, name: str, level: str) -> dict[str, Any]:
    points = [
        plots.Point(
            short_name(each.habit),
            each.value,
            each.interval.low if each.interval else None,
            each.interval.high if each.interval else None,
        )
        for each in model.habits
        if each.value is not None
    ]
    title = "Habits shown on their own tasks"
    svg = plots.forest(
        points, name=f"{name}-rates", label=f"{title}: rates with intervals", limits=(0.0, 1.0)
    )
    table = Table(title, words.RATE_COLUMNS, words.rate_rows(model.habits), ["habit"])
    return {"figure": drawn(svg, f"{title}: rates, and lines for {level} intervals."), "table": table}


def _outcomes(model: ModelProfile) -> Table:
    outcomes = list(dict.fromkeys(key for each in model.habits for key in each.outcomes))
    reasons = list(dict.fromkeys(key for each in model.habits for key in each.unscored))
    rows = [
        [
            short_name(each.habit),
            *(f"{each.outcomes.get(key, 0):,}" for key in outcomes),
            *(f"{each.unscored.get(key, 0):,}" for key in reasons),
        ]
        for each in model.habits
    ]
    return Table("Samples by outcome and reason", ["habit", *outcomes, *reasons], rows, ["habit"])


def _off_target(model: ModelProfile, name: str) -> Figure | None:
    found = model.off_target
    if found is None:
        return None
    values = [
        [k / n if n else None for k, n in zip(ks, ns, strict=True)]
        for ks, ns in zip(found.k, found.n, strict=True)
    ]
    rows = [words.numbered(habit) for habit in found.rows]
    columns = [str(place) for place in range(1, len(HABITS) + 1)]
    label = "Rates by habit of the task and habit judged"
    square = list(found.rows) == list(found.columns)
    svg = plots_profile.heat(values, rows, columns, name=f"{name}-off", label=label, outlined=square)
    return drawn(svg, f"{words.OFF_TARGET_NOTE}{' Framed: its own tasks.' if square else ''}")


def _specificity(model: ModelProfile, name: str, profiles: Profiles) -> dict[str, Any] | None:
    if not model.specificity:
        return None
    title = "Own tasks less others of the same kind"
    gaps = [(short_name(each.habit), each.kin) for each in model.specificity if each.kin is not None]
    kin, overall = words.kin_rows(model.specificity), words.specificity_rows(model.specificity)
    return {
        "figure": _forest(gaps, f"{name}-kin", title, words.level_of(profiles)) if gaps else None,
        "verdict": words.verdict(model, profiles.settings.level),
        "note": words.SPECIFICITY_NOTE,
        "kin": Table(title, words.KIN_COLUMNS, kin, ["habit"]),
        "overall": Table("Own tasks less all others", words.GAP_COLUMNS, overall, ["habit"]),
    }


def _controls(model: ModelProfile, name: str, level: str) -> dict[str, Any] | None:
    if not model.controls:
        return None
    title = "Own tasks less controls"
    gaps = [(short_name(each.habit), each.gap) for each in model.controls]
    rows = [words.gap_row(short_name(each.habit), each.gap, each.corrected) for each in model.controls]
    table = Table(title, words.CONTROL_COLUMNS, rows, ["habit"])
    return {"figure": _forest(gaps, f"{name}-controls", title, level), "table": table}


def _twins(model: ModelProfile, name: str, level: str) -> dict[str, Any] | None:
    if model.twins is None:
        return None
    title = "Core tasks less their twins"
    every = [model.twins.pooled, *model.twins.habits]
    gaps = [("all" if each.habit is None else short_name(each.habit), each.difference) for each in every]
    table = Table(title, words.TWIN_COLUMNS, words.twin_rows(model.twins), ["habit"])
    return {"figure": _forest(gaps, f"{name}-twins", title, level), "note": words.TWINS_NOTE, "table": table}


def _forest(gaps: Iterable[tuple[str, Gap | Difference]], name: str, title: str, level: str) -> Figure:
    """Differences with their intervals on one scale, in points."""
    points = [
        plots.Point(
            label,
            100 * gap.value,
            100 * gap.interval.low if gap.interval else None,
            100 * gap.interval.high if gap.interval else None,
        )
        for label, gap in gaps
    ]
    label = f"{title}: differences with intervals"
    svg = plots.forest(points, name=name, label=label, limits=_limits(points))
    return drawn(svg, f"{title}: differences in points, and lines for {level} intervals.")


def _limits(points: Sequence[plots.Point]) -> tuple[float, float]:
    """Multiples of 25 that hold all intervals and 0."""
    ends = [0.0, *(end for each in points for end in (each.value, each.low, each.high) if end is not None)]
    return _STEP * math.floor(min(ends) / _STEP), _STEP * max(1, math.ceil(max(ends) / _STEP))
