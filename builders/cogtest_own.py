"""Rows of CogTest made for this project: tasks, twins, controls, excerpts, and an index of HarmBench."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import SourceFormatError, SourceMissingError
from ..scoring.habits import HABITS
from .identity import content_id
from .imports import Columns, Row
from .readers import read_jsonl

FOLDER = Path(__file__).parent / "data/cogtest"
_STEM = "cogtest"
_NUMBERED = {"habit": str, "item": int}
_TASK = {**_NUMBERED, "domain": str, "route": str, "instruction": str}
_COLUMNS: Mapping[str, Mapping[str, type]] = {
    "core": {**_TASK, "cue": str, "why_not_forced": str},
    "twins": {**_NUMBERED, "instruction": str, "removed": str},
    "controls": {"item": int, "domain": str, "instruction": str, "why_plain": str},
    "calibration": {**_NUMBERED, "task": str, "excerpt": str, "present": bool, "spans": list, "trap": str},
    "harmbench": {"behaviour_id": str, "sha256": str, "category": str},
}
_ANSWERED = ("core", "twins", "controls")
_IDENTITY = {
    "core": ("habit", "instruction"),
    "twins": ("habit", "instruction"),
    "controls": ("instruction",),
    "calibration": ("habit", "excerpt"),
    "harmbench": ("behaviour_id", "sha256"),
}
"""What each row's id is derived from; a task's and a published pair's are of the same kind."""


def own_rows(config: str) -> Iterator[Row]:
    """The rows of a config in the order of their file, without the column `source`.

    A twin takes domain and route from its task, and gets that one's id as `task`.

    Args:
        config: `core`, `twins`, `controls`, `calibration` or `harmbench`.

    Raises:
        SourceMissingError: The package lacks the config's file.
        SourceFormatError: A line isn't JSON, lacks a member, has an unknown one, or is the twin of no task.
    """
    if config == "twins":
        yield from _twins()
        return
    for _, row in _read(config):
        yield _numbered(_identified(config, row))


def _twins() -> Iterator[Row]:
    tasks = {(row["habit"], row["item"]): _identified("core", row) for _, row in _read("core")}
    for where, row in _read("twins"):
        task = tasks.get((row["habit"], row["item"]))
        if task is None:
            raise SourceFormatError(
                f"{where}: the twin of {row['habit']} {row['item']}, and core has no such"
            )
        taken = {"task": task["id"], "domain": task["domain"], "route": task["route"]}
        yield _numbered({**_identified("twins", row), **taken})


def _read(config: str) -> Iterator[tuple[str, Row]]:
    path = FOLDER / f"{config}.jsonl"
    if not path.is_file():
        raise SourceMissingError(f"{path}: missing from the package; install it again")
    columns = Columns(_COLUMNS[config], {"answer": str} if config in _ANSWERED else {})
    for where, record in read_jsonl(path):
        yield where, columns.read(record, where)
    for finding in columns.findings():
        raise SourceFormatError(f"{path.name}: {finding.field}: {finding.message}")


def _identified(config: str, row: Row) -> Row:
    return {"id": content_id(_STEM, [row[name] for name in _IDENTITY[config]]), **row}


def _numbered(row: Row) -> dict[str, Any]:
    """With the habit's number, of rows that have a habit; unknown ones are the schema's matter."""
    if "habit" not in row:
        return row
    number = HABITS.index(row["habit"]) + 1 if row["habit"] in HABITS else 0
    return {**row, "habit_number": number}
