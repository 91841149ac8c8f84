"""Calls of models for a scoring: which models, within which bounds, with every reply kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..errors import UsageError
from ..models.budget import Budget
from ..models.caller import Caller
from ..models.calls import Transport
from ..models.endpoints import Options as Reach
from ..models.endpoints import connect
from ..models.journal import Journal
from ..models.limits import DEFAULT_CAP
from ..models.prices import Prices
from ..models.stopping import stopped_by_signals
from .metrics import Settings as Intervals
from .report import Cost

T = TypeVar("T")

_SPARE = 2
"""Calls that wait for each that may be in flight."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as a user names it.

    Attributes:
        spec: `openai/NAME`, `scripted/FILE` or `held/FOLDER`.
        base_url: Where it is served; empty for the provider's own address.
        parameters: The chat API's parameters.
    """

    spec: str
    base_url: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Options:
    """How to go about it; no figure depends on these but `intervals`.

    Attributes:
        budget_usd: What all calls together may cost.
        budget_tokens: The tokens that all calls together may use.
        prices: The user's own price table.
        concurrency: The most calls in flight; None to find out what the server takes, up to 256.
        progress: Whether to draw a line on standard error.
        retry_failed: Whether to make calls again that failed for good in an earlier run.
        intervals: How intervals are computed.
    """

    budget_usd: float | None = None
    budget_tokens: int | None = None
    prices: Path | None = None
    concurrency: int | None = None
    progress: bool = False
    retry_failed: bool = False
    intervals: Intervals = field(default_factory=Intervals)


def with_caller(
    folder: Path,
    models: Sequence[ModelSpec],
    options: Options,
    work: Callable[[Caller, Mapping[str, str]], Awaitable[T]],
    begin: Callable[[], None] = lambda: None,
) -> T:
    """Do work that calls models; what they say is kept in the folder's journal.

    Args:
        folder: The folder.
        models: The models.
        options: How to go about it.
        work: The work, given the name that calls have for each model, by its `spec`.
        begin: Called before anything is written, once it is known that the models can be named.

    Raises:
        UsageError: A model is none, two have one name at two addresses, or a call would give several answers.
        MensreaError: What stops a run, as `connect` and `Caller.call` raise it.
    """
    names, transports = _connected(models)
    begin()

    async def main(journal: Journal) -> T:
        budget = Budget(options.budget_usd, options.budget_tokens, Prices.load(options.prices))
        budget.resume(journal.totals())
        concurrency = options.concurrency or DEFAULT_CAP
        async with Caller(journal, transports, budget=budget, concurrency=concurrency) as caller:
            with stopped_by_signals(caller):
                return await work(caller, names)

    with Journal.open(folder) as journal:
        if options.retry_failed:
            journal.forget_failures()
        return asyncio.run(main(journal))


def _connected(models: Sequence[ModelSpec]) -> tuple[dict[str, str], dict[str, Transport]]:
    """The name of each model by its spec, and the way to each of these names."""
    names: dict[str, str] = {}
    transports: dict[str, Transport] = {}
    places: dict[str, str] = {}
    for model in models:
        if model.parameters.get("n") not in {None, 1}:
            raise UsageError(
                f"{model.spec}: the parameter n is {model.parameters['n']}; one answer of a call is read, "
                "so leave it out, and draw several responses with --n"
            )
        if places.setdefault(model.spec, model.base_url) != model.base_url:
            raise UsageError(
                f"{model.spec} is model and judge at two addresses, so that calls couldn't be told apart; "
                "serve one of them under another name"
            )
        if model.spec not in names:
            name, transport = connect(model.spec, Reach(base_url=model.base_url or None))
            names[model.spec], transports[name] = name, transport
    return names, transports


def workers(options: Options) -> int:
    """How many calls may wait for one another at a time."""
    return _SPARE * (options.concurrency or DEFAULT_CAP)


def cost_of(caller: Caller) -> Cost:
    """What was called so far, and what it cost."""
    counters = caller.counters
    return Cost(
        calls=counters.calls,
        replayed=counters.replayed,
        prompt_tokens=counters.prompt_tokens,
        completion_tokens=counters.completion_tokens,
        usd=round(counters.usd, 6) if caller.is_priced else None,
    )
