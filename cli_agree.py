"""The verb of the command that holds a judge against labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_calls import (
    BudgetTokens,
    BudgetUsd,
    Concurrency,
    JudgeParameters,
    JudgeUrl,
    PriceTable,
    PrintedAs,
    ReleaseFolder,
    Repository,
    RetryFailed,
    Seed,
    Version,
    options_of,
    resumable,
)
from .cli_options import folder_of, parameters_of
from .cli_printing import Printed, is_coloured, print_result, width
from .errors import UsageError

if TYPE_CHECKING:
    from .scoring.calibrating import Calibrated
    from .scoring.calibration import Calibration


def agree(  # noqa: PLR0913  # an argument is an option
    verdicts: Annotated[
        str,
        typer.Argument(
            metavar="VERDICTS", help="A judge's verdicts; with --judge, a dataset.", show_default=False
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Argument(metavar="LABELS", help="Labels by people.", parser=folder_of, show_default=False),
    ] = None,
    *,
    question: Annotated[
        str | None, typer.Option("--question", help="Which question, where there are several.")
    ] = None,
    positive: Annotated[
        str | None, typer.Option("--positive", help="The label that precision and recall are about.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Where scores or probabilities turn positive.")
    ] = None,
    below: Annotated[
        bool, typer.Option("--below", help="Scores below the threshold are positive, not those from it on.")
    ] = False,
    judge: Annotated[
        str | None,
        typer.Option("--judge", help="Ask this model about the dataset's labelled examples: openai/NAME."),
    ] = None,
    judge_base_url: JudgeUrl = "",
    judge_parameters: JudgeParameters = None,
    config: Annotated[str, typer.Option("--config", help="The config of examples.")] = "calibration",
    version: Version = None,
    release: ReleaseFolder = None,
    repository: Repository = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            help="Where the judge's replies are kept; runs/STEM-CONFIG.",
            parser=folder_of,
            metavar="<path>",
        ),
    ] = None,
    output: PrintedAs = Printed.TEXT,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    prices: PriceTable = None,
    concurrency: Concurrency = "auto",
    retry_failed: RetryFailed = False,
    seed: Seed = 0,
) -> None:
    """How far a judge agrees with labels: confusion, agreement, intervals, thresholds.

    With --judge, ask a model about a dataset's labelled examples first.
    """
    if judge is None:
        if labels is None:
            raise UsageError("no labels are named; give VERDICTS and LABELS, or a dataset and --judge")
        from .scoring.calibration import agree as hold_against
        from .scoring.tables import read_labels, read_verdicts

        agreement = hold_against(
            read_verdicts(folder_of(verdicts)),
            read_labels(labels),
            question=question,
            positive=positive,
            threshold=threshold,
            side="below" if below else "at-least",
            seed=seed,
        )
        _print(agreement, output)
        return
    unused = {"LABELS": labels, "--question": question, "--positive": positive, "--threshold": threshold}
    given = [name for name, value in {**unused, "--below": below or None}.items() if value is not None]
    if given:
        raise UsageError(f"{given[0]} and --judge: a dataset's examples have labels; leave {given[0]} out")
    from .loading.items import load_items
    from .scoring.calibrating import calibrate
    from .scoring.calling import ModelSpec
    from .scoring.registry import find_scorer

    scorer = find_scorer(verdicts)
    items = load_items(verdicts, config, version=version, path=release, repository=repository)
    place = folder or Path("runs") / f"{verdicts}-{config}"
    model = ModelSpec(judge, judge_base_url, parameters_of(judge_parameters or [], "--judge-parameter"))
    options = options_of(
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
        prices=prices,
        concurrency=concurrency,
        retry_failed=retry_failed,
        seed=seed,
        resamples=1000,
    )
    _print(resumable(lambda: calibrate(scorer, items, place, model, options=options)), output)


def _print(result: Calibration | Calibrated, output: Printed) -> None:
    text = result.as_text(width(), colour=is_coloured())
    print_result(result.as_dict() if output is Printed.JSON else text)
