"""Options that verbs share whose work reads a release and calls models, and what is made of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from .cli_options import concurrency_of, folder_of, parameters_of
from .cli_printing import Printed
from .errors import BudgetError, RunStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .scoring.calling import ModelSpec, Options

T = TypeVar("T")

Config = Annotated[str | None, typer.Option("--config", help="A config; the card's first if left out.")]
Split = Annotated[str | None, typer.Option("--split", help="A split; test, or the only one.")]
Version = Annotated[str | None, typer.Option("--version", help="The version that the release must have.")]
ReleaseFolder = Annotated[
    Path | None,
    typer.Option(
        "--release",
        help="A release folder; dist/STEM, or one built on the spot.",
        parser=folder_of,
        metavar="<path>",
    ),
]
Repository = Annotated[str | None, typer.Option("--repository", help="A Hub repository: org/name.")]
OptionPairs = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE: an option of the benchmark, see the docs. May be repeated."),
]
Limit = Annotated[int | None, typer.Option("--limit", help="The first items only.", min=1)]
JudgeName = Annotated[
    str | None, typer.Option("--judge", help="The model that judges: openai/NAME, scripted/FILE.")
]
JudgeUrl = Annotated[str, typer.Option("--judge-base-url", help="Where the judge is served.")]
JudgeParameters = Annotated[
    list[str] | None, typer.Option("--judge-parameter", help="NAME=JSON for the judge. May be repeated.")
]
BudgetUsd = Annotated[float | None, typer.Option("--budget-usd", help="Spend no more.", min=0)]
BudgetTokens = Annotated[int | None, typer.Option("--budget-tokens", help="Use no more.", min=0)]
PriceTable = Annotated[
    Path | None, typer.Option("--prices", help="Your price table.", parser=folder_of, metavar="<path>")
]
Concurrency = Annotated[
    str, typer.Option("--concurrency", help="Calls in flight at most: auto, or a number.")
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Make calls again that failed for good before.")
]
Html = Annotated[
    Path | None,
    typer.Option("--html", help="Write a page with plots, too.", parser=folder_of, metavar="<path>"),
]
PrintedAs = Annotated[Printed, typer.Option("--format", help="How the result is printed.")]
Seed = Annotated[int, typer.Option("--seed", help="Of the bootstrap.", min=0)]
Resamples = Annotated[int, typer.Option("--resamples", help="Of the bootstrap.", min=100)]


def options_of(
    *,
    budget_usd: float | None,
    budget_tokens: int | None,
    prices: Path | None,
    concurrency: str,
    retry_failed: bool,
    seed: int,
    resamples: int,
) -> Options:
    """How a scoring goes about its calls; progress is drawn where standard error is a terminal."""
    from .scoring.calling import Options
    from .scoring.metrics import Settings

    return Options(
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
        prices=prices,
        concurrency=concurrency_of(concurrency),
        progress=sys.stderr.isatty(),
        retry_failed=retry_failed,
        intervals=Settings(seed, resamples),
    )


def model_of(
    spec: str | None, base_url: str, parameters: Sequence[str] | None, option: str
) -> ModelSpec | None:
    """A model as options name it; None if none is named."""
    from .scoring.calling import ModelSpec

    if spec is None:
        return None
    return ModelSpec(spec, base_url, parameters_of(parameters or [], option))


def resumable(work: Callable[[], T]) -> T:
    """Do work that the same command goes on with, and say so where it stops."""
    try:
        return work()
    except RunStoppedError as error:
        raise RunStoppedError(
            "stopped; what was paid for is kept; the same command again goes on from there"
        ) from error
    except BudgetError as error:
        raise BudgetError(str(error).replace("run it again", "the same command again")) from error
