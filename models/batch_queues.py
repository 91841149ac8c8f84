"""Requests that wait for company: one queue for each model and API, emptied when it is quiet or full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .batch_pace import Pace
from .batch_pieces import Piece


@dataclass(slots=True, eq=False)
class _Queue:
    """In the order in which requests came, the bytes of their lines, and when the first and the last came."""

    pieces: list[Piece] = field(default_factory=list[Piece])
    size: int = 0
    since: float = 0.0
    last: float = 0.0


class Queues:
    """Gathers requests into batches, by the clock of the running event loop."""

    def __init__(self, pace: Pace, take: Callable[[Sequence[Piece]], None]) -> None:
        """Start empty.

        Args:
            pace: How large batches get, and how long they gather.
            take: Takes the requests of a batch; they have a model and an API in common.
        """
        self._pace = pace
        self._taker = take
        self._queues: dict[tuple[str, str], _Queue] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, piece: Piece) -> None:
        """Queue a request; this may complete a batch."""
        queue = self._queues.setdefault((piece.request.model, piece.request.api), _Queue())
        if queue.pieces and queue.size + piece.size > self._pace.most_bytes:
            self._empty(queue)
        queue.last = asyncio.get_running_loop().time()
        queue.since = queue.since if queue.pieces else queue.last
        queue.pieces.append(piece)
        queue.size += piece.size
        if len(queue.pieces) >= self._pace.most_pieces:
            self._empty(queue)
        elif self._timer is None:
            self._set_timer()

    def stop(self) -> None:
        """Hand over nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._queues.clear()

    def _due(self, queue: _Queue) -> float:
        return min(queue.last + self._pace.quiet, queue.since + self._pace.longest_quiet)

    def _set_timer(self) -> None:
        due = [self._due(queue) for queue in self._queues.values() if queue.pieces]
        self._timer = asyncio.get_running_loop().call_at(min(due), self._look) if due else None

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for queue in self._queues.values():
            if queue.pieces and self._due(queue) <= now:
                self._empty(queue)
        self._set_timer()

    def _empty(self, queue: _Queue) -> None:
        pieces, queue.pieces, queue.size = queue.pieces, [], 0
        wanted = [piece for piece in pieces if piece.wanted]
        for piece in pieces:
            if not piece.wanted:
                piece.forget()
        if wanted:
            self._taker(wanted)
