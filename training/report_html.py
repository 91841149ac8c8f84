"""The report of a training run as one page that needs no network and no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..scoring import plots
from ..scoring.html_page import page
from ..scoring.html_parts import Figure, Table, drawn
from .curves import curve_table
from .figures import chains_figure, curve_figures, entropy_figure
from .report import TrainingReport
from .report_words import facts, models_line
from .tables import (
    Section,
    accuracy_section,
    baselines_section,
    chains_section,
    divergence_section,
    entropy_section,
    gains_section,
    models_section,
)

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page under a heading.

    Attributes:
        title: The heading.
        figures: Plots.
        sections: Tables with notes.
        folded: A table that is shown when it is asked for; None for none.
    """

    title: str
    figures: Sequence[Figure]
    sections: Sequence[Section]
    folded: Table | None = None


def report_html(report: TrainingReport) -> str:
    """The report as a page: tables, and plots as inline SVG; it follows the reader's light or dark mode.

    Raises:
        MissingLibraryError: matplotlib, of the extra `report`, isn't installed.
    """
    told: dict[str, list[str]] = {}
    for name, text in facts(report):
        told.setdefault(name, []).append(text)
    content = {
        "title": report.recipe.title,
        "models": f"{report.recipe.config}: {models_line(report)}",
        "recipe": report.recipe.name,
        "facts": list(told.items()),
        "parts": _parts(report) if report.results else [],
    }
    return page("training.html", content, _TEMPLATES)


def _parts(report: TrainingReport) -> list[Part]:
    chains = chains_section(report)
    optional = (gains_section(report), baselines_section(report))
    right = [accuracy_section(report), *(each for each in optional if each)]
    return [
        Part("Right answers", [_accuracies(report)], right),
        *_curves(report),
        *([Part("Sampled chains", [chains_figure(report)], [chains])] if chains else []),
        Part("Steps", [entropy_figure(report)], [divergence_section(report), entropy_section(report)]),
        Part("Models", [], [models_section(report)]),
    ]


def _accuracies(report: TrainingReport) -> Figure:
    points = [
        plots.Point(f"{each.name}, d = {each.width}", each.mean, each.interval.low, each.interval.high)
        for each in report.rows
    ]
    title = "Right answers on test"
    svg = plots.forest(points, name="accuracies", label=f"{title}: means with intervals", limits=(0.0, 1.0))
    return drawn(svg, f"{title}: means over seeds, and lines for their intervals.")


def _curves(report: TrainingReport) -> list[Part]:
    """Supervised training and policy optimisation apart: the one's epochs and losses aren't the other's."""
    kinds = {
        "Learning curves": [each for each in report.results if each.method != "grpo"],
        "Learning curves of policies": [each for each in report.results if each.method == "grpo"],
    }
    return [
        Part(title, curve_figures(results, report), [], curve_table(title, results))
        for title, results in kinds.items()
        if results
    ]
