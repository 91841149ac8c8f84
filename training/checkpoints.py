"""Checkpoints: where a course of training goes on after a stop."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any, Protocol

import torch

from ..errors import RunError, RunStoppedError
from ..models.run_folder import RunFolder

_SAVED_AFTER = 60.0
_UNREADABLE = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    UnpicklingError,
)


class Resumable(Protocol):
    """What can be stopped and gone on with."""

    epoch: int

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do."""
        ...

    def state(self) -> dict[str, Any]:
        """What `load` needs."""
        ...

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        ...


class Checkpoint:
    """The checkpoint of one course, written every minute, at the end, and when asked to stop.

    Attributes:
        name: Its file's name.
        seconds: Time spent in training so far, over all stops.
    """

    def __init__(
        self,
        folder: RunFolder[Any],
        name: str,
        course: Resumable,
        stop: Callable[[], bool],
        device: torch.device,
    ) -> None:
        """Nothing is read or written yet.

        Args:
            folder: Where checkpoints are kept.
            name: The file's name without its ending.
            course: What is trained.
            stop: Tells whether a stop was asked for.
            device: Where tensors belong.
        """
        self.name = f"{name}.pt"
        self.seconds = 0.0
        self._folder, self._course, self._stop, self._device = folder, course, stop, device
        self._since = self._saved = time.monotonic()

    def load(self) -> None:
        """Go on from the checkpoint, if there is one.

        Raises:
            RunError: It can't be read.
        """
        path = self._folder.path / self.name
        if path.exists():
            try:
                state = torch.load(path, map_location=self._device, weights_only=True)
                self._course.load(state["course"])
                self.seconds = float(state["seconds"])
            except _UNREADABLE as error:
                told = str(error).partition("\n")[0] or type(error).__name__
                raise RunError(f"{path}: can't be read as a checkpoint ({told}); remove it") from error
        self._since = self._saved = time.monotonic()

    def __call__(self) -> None:
        """After an epoch: save if it is time to.

        Raises:
            RunStoppedError: A stop was asked for; everything was saved.
        """
        stopping = self._stop() and not self._course.is_done
        now = time.monotonic()
        self.seconds += now - self._since
        self._since = now
        if stopping or self._course.is_done or now - self._saved > _SAVED_AFTER:
            self._save()
            self._saved = now
        if stopping:
            raise RunStoppedError(f"{self._folder.path}: stopped after epoch {self._course.epoch}")

    def _save(self) -> None:
        held = io.BytesIO()
        torch.save({"course": self._course.state(), "seconds": self.seconds}, held)
        self._folder.write(self.name, held.getvalue())
