"""A journal in memory, servers that do what a test says, and callers of them, for a simulated clock."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from mensrea.errors import JournalError
from mensrea.models.budget import Budget
from mensrea.models.caller import Caller
from mensrea.models.calls import Request, Transport
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.journal_records import Record
from mensrea.models.prices import Price, Prices

MODEL = "openai/m"
PRICES = Prices({MODEL: Price(1.0, 0.25, 4.0)})


class Memory:
    """A journal in memory that takes `wait` seconds for a record."""

    def __init__(self, wait: float = 0.0) -> None:
        self.in_flight = 0
        self.records: dict[bytes, Record] = {}
        self.wait = wait
        self.full = False

    def find(self, key: bytes) -> Record | None:
        return self.records.get(key)

    def put(self, record: Record) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(self.wait, self.end, record, future)
        return future

    def end(self, record: Record, future: asyncio.Future[None]) -> None:
        if self.full:
            future.set_exception(JournalError("the disk is full"))
            return
        self.records[record.key] = record
        if not future.cancelled():
            future.set_result(None)

    def of(self, request: Request) -> Record:
        return self.records[request.key]


class Server:
    """Answers after `latency`, or as `answer` says: a body, a failure, or something awaited before."""

    def __init__(self, answer: Callable[[Request], Any] | None = None, latency: float = 1.0) -> None:
        self.answer = answer or (lambda _: reply())
        self.latency = latency
        self.server = "host"
        self.asked: list[Request] = []
        self.busy = self.peak = 0
        self.closed = 0

    async def send(self, request: Request) -> bytes:
        self.asked.append(request)
        self.busy += 1
        self.peak = max(self.peak, self.busy)
        try:
            answer = self.answer(request)
            await asyncio.sleep(self.latency)
        finally:
            self.busy -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed += 1


def reply(text: str = "Yes.", *, usage: Mapping[str, int] | None = None, **choice: Any) -> bytes:
    counted = {"prompt_tokens": 10, "completion_tokens": 5} if usage is None else usage
    choices = [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **choice}
    ]
    return orjson.dumps({"model": "m-1", "choices": choices, **({"usage": counted} if counted else {})})


def ask(text: str = "Is it?", model: str = MODEL, **parameters: Any) -> Request:
    return Request(model, [{"role": "user", "content": text}], {"max_tokens": 100, **parameters}, step="ask")


def failure(kind: FailureKind, retry_after: float | None = None, *, sent: bool = True) -> CallError:
    return CallError(kind, "host: failed", retry_after, sent)


def in_turn(*answers: Any) -> Callable[[Request], Any]:
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def caller(journal: Memory, server: Transport, *, budget: Budget | None = None, **options: Any) -> Caller:
    return Caller(journal, {MODEL: server}, budget=budget or Budget(prices=PRICES), **options)


async def outcomes(caller: Caller, *requests: Request) -> list[Any]:
    return await asyncio.gather(*map(caller.call, requests), return_exceptions=True)


def now() -> float:
    return asyncio.get_running_loop().time()
