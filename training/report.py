"""The report of a training run: what was trained, how, and what came of it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, cast

import orjson

from ..scoring.base import Baseline
from .outcome import Result
from .settings import Recipe
from .summary import Row, summarise

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Machine:
    """What models were trained on; seconds mean nothing without it.

    Attributes:
        device: Such as `cpu` or `cuda:0`.
        name: The GPU's name, or the kind of processor.
        torch: The version of torch.
        threads: Threads that torch computes with on the CPU.
    """

    device: str
    name: str
    torch: str
    threads: int

    @classmethod
    def of(cls, device: torch.device | str) -> Machine:
        """This machine, with the device that models are trained on."""
        import torch

        place = torch.device(device)
        on_gpu = place.type == "cuda"
        name = torch.cuda.get_device_name(place) if on_gpu else platform.processor() or platform.machine()
        return cls(str(place), name, str(torch.__version__), torch.get_num_threads())


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What `mensrea run cot2 --recipe` found. It holds nothing about single problems.

    Attributes:
        recipe: What was compared, and how it was trained.
        results: What came of each model.
        machine: What it was trained on.
        version: The version of the release that the problems are of; None if that isn't known.
        mensrea: The version of this package.
        baselines: What simple rules get right of the test split, counted when the release was built.
    """

    recipe: Recipe
    results: tuple[Result, ...]
    machine: Machine
    version: str | None = None
    mensrea: str = field(default_factory=lambda: metadata.version("mensrea"))
    baselines: tuple[Baseline, ...] = ()

    @property
    def rows(self) -> list[Row]:
        """A row for each arm or policy and width."""
        return summarise(self.results)

    def as_text(self, width: int = 80, *, colour: bool = False) -> str:
        """The report for a terminal.

        Args:
            width: Columns of the terminal.
            colour: Whether to write the escape sequences for colour.
        """
        from .report_text import report_text

        return report_text(self, width, colour=colour)

    def as_html(self) -> str:
        """The report as a page with learning curves.

        Raises:
            MissingLibraryError: matplotlib, of the extra `report`, isn't installed.
        """
        from .report_html import report_html

        return report_html(self)

    def as_bytes(self) -> bytes:
        """The report as JSON; `report.schema.json` describes it."""
        from .report_json import report_bytes

        return report_bytes(self)

    def as_dict(self) -> dict[str, Any]:
        """The same as values; a loss that isn't finite is None."""
        return cast("dict[str, Any]", orjson.loads(self.as_bytes()))
