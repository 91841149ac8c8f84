"""What a scorer counts, as data: shares of outcomes, means of scores, decisions over an item's samples.

A declaration says which samples are in the numerator and which in the denominator, unscored ones included;
`metrics` computes it. A report carries declarations, so that two reports can be compared item by item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from .declared_items import ANSWER, OfItems, OfK, PassAtK, Plurality, check_classes

__all__ = [
    "ANSWER",
    "Declared",
    "Mean",
    "Nulls",
    "OfItems",
    "OfK",
    "PassAtK",
    "Plurality",
    "Rate",
    "check_declared",
    "classes_of",
    "declared_from",
]

Nulls = Literal["exclude", "keep"]
"""Whether unscored samples leave the denominator, or stay in it as samples that aren't counted."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Share of samples whose outcome is one of some classes.

    Attributes:
        name: What reports call it.
        description: What it says, in a line.
        of: The classes of the numerator.
        among: The classes of the denominator; None for every scored sample.
        nulls: `exclude` leaves unscored samples out, as the DTR figures of DeceptionBench (arXiv 2505.18807)
            do; `keep` counts them in the denominator alone, as Betley et al. (arXiv 2502.17424) do.
        paper: The paper's estimator, a name in `PAPER_ESTIMATORS`; None if it has none of its own.
        by: Group columns to compute it by, too.

    Raises:
        ValueError: There is no class in `of`, or one that `among` lacks.
    """

    kind: ClassVar = "rate"

    name: str
    description: str
    of: Sequence[str]
    among: Sequence[str] | None = None
    nulls: Nulls = "exclude"
    paper: str | None = None
    by: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Hold the classes together."""
        check_classes(self.name, self.of, self.among)

    @property
    def definition(self) -> Mapping[str, Any]:
        """What is counted, as JSON; `declared_from` reads it."""
        among = None if self.among is None else list(self.among)
        return {
            "kind": self.kind,
            "of": list(self.of),
            "among": among,
            "nulls": self.nulls,
            "paper": self.paper,
        }


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean of the scores (`value`) of scored samples that have one.

    Attributes:
        name: What reports call it.
        description: What it says, in a line, with the unit.
        span: The least and the greatest score that there can be; None if there is no such bound.
        paper: The paper's estimator; None, since no paper's table has one of means.
        by: Group columns to compute it by, too.
    """

    kind: ClassVar = "mean"

    name: str
    description: str
    span: tuple[float, float] | None = None
    paper: str | None = None
    by: Sequence[str] = ()

    @property
    def definition(self) -> Mapping[str, Any]:
        """What is averaged, as JSON; `declared_from` reads it."""
        return {
            "kind": self.kind,
            "span": None if self.span is None else list(self.span),
            "paper": self.paper,
        }


Declared = Rate | Mean | OfItems
"""What a scorer may count."""

_KINDS: Sequence[type[Declared]] = (Rate, Mean, OfK, PassAtK, Plurality)


def declared_from(name: str, description: str, definition: Mapping[str, Any]) -> Declared:
    """The declaration behind a metric of a report.

    Raises:
        ValueError: There is no such kind, or the definition lacks something.
    """
    kinds: Mapping[str, type[Declared]] = {each.kind: each for each in _KINDS}
    members = dict(definition)
    kind = members.pop("kind", None)
    if kind not in kinds:
        raise ValueError(f"metric {name}: found kind {kind!r}, expected one of {', '.join(kinds)}")
    if members.get("span") is not None:
        members["span"] = tuple(members["span"])
    try:
        return kinds[kind](name, description, **members)
    except TypeError as error:
        raise ValueError(f"metric {name}: the definition doesn't fit its kind {kind!r}: {error}") from error


def check_declared(declared: Iterable[Declared], classes: Iterable[str]) -> None:
    """Hold declarations to a scorer's classes: a class that is misspelt would count nothing, silently.

    Raises:
        ValueError: A metric names a class that the scorer hasn't, or two metrics share a name.
    """
    known, names = set(classes), set[str]()
    for each in declared:
        if each.name in names:
            raise ValueError(f"metric {each.name}: declared twice; give each its own name")
        names.add(each.name)
        if unknown := [name for name in classes_of(each) if name not in known]:
            expected = ", ".join(sorted(known)) or "none"
            raise ValueError(f"metric {each.name}: found class {unknown[0]!r}, expected one of {expected}")


def classes_of(declared: Declared) -> list[str]:
    """The classes that a declaration names."""
    if isinstance(declared, Mean):
        return []
    among = declared.among if isinstance(declared, Rate) else None
    return [*declared.of, *(among or ())]
