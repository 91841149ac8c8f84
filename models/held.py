"""A model held in this process, as a transport: `held/PATH`.

Calls that come at the same time are generated together, in a thread of their own. This is for models of a
few billion weights on one device, for judges that run beside a training job, and for tests; a server such
as vLLM (`openai/NAME` with a base URL) keeps a GPU busier and can constrain answers to a schema.

An answer depends on the call, not on its neighbours: every choice is drawn with random numbers of its own,
seeded by `seed` and the sample, or else by the whole call. Padding and batch size still move the last bits
of logits, in bf16 more than in float32, so that where two tokens are almost equally likely another
composition of batches can, rarely, give another token. The journal keeps whichever came first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MissingLibraryError
from .calls import Request
from .failures import CallError, FailureKind
from .held_name import held_name
from .held_request import Ask, read_request

if TYPE_CHECKING:
    from .held_engine import HeldEngine

_Waiting = tuple[Ask, asyncio.Future[bytes]]


class HeldModel:
    """A `transformers` model that answers chat calls; implements `Transport`.

    It honours `temperature`, `top_p`, `max_tokens`, `seed`, `stop`, `n`, `logprobs`, `top_logprobs`,
    `chat_template_kwargs` and a prefill, and refuses every other parameter. Log-probabilities are those
    before temperature and top-p. It is loaded by the first call.

    Attributes:
        name: What keys and manifests call it.
    """

    def __init__(
        self, path: str | Path, device: str = "auto", batch: int = 32, *, wait: float = 0.02
    ) -> None:
        """Find the model; it isn't loaded yet.

        Args:
            path: The model's folder, as `transformers` saves one.
            device: `auto` takes CUDA where there is one, in bf16; a CPU computes in float32.
            batch: The most answers generated at a time.
            wait: Seconds to wait for a batch to fill once a call is there.

        Raises:
            MissingLibraryError: torch or transformers isn't installed.
            ModelError: The folder holds no model.
        """
        for library in ("torch", "transformers"):
            if find_spec(library) is None:
                raise MissingLibraryError(f"held/{path} needs {library}: pip install 'mensrea[gpu]'")
        self._folder = Path(path)
        self.name = held_name(self._folder)
        self._device = device
        self._batch = batch
        self._wait = wait
        self._engine: HeldEngine | None = None
        self._waiting: deque[_Waiting] = deque()
        self._full = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="held")

    @property
    def server(self) -> str:
        """The model's name."""
        return self.name

    async def send(self, request: Request) -> bytes:
        """Answer a call, together with others that wait.

        Raises:
            CallError: The call can't be answered as asked.
        """
        ask = read_request(request, self.server)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, future))
        if self._choices() >= self._batch:
            self._full.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._serve())
        return await future

    async def close(self) -> None:
        """Fail what waits, let the batch in hand end, and free the model."""
        for _, future in self._waiting:
            if not future.done():
                error = CallError(FailureKind.CONNECTION, f"{self.server}: closed", sent=False)
                future.set_exception(error)
        self._waiting.clear()
        self._full.set()
        if self._pump is not None:
            await self._pump
        self._thread.shutdown()
        self._engine = None

    def _choices(self) -> int:
        return sum(len(ask.keys) for ask, _ in self._waiting)

    async def _serve(self) -> None:
        """Answer batch after batch until nothing waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            if self._choices() < self._batch:
                self._full.clear()
                with_time = asyncio.create_task(self._full.wait())
                await asyncio.wait([with_time], timeout=self._wait)
                with_time.cancel()
            batch = self._take()
            asks = [ask for ask, _ in batch]
            answers = await loop.run_in_executor(self._thread, self._answer, asks)
            _resolve(batch, answers)

    def _take(self) -> list[_Waiting]:
        """The next calls, as many as fit into a batch but at least one, without those given up on."""
        taken: list[_Waiting] = []
        room = self._batch
        while self._waiting and (not taken or len(self._waiting[0][0].keys) <= room):
            ask, future = self._waiting.popleft()
            if not future.done():
                taken.append((ask, future))
                room -= len(ask.keys)
        return taken

    def _answer(self, asks: Sequence[Ask]) -> Sequence[bytes | CallError]:
        """In the thread: load the model if this is the first batch, and generate."""
        if not asks:
            return []
        try:
            if self._engine is None:
                from .held_engine import HeldEngine

                self._engine = HeldEngine(self._folder, self.name, self._device, self._batch)
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            return [self._failed(FailureKind.NOT_FOUND, "can't be loaded", error)] * len(asks)
        try:
            return self._engine.answer(asks)
        except RuntimeError as error:
            return [self._failed(FailureKind.SERVER, "generation failed", error)] * len(asks)

    def _failed(self, kind: FailureKind, what: str, error: Exception) -> CallError:
        first = (str(error).splitlines() or [""])[0]
        return CallError(kind, f"{self.server}: {what}: {type(error).__name__}: {first}")


def _resolve(batch: Sequence[_Waiting], answers: Sequence[bytes | CallError]) -> None:
    for (_, future), answer in zip(batch, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, CallError):
            future.set_exception(answer)
        else:
            future.set_result(answer)
