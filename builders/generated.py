"""Configs of the origin `generated`: their rows come out of the folder of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cards import Config
from ..errors import RunError, UsageError
from ..generation.recipe import find_recipe
from ..generation.result import read_rows
from ..generation.run_folder import ACCOUNT, RunFolder
from ..validation.findings import Finding
from .assemble import Item
from .identity import RowIds


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """The rows that a run made for a config.

    Attributes:
        stem: The dataset.
        config: The config.
        folder: The run's folder.
    """

    stem: str
    config: str
    folder: RunFolder

    def account(self) -> Mapping[str, Any]:
        """Models, parameters, prompts, tokens and cost, for the manifest."""
        account: dict[str, Any] | None = self.folder.read(ACCOUNT)
        if account is None:
            path = self.folder.path
            raise RunError(f"{path}: the run hasn't ended; `mensrea generate --resume {path}`")
        return account

    def findings(self) -> Iterator[Finding]:
        """A note for each reason that rows were dropped for."""
        for each in self.account()["dropped"]:
            rows = "1 row was" if each["rows"] == 1 else f"{each['rows']:,} rows were"
            message = f"{rows} dropped by the step {each['step']}: {each['reason']}"
            yield Finding("dropped-rows", message, "note", where=f"{self.config} {each['step']}")

    def items(self, split: str) -> Iterator[Item]:
        """The rows of a split with their ids."""
        ids = RowIds(self.stem)
        fields = find_recipe(self.stem, self.config).identity
        if split not in self.account()["kept"]:
            return
        for row in read_rows(self.folder, split):
            identifier, _ = ids.of(*(row[name] for name in fields))
            yield {"id": identifier, **row}


def generated_rows(stem: str, entry: Config, folder: str | None) -> GeneratedRows:
    """The rows of a config out of a run's folder.

    Raises:
        UsageError: No folder is given, or its run made another config.
        RunError: There is no run in the folder, or it hasn't ended.
    """
    if folder is None:
        raise UsageError(
            f"{stem} {entry.name}: its rows are generated; run `mensrea generate {stem} --config "
            f"{entry.name}`, then build with --source RUN"
        )
    run = RunFolder(Path(folder))
    settings = run.settings()
    if (settings.stem, settings.config) != (stem, entry.name):
        raise UsageError(
            f"{folder}: a run for {settings.stem} {settings.config}, expected {stem} {entry.name}"
        )
    rows = GeneratedRows(stem, entry.name, run)
    rows.account()
    return rows
