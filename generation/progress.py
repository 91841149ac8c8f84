"""What a run has done so far, as a line on the terminal and as a file that `--status` reads."""

from __future__ import annotations

import sys
import time
from typing import Any

import orjson
from tqdm import tqdm

from ..models.counting import Counters, counts, left, line
from .job import Stage
from .run_folder import PROGRESS, RunFolder

_EVERY = 1.0


class Progress:
    """Follows a run."""

    def __init__(self, folder: RunFolder, counters: Counters, *, shown: bool) -> None:
        """Start with nothing done.

        Args:
            folder: Where the file goes.
            counters: The counts of calls, which change as the run goes on.
            shown: Whether to draw a line on standard error.
        """
        self._folder = folder
        self._counters = counters
        self._shown = shown
        self._bar: tqdm[Any] | None = None
        self._stage: Stage | None = None
        self._done = self._before = 0
        self._began = self._next = 0.0

    def begin(self, stage: Stage, done: int) -> None:
        """A stage begins, `done` of whose rows have ended before."""
        self.close()
        self._stage, self._done, self._before = stage, done, done
        self._began = time.monotonic()
        self._bar = tqdm(
            total=stage.total,
            initial=done,
            bar_format="{n_fmt}/{total_fmt} rows{postfix}",
            unit_scale=True,
            disable=not self._shown,
            file=sys.stderr,
            leave=False,
        )
        self._write()

    def advance(self, stage: Stage, rows: int) -> None:
        """Rows have ended."""
        del stage
        self._done += rows
        if time.monotonic() >= self._next:
            self._write()
        if self._bar is not None:
            self._bar.update(rows)

    def close(self) -> None:
        """Take the line away, and leave the last counts in the file."""
        if self._bar is not None:
            self._write()
            self._bar.close()
            self._bar = None

    def _write(self) -> None:
        self._next = time.monotonic() + _EVERY
        if self._bar is not None:
            self._bar.postfix = f"{line(self._counters)}, {left(self._seconds_left())} left"
        stage = self._stage
        state = {
            "stage": stage.segment.index if stage else 0,
            "rows": self._done,
            "of": stage.total if stage else None,
            "calls": counts(self._counters),
            "at": time.time(),
        }
        self._folder.note(PROGRESS, orjson.dumps(state))

    def _seconds_left(self) -> float | None:
        """Seconds to the end of the stage at the pace so far, None if nobody knows."""
        ended = self._done - self._before
        if self._stage is None or self._stage.total is None or not ended:
            return None
        return (time.monotonic() - self._began) / ended * (self._stage.total - self._done)
