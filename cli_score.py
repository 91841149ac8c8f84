"""The verbs of the command that score: score, run, compare, reproduce."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_calls import (
    BudgetTokens,
    BudgetUsd,
    Concurrency,
    Config,
    Html,
    JudgeName,
    JudgeParameters,
    JudgeUrl,
    Limit,
    OptionPairs,
    PriceTable,
    PrintedAs,
    ReleaseFolder,
    Repository,
    Resamples,
    RetryFailed,
    Seed,
    Split,
    Version,
    model_of,
    options_of,
    resumable,
)
from .cli_options import folder_of, pair_of, parameters_of
from .cli_printing import Printed, is_coloured, page_of, print_result, width, write_report
from .cli_train import Chosen, train
from .errors import UsageError

if TYPE_CHECKING:
    from .scoring.report import Report


class Tool(Enum):
    """What drew responses."""

    AUTO = "auto"
    OURS = "mensrea"
    INSPECT = "inspect"
    LM_EVAL = "lm-eval"
    OPENAI_BATCH = "openai-batch"
    PLAIN = "plain"


def score(  # noqa: PLR0913  # an argument is an option
    stem: Annotated[str, typer.Argument(help="A dataset with a scorer.", show_default=False)],
    responses: Annotated[
        list[str],
        typer.Argument(
            metavar="RESPONSES...",
            help="Files of responses: ours, Inspect logs, lm-eval samples, OpenAI batch output.",
            show_default=False,
        ),
    ],
    *,
    config: Config = None,
    split: Split = None,
    version: Version = None,
    release: ReleaseFolder = None,
    repository: Repository = None,
    tool: Annotated[
        Tool, typer.Option("--tool", help="What drew the responses; looked up in the file if left out.")
    ] = Tool.AUTO,
    fields: Annotated[
        list[str] | None,
        typer.Option("--map", help="FIELD=PATH: where another tool has a field. May be repeated."),
    ] = None,
    id_pattern: Annotated[
        str, typer.Option("--id-pattern", help="A regular expression of another tool's ids, see the docs.")
    ] = "",
    samples: Annotated[
        int | None, typer.Option("--samples", help="Responses that each item should have.", min=1)
    ] = None,
    limit: Limit = None,
    chosen: OptionPairs = None,
    judge: JudgeName = None,
    judge_base_url: JudgeUrl = "",
    judge_parameters: JudgeParameters = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(
            "--verdicts", help="Read these verdicts again; ask no judge.", parser=folder_of, metavar="<path>"
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            help="Where a judge's replies are kept; RESPONSES.scored if left out.",
            parser=folder_of,
            metavar="<path>",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the report as JSON.", parser=folder_of, metavar="<path>"),
    ] = None,
    html: Html = None,
    output: PrintedAs = Printed.TEXT,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    prices: PriceTable = None,
    concurrency: Concurrency = "auto",
    retry_failed: RetryFailed = False,
    seed: Seed = 0,
    resamples: Resamples = 1000,
) -> None:
    """Score a model's responses: metrics with counts, coverage and intervals.

    Judges' replies are kept: the same command again pays for nothing.
    """
    from .loading.items import load_items
    from .scoring.reading import responses_in, stored_verdicts
    from .scoring.registry import find_scorer
    from .scoring.session import score_responses

    scorer = find_scorer(stem, dict(pair_of(each, "--set") for each in chosen or []))
    items = load_items(stem, config, split, version=version, path=release, repository=repository).first(limit)
    paths = [folder_of(each) for each in responses]
    read = responses_in(
        paths,
        items,
        tool=tool.value,
        fields=dict(pair_of(each, "--map") for each in fields or []),
        id_pattern=id_pattern,
    )
    options = options_of(
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
        prices=prices,
        concurrency=concurrency,
        retry_failed=retry_failed,
        seed=seed,
        resamples=resamples,
    )
    report = resumable(
        lambda: score_responses(
            scorer,
            items,
            read,
            folder or paths[0].with_name(f"{paths[0].name}.scored"),
            judge=model_of(judge, judge_base_url, judge_parameters, "--judge-parameter"),
            stored=None if verdicts is None else stored_verdicts(verdicts, items),
            samples=samples,
            options=options,
        )
    )
    _finish(report, out, html, output)


_OF_RECIPES = frozenset({"device", "seeds", "widths", "arms"})
_OF_ALL_RUNS = frozenset({"stem", "recipe", "out", "version", "release", "repository", "output"})


def run(  # noqa: PLR0913  # an argument is an option
    context: typer.Context,
    stem: Annotated[str, typer.Argument(help="A dataset with a scorer.", show_default=False)],
    *,
    model: Annotated[
        str | None,
        typer.Option("--model", help="openai/NAME, held/FOLDER or scripted/FILE.", show_default=False),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe", help="Train reference models instead, by a recipe: a name, or a .toml file."
        ),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="Where a recipe trains: cpu, cuda.")] = "cpu",
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="Of a recipe's models: 1,2,3; the recipe's if left out.")
    ] = None,
    widths: Annotated[
        str | None, typer.Option("--widths", help="Of a recipe's models: 16,32; the recipe's if left out.")
    ] = None,
    arms: Annotated[
        str | None, typer.Option("--arms", help="Arms of a recipe: cot2,discrete; all if left out.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The run's folder; runs/STEM-CONFIG.", parser=folder_of, metavar="<path>"),
    ] = None,
    base_url: Annotated[str, typer.Option("--base-url", help="Where the model is served.")] = "",
    samples: Annotated[int, typer.Option("--n", help="Responses to each item.", min=1)] = 1,
    temperature: Annotated[
        float | None, typer.Option("--temperature", help="The paper's if left out.", min=0)
    ] = None,
    parameters: Annotated[
        list[str] | None, typer.Option("--parameter", help="NAME=JSON for calls. May be repeated.")
    ] = None,
    limit: Limit = None,
    chosen: OptionPairs = None,
    config: Config = None,
    split: Split = None,
    version: Version = None,
    release: ReleaseFolder = None,
    repository: Repository = None,
    judge: JudgeName = None,
    judge_base_url: JudgeUrl = "",
    judge_parameters: JudgeParameters = None,
    output: PrintedAs = Printed.TEXT,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    prices: PriceTable = None,
    concurrency: Concurrency = "auto",
    retry_failed: RetryFailed = False,
    seed: Seed = 0,
    resamples: Resamples = 1000,
) -> None:
    """Ask a model everything that a benchmark asks, then score what it said.

    With --recipe, train a paper's reference models and measure those. The same command again goes on where it
    was stopped, and pays for nothing twice.
    """
    if recipe is not None:
        if model is not None:
            raise UsageError("--model and --recipe: a run asks a model or trains some; leave one out")
        if others := _given(context) - _OF_RECIPES - _OF_ALL_RUNS:
            raise UsageError(f"{_spelled(context, others)}: only with --model, not with --recipe; leave out")
        wanted = Chosen(recipe, device, out, seeds, widths, arms)
        train(stem, wanted, version=version, path=release, repository=repository, output=output)
        return
    if model is None:
        raise UsageError("no model is named; give --model, or --recipe to train reference models")
    if others := _given(context) & _OF_RECIPES:
        raise UsageError(f"{_spelled(context, others)}: only with --recipe, not with --model; leave out")
    from .loading.items import load_items
    from .scoring.calling import ModelSpec
    from .scoring.registry import find_scorer
    from .scoring.session import BenchmarkFolder, run_benchmark

    scorer = find_scorer(stem, dict(pair_of(each, "--set") for each in chosen or []))
    items = load_items(stem, config, split, version=version, path=release, repository=repository).first(limit)
    given = parameters_of(parameters or [], "--parameter")
    if temperature is not None:
        given["temperature"] = temperature
    options = options_of(
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
        prices=prices,
        concurrency=concurrency,
        retry_failed=retry_failed,
        seed=seed,
        resamples=resamples,
    )
    place = BenchmarkFolder(out or Path("runs") / f"{stem}-{items.config}")
    report = resumable(
        lambda: run_benchmark(
            scorer,
            items,
            place,
            ModelSpec(model, base_url, given),
            samples=samples,
            judge=model_of(judge, judge_base_url, judge_parameters, "--judge-parameter"),
            options=options,
        )
    )
    _finish(report, place.path / "report.json", page_of(place.path / "report.html"), output)


def _given(context: typer.Context) -> set[str]:
    """The parameters that the command line names."""
    names = {str(each.name) for each in context.command.params}
    sources = {name: context.get_parameter_source(name) for name in names}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def _spelled(context: typer.Context, names: set[str]) -> str:
    """Options as users write them, in the order of the help."""
    return ", ".join(each.opts[0] for each in context.command.params if each.name in names)


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="A report.", parser=folder_of, show_default=False)
    ],
    second: Annotated[
        Path, typer.Argument(metavar="B", help="Another one.", parser=folder_of, show_default=False)
    ],
    *,
    output: PrintedAs = Printed.TEXT,
    seed: Seed = 0,
    resamples: Resamples = 1000,
) -> None:
    """Compare two reports item by item: differences with intervals and tests."""
    from .scoring.compare import compare as compare_reports
    from .scoring.report_json import read_report

    result = compare_reports(read_report(first), read_report(second), seed=seed, resamples=resamples)
    print_result(
        result.as_dict() if output is Printed.JSON else result.as_text(width(), colour=is_coloured())
    )


def reproduce(
    stems: Annotated[
        list[str] | None, typer.Argument(metavar="[STEM]...", help="Datasets; all.", show_default=False)
    ] = None,
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A folder of the releases' own files; figures that come with the package if left out.",
            parser=folder_of,
            metavar="<path>",
        ),
    ] = None,
    output: PrintedAs = Printed.TEXT,
) -> None:
    """Compute published figures again, and say which are equal, and why others aren't.

    Exits with 1 if one differs without a known reason.
    """
    from .scoring.reproduce import reproduce as reproduce_figures

    found = reproduce_figures(source, stems or ())
    print_result(found.as_dict() if output is Printed.JSON else found.as_text(width=width()))
    raise typer.Exit(1 if found.fails else 0)


def _finish(report: Report, out: Path | None, html: Path | None, output: Printed) -> None:
    """Write the report, print it, and only then draw: what was paid for is shown whatever happens."""
    from .scoring.report_json import report_bytes
    from .scoring.report_text import report_text

    if out is not None:
        write_report(out, report_bytes(report))
    if output is Printed.JSON:
        typer.echo(report_bytes(report).decode(), nl=False)
    else:
        print_result(report_text(report, width(), colour=is_coloured()))
    if html is not None:
        from .scoring.report_html import report_html

        write_report(html, report_html(report).encode())
    for path in (out, html):
        if path is not None and output is Printed.TEXT:
            typer.echo(f"wrote {path}")
