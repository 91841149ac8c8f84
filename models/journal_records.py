"""What a journal holds: ended calls, what they cost, submitted batches, which rows are finished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .calls import Request, Usage
from .failures import CallError


@dataclass(frozen=True, slots=True)
class Record:
    """One call that ended, with an answer or for good without one.

    Attributes:
        key: `Request.key` of the call.
        step: The step of a recipe that asked first.
        model: The model with its provider.
        sample: Which of several samples of the same question it is.
        body: The endpoint's answer as it came; empty for a failure without one.
        failure: A value of `FailureKind`; empty if the call was answered.
        message: The failure's line; never a key, never a header.
        prompt: Tokens billed for prompts.
        completion: Tokens billed for answers, `reasoning` included.
        reasoning: Tokens of reasoning among `completion`.
        cached: Tokens among `prompt` that the endpoint had cached.
        attempts: How often the call was sent.
        lost: Attempts that may have been billed though nothing came back.
        lost_prompt: Upper bound on the prompt tokens of lost attempts.
        lost_completion: Upper bound on the completion tokens of lost attempts.
        api: The API that the call went through.
    """

    key: bytes
    step: str
    model: str
    sample: int
    body: bytes
    failure: str = ""
    message: str = ""
    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0
    attempts: int = 1
    lost: int = 0
    lost_prompt: int = 0
    lost_completion: int = 0
    api: str = "chat"

    @classmethod
    def of(
        cls, request: Request, key: bytes, body: bytes, usage: Usage, error: CallError | None, **course: int
    ) -> Record:
        """The record of a call that ended, with its reply, or for good with an error.

        Args:
            request: The call.
            key: Its key, or another one where its end isn't to be found again.
            body: What came back.
            usage: What it was billed.
            error: How it failed; None if it was answered.
            course: `attempts` and what was lost on the way, where that isn't one attempt and nothing.
        """
        return cls(
            key=key,
            step=request.step,
            model=request.model,
            sample=request.sample,
            body=body,
            failure="" if error is None else error.kind.value,
            message="" if error is None else error.message,
            prompt=usage.prompt,
            completion=usage.completion,
            reasoning=usage.reasoning,
            cached=usage.cached,
            api=request.api,
            **course,
        )


@dataclass(frozen=True, slots=True)
class Total:
    """What the calls of one step to one model cost so far, whether their records still stand or not.

    Attributes:
        step: The step that asked.
        model: The model with its provider.
        api: The API that the calls went through.
        calls: Calls that ended; a call made anew after its failure was forgotten counts again.
        failed: Those that ended without an answer.

    The other attributes are sums over these calls of what `Record` has under the same name.
    """

    step: str
    model: str
    api: str
    calls: int
    failed: int
    attempts: int
    lost: int
    prompt: int
    completion: int
    reasoning: int
    cached: int
    lost_prompt: int
    lost_completion: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests that were handed to a batch API together.

    Attributes:
        id: What the endpoint calls the batch.
        server: The endpoint as messages name it.
        status: The batch's status when it was last looked at.
        requests: Keys of the requests, in their order in the batch's file.
        details: What else its owner wants to keep; must be JSON.
    """

    id: str
    server: str
    status: str
    requests: tuple[bytes, ...]
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Finished:
    """The ordinals of a segment that have an outcome: a set of integers, at one bit each."""

    __slots__ = ("_bits", "_count")

    def __init__(self, bits: bytes = b"") -> None:
        """Bit `n % 8`, from the lowest, of byte `n // 8` is set for every ordinal `n` of the set."""
        self._bits = bits
        self._count = int.from_bytes(bits).bit_count()

    def __contains__(self, ordinal: int) -> bool:
        """Whether the row of this ordinal is finished."""
        if not 0 <= ordinal < len(self._bits) * 8:
            return False
        return bool(self._bits[ordinal >> 3] >> (ordinal & 7) & 1)

    def __len__(self) -> int:
        """How many rows are finished."""
        return self._count

    def __iter__(self) -> Iterator[int]:
        """The ordinals, ascending."""
        for at, byte in enumerate(self._bits):
            if byte:
                yield from (at * 8 + bit for bit in range(8) if byte >> bit & 1)
