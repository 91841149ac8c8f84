"""A local double of the OpenAI API, good enough for its real client, and able to misbehave on demand."""

import asyncio
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

import orjson
from aiohttp import web

from .openai_answers import AnswerFunction
from .openai_faults import CALLS, OpenAIFault, Operation
from .openai_http import HttpThread, send
from .openai_moderations import Moderator
from .openai_replies import Reply, error_reply, fault_reply
from .openai_routes import operation_of
from .openai_site import Site
from .openai_strikes import Condition, Strike
from .openai_tally import Tally
from .openai_text import body_key

_SEEN = 1000
_TOO_MANY = 429
_GOOD = 400


@dataclass(frozen=True)
class SeenCall:
    """A request with a JSON body that came in.

    Attributes:
        operation: What it was for.
        body: Its body.
        token: The bearer token, if one was sent.
    """

    operation: Operation
    body: Mapping[str, Any]
    token: str | None


class LocalOpenAI:
    """An OpenAI-compatible server on the loopback interface, from `start` to `stop` or for a `with` block.

    Chat completions and responses (streamed too), models, moderations, files and batches. What it answers
    depends on the model, the prompt, the seed and the number of the choice, never on order or time, unless a
    function answers. `n`, `max_tokens`, log-probabilities and JSON schemas are honoured. A token is a word.

    Example:
        >>> from openai import OpenAI
        >>> with LocalOpenAI(lambda body: "Yes.") as server:
        ...     client = OpenAI(base_url=server.base_url, api_key="any")
        ...     asked = [{"role": "user", "content": "Is it?"}]
        ...     reply = client.chat.completions.create(model="local-model", messages=asked)

    Attributes:
        tally: What it counted.
        seen: The last 1,000 requests with a JSON body, in order. Clear it at will.
    """

    def __init__(
        self,
        answer: AnswerFunction | None = None,
        *,
        latency: float = 0.0,
        capacity: int | None = None,
        retry_after: float | None = 1.0,
        models: Sequence[str] | None = None,
        api_key: str | None = None,
        moderate: Moderator | None = None,
        batch_polls: int = 1,
        remember: bool = True,
        port: int = 0,
    ) -> None:
        """Make a server.

        Args:
            answer: Takes a request's body and returns the answer: a text, an object to send as JSON, an
                `Answer`, or a list of those for several choices. It runs in the server's thread.
            latency: Seconds before a call is answered.
            capacity: Calls let in at once; the rest are refused at once with 429. None lets in all.
            retry_after: Seconds that such a refusal asks to wait; None asks for nothing.
            models: The models that are listed, any other being unknown (404); None takes any.
            api_key: The key to insist on; None takes any, and none.
            moderate: Gives the scores of a text; by default every text is harmless.
            batch_polls: How many polls a batch stays in progress.
            remember: Whether to count calls by body; a million of them take 150 MB.
            port: The port; 0 takes a free one.
        """
        self.tally = Tally(remembers=remember)
        self.seen: deque[SeenCall] = deque(maxlen=_SEEN)
        self._latency = latency
        self._capacity = capacity
        self._retry_after = retry_after
        self._api_key = api_key
        self._site = Site(answer, moderate, models, batch_polls, tally=self.tally)
        self._http = HttpThread(self._handle, port)

    def __enter__(self) -> Self:
        """Start, and return the server itself."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Answer requests; after a `stop`, at the same address as before."""
        self._http.start()

    def stop(self) -> None:
        """Close every connection and refuse new ones. Files, batches, faults and counts are kept."""
        self._http.stop()

    @property
    def base_url(self) -> str:
        """What clients call the base URL: it ends with `/v1`.

        Raises:
            RuntimeError: The server has never been started.
        """
        return f"{self._http.address}/v1"

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point a child process at this server, with no real key."""
        return {
            "OPENAI_BASE_URL": self.base_url,
            "OPENAI_API_KEY": self._api_key or "local",
            "OPENAI_ORG_ID": "",
            "OPENAI_PROJECT_ID": "",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    @property
    def calls(self) -> Counter[str]:
        """How often each request body was let in, by its key; see `Tally`."""
        return self.tally.calls

    @property
    def served(self) -> int:
        """Right answers; each is counted just before it is sent."""
        return self.tally.served

    @property
    def limited(self) -> int:
        """Refusals with 429."""
        return self.tally.limited

    @property
    def peak_in_flight(self) -> int:
        """The most calls at once."""
        return self.tally.peak_in_flight

    @staticmethod
    def key(body: Mapping[str, Any]) -> str:
        """Return what a request's body is counted under in `calls`."""
        return body_key(body)

    def misbehave(
        self,
        fault: OpenAIFault,
        *,
        times: int | None = 1,
        every: int = 1,
        probability: float = 1.0,
        seed: int = 0,
        when: Condition | None = None,
        on: Collection[Operation] | None = None,
    ) -> None:
        """Answer wrongly; faults queue up, and the oldest that fits a request strikes.

        Args:
            fault: What goes wrong.
            times: How many requests it strikes; None for all to come.
            every: Of the requests that fit, strike each one whose number is a multiple of this.
            probability: Strike this share of those, by a hash of the seed, the body and how often it came.
            seed: The seed of that hash.
            when: Takes a request's body and says whether it fits.
            on: The operations that it strikes, by default those that the fault is about: `chat`, `responses`,
                `moderations`, `models`, `upload`, `file`, `submit`, `poll`, `list`, `cancel`; `piece` for a
                request within a batch, and `batch` for a batch as a whole.

        Raises:
            ValueError: `times` or `every` is less than one, or the probability isn't one.
        """
        self._site.strikes.add(Strike(fault, times, every, probability, seed, when), on)

    def behave(self) -> None:
        """Forget every fault still to come."""
        self._site.strikes.clear()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        operation, argument = operation_of(request.method, request.path)
        if operation is None:
            return await send(request, self._unknown(request.path), None)
        self.tally.requests += 1
        if self._api_key is not None and _token(request) != self._api_key:
            return await send(request, self._refuse(fault_reply(OpenAIFault.unauthorized(), "")), None)
        if operation == "upload":
            return await self._upload(request)
        try:
            body = orjson.loads(await request.read() or b"{}")
        except orjson.JSONDecodeError:
            return await send(request, self._refuse(error_reply(400, "The body isn't valid JSON.")), None)
        if operation in CALLS:
            return await self._call(request, operation, body)
        return await self._manage(request, operation, argument, body)

    async def _call(
        self, request: web.BaseRequest, operation: Operation, body: dict[str, Any]
    ) -> web.StreamResponse:
        key = body_key(body)
        self.seen.append(SeenCall(operation, body, _token(request)))
        if self._capacity is not None and self.tally.in_flight >= self._capacity:
            return await send(request, self._refuse(self._full()), None)
        fault = self._site.strikes.take(operation, key, body)
        refusal = self._refusal(request, fault) or self._site.problem(operation, body)
        if refusal is not None:
            await _wait(0.0, fault)
            return await send(request, self._refuse(refusal), None)
        self.tally.let_in(key)
        try:
            await _wait(self._latency, fault)
            reply = self._site.call(operation, key, body, fault)
            # Counted before it is sent, so that a client that has its answer finds it counted.
            self._count(spoiled=_spoils(fault) or reply.status >= _GOOD)
            return await send(request, reply, fault)
        finally:
            self.tally.in_flight -= 1

    async def _manage(
        self, request: web.BaseRequest, operation: Operation, argument: str, body: dict[str, Any]
    ) -> web.StreamResponse:
        if body:
            self.seen.append(SeenCall(operation, body, _token(request)))
        fault = self._site.strikes.take(operation, argument, body)
        await _wait(0.0, fault)
        refusal = self._refusal(request, fault)
        if refusal is not None:
            return await send(request, self._refuse(refusal), None)
        return await send(request, self._site.manage(operation, argument, body, request.query), fault)

    async def _upload(self, request: web.BaseRequest) -> web.StreamResponse:
        form = await request.post()
        fault = self._site.strikes.take("upload", "", {})
        await _wait(0.0, fault)
        refusal = self._refusal(request, fault)
        file = form.get("file")
        if refusal is None and not isinstance(file, web.FileField):
            refusal = error_reply(400, "Missing required parameter: 'file'.")
        if refusal is not None:
            return await send(request, self._refuse(refusal), None)
        upload = cast("web.FileField", file)
        stored = self._site.batches.add_file(upload.filename, str(form.get("purpose")), upload.file.read())
        return await send(request, Reply(orjson.dumps(stored.described())), fault)

    def _refusal(self, request: web.BaseRequest, fault: OpenAIFault | None) -> Reply | None:
        if fault is None or not fault.refuses:
            return None
        return fault_reply(fault, request.headers.get("Authorization", ""))

    def _refuse(self, reply: Reply) -> Reply:
        if reply.status == _TOO_MANY:
            self.tally.limited += 1
        else:
            self.tally.failed += 1
        return reply

    def _count(self, *, spoiled: bool) -> None:
        if spoiled:
            self.tally.failed += 1
        else:
            self.tally.served += 1

    def _full(self) -> Reply:
        return fault_reply(OpenAIFault.rate_limited(self._retry_after), "")

    def _unknown(self, path: str) -> Reply:
        if path == "/__stats__":
            return Reply(orjson.dumps(self.tally.summary()))
        if path == "/__calls__":
            return Reply(orjson.dumps(self.tally.calls))
        return error_reply(404, f"Unknown request URL: {path}", "unknown_url")


def _token(request: web.BaseRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" and token else None


def _spoils(fault: OpenAIFault | None) -> bool:
    return fault is not None and (
        fault.keep is not None or fault.cut is not None or fault.spoiled is not None or bool(fault.dropped)
    )


async def _wait(latency: float, fault: OpenAIFault | None) -> None:
    if fault is not None and fault.delay is None:
        await asyncio.Event().wait()
    seconds = latency + ((fault.delay or 0.0) if fault is not None else 0.0)
    if seconds:
        await asyncio.sleep(seconds)
