"""The `mensrea` command: one function a verb."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from . import cli_agree, cli_associate, cli_checks, cli_generate, cli_profile, cli_score
from .cli_text import print_report, wrapped
from .errors import MensreaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .builders.diff import ReleaseDiff

_INTERRUPTED = 130
_CLOSED_PIPE = 141

app = typer.Typer(
    name="mensrea",
    help="Build, validate, version, load and score datasets on chain-of-thought reasoning and its safety.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _path(text: str | Path) -> Path:
    """A path from the command line: `~` is the home folder, and an empty one is no path."""
    if not os.fspath(text):
        raise UsageError("a path is empty; is a shell variable unset? Name a folder ('.' for this one)")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{text}: no such home folder; write ./{text} for a folder of that name") from error


def _config(text: str) -> str:
    """A config's name from the command line."""
    if not text:
        raise UsageError("--config is empty; is a shell variable unset? `mensrea list` names the configs")
    return text


Stem = Annotated[str, typer.Argument(help="A dataset, as `mensrea list` names it.", show_default=False)]


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # what Typer calls with the option's value
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mensrea {version('mensrea')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """What belongs to no verb."""
    del version


@app.command("list")
def list_datasets(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON array of objects.")] = False
) -> None:
    """Every dataset's configs: origin, rows, version, tier, and whether they build offline."""
    from .cards.listing import list_datasets as every_config
    from .cards.listing import listing_table

    entries = every_config()
    if as_json:
        typer.echo(json.dumps([entry.as_dict() for entry in entries], indent=2))
    else:
        typer.echo(listing_table(entries))


@app.command()
def show(
    stem: Stem,
    config: Annotated[
        str | None,
        typer.Option("--config", help="A config; the first if left out.", parser=_config, metavar="<str>"),
    ] = None,
    rows: Annotated[int, typer.Option("-n", help="How many rows to show.", min=0)] = 1,
    out: Annotated[
        Path, typer.Option("--out", help="Where releases lie.", parser=_path, metavar="<path>")
    ] = Path("dist"),
) -> None:
    """A dataset's summary, its fields, and a few rows."""
    from .loading.show import show_dataset

    show_dataset(stem, config, rows, out)


@app.command()
def build(
    stems: Annotated[list[str] | None, typer.Argument(help="Datasets.", show_default=False)] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every dataset that builds offline.")] = False,
    config: Annotated[
        list[str] | None,
        typer.Option("--config", help="A config; may be repeated.", parser=_config, metavar="<list[str]>"),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--source",
            help="A local copy of the published release to import.",
            parser=_path,
            metavar="<path>",
        ),
    ] = None,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Import a copy whose hashes differ from the recorded ones.")
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", help="The folder that holds releases.", parser=_path, metavar="<path>")
    ] = Path("dist"),
    seed: Annotated[int, typer.Option("--seed", help="Root of the random streams.", min=0)] = 0,
    rows: Annotated[int | None, typer.Option("--rows", help="Rows of a sampled config.", min=10)] = None,
    workers: Annotated[int, typer.Option("--workers", help="Processes.", min=1)] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a release without comparing versions.")
    ] = False,
) -> None:
    """Build releases: Parquet, card, manifest and Croissant in OUT/STEM."""
    from .builders.release import BuildOptions, build_release, builds_offline, options_for_all
    from .cards import stems as all_stems

    chosen = [stem for stem in all_stems() if builds_offline(stem)] if every else stems or []
    if bool(stems) == every:
        message = "name datasets to build, or pass --all for those that build offline"
        raise typer.BadParameter(message)
    if every and (source or config):
        given = "--source" if source else "--config"
        raise UsageError(f"{given} is for named datasets: name them instead of --all")
    options = BuildOptions(
        seed=seed,
        rows=rows,
        source=source,
        verify=not unverified,
        workers=workers,
        overwrite=overwrite,
        progress=sys.stderr.isatty(),
    )
    for stem in chosen:
        own = options_for_all(stem, options) if every else options
        print_report(build_release(stem, configs=config or (), out=out, options=own))
    if every:
        _print_left_out([stem for stem in all_stems() if stem not in chosen])


for check in (cli_checks.validate, cli_checks.dedupe, cli_checks.overlap, cli_checks.explain):
    app.command()(check)
app.command()(cli_generate.generate)
for verb in (cli_score.score, cli_score.run, cli_score.compare, cli_agree.agree, cli_score.reproduce):
    app.command()(verb)
app.command()(cli_profile.profile)
app.command()(cli_associate.associate)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A release folder.", show_default=False, parser=_path)],
    new: Annotated[
        Path, typer.Argument(help="A later one of the same dataset.", show_default=False, parser=_path)
    ],
    *,
    ids: Annotated[int, typer.Option("--ids", help="Ids shown of each kind.", min=0)] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with every id.")] = False,
) -> None:
    """Rows added, changed and removed, and the version bump that takes.

    Exits with 1 if NEW's version is too small.
    """
    from .builders.diff import diff_releases

    result = diff_releases(old, new)
    typer.echo(_diff_json(result) if as_json else _diff_text(result, ids))
    raise typer.Exit(0 if result.is_enough else 1)


@app.command()
def pin(
    stem: Stem,
    source: Annotated[
        Path | None, typer.Option("--source", help="A local copy to hash.", parser=_path, metavar="<path>")
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace recorded hashes that differ.")] = False,
) -> None:
    """Record revision, size and sha256 of a dataset's upstream files (for maintainers)."""
    from .builders.pin import pin as pin_sources

    for line in pin_sources(stem, local=source, force=force):
        typer.echo(line)


def main() -> None:
    """Run the command; every error that mensrea raises on purpose is one line and an exit code."""
    out = sys.stdout
    for stream in (out, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        app()
    except MensreaError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        if _is_of_output(error):
            _discard(out)
            _fail(f"standard output can't be written ({error.strerror or error})", MensreaError.exit_code)
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}", MensreaError.exit_code)
    except UnicodeError as error:
        _fail(f"text can't be read or written: {error}", MensreaError.exit_code)
    except SystemExit as ended:
        # Typer and Rich turn a closed pipe into 1, and Typer an interrupt into 130; both say nothing.
        if isinstance(ended.__context__, BrokenPipeError):
            _discard(out)
            sys.exit(_CLOSED_PIPE)
        if ended.code != _INTERRUPTED:
            raise
        _fail("interrupted; what was there before is unchanged", _INTERRUPTED)


def _is_of_output(error: OSError) -> bool:
    """Whether the error came up where Typer or Rich print, whose writes name no file."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    return not error.filename and frame.f_globals["__name__"].partition(".")[0] in {"rich", "typer"}


def _discard(stream: TextIO) -> None:
    """Let what the stream still holds go nowhere, so that Python has nothing to say at its end."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"mensrea: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _print_left_out(stems: Sequence[str]) -> None:
    hint = "import published releases; see `mensrea build STEM --source DIR`"
    typer.echo(wrapped(f"not built: {', '.join(stems)} {hint}"))


def _diff_text(result: ReleaseDiff, ids: int) -> str:
    lines = list(result.lines)
    for name, changes in result.rows.items():
        parts = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
        counts = ", ".join(f"{len(each):,} {kind}" for kind, each in parts.items())
        lines.append(f"{name}: {counts}" + (", order changed" if changes.moved else ""))
        lines.extend(_ids(kind, each, ids) for kind, each in parts.items() if each and ids)
    verdict = "enough" if result.is_enough else f"too small, needs {result.required_version} or higher"
    lines.append(f"{result.old} -> {result.new}: required bump {result.required}, {verdict}")
    return "\n".join(lines)


def _ids(kind: str, ids: Sequence[str], shown: int) -> str:
    more = f" … {len(ids) - shown:,} more" if len(ids) > shown else ""
    return wrapped(f"  {kind}: {' '.join(ids[:shown])}{more}", "    ")


def _diff_json(result: ReleaseDiff) -> str:
    from dataclasses import asdict

    verdict = {"required_version": result.required_version, "is_enough": result.is_enough}
    return json.dumps({**asdict(result), **verdict}, indent=2)
