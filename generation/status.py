"""How far a run is, without disturbing it."""

from __future__ import annotations

import time
from typing import Any

from ..errors import RunLockedError
from ..models.counting import short
from ..models.journal import Journal
from .ledger import usd
from .run_folder import ACCOUNT, PROGRESS, RunFolder


def status_lines(folder: RunFolder) -> list[str]:
    """What a run does, how far it is, and what to do next.

    Raises:
        RunError: There is no run in the folder.
    """
    settings = folder.settings()
    models = ", ".join(dict.fromkeys(settings.models.values()))
    lines = [f"{settings.stem} {settings.config}: {settings.rows:,} rows, seed {settings.seed}, {models}"]
    account = folder.read(ACCOUNT)
    if account is not None:
        kept = ", ".join(f"{split} {rows:,}" for split, rows in account["kept"].items())
        return [*lines, f"ended: kept {kept} rows; `mensrea build {settings.stem} --source {folder.path}`"]
    return [*lines, *_progress(folder), *_journal(folder)]


def _progress(folder: RunFolder) -> list[str]:
    state: dict[str, Any] | None = folder.read(PROGRESS)
    if state is None:
        return ["no row has ended yet"]
    calls = state["calls"]
    of = f" of {state['of']:,}" if state["of"] else ""
    ago = max(0, round(time.time() - state["at"]))
    made = f"{short(calls['calls'])} calls ({short(calls['failed'])} failed) for {usd(calls['usd'])}"
    return [f"stage {state['stage'] + 1}: {state['rows']:,} rows{of}, {ago:,} s ago; it made {made}"]


def _journal(folder: RunFolder) -> list[str]:
    """What the journal holds, or who holds the journal."""
    try:
        with Journal.open(folder.path) as journal:
            totals = journal.totals()
            recovered = journal.recovered
    except RunLockedError as error:
        return [f"running: {error}"]
    lines = [f"{each.step}: {each.calls:,} calls, {each.failed:,} failed" for each in totals]
    return [*recovered, *lines, f"not running; go on with: mensrea generate --resume {folder.path}"]
