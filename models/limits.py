"""Turns for a server: callers wait in order until its window lets them go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import inf
from typing import TypeVar

from .gate import Slot
from .window import Window

DEFAULT_CAP = 256

_Turn = asyncio.Future[Slot]


_Error = TypeVar("_Error", bound=Exception)


def anew(error: _Error) -> _Error:
    """A copy of an error that many are told of: raised over and over, one object would gather tracebacks."""
    return type(error)(*error.args)


class Limiter:
    """Bounds the calls in flight at one server; serves one event loop, on its monotonic clock.

    A caller takes a slot, makes one attempt, says how it went and gives the slot back; `limited` and `failed`
    give it back themselves. Turns are granted in order, to those who come again before those who come first.
    """

    def __init__(self, cap: int = DEFAULT_CAP, *, paced: bool = True) -> None:
        """Start with nothing known about the server.

        Args:
            cap: The most calls in flight.
            paced: Whether to approach the cap with care; a model in this process needs none.
        """
        self.window = Window(cap, paced=paced)
        self._first: deque[_Turn] = deque()
        self._again: deque[_Turn] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._refusal: Exception | None = None

    @property
    def in_flight(self) -> int:
        """Slots that are held."""
        return self.window.in_flight

    @property
    def waiting(self) -> int:
        """Callers that wait for their turn."""
        return len(self._first) + len(self._again)

    @asynccontextmanager
    async def slot(self, *, again: bool = False) -> AsyncGenerator[Slot]:
        """A slot for as long as the block lasts."""
        slot = await self.acquire(again=again)
        try:
            yield slot
        finally:
            self.release(slot)

    async def acquire(self, *, again: bool = False) -> Slot:
        """Wait for a turn.

        Args:
            again: Whether this attempt repeats one that the server rejected or lost; those go first.

        Raises:
            Exception: What `refuse` was given.
        """
        if self._refusal is not None:
            raise anew(self._refusal)
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._first and not self._again and self.window.when(now) <= now:
            return self.window.launch(now)
        turn: _Turn = loop.create_future()
        queue = self._again if again else self._first
        queue.append(turn)
        self._grant()
        try:
            return await turn
        except asyncio.CancelledError:
            self._withdraw(turn, queue)
            raise

    def release(self, slot: Slot) -> None:
        """Give a slot back; a second time does nothing."""
        self.window.release(slot)
        self._grant()

    def succeeded(self, slot: Slot) -> None:
        """The server did what was asked. The slot stays taken."""
        self.window.succeeded(slot, self._now())

    def answered(self, slot: Slot) -> None:
        """The server turned the call down for what it asks. The slot stays taken."""
        self.window.answered(slot)

    def limited(self, slot: Slot, retry_after: float | None = None) -> None:
        """The server rejected the call as one too many, and asked to wait for these seconds, if it said."""
        self.window.reject(slot, retry_after, self._now())
        self._grant()

    def failed(self, slot: Slot) -> None:
        """The server failed, or wasn't reached."""
        self.window.failed(slot, self._now())
        self._grant()

    def fruitless(self) -> float:
        """Seconds for which the server has failed at, or rejected, every call that ended; 0 if it doesn't."""
        since = self.window.failing_since
        return 0.0 if since is None else self._now() - since

    def refuse(self, error: Exception) -> None:
        """Let nobody take a slot any more: those who wait, and all who come, get this error."""
        self._refusal = error
        for turn in (*self._again, *self._first):
            if not turn.done():
                turn.set_exception(anew(error))
        self._again.clear()
        self._first.clear()
        self._disarm()

    def _grant(self) -> None:
        while queue := self._again or self._first:
            if queue[0].done():
                queue.popleft()
                continue
            now = self._now()
            when = self.window.when(now)
            if when > now:
                self._arm(when)
                return
            queue.popleft().set_result(self.window.launch(now))
        self._disarm()

    def _arm(self, when: float) -> None:
        if self._timer is not None and self._timer.when() == when:
            return
        self._disarm()
        if when < inf:
            self._timer = asyncio.get_running_loop().call_at(when, self._fire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        self._grant()

    def _withdraw(self, turn: _Turn, queue: deque[_Turn]) -> None:
        if not turn.cancelled():  # it was granted in the same moment
            if turn.exception() is None:
                self.release(turn.result())
        elif turn in queue:
            queue.remove(turn)
            self._grant()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
