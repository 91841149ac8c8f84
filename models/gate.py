"""Whether a server is asked at all: held after it rejected everything, or while it is down.

It opens by a single call that goes ahead. After rejections that call needn't be answered: it is enough that
it isn't rejected for a few times as long as the last rejection took. A server that is down has to answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

_FAILURES_OF_DOWN = 5
_FIRST_WAIT_DOWN, _LONGEST_WAIT_DOWN = 0.5, 8.0
_FIRST_HOLD, _LONGEST_HOLD = 1.0, 30.0
_SHORTEST_TRIAL, _LONGEST_TRIAL = 0.05, 2.0
_TRIAL_PER_REJECTION = 4.0


@dataclass(slots=True, eq=False)
class Slot:
    """The place of one attempt among those in flight.

    Attributes:
        number: How manieth launch it is, from 1.
        launched: When it was launched.
        level: How many were in flight then, itself included.
        held: Whether the place is still taken.
    """

    number: int
    launched: float
    level: int
    held: bool = True


class Gate:
    """Open, or closed but for a single trial. All times are seconds of one monotonic clock.

    Attributes:
        closed: Whether launches are held.
        down: Whether that is because the server fails or can't be reached.
    """

    def __init__(self) -> None:
        """Start open."""
        self.closed = self.down = False
        self._until = -inf
        self._hold, self._wait_down = _FIRST_HOLD, _FIRST_WAIT_DOWN
        self._failures = 0
        self._trial: Slot | None = None
        self._trial_ends = inf
        self._rejection_took = 0.0

    def when(self, now: float) -> float:
        """When a call may go: `now`, or later, or infinity if that takes an event."""
        if not self.closed:
            return now
        if self._trial is None:
            return max(now, self._until)
        if now < self._trial_ends:
            return self._trial_ends
        self._open()
        return now

    def launched(self, slot: Slot) -> None:
        """A call went through; while the gate is closed it is the trial."""
        if self.closed:
            self._trial = slot
            patience = min(max(_TRIAL_PER_REJECTION * self._rejection_took, _SHORTEST_TRIAL), _LONGEST_TRIAL)
            self._trial_ends = inf if self.down else slot.launched + patience

    def released(self, slot: Slot) -> None:
        """A call ended, perhaps without a verdict."""
        if self._trial is slot:
            self._trial = None

    def close(self, retry_after: float | None, now: float) -> None:
        """The server rejects everything: hold for as long as it asks, or else longer each time."""
        self.closed, self.down = True, False
        self._trial = None
        self._until = max(self._until, now + (self._hold if retry_after is None else retry_after))
        self._hold = min(2 * self._hold, _LONGEST_HOLD)

    def rejected(self, slot: Slot, retry_after: float | None, now: float) -> bool:
        """A rejection came; whether it says no more than that the gate is closed."""
        self._failures = 0
        self._rejection_took = now - slot.launched
        if not self.closed:
            return False
        if self._trial is slot or retry_after is not None or self.down:
            self.close(retry_after, now)
        return True

    def failed(self, slot: Slot, now: float) -> bool:
        """The server failed; whether that makes it down."""
        self._failures += 1
        if self.down and self._trial is not slot:
            return False
        if self.down:
            self._wait_down = min(2 * self._wait_down, _LONGEST_WAIT_DOWN)
        elif self._failures < _FAILURES_OF_DOWN and self._trial is not slot:
            return False
        self.closed = self.down = True
        self._trial = None
        self._until = now + self._wait_down
        return True

    def alive(self, slot: Slot) -> None:
        """The server answered."""
        self._failures = 0
        if self.down or self._trial is slot:
            self._hold = _FIRST_HOLD
            self._open()

    def _open(self) -> None:
        self.closed = self.down = False
        self._trial = None
        self._wait_down = _FIRST_WAIT_DOWN
