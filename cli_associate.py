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

    from .scoring.report import Report


def associate(  # an argument is an option
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
    import polars as pl

    from .scoring.association import associate as hold_against
    from .scoring.association import labelled_samples
    from .scoring.report_json import read_report
    from .scoring.tables import read_labels

    _check_pairs(reports, labels, lengths)
    parts: list[pl.DataFrame] = []
    for place, path in enumerate(reports):
        report = read_report(folder_of(path))
        found = _by_our_ids(read_labels(folder_of(labels[place])), report)
        measured = None if lengths is None else _lengths(folder_of(lengths[place]))
        parts.append(labelled_samples(report, found, measured))
    samples = pl.concat(parts)
    if question:
        samples = samples.filter(pl.col("question").is_in(question))
        if samples.is_empty():
            raise UsageError(f"--question {question[0]}: no judgement is on it; name a habit by its key")
    result = hold_against(samples, label=label)
    if out is not None:
        write_report(out, orjson.dumps(result.as_dict(), option=orjson.OPT_INDENT_2))
    print_result(
        result.as_dict() if output is Printed.JSON else result.as_text(width(), colour=is_coloured())
    )


def _check_pairs(reports: list[str], labels: list[str], lengths: list[str] | None) -> None:
    for option, given in (("--labels", labels), ("--lengths", lengths)):
        if given is not None and len(given) != len(reports):
            raise UsageError(
                f"{option}: {len(given)} files for {len(reports)} reports; give one for each, in their order"
            )


def _by_our_ids(labels: pl.DataFrame, report: Report) -> pl.DataFrame:
    """Labels by the ids of rows, if they are by those of HarmBench's behaviours."""
    import polars as pl

    release = report.subject.release
    if release.config != "harmbench" or set(labels["id"]) & set(report.samples["id"]):
        return labels
    from .loading.items import load_items

    rows = load_items(release.dataset, release.config, release.split).rows
    known = pl.DataFrame(
        {"id": [each["behaviour_id"] for each in rows], "ours": [each["id"] for each in rows]}
    )
    return labels.join(known, on="id", how="left").with_columns(pl.coalesce("ours", "id").alias("id"))


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
