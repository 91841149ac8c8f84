"""How many calls a server gets at a time: a state machine without a clock of its own.

Nothing is known at first, so calls go out one by one, a few milliseconds apart, and never more than twice of
what the server has been seen to carry: a rejection, which comes fast, ends this before many follow. It cuts
the limit to what was admitted; rejections of calls that were out already belong to the same episode and only
correct that count. After a while one more call is tried, then two more, four more; a rejection ends that, and
the next try comes after twice the wait. Where nothing is admitted any more the limit is halved and everything
held (`gate.py`). Calls up to a level that was reached before go out at once, new levels are paced.
"""

from __future__ import annotations

from math import inf

from .gate import Gate, Slot

_FIRST = 48
_PACE, _FASTEST_PACE = 0.004, 0.001
_TIME_OF_GROWTH = 0.25
_LATE = 0.005
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 64.0
_EASE = 0.75
_REBUFFS_OF_CLOSED = 2


class Window:
    """Decides when the next call may go. All times are seconds of one monotonic clock.

    Attributes:
        cap: Never more calls in flight than these.
        limit: What the server is known to admit; the cap, while it rejected nothing.
        in_flight: Slots that are held.
        failing_since: When the first call failed or was rejected after the last one that was answered; None
            if the last one was.
        succeeded_once: Whether any call ever succeeded.
        gate: Whether any may go.
    """

    def __init__(self, cap: int, *, paced: bool = True) -> None:
        """Start with nothing known.

        Args:
            cap: The most calls in flight.
            paced: Whether to approach the cap with care.
        """
        self.cap = self.limit = cap
        self.in_flight = 0
        self.failing_since: float | None = None
        self.succeeded_once = False
        self.gate = Gate()
        self._paced = paced
        self._number = 0
        self._proven = self._reached = 0
        self._due = -inf
        self._cut = self._peak = self._admitted = 0
        self._fresh, self._evidence, self._rebuffs = 0, True, 0
        self._raise_at, self._raise_wait, self._raise_by, self._raised = inf, _FIRST_WAIT, 1, False

    def when(self, now: float) -> float:
        """When the next call may go: `now`, or later, or infinity if that takes an event."""
        if self.in_flight >= self.cap:
            return inf
        if self.in_flight >= self.limit:
            if now < self._raise_at:
                return self._raise_at
            self._raise()
        gate = self.gate.when(now)
        if gate > now or not self._paced or self.in_flight < self._reached:
            return gate
        return max(now, self._due) if self.in_flight < max(_FIRST, 2 * self._proven) else inf

    def launch(self, now: float) -> Slot:
        """Take the place that `when` granted."""
        self._number += 1
        self._fresh += 1
        self.in_flight = level = self.in_flight + 1
        slot = Slot(self._number, now, level)
        if level > self._reached:
            self._reached = level
            pace = min(max(_TIME_OF_GROWTH / level, _FASTEST_PACE), _PACE)
            self._due = (self._due if self._due >= now - _LATE else now) + pace
        self.gate.launched(slot)
        return slot

    def release(self, slot: Slot) -> None:
        """Free a place; a second time does nothing."""
        if slot.held:
            slot.held = False
            self.in_flight -= 1
            self._fresh -= slot.number > self._cut
            self.gate.released(slot)

    def succeeded(self, slot: Slot, now: float) -> None:
        """The server did what was asked; the place stays taken until it is released."""
        self.succeeded_once = True
        self.answered(slot)
        if slot.number <= self._cut:
            return
        self._evidence, self._rebuffs = True, 0
        self._proven = max(self._proven, slot.level)
        if self._raised and self._proven >= self.limit:
            self._raised, self._raise_at = False, now
            self._raise_wait, self._raise_by = _FIRST_WAIT, 2 * self._raise_by

    def answered(self, slot: Slot) -> None:
        """The server turned the call down for what it asks, which proves no more than that it is alive."""
        self.failing_since = None
        self.gate.alive(slot)

    def failed(self, slot: Slot, now: float) -> None:
        """The server failed or wasn't reached; this frees the place."""
        self._fail(now)
        if self.gate.failed(slot, now):
            self._proven = self._reached = 0
        self.release(slot)

    def reject(self, slot: Slot, retry_after: float | None, now: float) -> None:
        """The server rejected the call as one too many; this frees the place.

        Args:
            slot: The call's place.
            retry_after: Seconds that the server asked to wait, if it did.
            now: The time.
        """
        self._fail(now)
        said = self.gate.rejected(slot, retry_after, now)
        self.release(slot)
        if said:
            return
        if slot.number <= self._cut:
            self._admitted -= 1
        else:
            self._begin(now)
        if self._admitted <= 0:
            self._shut(retry_after, now)
        else:
            self._lower(min(self.limit, self._admitted))

    def _fail(self, now: float) -> None:
        if self.failing_since is None:
            self.failing_since = now

    def _begin(self, now: float) -> None:
        """Begin an episode: what is in flight now are the calls that the server seems to have admitted."""
        if not self._evidence:
            self._rebuffs += 1
            self._lower(max(1, int(_EASE * self.limit)))
        nothing = self._rebuffs >= _REBUFFS_OF_CLOSED and not self._fresh
        self._peak, self._admitted = min(self.limit, self.in_flight + 1), 0 if nothing else self.in_flight
        self._cut, self._fresh, self._evidence = self._number, 0, False
        if self._raised:
            self._raised, self._raise_wait = False, min(2 * self._raise_wait, _LONGEST_WAIT)
        self._raise_at, self._raise_by = now + self._raise_wait, 1

    def _shut(self, retry_after: float | None, now: float) -> None:
        self.gate.close(retry_after, now)
        self._lower(max(1, self._peak // 2))
        self._proven = self._reached = 0
        self._raise_by = max(1, self.limit // 8)

    def _lower(self, limit: int) -> None:
        self.limit = limit
        self._proven = min(self._proven, limit)
        self._reached = min(self._reached, limit)

    def _raise(self) -> None:
        self.limit = min(self.cap, self.limit + self._raise_by)
        self._raised, self._raise_at = True, inf
