"""What the calls of a run share: journal, budget, the limits of servers, counts, and the way to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ..errors import MensreaError
from .budget import Budget
from .calls import Transport
from .journal_records import Record
from .limits import Limiter, anew
from .prices import FREE_PROVIDERS
from .retries import Retries

_MOST_BATCHED = 100_000


class Store(Protocol):
    """The part of a journal that calls need."""

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        ...

    @in_flight.setter
    def in_flight(self, calls: int) -> None: ...

    def find(self, key: bytes) -> Record | None:
        """The record of an ended call."""
        ...

    def put(self, record: Record) -> asyncio.Future[None]:
        """Store one; it is durable once the future is done."""
        ...


@dataclass(slots=True, eq=False)
class Counters:
    """Calls of this run so far.

    Attributes:
        calls: Calls that were answered.
        replayed: Calls whose end was in the journal.
        in_flight: Attempts that are out, or whose replies aren't durable yet.
        limited: Attempts that a server rejected as too many.
        retried: Attempts that were followed by another.
        failed: Calls that ended without an answer.
        prompt_tokens: Tokens billed for prompts, as far as they are known.
        completion_tokens: Tokens billed for answers, as far as they are known.
        usd: What was billed, as far as prices are known, and may have been for attempts that were lost.
    """

    calls: int = 0
    replayed: int = 0
    in_flight: int = 0
    limited: int = 0
    retried: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0


@dataclass(slots=True, eq=False)
class Server:
    """A server: its limit, and whether it has answered by a schema."""

    limiter: Limiter
    keeps_schemas: bool = False


class Desk:
    """Shared by all calls of a run.

    Attributes:
        journal: Where calls that ended are stored.
        budget: What may be spent.
        retries: How stubbornly to ask.
        counters: What happened so far.
        transports: The way to each model.
        servers: The server of each model; models of one server share it.
        halted: Why no call is begun any more; None while calls are.
    """

    def __init__(
        self,
        journal: Store,
        transports: Mapping[str, Transport],
        budget: Budget,
        retries: Retries,
        cap: int,
    ) -> None:
        """Start with one limiter a server, of `cap` calls in flight."""
        self.journal = journal
        self.budget = budget
        self.retries = retries
        self.counters = Counters()
        self.transports = dict(transports)
        self.halted: MensreaError | None = None
        self._pauses: set[asyncio.Future[None]] = set()
        limits = {each.server: Server(_limiter(each, cap)) for each in transports.values()}
        self.servers = {model: limits[each.server] for model, each in transports.items()}

    def halt(self, error: MensreaError) -> MensreaError:
        """Begin nothing any more, and end all waiting, with this error; what is in flight goes on.

        Returns:
            A copy of the error, or of the one that the run was halted with before.
        """
        if self.halted is None:
            self._halt(error)
        return anew(self.halted or error)

    def _halt(self, error: MensreaError) -> None:
        self.halted = error
        self.budget.refuse(error)
        for server in self.servers.values():
            server.limiter.refuse(error)
        for pause in self._pauses:
            if not pause.done():
                pause.set_exception(anew(error))

    async def pause(self, seconds: float) -> None:
        """Wait, unless the run is halted.

        Raises:
            MensreaError: What it was halted with.
        """
        if self.halted is not None:
            raise anew(self.halted)
        loop = asyncio.get_running_loop()
        pause = loop.create_future()
        timer = loop.call_later(seconds, _wake, pause)
        self._pauses.add(pause)
        try:
            await pause
        finally:
            timer.cancel()
            self._pauses.discard(pause)

    def count_in_flight(self, change: int) -> None:
        """Note attempts that began or ended, for the journal too."""
        self.counters.in_flight += change
        self.journal.in_flight = self.counters.in_flight


def _wake(pause: asyncio.Future[None]) -> None:
    if not pause.done():
        pause.set_result(None)


def is_batched(transport: Transport) -> bool:
    """Whether answers take hours, so that calls aren't paced, and say nothing about a server's limits."""
    return bool(getattr(transport, "batched", False))


def _limiter(transport: Transport, cap: int) -> Limiter:
    if is_batched(transport):
        return Limiter(_MOST_BATCHED, paced=False)
    return Limiter(cap, paced=not transport.server.startswith(FREE_PROVIDERS))
