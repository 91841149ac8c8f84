"""The verb of the command that profiles models by their reports on CogTest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_options import folder_of
from .cli_printing import Printed, is_coloured, print_result, width, write_report

if TYPE_CHECKING:
    from .scoring.profiles import Profiles
    from .scoring.report import Report


def profile(
    reports: Annotated[
        list[str],
        typer.Argument(
            metavar="REPORT...",
            help="Reports on cogtest of one or several models: core, controls, twins, original.",
            show_default=False,
        ),
    ],
    *,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a page with plots, too.", parser=folder_of, metavar="<path>"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the profiles as JSON.", parser=folder_of, metavar="<path>"),
    ] = None,
    output: Annotated[Printed, typer.Option("--format", help="How the result is printed.")] = Printed.TEXT,
    seed: Annotated[int, typer.Option("--seed", help="Of every random draw.", min=0)] = 0,
    resamples: Annotated[int, typer.Option("--resamples", help="Of the bootstrap.", min=100)] = 1000,
) -> None:
    """Which habits models show on CogTest: rates, specificity, controls, twins, likeness of models."""
    from .scoring.profiles import profile as profile_reports

    found = profile_reports([_read(each) for each in reports], seed=seed, resamples=resamples)
    if out is not None:
        write_report(out, f"{json.dumps(found.as_dict(), indent=2)}\n".encode())
    print_result(found.as_dict() if output is Printed.JSON else found.as_text(width(), colour=is_coloured()))
    if html is not None:
        _draw(found, html)
    for path in (out, html):
        if path is not None and output is Printed.TEXT:
            typer.echo(f"wrote {path}")


def _read(path: str) -> Report:
    """A report.

    Raises:
        ResponseError: The file is none.
        UsageError: It has nothing to profile.
    """
    from .errors import UsageError
    from .scoring.report_json import read_report

    report = read_report(folder_of(path))
    if report.judgements is None:
        raise UsageError(f"{path}: has no judgements of habits; score cogtest's responses again for it")
    return report


def _draw(profiles: Profiles, path: Path) -> None:
    from .scoring.profile_html import profile_html

    write_report(path, profile_html(profiles).encode())
