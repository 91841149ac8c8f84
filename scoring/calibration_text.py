"""A calibration for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .agreement import Agreement
from .calibration import WITHOUT_SCORE, Calibration
from .intervals import Interval
from .labelled import WITHOUT_VALUE, WITHOUT_VERDICT
from .printing import Page, share
from .report_words import reason_meaning
from .thresholds import Sweep, Threshold

_SHOWN = 9
_SHARES = ("accuracy", "precision", "recall", "f1", "macro_f1")
_OF_POSITIVE = ("precision", "recall", "f1")
_FIGURES = (
    ("accuracy", "accuracy", "same label"),
    ("precision", "precision", "of what the judge calls {positive}, how much is"),
    ("recall", "recall", "of what is {positive}, how much the judge finds"),
    ("f1", "F1", "harmonic mean of precision and recall"),
    ("macro_f1", "macro F1", "mean F1 of all labels"),
    ("pearson", "Pearson", "correlation; phi, for two labels"),
    ("kappa", "kappa", "Cohen's: agreement beyond chance"),
    ("alpha", "alpha", "Krippendorff's, nominal"),
)
_MEANINGS = {
    WITHOUT_VERDICT: "no verdict is about the label",
    WITHOUT_SCORE: "the verdict is a word, not a number",
    WITHOUT_VALUE: "the verdict has no value, and no reason",
}


def calibration_text(calibration: Calibration, width: int = 80, *, colour: bool = False) -> str:
    """The calibration as text.

    Args:
        calibration: What was found.
        width: Columns of the terminal.
        colour: Whether to write the escape sequences for colour.
    """
    page = Page(width, colour=colour)
    page.facts(_facts(calibration))
    if calibration.unscored:
        page.title("Without a value")
        rows = [
            [
                name,
                f"{count:,}",
                share(count, calibration.labels),
                _MEANINGS.get(name) or reason_meaning(name),
            ]
            for name, count in calibration.unscored.items()
        ]
        page.table(["reason", "labels", "share", "meaning"], rows, texts=["meaning"])
    if calibration.agreement is not None:
        _confusion(page, calibration.agreement)
        _figures(page, calibration, calibration.agreement)
    if calibration.sweep is not None:
        _sweep(page, calibration, calibration.sweep)
    return page.text()


def _facts(calibration: Calibration) -> list[tuple[str, str]]:
    covered = f"{calibration.scored:,} have a verdict with a value ({100 * calibration.coverage:.1f} %)"
    found = [
        ("labels", f"{calibration.labels:,}; {covered}"),
        *([("positive", calibration.positive)] if calibration.positive else []),
    ]
    if calibration.unlabelled:
        found.append(("left out", f"{calibration.unlabelled:,} verdicts on what has no label"))
    if calibration.threshold is not None:
        found.append(
            ("threshold", f"{_rule(calibration, f'{calibration.threshold:g}')} is {calibration.positive}")
        )
    if calibration.repeated:
        found.append(("caution", "items have several labels; intervals take these as independent"))
    return found


def _confusion(page: Page, found: Agreement) -> None:
    names = [_name(each) for each in found.labels]
    page.title("Verdicts (rows) and labels (columns)")
    rows = [[name, *(f"{each:,}" for each in row)] for name, row in zip(names, found.confusion, strict=True)]
    page.table(["verdict", *names], rows)


def _figures(page: Page, calibration: Calibration, found: Agreement) -> None:
    level = next((100 * each.level for each in found.intervals.values()), 95)
    rows = [
        [
            label,
            _figure(name, getattr(found, name)),
            _ends(name, found.intervals.get(name)),
            meaning.format(positive=calibration.positive),
        ]
        for name, label, meaning in _FIGURES
        if calibration.positive or name not in _OF_POSITIVE
    ]
    page.line()
    page.table(["figure", "value", f"{level:g} % interval", "meaning"], rows, texts=["meaning"])
    if calibration.unscored and calibration.least_accuracy is not None:
        page.line()
        least = 100 * calibration.least_accuracy
        page.line(f"If everything without a value counted as wrong, accuracy would be {least:.1f} %.")


def _sweep(page: Page, calibration: Calibration, sweep: Sweep) -> None:
    page.title(f"Thresholds: {_rule(calibration, 'T')} is {calibration.positive}")
    best_f1 = max(sweep.points, key=lambda each: each.f1 or 0.0)
    best_accuracy = max(sweep.points, key=lambda each: each.accuracy)
    rows = [_point(each, best_f1, best_accuracy) for each in _some(sweep.points, [best_f1, best_accuracy])]
    page.table(["T", "F1", "precision", "recall", "accuracy", ""], rows, texts=[""])
    page.line()
    if sweep.auroc is not None:
        page.line(f"Area under the ROC curve: {sweep.auroc:.3f} {_ends('auroc', sweep.interval)}")
    page.line(
        "The best thresholds were found on these labels, where they look better than they are: fix one, then "
        "check it on other labels.",
        style="dim",
    )


def _rule(calibration: Calibration, threshold: str) -> str:
    sign = ">=" if calibration.side == "at-least" else "<"
    return f"{calibration.scores} {sign} {threshold}"


def _some(points: Sequence[Threshold], needed: Iterable[Threshold]) -> list[Threshold]:
    """A few thresholds over the whole range, and those that are needed."""
    step = max(1, (len(points) - 1) / (_SHOWN - 1))
    places = {min(len(points) - 1, round(each * step)) for each in range(_SHOWN)}
    places |= {points.index(each) for each in needed}
    return [points[each] for each in sorted(places)]


def _point(point: Threshold, best_f1: Threshold, best_accuracy: Threshold) -> list[str]:
    best = ["best F1"] * (point is best_f1) + ["best accuracy"] * (point is best_accuracy)
    shares = (point.f1, point.precision, point.recall, point.accuracy)
    return [f"{point.threshold:.4g}", *(_figure("f1", each) for each in shares), ", ".join(best)]


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f} %" if name in _SHARES else f"{value:.3f}"


def _ends(name: str, found: Interval | None) -> str:
    if found is None:
        return "-"
    factor, digits = (100, 1) if name in _SHARES else (1, 3)
    return f"[{factor * found.low:.{digits}f}, {factor * found.high:.{digits}f}]"


def _name(label: object) -> str:
    return label if isinstance(label, str) else str(label)
