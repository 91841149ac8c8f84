"""What a scorer counts, as data: shares of outcomes, means of scores, decisions over an item's samples.

A declaration says which samples are in the numerator and which in the denominator, unscored ones included;
`metrics` computes it. A report carries declarations, so that two reports can be compared item by item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Nulls = Literal["exclude", "keep"]
"""Whether unscored samples leave the denominator, or stay in it as samples that aren't counted."""
Rule = Literal["all", "majority", "mean"]
Ties = Literal["in", "out"]


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
        _check_classes(self.name, self.of, self.among)

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


@dataclass(frozen=True, slots=True)
class OfK:
    """Share of items that `k` samples decide together: SafeChain's Safe@1, ConsSafe@K and Safe@K (section 4).

    The first `k` samples of an item decide. An item with fewer, or with an unscored one among them, is
    unscored, even where the others would settle it: items that one bad sample settles would otherwise be
    scored more often than good ones, and each failure of a judge would push the figure down.

    Attributes:
        name: What reports call it, with the number: `safe@5`.
        description: What it says, in a line.
        of: The classes that count.
        rule: `all` if each sample must be of these; `majority` if at least half of them (see `ties`);
            `mean` for the mean over items of the share of samples that are.
        k: Samples that decide, at least 1.
        ties: Whether an item half of whose samples are `of` is in the numerator, for a majority of an even
            number; SafeChain says `in`.
        paper: The paper's estimator; it takes items for trials.
        by: Group columns to compute it by, too.

    Raises:
        ValueError: There is no class in `of`, `k` is below 1, or a tie is possible and `ties` doesn't say
            what it means.
    """

    kind: ClassVar = "of-k"

    name: str
    description: str
    of: Sequence[str]
    rule: Rule
    k: int
    ties: Ties | None = None
    paper: str | None = None
    by: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Leave no tie undecided."""
        _check_classes(self.name, self.of, None)
        if self.k < 1:
            raise ValueError(f"metric {self.name}: found k = {self.k}, expected 1 or more")
        if self.rule == "majority" and self.k % 2 == 0 and self.ties is None:
            raise ValueError(f'metric {self.name}: {self.k} samples can tie; say ties="in" or ties="out"')

    @property
    def definition(self) -> Mapping[str, Any]:
        """What is counted, as JSON; `declared_from` reads it."""
        return {
            "kind": self.kind,
            "of": list(self.of),
            "rule": self.rule,
            "k": self.k,
            "ties": self.ties,
            "paper": self.paper,
        }


Declared = Rate | Mean | OfK


def declared_from(name: str, description: str, definition: Mapping[str, Any]) -> Declared:
    """The declaration behind a metric of a report.

    Raises:
        ValueError: There is no such kind, or the definition lacks something.
    """
    kinds: Mapping[str, type[Declared]] = {each.kind: each for each in (Rate, Mean, OfK)}
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


def _check_classes(name: str, of: Sequence[str], among: Sequence[str] | None) -> None:
    if isinstance(of, str) or isinstance(among, str):
        raise ValueError(f"metric {name}: classes are a tuple of names, found a single text")  # noqa: TRY004 -- one error for all that is wrong with a declaration
    if not of:
        raise ValueError(f"metric {name}: no class is counted; name at least one in `of`")
    if among is not None and (outside := [each for each in of if each not in among]):
        raise ValueError(
            f"metric {name}: class {outside[0]!r} is counted, but isn't among {', '.join(among)}"
        )
