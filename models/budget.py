"""A hard budget: what a call may cost at most is set aside before it is made."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ..errors import BudgetError, UsageError
from .calls import Request, Usage
from .journal_records import Total
from .limits import anew
from .prices import IMAGE_TOKENS, Prices, how_to_add

_PER_REQUEST = 64  # what a chat template puts around the messages
_PER_MESSAGE = 16
_COUNTED_PARAMETERS = ("response_format", "tools")


def prompt_bound(request: Request, image_tokens: int = IMAGE_TOKENS) -> int:
    """Upper bound on the tokens of a call's prompt.

    A token is at least a byte of UTF-8; each message, and the whole, come with a few tokens of markup.
    """
    tokens = _PER_REQUEST
    for message in request.messages:
        content = message.get("content")
        tokens += _PER_MESSAGE
        if isinstance(content, str):
            tokens += len(content) if content.isascii() else len(content.encode("utf-8", "surrogatepass"))
        elif content:
            tokens += sum(_part_bound(part, image_tokens) for part in content)
    given = [request.parameters[name] for name in _COUNTED_PARAMETERS if name in request.parameters]
    return tokens + sum(len(orjson.dumps(each)) for each in given)


def _part_bound(part: Mapping[str, Any], image_tokens: int) -> int:
    text = part.get("text")
    return len(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else image_tokens


class Reservation:
    """What is set aside for one attempt at a call.

    Attributes:
        request: The call.
        prompt: Upper bound of its prompt tokens.
        completion: Upper bound of its completion tokens.
        usd: Upper bound of its cost.
        open: Whether it is still set aside.
    """

    __slots__ = ("completion", "open", "prompt", "request", "usd")

    def __init__(self, request: Request) -> None:
        """Nothing is set aside yet."""
        self.request = request
        self.prompt = self.completion = 0
        self.usd = 0.0
        self.open = False


class Budget:
    """What a run may spend, what it has spent, and what calls in flight may still spend.

    Attributes:
        usd: The most USD, or None.
        tokens: The most tokens, prompts and answers together, or None.
        prices: What tokens cost.
        spent_usd: What calls were billed, as far as prices are known.
        spent_tokens: Tokens of calls.
    """

    def __init__(
        self, usd: float | None = None, tokens: int | None = None, prices: Prices | None = None
    ) -> None:
        """Start with nothing spent; without bounds nothing is refused, but all is counted."""
        self.usd, self.tokens = usd, tokens
        self.prices = prices or Prices.load()
        self.spent_usd, self.spent_tokens = 0.0, 0
        self._held_usd, self._held_tokens, self._open = 0.0, 0, 0
        self._waiting: deque[tuple[asyncio.Future[None], Reservation]] = deque()
        self._refusal: Exception | None = None

    @property
    def bounded(self) -> bool:
        """Whether there is any bound."""
        return self.usd is not None or self.tokens is not None

    def resume(self, totals: Iterable[Total]) -> None:
        """Count what earlier runs spent; what may have been billed and lost counts in full."""
        for total in totals:
            prompt, completion = total.prompt + total.lost_prompt, total.completion + total.lost_completion
            self._spend(total.model, prompt, completion, total.cached)

    def expect(self, models: Iterable[str]) -> None:
        """Check that the cost of these models can be bounded.

        Raises:
            UsageError: There is a bound in USD, and one of them has no known price.
        """
        for model in models:
            if self.usd is not None and self.prices.of(model) is None:
                raise UsageError(
                    f"{model}: no price is known, so a budget in USD can't be held; "
                    f"{how_to_add(model)}, or give the budget in tokens"
                )

    async def reserve(self, request: Request) -> Reservation:
        """Set aside what a call may cost at most, once calls in flight have left enough.

        Raises:
            BudgetError: It could pass the budget, and no call in flight is left to return anything.
            UsageError: The call has no bound, or a bound in USD no price.
        """
        if self.bounded:
            self.expect([request.model])
            if not request.most_tokens:
                raise UsageError(f"{request.step or request.model}: a budget needs calls with `max_tokens`")
        reservation = Reservation(request)
        await self.renew(reservation)
        return reservation

    async def renew(self, reservation: Reservation) -> None:
        """Set aside the same again for another attempt, if that of the last one is spent.

        Raises:
            BudgetError: As for `reserve`.
        """
        if self._refusal is not None:
            raise anew(self._refusal)
        if self.bounded and not reservation.open:
            self._measure(reservation)
            await self._turn(reservation)

    def charge(self, reservation: Reservation) -> float:
        """Count an attempt as billed in full, since it may have been; what that is in USD."""
        self._measure(reservation)
        usd = self._spend(reservation.request.model, reservation.prompt, reservation.completion)
        self.release(reservation)
        return usd

    def settle(self, reservation: Reservation, usage: Usage) -> float:
        """Count what an attempt was billed, and return the rest; what that is in USD."""
        usd = self._spend(reservation.request.model, usage.prompt, usage.completion, usage.cached)
        self.release(reservation)
        return usd

    def release(self, reservation: Reservation) -> None:
        """Return all that is still set aside; a second time does nothing."""
        if not reservation.open:
            return
        reservation.open = False
        self._open -= 1
        self._held_tokens -= reservation.prompt + reservation.completion
        self._held_usd = self._held_usd - reservation.usd if self._open else 0.0
        self._admit()

    def refuse(self, error: Exception) -> None:
        """Set nothing aside any more: those who wait, and all who come, get this error."""
        self._refusal = error
        for future, _ in self._waiting:
            if not future.done():
                future.set_exception(anew(error))
        self._waiting.clear()

    def _spend(self, model: str, prompt: int, completion: int, cached: int = 0) -> float:
        usd = self.prices.cost(model, prompt, completion, cached) or 0.0
        self.spent_tokens += prompt + completion
        self.spent_usd += usd
        return usd

    def _measure(self, reservation: Reservation) -> None:
        request = reservation.request
        price = self.prices.of(request.model)
        reservation.prompt = prompt_bound(request, price.image_tokens if price else IMAGE_TOKENS)
        reservation.completion = request.choices * request.most_tokens
        reservation.usd = price.cost(reservation.prompt, reservation.completion) if price else 0.0

    async def _turn(self, reservation: Reservation) -> None:
        if not self._waiting and self._fits(reservation):
            self._hold(reservation)
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((future, reservation))
        self._admit()
        try:
            await future
        except asyncio.CancelledError:
            self.release(reservation)
            self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting:
            future, reservation = self._waiting[0]
            if not future.done():
                if self._fits(reservation):
                    self._hold(reservation)
                    future.set_result(None)
                elif self._open:
                    return
                else:
                    self.refuse(BudgetError(self._spent(reservation)))
                    return
            self._waiting.popleft()

    def _fits(self, reservation: Reservation) -> bool:
        usd = self.spent_usd + self._held_usd + reservation.usd
        tokens = self.spent_tokens + self._held_tokens + reservation.prompt + reservation.completion
        return (self.usd is None or usd <= self.usd) and (self.tokens is None or tokens <= self.tokens)

    def _hold(self, reservation: Reservation) -> None:
        reservation.open = True
        self._open += 1
        self._held_usd += reservation.usd
        self._held_tokens += reservation.prompt + reservation.completion

    def _spent(self, reservation: Reservation) -> str:
        if self.usd is not None and self.spent_usd + reservation.usd > self.usd:
            spent, of, more = f"${self.spent_usd:.4f}", f"${self.usd:.2f}", f"${reservation.usd:.4f}"
        else:
            need = reservation.prompt + reservation.completion
            spent, of, more = f"{self.spent_tokens:,}", f"{self.tokens:,} tokens", f"{need:,}"
        return (
            f"the budget stops the run: {spent} of {of} are spent and the next call may cost {more}; "
            "run it again with a larger budget, it goes on where it stopped"
        )
