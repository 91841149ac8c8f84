"""Profiles for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from . import profile_words as words
from .habit_labels import short_name
from .habits import HABITS
from .printing import Page
from .profiles import ModelProfile, Profiles


def profile_text(profiles: Profiles, width: int = 80, *, colour: bool = False) -> str:
    """The profiles as text.

    Args:
        profiles: What was found.
        width: Columns of the terminal.
        colour: Whether to write the escape sequences for colour.
    """
    page = Page(width, colour=colour)
    for each in profiles.findings:
        page.line(each, style="bold yellow")
    if profiles.findings:
        page.line()
    page.facts([("models", f"{n}: {each.model}") for n, each in enumerate(profiles.models, start=1)])
    _together(page, profiles)
    for model in profiles.models:
        _model(page, model, profiles)
    page.line()
    page.line(words.method_line(profiles), style="dim")
    return page.text()


def _together(page: Page, profiles: Profiles) -> None:
    names = [each.model for each in profiles.models]
    if len(names) > 1:
        page.title("Habits shown on their own tasks, in percent; models by number")
        page.table(["habit", *map(str, range(1, len(names) + 1))], _rates_of_all(profiles.models))
    if profiles.likeness:
        page.title("How alike profiles are")
        page.table(words.LIKENESS_COLUMNS, words.likeness_rows(profiles.likeness, names))
        page.line(words.LIKENESS_NOTE, style="dim")
    if profiles.tree is not None:
        page.title("Groups of models")
        page.table(words.TREE_COLUMNS, words.tree_rows(profiles.tree, names))
        if profiles.tree.cophenetic is not None:
            page.line(f"Cophenetic correlation: {profiles.tree.cophenetic:.2f}.")
        page.line(words.TREE_NOTE, style="dim")
    _skipped(page, list(profiles.skipped.items()))


def _rates_of_all(models: Sequence[ModelProfile]) -> list[list[str]]:
    known = [{each.habit: each.value for each in model.habits} for model in models]
    values = [[each.get(habit) for each in known] for habit in HABITS]
    return [
        [short_name(habit), *("-" if value is None else f"{100 * value:.0f}" for value in row)]
        for habit, row in zip(HABITS, values, strict=True)
    ]


def _model(page: Page, model: ModelProfile, profiles: Profiles) -> None:
    page.title(f"{model.model}: {words.model_line(model)}")
    page.table(words.RATE_COLUMNS, words.rate_rows(model.habits))
    unscored = words.unscored_lines(model)
    if unscored:
        page.line(f"Unscored: {', '.join(f'{name} {count}' for name, count in unscored)}.")
    if model.off_target is not None:
        page.title("Rates by habit of the task (row) and habit judged (column)")
        columns = ["task", *(str(number) for number in range(1, len(HABITS) + 1))]
        page.table(columns, words.off_target_rows(model.off_target))
    if model.specificity:
        _specificity(page, model, profiles)
    if model.adaptivity is not None:
        page.title("How far habits depend on the task")
        page.facts(words.adaptivity_lines(model.adaptivity))
        page.line(words.ADAPTIVITY_NOTE, style="dim")
    if model.controls:
        page.title("Own tasks against controls")
        rows = [words.gap_row(short_name(each.habit), each.gap, each.corrected) for each in model.controls]
        page.table(words.CONTROL_COLUMNS, rows)
    if model.twins is not None:
        page.title("Core tasks against twins without the cue")
        page.table(words.TWIN_COLUMNS, words.twin_rows(model.twins))
        page.line(words.TWINS_NOTE, style="dim")
    if model.published:
        page.title("On the published tasks")
        page.table(words.RATE_COLUMNS, words.rate_rows(model.published))
    _skipped(page, list(model.skipped.items()))


def _specificity(page: Page, model: ModelProfile, profiles: Profiles) -> None:
    page.title("Own tasks against all others")
    page.table(words.GAP_COLUMNS, words.specificity_rows(model.specificity))
    if kin := words.kin_rows(model.specificity):
        page.title("Own tasks against others of the same kind")
        page.table(words.KIN_COLUMNS, kin)
        page.line(words.verdict(model, profiles.settings.level), style="bold")
    page.line(words.SPECIFICITY_NOTE, style="dim")


def _skipped(page: Page, skipped: Sequence[tuple[str, str]]) -> None:
    if skipped:
        page.title("Not known")
        by_reason: dict[str, list[str]] = {}
        for name, why in skipped:
            by_reason.setdefault(why, []).append(name)
        page.facts([(", ".join(names), why) for why, names in by_reason.items()])
