"""The verb of the command that makes rows with language models: generate."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_options import concurrency_of, folder_of, pair_of, parameter_of
from .cli_text import print_report
from .errors import BudgetError, RunStoppedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .generation.run_folder import RunFolder, Settings
    from .generation.session import Options, Report


class Runner(Enum):
    """Where rows run."""

    LOCAL = "local"
    RAY = "ray"


class Structured(Enum):
    """How structured answers are asked for."""

    SCHEMA = "schema"
    PROMPT = "prompt"


def generate(  # noqa: PLR0913  # an argument is an option
    stem: Annotated[str | None, typer.Argument(help="A dataset with a recipe.", show_default=False)] = None,
    *,
    config: Annotated[str | None, typer.Option("--config", help="A config; the first with a recipe.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            help="openai/NAME, held/FOLDER or scripted/FILE; ROLE=MODEL for one role. May be repeated.",
        ),
    ] = None,
    base_url: Annotated[
        str, typer.Option("--base-url", help="Where an OpenAI-compatible server answers.")
    ] = "",
    rows: Annotated[int | None, typer.Option("--n", help="Rows in the end.", min=1)] = None,
    seed: Annotated[int, typer.Option("--seed", help="Root of what is drawn.", min=0)] = 0,
    inputs: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE of the recipe's inputs. May be repeated.")
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameter", help="[ROLE.]NAME=JSON for calls; null leaves it out. May be repeated."),
    ] = None,
    structured: Annotated[
        Structured, typer.Option("--structured", help="Hold answers to a schema, or ask in words.")
    ] = Structured.SCHEMA,
    budget_usd: Annotated[float | None, typer.Option("--budget-usd", help="Spend no more.", min=0)] = None,
    budget_tokens: Annotated[int | None, typer.Option("--budget-tokens", help="Use no more.", min=0)] = None,
    prices: Annotated[
        Path | None, typer.Option("--prices", help="Your price table.", parser=folder_of, metavar="<path>")
    ] = None,
    concurrency: Annotated[
        str, typer.Option("--concurrency", help="Calls in flight at most: auto, or a number.")
    ] = "auto",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The run's folder.", parser=folder_of, metavar="<path>", show_default=False
        ),
    ] = None,
    runner: Annotated[Runner, typer.Option("--runner", help="Where rows run.")] = Runner.LOCAL,
    address: Annotated[str | None, typer.Option("--address", help="A Ray cluster.")] = None,
    workers: Annotated[int, typer.Option("--workers", help="Workers on Ray.", min=1)] = 2,
    batch: Annotated[bool, typer.Option("--batch", help="Use the provider's batch API.")] = False,
    only_estimate: Annotated[
        bool, typer.Option("--estimate", help="Print calls, tokens and cost; call nothing.")
    ] = False,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="Go on with a run.", parser=folder_of, metavar="<path>")
    ] = None,
    status: Annotated[
        Path | None,
        typer.Option("--status", help="Say how far a run is.", parser=folder_of, metavar="<path>"),
    ] = None,
    retry_failed: Annotated[
        Path | None,
        typer.Option("--retry-failed", help="Ask again what failed.", parser=folder_of, metavar="<path>"),
    ] = None,
) -> None:
    """Make a config's rows with language models, by the dataset's recipe.

    Nothing that was paid for is asked twice: a run that was interrupted goes on with --resume.
    """
    from .generation.run_folder import RunFolder
    from .generation.session import Options

    fixed = {"--config": config, "--model": model, "--base-url": base_url, "--n": rows, "--seed": seed}
    fixed |= {"--set": inputs, "--parameter": parameters, "--out": out}
    given = [name for name, value in fixed.items() if value]
    begun = [each for each in (resume, status, retry_failed) if each is not None]
    if len(begun) + (stem is not None) != 1:
        raise UsageError(
            "name a dataset, or one of --resume, --status and --retry-failed with a run's folder"
        )
    if stem is None and given:
        raise UsageError(
            f"{given[0]}: a run that was begun keeps what it does; leave it out, or begin another"
        )
    options = Options(
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
        prices=prices,
        concurrency=concurrency_of(concurrency),
        batch=batch,
        runner=runner.value,
        address=address,
        workers=workers,
        progress=sys.stderr.isatty(),
    )
    if status is not None:
        _print_status(RunFolder(status))
        return
    if stem is None:
        _run(RunFolder(begun[0]), options, retry_failed=retry_failed is not None)
        return
    settings = _settings(
        stem,
        config=config,
        models=model or [],
        base_url=base_url,
        rows=rows,
        seed=seed,
        inputs=inputs or [],
        parameters=parameters or [],
        structured=structured.value,
    )
    if only_estimate:
        _print_estimate(settings, options)
        return
    folder = RunFolder(out or Path("runs") / f"{stem}-{settings.config}")
    _check_budget(settings, options)
    if not folder.exists:
        _check_models(settings)
    folder.begin(settings)
    _run(folder, options)


def _settings(
    stem: str,
    *,
    config: str | None,
    models: Sequence[str],
    base_url: str,
    rows: int | None,
    seed: int,
    inputs: Sequence[str],
    parameters: Sequence[str],
    structured: str,
) -> Settings:
    from .cards import find_card
    from .generation.recipe import find_recipe
    from .generation.run_folder import Settings

    card = find_card(stem)
    if config is not None:
        card.config(config)
    recipe = find_recipe(stem, config)
    start = recipe.start(rows, seed, dict(pair_of(each, "--set") for each in inputs))
    return Settings(
        stem=stem,
        config=recipe.config,
        rows=start.rows,
        seed=seed,
        inputs=start.inputs,
        models=_models(recipe.roles, models),
        base_url=base_url,
        parameters=_parameters(recipe.roles, parameters),
        structured=structured,
    )


def _models(roles: Sequence[str], given: Sequence[str]) -> dict[str, str]:
    """The model of each role: that of its own, or the one given for all."""
    chosen: dict[str, str] = {}
    for each in given:
        role, equals, model = each.partition("=")
        if equals and role not in roles:
            raise UsageError(f"--model {each}: no role {role!r}; the recipe has {', '.join(roles)}")
        chosen[role if equals else ""] = model if equals else each
    missing = [role for role in roles if role not in chosen and "" not in chosen]
    if missing:
        raise UsageError(
            f"no model for {', '.join(missing)}: pass --model openai/NAME (and --base-url for a server of "
            "your own), or --model scripted/FILE to try it without a model"
        )
    return {role: chosen.get(role, chosen.get("", "")) for role in roles}


def _parameters(roles: Sequence[str], given: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {role: {} for role in roles}
    for each in given:
        name, value = parameter_of(each, "--parameter")
        role, dot, own = name.partition(".")
        if dot and role not in roles:
            raise UsageError(f"--parameter {each}: no role {role!r}; the recipe has {', '.join(roles)}")
        for at in (role,) if dot else roles:
            found[at][own if dot else name] = value
    return {role: each for role, each in found.items() if each}


def _check_models(settings: Settings) -> None:
    """Refuse models that can't be called, before anything is begun."""
    from .generation.session import connected
    from .models.openai_endpoint import OpenAIEndpoint

    for transport in connected(settings)[1].values():
        if isinstance(transport, OpenAIEndpoint):
            transport.find_key()


def _check_budget(settings: Settings, options: Options) -> None:
    """Refuse a budget in USD for a model whose price isn't known, before anything is begun."""
    from .models.budget import Budget
    from .models.prices import Prices

    prices = Prices.load(options.prices)
    prices.free(model for model in settings.models.values() if not model.startswith("openai/"))
    Budget(options.budget_usd, options.budget_tokens, prices).expect(settings.models.values())


def _run(folder: RunFolder, options: Options, *, retry_failed: bool = False) -> None:
    from .generation.session import run

    try:
        report = run(folder, options, retry_failed=retry_failed)
    except RunStoppedError as error:
        raise RunStoppedError(
            f"stopped; what was paid for is kept; go on with: mensrea generate --resume {folder.path}"
        ) from error
    except BudgetError as error:
        raise BudgetError(
            f"{error}; go on with `mensrea generate --resume {folder.path}` and more"
        ) from error
    for line in report.recovered:
        typer.echo(f"mensrea: {line}", err=True)
    _print_run(folder, report)
    if report.failed:
        raise typer.Exit(1)


def _print_run(folder: RunFolder, report: Report) -> None:
    from .builders.release import BuildOptions, build_release
    from .generation.ledger import ledger_lines

    settings = folder.settings()
    typer.echo("\n".join(ledger_lines(report.account)))
    if report.failed:
        typer.echo(f"{report.failed:,} rows failed; ask again: mensrea generate --retry-failed {folder.path}")
    options = BuildOptions(source=folder.path, overwrite=True)
    built = build_release(
        settings.stem, configs=[settings.config], out=folder.path / "release", options=options
    )
    print_report(built)


def _print_estimate(settings: Settings, options: Options) -> None:
    from .generation.estimate import estimate
    from .generation.ledger import estimate_lines
    from .generation.session import job_of
    from .models.prices import Prices

    prices = Prices.load(options.prices)
    prices.free(model for model in settings.models.values() if not model.startswith("openai/"))
    found = estimate(job_of(settings, settings.models), prices.cost)
    typer.echo("\n".join(estimate_lines(found)))


def _print_status(folder: RunFolder) -> None:
    from .generation.status import status_lines

    typer.echo("\n".join(status_lines(folder)))
