"""Judgements of habits with labels of their samples, and what was lost in bringing them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from .report import Report


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Judgements of samples that have a label.

    Attributes:
        samples: `model`, `id`, `sample`, `question`, `outcome`, `reason`, `label`, and, null where unknown,
            `length` of the reasoning in characters and `category` of the item.
        findings: What was lost, or is odd.
        release: What the responses are about.
        judges: Who judged them.
    """

    samples: pl.DataFrame
    findings: tuple[str, ...] = ()
    release: str = ""
    judges: str = ""


def labelled_samples(
    report: Report,
    labels: pl.DataFrame,
    lengths: pl.DataFrame | None = None,
    categories: pl.DataFrame | None = None,
) -> Labelled:
    """The judgements of a report with the labels of their samples.

    Args:
        report: A report with judgements.
        labels: As `read_labels` gives them; without the column `sample`, a label is about all samples of an
            item.
        lengths: `id`, `sample`, `length` of the reasoning in characters.
        categories: `id`, `category`. Without them, the samples' domain is their category, if they have one.

    Raises:
        UsageError: The report has no judgements, something has two labels, or no sample has one.
    """
    import polars as pl

    if report.judgements is None:
        raise UsageError("the report has no judgements of habits; make it with `mensrea score cogtest`")
    keys = [name for name in ("id", "sample") if name in labels.columns]
    known = labels.drop_nulls("label").select(*keys, "label")
    _check_once(known, keys)
    joined = report.judgements.join(known, on=keys, how="inner", maintain_order="left")
    if joined.is_empty():
        raise UsageError(
            f"labels: none is about a sample of the report; ids are like {labels['id'].first()!r} in labels "
            f"and like {report.judgements['id'].first()!r} in the report"
        )
    model = ", ".join(str(each.get("model", "unknown")) for each in report.subject.models) or "unknown model"
    joined = _with(joined, "length", pl.Int64, lengths, ["id", "sample"])
    joined = _with(joined, "category", pl.String, _domains(report) if categories is None else categories)
    release = report.subject.release
    return Labelled(
        joined.with_columns(pl.lit(model).alias("model")),
        tuple(f"{model}: {each}" for each in _lost(report.judgements, known, joined, keys)),
        f"{release.dataset} {release.config} {release.version} {release.digest}",
        ", ".join(sorted(_judge(each) for each in report.subject.judges)),
    )


def pooled(parts: Sequence[Labelled]) -> Labelled:
    """Labelled samples of several reports, at least one; what differs between them is a finding."""
    import polars as pl

    samples = pl.concat([each.samples for each in parts])
    findings = [finding for each in parts for finding in each.findings]
    if len({each.release for each in parts}) > 1:
        findings.append("the reports are about different releases or configs, so models differ in items too")
    if len({each.judges for each in parts}) > 1:
        judges = "; ".join(dict.fromkeys(each.judges or "none" for each in parts))
        findings.append(f"the reports have different judges, so models differ in these too: {judges}")
    if samples.select("model", "id", "sample", "question").is_duplicated().any():
        findings.append(
            "several reports are of one model and the same samples: they count as further samples of an item"
        )
    return Labelled(samples, tuple(findings), parts[0].release, parts[0].judges)


def _check_once(known: pl.DataFrame, keys: Sequence[str]) -> None:
    again = known.filter(known.select(keys).is_duplicated())
    if again.height:
        what = ", ".join(f"{name} {again[name][0]}" for name in keys)
        raise UsageError(f"labels: {what} has several; give one, whatever the question or the kind of id")


def _with(
    joined: pl.DataFrame, name: str, kind: Any, known: pl.DataFrame | None, keys: Sequence[str] = ("id",)
) -> pl.DataFrame:
    import polars as pl

    if known is None:
        return joined.with_columns(pl.lit(None, kind).alias(name))
    found = joined.join(known.select(*keys, name), on=list(keys), how="left", maintain_order="left")
    return found.with_columns(pl.col(name).cast(kind))


def _domains(report: Report) -> pl.DataFrame | None:
    if "domain" not in report.samples.columns:
        return None
    found = report.samples.select("id", category="domain").drop_nulls()
    return found.unique("id") if found.height else None


def _judge(judge: Any) -> str:
    return " ".join(str(judge[name]) for name in ("name", "version", "model") if name in judge)


def _lost(
    judged: pl.DataFrame, known: pl.DataFrame, joined: pl.DataFrame, keys: Sequence[str]
) -> Iterator[str]:
    samples = judged.select("id", "sample").unique()
    strange = known.join(samples, on=list(keys), how="anti").height
    if strange:
        yield f"{strange:,} labels are about nothing in the report, and are left out"
    without = samples.height - joined.select("id", "sample").unique().height
    if without:
        yield f"{without:,} of {samples.height:,} samples have no label, and are left out"
