"""Calls of models: within limits and a budget, and never paid for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, cast

from ..errors import RunStoppedError
from .budget import Budget
from .calls import Request, Response, Transport
from .desk import Counters, Desk, Store, is_batched
from .failures import CallError, FailureKind
from .journal_records import Record
from .limits import DEFAULT_CAP, anew
from .prices import is_local
from .purchase import Purchase
from .retries import Retries
from .wire import decode


class _Payment:
    """A call that is being paid for, and all who wait for its end."""

    __slots__ = ("begun", "task", "waiters")

    def __init__(self) -> None:
        self.begun = False
        self.task: asyncio.Task[None] | None = None
        self.waiters: list[asyncio.Future[Response]] = []

    def end(self, response: Response | None, error: BaseException | None) -> None:
        for waiter in self.waiters:
            if waiter.done():
                continue
            if response is not None:
                waiter.set_result(response)
            elif isinstance(error, Exception):
                waiter.set_exception(error)
            else:
                waiter.set_exception(RunStoppedError("the run was aborted; it can be resumed"))


class Caller:
    """Answers calls from the journal, or from their servers.

    A call that was ever answered, or has failed for good, is never sent again, and two equal calls at the
    same time are sent once. A reply is durable before anything sees it, and a call that was sent is awaited
    and stored even if whoever asked is cancelled. It serves one event loop. As an asynchronous context
    manager it ends with `close`.
    """

    def __init__(
        self,
        journal: Store,
        transports: Mapping[str, Transport],
        *,
        budget: Budget | None = None,
        retries: Retries | None = None,
        concurrency: int = DEFAULT_CAP,
    ) -> None:
        """Be ready for calls.

        Args:
            journal: Where calls are found and stored.
            transports: The way to each model, by the name that requests give it.
            budget: What may be spent; by default it only counts.
            retries: How stubbornly to ask.
            concurrency: The most calls in flight at one server.

        Raises:
            UsageError: The budget is in USD, and a model has no known price.
        """
        budget = budget or Budget()
        budget.prices.free(model for model, each in transports.items() if is_local(each.server))
        budget.expect(transports)
        self._desk = Desk(journal, transports, budget, retries or Retries(), concurrency)
        self._paying: dict[bytes, _Payment] = {}

    @property
    def counters(self) -> Counters:
        """What happened so far; the same object all the time."""
        return self._desk.counters

    @property
    def budget(self) -> Budget:
        """What may be spent, and was."""
        return self._desk.budget

    @property
    def is_priced(self) -> bool:
        """Whether the price of every model is known."""
        return all(self.budget.prices.of(model) is not None for model in self._desk.transports)

    @property
    def stopped(self) -> bool:
        """Whether no more calls are begun, for whatever reason."""
        return self._desk.halted is not None

    async def call(self, request: Request) -> Response:
        """The answer to a call.

        Raises:
            CallError: The call failed for good, now or in an earlier run; that is in the journal.
            BudgetError: It could pass the budget.
            ModelError: Its server can't be used, as this or another call found out; nothing is recorded.
            RunStoppedError: The run was stopped.
            JournalError: Replies can't be stored.
        """
        if self._desk.halted is not None:
            raise anew(self._desk.halted)
        key = request.key
        record = self._desk.journal.find(key)
        if record is not None:
            return self._replay(record)
        payment = self._paying.get(key)
        if payment is None:
            purchase = Purchase(self._desk, request, key)
            payment = self._paying[key] = _Payment()
            payment.task = asyncio.create_task(self._pay(key, payment, purchase))
        waiter: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        payment.waiters.append(waiter)
        return await waiter

    def stop(self) -> None:
        """Begin no more calls; those in flight end and are stored, all others raise `RunStoppedError`."""
        self._desk.halt(RunStoppedError("the run was stopped; it can be resumed"))
        for transport in self._desk.transports.values():
            if is_batched(transport):
                cast("Any", transport).release()

    def abort(self) -> None:
        """Begin no more calls, and give up those in flight, which may be billed all the same."""
        self.stop()
        for key, payment in list(self._paying.items()):
            if payment.task is not None:
                payment.task.cancel()
            if not payment.begun:  # nor will it begin, to end by itself
                del self._paying[key]
                payment.end(None, None)

    async def drain(self) -> None:
        """Wait until no call is in flight."""
        while tasks := [each.task for each in self._paying.values() if each.task is not None]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop, wait for calls in flight, and close the transports."""
        self.stop()
        await self.drain()
        for transport in {id(each): each for each in self._desk.transports.values()}.values():
            await transport.close()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    def _replay(self, record: Record) -> Response:
        self._desk.counters.replayed += 1
        if record.failure:
            raise CallError(FailureKind(record.failure), record.message, body=record.body)
        return decode(record.body, "responses" if record.api == "responses" else "chat")

    async def _pay(self, key: bytes, payment: _Payment, purchase: Purchase) -> None:
        """In a task of its own, so that no cancelled waiter takes a call with it that was sent."""
        response, error = None, None
        payment.begun = True
        try:
            response = await purchase.run()
        except BaseException as raised:
            error = raised
            if not isinstance(raised, Exception):
                raise
        finally:
            del self._paying[key]
            payment.end(response, error)
