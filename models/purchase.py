"""One call that has to be paid for: attempts at it until it ends, in the journal."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import NoReturn

from ..errors import JournalError, MensreaError, ModelError
from .budget import Reservation
from .calls import KEY_BYTES, Request, Response, Usage
from .checks import DroppedSchemaError, check
from .desk import Desk, is_batched
from .failures import CallError, FailureKind
from .gate import Slot
from .journal_records import Record
from .retries import TOO_MANY, Course
from .wire import decode

_NOTHING = Usage()


class Purchase:
    """The attempts at one call."""

    __slots__ = (
        "_course",
        "_desk",
        "_key",
        "_recorded",
        "_reply",
        "_request",
        "_reservation",
        "_sending",
        "_server",
        "_transport",
    )

    def __init__(self, desk: Desk, request: Request, key: bytes) -> None:
        """Nothing is sent yet.

        Args:
            desk: What it shares with other calls.
            request: The call.
            key: Its key.

        Raises:
            ModelError: There is no way to its model.
        """
        if request.model not in desk.transports:
            known = ", ".join(sorted(desk.transports)) or "none"
            raise ModelError(f"{request.model}: no model of this run; those are: {known}")
        self._desk, self._request, self._key = desk, request, key
        self._transport, self._server = desk.transports[request.model], desk.servers[request.model]
        self._course = Course()
        self._reservation: Reservation | None = None
        self._reply: Response | None = None
        self._sending = self._recorded = False

    async def run(self) -> Response:
        """Ask until there is an answer, or no point in asking.

        Raises:
            CallError: The call failed for good; that is in the journal.
            MensreaError: The run can't go on: the budget, the server, the journal, or it was stopped.
        """
        try:
            reservation = self._reservation = await self._desk.budget.reserve(self._request)
            while True:
                await self._desk.budget.renew(reservation)
                slot = await self._server.limiter.acquire(again=self._course.attempts > 0)
                try:
                    return await self._attempt(slot, reservation)
                except CallError as error:
                    wait = await self._failed(error, slot, reservation)
                finally:
                    self._server.limiter.release(slot)
                await self._desk.pause(wait)
        except ModelError as error:
            self._sending = False  # the transport refused, or the last attempt ended
            self._leave()
            raise self._desk.halt(error) from None
        except MensreaError:
            self._sending = False  # a transport that stops has sent nothing that was lost
            self._leave()
            raise
        except asyncio.CancelledError:
            self._leave()
            raise
        finally:
            if self._reservation is not None:
                self._desk.budget.release(self._reservation)

    async def _attempt(self, slot: Slot, reservation: Reservation) -> Response:
        request, desk = self._request, self._desk
        self._course.attempts += 1
        self._reply, self._sending = None, True
        desk.count_in_flight(1)
        try:
            body = await self._transport.send(request)
            response = decode(body, request.api, self._transport.server)
            self._sending = False
            self._check(body, response)
            self._server.limiter.succeeded(slot)
            await self._record(reservation, body, response.usage)
        finally:
            desk.count_in_flight(-1)
        desk.counters.calls += 1
        return response

    def _check(self, body: bytes, response: Response) -> None:
        try:
            check(self._request, response, self._transport.server)
        except CallError as error:
            self._reply = response
            kind = error.kind
            if isinstance(error, DroppedSchemaError) and self._server.keeps_schemas:
                kind = FailureKind.OFF_SCHEMA
            raise CallError(kind, error.message, body=body) from None
        if "response_format" in self._request.parameters:
            self._server.keeps_schemas = True

    async def _failed(self, error: CallError, slot: Slot, reservation: Reservation) -> float:
        """Seconds to wait before the next attempt."""
        desk, course = self._desk, self._course
        self._sending = False
        self._tell(error, slot)
        if error.maybe_billed:
            self._lose(reservation)
        if error.fatal:
            await self._halt(error, reservation)
        wait = desk.retries.delay(error, course)
        if self._is_hopeless(error, wait):
            await self._halt(error, reservation)
        if wait is None:
            desk.counters.failed += 1
            usage = _NOTHING if self._reply is None else self._reply.usage
            await self._record(reservation, error.body, usage, error)
            raise error
        desk.counters.retried += 1
        return wait

    def _is_hopeless(self, error: CallError, wait: float | None) -> bool:
        """Whether the server is given up, and not just this call."""
        limiter, retries = self._server.limiter, self._desk.retries
        if wait is not None and error.sent and error.kind not in TOO_MANY:
            return False
        return retries.hopeless(error, limiter.fruitless(), answered=limiter.window.succeeded_once)

    def _tell(self, error: CallError, slot: Slot) -> None:
        limiter = self._server.limiter
        if is_batched(self._transport):
            limiter.answered(slot)
        elif error.kind in TOO_MANY:
            self._desk.counters.limited += 1
            limiter.limited(slot, error.retry_after)
        elif error.retryable:
            limiter.failed(slot)
        else:
            limiter.answered(slot)

    def _lose(self, reservation: Reservation) -> None:
        self._desk.counters.usd += self._desk.budget.charge(reservation)
        self._course.lost += 1
        self._course.lost_prompt += reservation.prompt
        self._course.lost_completion += reservation.completion

    async def _halt(self, error: CallError, reservation: Reservation) -> NoReturn:
        """End the run; the call's failure isn't recorded, since it is made again when the run is resumed."""
        halted = self._desk.halt(ModelError(str(error)))
        if self._reply is not None:
            self._key = os.urandom(KEY_BYTES)
            await self._record(reservation, error.body, self._reply.usage, error)
        raise halted

    async def _record(
        self, reservation: Reservation, body: bytes, usage: Usage | None, error: CallError | None = None
    ) -> None:
        """Make the call's end durable, and count what it was billed."""
        desk, course = self._desk, self._course
        if usage is None:
            desk.counters.usd += desk.budget.charge(reservation)
            course.lost_prompt += reservation.prompt
            course.lost_completion += reservation.completion
            usage = _NOTHING
        try:
            await desk.journal.put(self._ended(body, usage, error))
            self._recorded = True
        except JournalError as failure:
            raise desk.halt(failure) from None
        finally:
            desk.counters.usd += desk.budget.settle(reservation, usage)
            desk.counters.prompt_tokens += usage.prompt
            desk.counters.completion_tokens += usage.completion

    def _ended(self, body: bytes, usage: Usage, error: CallError | None) -> Record:
        course = self._course
        return Record.of(
            self._request,
            self._key,
            body,
            usage,
            error,
            attempts=course.attempts,
            lost=course.lost,
            lost_prompt=course.lost_prompt,
            lost_completion=course.lost_completion,
        )

    def _leave(self) -> None:
        """Account for attempts that may have been billed, under a key that no call has."""
        if self._sending and self._reservation is not None:
            self._lose(self._reservation)
        if self._course.lost and not self._recorded:
            self._key = os.urandom(KEY_BYTES)
            error = CallError(FailureKind.CONNECTION, "the run ended before the call did")
            with suppress(JournalError):
                self._desk.journal.put(self._ended(b"", _NOTHING, error)).add_done_callback(_ignore)


def _ignore(stored: asyncio.Future[None]) -> None:
    if not stored.cancelled():
        stored.exception()
