"""What drifted between two versions: significant after correction, and large enough to matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..findings import Finding
from .profile import Profile
from .schema import changed_columns
from .significance import holm
from .trials import Trial, trials

ALPHA = 0.01


@dataclass(frozen=True)
class Effects:
    """Effect sizes below which a difference is no finding, however significant.

    Attributes:
        nulls: Cohen's h of the shares of nulls; 0.1 is the step from none to 0.25 %, or from 50 % to 55 %.
        numbers: The Kolmogorov-Smirnov statistic D, the largest difference of two distribution functions.
        categories: Cramér's V, both versions weighing the same.
        lengths: D, of lengths.
        rows: The factor by which the number of rows may grow or shrink.
    """

    nulls: float = 0.1
    numbers: float = 0.1
    categories: float = 0.1
    lengths: float = 0.1
    rows: float = 1.5


def compare(
    new: Profile, old: Profile, *, alpha: float = ALPHA, effects: Effects | None = None, where: str = ""
) -> list[Finding]:
    """What drifted from an old version to a new one.

    Args:
        new: The new version's profile.
        old: The old version's.
        alpha: The probability of any false finding if nothing drifted; p-values are corrected after Holm.
        effects: Thresholds of effect sizes.
        where: Where the findings are: a split or a file.
    """
    return compare_splits({where: new}, {where: old}, alpha=alpha, effects=effects)


def compare_splits(
    new: Mapping[str, Profile],
    old: Mapping[str, Profile],
    *,
    alpha: float = ALPHA,
    effects: Effects | None = None,
) -> list[Finding]:
    """The same for several splits, by name: one correction over all tests of all splits.

    A split that came or went is a `drift-schema`. Findings are in the order of splits, then schema, rows and
    columns.
    """
    limits = effects or Effects()
    found = [
        trial for name in sorted(new.keys() & old.keys()) for trial in trials(new[name], old[name], name)
    ]
    adjusted = holm([trial.tested.p for trial in found])
    findings: list[Finding] = []
    for name in sorted(new.keys() | old.keys()):
        if name not in new or name not in old:
            state = "is new" if name in new else "is gone"
            findings.append(Finding("drift-schema", f"the split {state}", "error", name))
            continue
        findings += changed_columns(new[name], old[name], name)
        findings += _rows(new[name].rows, old[name].rows, limits.rows, name)
        mine = ((trial, p) for trial, p in zip(found, adjusted, strict=True) if trial.where == name)
        findings += _drifted(mine, alpha, limits, len(found))
    return findings


def _rows(new: int, old: int, factor: float, where: str) -> Iterator[Finding]:
    few, many = sorted((new, old))
    if many > few * factor:
        times = f", {new / old:.2f} times as many" if old else ""
        message = f"{new:,} rows, was {old:,}{times}; a factor of {factor:g} either way is allowed"
        yield Finding("drift-rows", message, where=where)


def _drifted(
    trials: Iterator[tuple[Trial, float]], alpha: float, limits: Effects, number: int
) -> Iterator[Finding]:
    for trial, p in trials:
        least = getattr(limits, trial.aspect)
        if p <= alpha and trial.tested.effect >= least:
            test = trial.described(p, number, least)
            yield Finding(
                f"drift-{trial.aspect}", f"{trial.direction()}; {test}", where=trial.where, field=trial.path
            )
