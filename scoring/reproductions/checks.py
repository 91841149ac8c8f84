"""What is compared with published figures, as declared, and what came of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .cells import Cell

Facts = Mapping[str, Any]
"""What was read of a paper's published files, as JSON."""
Status = Literal["equal", "added", "explained", "open", "unequal"]


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison, a `[[check]]` of `<stem>.toml`.

    Attributes:
        place: Where the figures are published: a table, a figure, a section.
        how: How they are recomputed.
        compute: The function of `<stem>.py` that does it: facts to cells.
        what: What the figures are, in a few words.
        each: What a line of its own for each figure says, with `{name}`; empty for one line in all.
        given: Keywords of `compute`, such as figures that are printed in a text or a caption.
        differ: How many figures are known to differ.
        why: Why they do.
        anew: Whether figures are measured of models that were trained anew, so that any may differ.
    """

    place: str
    how: str
    compute: str
    what: str = ""
    each: str = ""
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    differ: int = 0
    why: str = ""
    anew: bool = False

    def lines(self, cells: Iterable[Cell]) -> Sequence[Line]:
        """What the check prints of its figures."""
        found = tuple(cells)
        if self.each and found:
            return [Line(self, self.each.format(name=cell.name), (cell,)) for cell in found]
        return [Line(self, self.what, found)]


@dataclass(frozen=True, slots=True)
class Line:
    """What came of a check, or of one of its figures.

    Attributes:
        check: The check.
        what: What was compared.
        cells: The figures.
    """

    check: Check
    what: str
    cells: Sequence[Cell]

    @property
    def unequal(self) -> Sequence[Cell]:
        """The figures that differ."""
        return [cell for cell in self.cells if not cell.equal]

    @property
    def status(self) -> Status:
        """Where other figures differ than are known to, or there is no figure, they are `unequal`.

        What was measured anew may differ, which the check explains; what wasn't measured is `open`.
        """
        if self.cells and all(cell.recomputed is None for cell in self.cells):
            return "open"
        if self.cells and self.check.anew:
            return "explained" if self.unequal else "equal"
        if not self.cells or len(self.unequal) != self.check.differ:
            return "unequal"
        if self.unequal:
            return "explained"
        return "added" if all(cell.published is None for cell in self.cells) else "equal"

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON."""
        return {
            "place": self.check.place,
            "what": self.what,
            "how": self.check.how,
            "status": self.status,
            "why": self.check.why,
            "cells": [cell.as_dict() for cell in self.cells],
        }


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper's checks.

    Attributes:
        title: Its short title.
        arxiv: Its number.
        checks: In the order that they are printed.
    """

    title: str
    arxiv: str
    checks: Sequence[Check]


def declared(stem: str) -> Paper:
    """What is declared in `<stem>.toml`."""
    text = (Path(__file__).parent / f"{stem}.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return Paper(found["title"], found["arxiv"], [Check(**each) for each in found["check"]])
