"""Published figures beside recomputed ones: which are equal, which aren't, and why."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ..errors import UsageError
from .reproductions.checks import Check, Facts, Line, Paper, Status, declared
from .reproductions.files import shipped_facts
from .reproductions.table import as_text

STEMS = ("thought_crime", "deceptionbench", "safechain", "cot2")
_UNPUBLISHED = frozenset({"cot2"})
"""Their authors publish no files: a folder of published files needn't hold any."""


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A paper, and what came of its checks.

    Attributes:
        stem: The dataset's stem.
        paper: The paper, with its checks.
        lines: A line a check, or a figure of it.
        shipped: Whether the facts are those that ship with the package.
    """

    stem: str
    paper: Paper
    lines: Sequence[Line]
    shipped: bool


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of the checks of some papers.

    Attributes:
        folder: Where the published files were read from; None for the facts that ship with the package.
        papers: The papers.
    """

    folder: Path | None
    papers: Sequence[Reproduced]

    @property
    def counts(self) -> dict[Status, int]:
        """How many lines there are of each status."""
        found = [line.status for paper in self.papers for line in paper.lines]
        return {status: found.count(status) for status in get_args(Status)}

    @property
    def fails(self) -> bool:
        """Whether a figure differs in a way that isn't known of the paper."""
        return self.counts["unequal"] > 0

    def as_text(self, width: int = 80) -> str:
        """The table: a line a check, grouped by paper, with the reasons beneath what isn't equal.

        Args:
            width: Columns of the terminal.
        """
        titled = [(self._titled(each), each.lines) for each in self.papers]
        origin = "the facts that ship with mensrea" if self.folder is None else str(self.folder)
        return as_text(titled, origin, self.counts, width)

    def _titled(self, found: Reproduced) -> str:
        title = f"{found.paper.title}, arXiv {found.paper.arxiv}"
        told = found.shipped and self.folder is not None
        return f"{title}; there is no {found.stem}/, so the facts that ship" if told else title

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON, with each figure at full precision and its interval."""
        papers = [
            {
                "stem": each.stem,
                "title": each.paper.title,
                "arxiv": each.paper.arxiv,
                "shipped": each.shipped,
                "checks": [line.as_dict() for line in each.lines],
            }
            for each in self.papers
        ]
        folder = None if self.folder is None else str(self.folder)
        return {"from": folder, "fails": self.fails, "counts": self.counts, "papers": papers}


def reproduce(folder: Path | None = None, stems: Sequence[str] = ()) -> Reproduction:
    """Recompute what papers published, from their published files.

    Args:
        folder: Holds a folder for each stem, with the published files; None reads the facts that ship with
            the package: counts and figures distilled from these files. So does a folder without `cot2/`, of
            which nothing was published.
        stems: The papers; all if there are none.

    Raises:
        UsageError: There is nothing to reproduce of a stem.
        SourceMissingError: The folder lacks a file.
        SourceFormatError: A file isn't as published.
    """
    if unknown := [stem for stem in stems if stem not in STEMS]:
        raise UsageError(f"{unknown[0]}: nothing to reproduce; there is for {', '.join(STEMS)}")
    return Reproduction(folder, [_reproduced(stem, folder) for stem in stems or STEMS])


def distilled(stem: str, folder: Path) -> dict[str, Any]:
    """The facts of a paper's published files: figures and counts, as JSON.

    Args:
        stem: The dataset's stem.
        folder: Holds a folder of that name with the files.

    Raises:
        SourceMissingError: The folder lacks a file.
        SourceFormatError: A file isn't as published.
    """
    return _module(stem).distil(folder / stem)


def _reproduced(stem: str, folder: Path | None) -> Reproduced:
    unpublished = folder is not None and stem in _UNPUBLISHED and folder.is_dir()
    shipped = folder is None or (unpublished and not (folder / stem).exists())
    facts = shipped_facts(stem) if folder is None or shipped else distilled(stem, folder)
    paper = declared(stem)
    return Reproduced(stem, paper, [line for check in paper.checks for line in _lines(check, facts)], shipped)


def _lines(check: Check, facts: Facts) -> Sequence[Line]:
    module, _, name = check.compute.partition(".")
    return check.lines(getattr(_module(module), name)(facts, **check.given))


def _module(name: str) -> Any:
    return importlib.import_module(f"{__package__}.reproductions.{name}")
