"""The verb of the command that holds habits against labels of harm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from .cli_options import folder_of
from .cli_printing import Printed, is_coloured, print_result, width, write_report
from .errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from .scoring.association_samples import Labelled


def associate(
    reports: Annotated[
        list[str],
        typer.Argument(metavar="REPORT...", help="Reports with judgements of habits.", show_default=False),
    ],
    *,
    labels: Annotated[
        list[str],
        typer.Option("--labels", help="Labels of the responses: id, label, sample. One a report, in order."),
    ],
    lengths: Annotated[
        list[str] | None,
        typer.Option("--lengths", help="The responses, for lengths of reasoning. One a report, in order."),
    ] = None,
    label: Annotated[str, typer.Option("--label", help="The label to look for.")] = "harmful",
    question: Annotated[
        list[str] | None, typer.Option("--question", help="A habit; all if left out. May be repeated.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the result as JSON.", parser=folder_of, metavar="<path>"),
    ] = None,
    output: Annotated[Printed, typer.Option("--format", help="How the result is printed.")] = Printed.TEXT,
) -> None:
    """Which habits go with a label of the response, such as harmful, lengths being equal.

    For CogTest's safety analysis: tables with intervals, tests corrected over habits, and the same among
    samples whose reasoning is equally long.
    """
    from .scoring.association import associate as hold_against
    from .scoring.association_samples import pooled

    _check_pairs(reports, labels, lengths)
    measured: list[str | None] = [*lengths] if lengths is not None else [None] * len(reports)
    parts = [_labelled(*each) for each in zip(reports, labels, measured, strict=True)]
    result = hold_against(pooled(parts), label=label, habits=question)
    if out is not None:
        write_report(out, orjson.dumps(result.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    print_result(
        result.as_dict() if output is Printed.JSON else result.as_text(width(), colour=is_coloured())
    )
    if out is not None and output is Printed.TEXT:
        typer.echo(f"wrote {out}")


def _check_pairs(reports: list[str], labels: list[str], lengths: list[str] | None) -> None:
    for option, given in (("--labels", labels), ("--lengths", lengths)):
        if given is not None and len(given) != len(reports):
            raise UsageError(
                f"{option}: {len(given)} files for {len(reports)} reports; give one for each, in their order"
            )


def _labelled(report_path: str, labels_path: str, lengths_path: str | None) -> Labelled:
    """A report's judgements with labels; behaviours of HarmBench may go by their own ids in the labels."""
    from .builders.cogtest_own import own_rows
    from .scoring.association_samples import labelled_samples
    from .scoring.report_json import read_report
    from .scoring.tables import read_labels

    report, labels = read_report(folder_of(report_path)), read_labels(folder_of(labels_path))
    lengths = None if lengths_path is None else _lengths(folder_of(lengths_path))
    release = report.subject.release
    if (release.dataset, release.config) != ("cogtest", "harmbench"):
        return labelled_samples(report, labels, lengths)
    import polars as pl

    index = pl.DataFrame(list(own_rows("harmbench"))).select("id", "behaviour_id", "category")
    ours = index.select("behaviour_id", ours="id")
    labels = labels.join(ours, left_on="id", right_on="behaviour_id", how="left", maintain_order="left")
    labels = labels.with_columns(id=pl.coalesce("ours", "id")).drop("ours")
    return labelled_samples(report, labels, lengths, index.select("id", "category"))


def _lengths(path: Path) -> pl.DataFrame:
    """The length of each response's reasoning in characters."""
    import polars as pl

    from .scoring.responses import read_responses
    from .scoring.samples import reply_of

    rows = read_responses(path).table.filter(pl.col("text").is_not_null()).iter_rows(named=True)
    found = [(row["id"], row["sample"], len(reply_of(row).reasoning)) for row in rows]
    schema = {"id": pl.String, "sample": pl.Int64, "length": pl.Int64}
    return pl.DataFrame(found, schema, orient="row").unique(
        ["id", "sample"], keep="first", maintain_order=True
    )
