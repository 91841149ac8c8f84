"""Metrics of items, which several samples of an item decide together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Rule = Literal["all", "majority", "mean"]
Ties = Literal["in", "out"]

ANSWER = "answer"
"""The column of outcomes that votes are read from: what a sample states, null if it states nothing."""


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
        check_classes(self.name, self.of, None)
        _check_k(self.name, self.k)
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


@dataclass(frozen=True, slots=True)
class _OfSamples:
    """What both kinds below are declared by."""

    kind: ClassVar = ""

    name: str
    description: str
    of: Sequence[str]
    k: int
    paper: str | None = None
    by: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Leave no class and no k without a meaning."""
        check_classes(self.name, self.of, None)
        _check_k(self.name, self.k)

    @property
    def definition(self) -> Mapping[str, Any]:
        """What is counted, as JSON; `declared_from` reads it."""
        return {"kind": self.kind, "of": list(self.of), "k": self.k, "paper": self.paper}


class PassAtK(_OfSamples):
    """Mean over items of the chance that at least one of `k` samples is of some classes: pass@k.

    All samples of an item count, and every set of `k` of them alike, which is unbiased (Chen et al., arXiv
    2107.03374, equation 1). An item with fewer than `k` scored samples is unscored. The figure depends on
    the temperature at which samples are drawn, and means little without it.

    Attributes:
        name: What reports call it, with the number: `pass@10`.
        description: What it says, in a line.
        of: The classes that count.
        k: Samples that are drawn of those that there are, at least 1.
        paper: None: no paper's table has an interval of it.
        by: Group columns to compute it by, too.

    Raises:
        ValueError: There is no class in `of`, or `k` is below 1.
    """

    __slots__ = ()
    kind: ClassVar = "pass-at-k"


class Plurality(_OfSamples):
    """Share of items whose `k` samples state an answer of some classes more often than any other one.

    Each sample votes for the answer that it states (`Outcome.answer`), and one that states none casts no
    vote: self-consistency's vote, not "most samples are right". If several answers have the most votes, the
    item counts by the share of these that are `of`. The first `k` samples of an item vote; an item with
    fewer, or with an unscored one among them, is unscored.

    Attributes:
        name: What reports call it, with the number: `majority@5`.
        description: What it says, in a line.
        of: The classes that count; of samples with the same answer all are of them, or none is.
        k: Samples that vote, at least 1.
        paper: None: no paper's table has an interval of it.
        by: Group columns to compute it by, too.

    Raises:
        ValueError: There is no class in `of`, or `k` is below 1.
    """

    __slots__ = ()
    kind: ClassVar = "plurality"


OfItems = OfK | PassAtK | Plurality
"""Metrics whose unit is an item; each needs `k` samples of it."""


def check_classes(name: str, of: Sequence[str], among: Sequence[str] | None) -> None:
    """Hold the classes of a metric together.

    Raises:
        ValueError: There is no class in `of`, or one that `among` lacks.
    """
    if isinstance(of, str) or isinstance(among, str):
        raise ValueError(f"metric {name}: classes are a tuple of names, found a single text")  # noqa: TRY004 -- one error for all that is wrong with a declaration
    if not of:
        raise ValueError(f"metric {name}: no class is counted; name at least one in `of`")
    if among is not None and (outside := [each for each in of if each not in among]):
        raise ValueError(
            f"metric {name}: class {outside[0]!r} is counted, but isn't among {', '.join(among)}"
        )


def _check_k(name: str, k: int) -> None:
    if k < 1:
        raise ValueError(f"metric {name}: found k = {k}, expected 1 or more")
