"""The verbs of the command that check rows: validate, dedupe, overlap, explain."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .errors import StorageError, UsageError

if TYPE_CHECKING:
    from .validation.report import Report

_WIDEST = 120


class Output(Enum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    MARKDOWN = "markdown"


class Severe(Enum):
    """The least severity that fails."""

    ERROR = "error"
    WARNING = "warning"


class Shown(Enum):
    """How duplicates are printed."""

    TEXT = "text"
    JSON = "json"


Threshold = Annotated[float, typer.Option("--threshold", help="Least similarity of a pair, above 0 to 1.")]
Fields = Annotated[
    list[str],
    typer.Option("--field", help="What is compared: prompt, messages[].content; may be repeated."),
]
PrintedAs = Annotated[Shown, typer.Option("--format", help="How the result is printed.")]


def validate(  # noqa: PLR0913  # an argument is an option
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET",
            help="Files (JSON Lines, also .gz and .zst; Parquet; Arrow; JSON), folders, release folders, "
            "or Hub repositories (org/name, org/name@revision).",
            show_default=False,
        ),
    ],
    *,
    schema: Annotated[
        str | None, typer.Option("--schema", help="A JSON Schema file; a release brings its own.")
    ] = None,
    config: Annotated[str | None, typer.Option("--config", help="Only this config.")] = None,
    split: Annotated[str | None, typer.Option("--split", help="Only this split.")] = None,
    rules: Annotated[
        str | None, typer.Option("--rules", help="A TOML file of rules and suppressions.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Earlier rows: drift from them becomes findings.")
    ] = None,
    output: Annotated[Output, typer.Option("--format", help="What is printed.")] = Output.TEXT,
    reports: Annotated[
        list[str] | None,
        typer.Option("--report", help="Write a report too: FORMAT=FILE; may be repeated."),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option("--max-findings", help="How many of each code are shown; all are counted.", min=0),
    ] = None,
    fail_on: Annotated[
        Severe, typer.Option("--fail-on", help="The least severity that exits with 1.")
    ] = Severe.ERROR,
    null_is_absent: Annotated[
        bool, typer.Option("--null-is-absent", help="In tables null stands for a member that isn't there.")
    ] = False,
    formats: Annotated[bool, typer.Option("--assert-formats", help="The keyword format asserts.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict-schema", help="A keyword that the draft doesn't define is an error.")
    ] = False,
    no_rules: Annotated[bool, typer.Option("--no-rules", help="Check the schema alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.", hidden=True)] = False,
) -> None:
    """Check rows against a JSON Schema and rules; a release also against its manifest.

    Exits with 1 on findings as severe as --fail-on says, with 2 if something can't be read.
    """
    from .loading.validate import validate as check
    from .validation.run import MOST_KEPT

    read = [each for each in (*targets, schema, rules) if each]
    also = [_report_file(each, read) for each in reports or ()]
    report = check(
        [_target(each) for each in targets],
        None if schema is None else _path(schema),
        config=_named(config, "--config"),
        split=_named(split, "--split"),
        rules=None if rules is None else _path(rules),
        baseline=None if baseline is None else _target(baseline),
        most=max(most or 0, MOST_KEPT),
        formats=formats,
        null_is_absent=null_is_absent,
        strict_schema=strict,
        with_rules=not no_rules,
        progress=sys.stderr.isatty(),
    )
    for form, path in also:
        _write(report, form, path, most)
    _print(report, Output.JSON if as_json else output, most)
    raise typer.Exit(1 if report.fails(fail_on.value) else 0)


def dedupe(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="JSON Lines or Parquet, or folders.", show_default=False),
    ],
    *,
    field: Fields,
    threshold: Threshold = 0.8,
    write: Annotated[
        str | None,
        typer.Option("--write", help="A new file or folder for a copy without the repeated rows."),
    ] = None,
    output: PrintedAs = Shown.TEXT,
) -> None:
    """Rows whose text repeats another row's, exactly or nearly.

    Exits with 1 if there are any. With --write a copy without them is made, and a list of the dropped
    rows with reasons beside it; the input stays as it is.
    """
    from .validation.duplicates.files import dedupe_files

    report = dedupe_files(
        [_path(each) for each in paths],
        field=field,
        threshold=threshold,
        write=None if write is None else _path(write),
    )
    typer.echo(json.dumps(report.as_dict(), indent=2) if output is Shown.JSON else report.as_text())
    raise typer.Exit(1 if report.found else 0)


def overlap(
    train: Annotated[str, typer.Argument(help="Training rows: a file or a folder.", show_default=False)],
    test: Annotated[
        list[str], typer.Argument(metavar="TEST...", help="Test rows: files or folders.", show_default=False)
    ],
    *,
    field: Fields,
    threshold: Threshold = 0.8,
    ngram: Annotated[int, typer.Option("--ngram", help="Words of an n-gram.", min=1)] = 13,
    output: PrintedAs = Shown.TEXT,
) -> None:
    """Test rows that occur in training rows: exactly, nearly, or in word n-grams.

    Exits with 1 if there are any.
    """
    from .validation.duplicates.files import overlap_files

    report = overlap_files(
        [_path(train)], [_path(each) for each in test], field=field, threshold=threshold, ngram=ngram
    )
    typer.echo(json.dumps(report.as_dict(), indent=2) if output is Shown.JSON else report.as_text())
    raise typer.Exit(1 if report.found else 0)


def explain(
    rule: Annotated[
        str | None, typer.Argument(help="MR405, or mojibake; every rule if left out.", show_default=False)
    ] = None,
) -> None:
    """What a finding's code means, why it matters, and what to do."""
    from .validation.rules.catalogue import all_rules
    from .validation.rules.catalogue import explain as page

    if rule is not None:
        typer.echo(page(rule))
        return
    for each in all_rules():
        typer.echo(f"{each.number}  {each.severity:7}  {each.name}")


def _target(text: str) -> str:
    return str(_path(text))


def _path(text: str) -> Path:
    if not text:
        raise UsageError("a path is empty; is a shell variable unset? Name a file or folder")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{text}: no such home folder; write ./{text} for one of that name") from error


def _named(text: str | None, option: str) -> str | None:
    if text == "":
        raise UsageError(f"{option} is empty; is a shell variable unset? Name one, or leave it out")
    return text


def _report_file(text: str, read: Iterable[str]) -> tuple[Output, Path]:
    form, equals, path = text.partition("=")
    known = [each.value for each in Output]
    if not equals or form not in known:
        raise UsageError(f"--report {text}: expected FORMAT=FILE with one of {', '.join(known)}")
    file = _path(path)
    if any(_is_same(file, _path(each)) for each in read):
        raise UsageError(f"--report {text}: that is read, and would be overwritten; name another file")
    return Output(form), file


def _is_same(file: Path, other: Path) -> bool:
    try:
        return file.samefile(other)
    except OSError:  # one of them isn't there
        return False


def _write(report: Report, form: Output, path: Path, most: int | None) -> None:
    from .validation.reports.render import render

    text = render(report, form.value, most=most)
    try:
        # A step's summary file may hold what earlier steps wrote.
        with path.open("a" if form is Output.MARKDOWN else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StorageError(f"{path}: the report can't be written ({error.strerror})") from error


def _print(report: Report, form: Output, most: int | None) -> None:
    from .validation.reports.render import render

    is_terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST) if is_terminal else 80
    colour = is_terminal and "NO_COLOR" not in os.environ
    typer.echo(render(report, form.value, most=most, width=width, colour=colour), nl=False)
