"""The steps of joining responses to items, each over columns: what is left, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ResponseError
from .near_ids import nearest

if TYPE_CHECKING:
    import polars as pl

_EXAMPLES = 3
_SPARSE = 20
_MOST_GUESSED = 20_000
_CONTENT = ("text", "reasoning", "finish", "refusal", "failure")


@dataclass(frozen=True, slots=True)
class Release:
    """What responses should be to."""

    dataset: str
    config: str
    version: str

    def __str__(self) -> str:
        """As messages name it."""
        return f"{self.dataset}/{self.config} {self.version}"


@dataclass(frozen=True, slots=True)
class JoinFinding:
    """Something about responses that doesn't fit the items.

    Attributes:
        code: `missing-response`, `duplicate-response`, `extra-response`, `misaligned-response`,
            `other-version` or `uneven-samples`.
        count: How many there are: responses, or probes of items for `uneven-samples`.
        message: What was found and what became of it, in one line.
        examples: The first of them.
    """

    code: str
    count: int
    message: str
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The finding in one line."""
        such = f", such as {'; '.join(self.examples)}" if self.examples else ""
        return f"{self.code}: {self.message}{such}"


Step = tuple["pl.DataFrame", list[JoinFinding]]


def of_release(rows: pl.DataFrame, release: Release, *, keep: bool) -> Step:
    """Responses to the release: of the dataset and config, and of a version with the same MAJOR.

    Rows of a release may only come between MINOR versions and never change, so ids stand for the same items.

    Args:
        rows: The keys of responses.
        release: The release.
        keep: Whether other MAJOR versions are let through.
    """
    import polars as pl

    major = release.version.partition(".")[0]
    same = [each for each in rows["version"].unique() if each.partition(".")[0] == major]
    elsewhere = (pl.col("dataset") != release.dataset) | (pl.col("config") != release.config)
    told = pl.format("{}/{} {} ({})", "dataset", "config", "version", "id")
    what = f"responses to something else than {release}"
    rows, found = _without(rows, elsewhere, "misaligned-response", f"{what} are left out", told)
    major_differs = ~pl.col("version").is_in(same)
    if keep:
        found += _noted(rows, major_differs, "misaligned-response", f"{what} are joined all the same", told)
    else:
        rows, others = _without(rows, major_differs, "misaligned-response", f"{what} are left out", told)
        found += others
    differs = (pl.col("version") != release.version) & ~major_differs
    what = f"responses to another version than {release}, whose items have the same ids, are joined"
    found += _noted(rows, differs, "other-version", what, told)
    return rows.drop("dataset", "config", "version"), found


def of_items(rows: pl.DataFrame, items: pl.DataFrame, probes: Sequence[str]) -> Step:
    """Responses to items and probes that there are, with the column `pair`, the number of item and probe."""
    import polars as pl

    rows = rows.join(items, on="id", how="left", maintain_order="left")
    extra = rows.filter(pl.col("item").is_null())
    found: list[JoinFinding] = []
    if not extra.is_empty():
        unanswered = items.join(rows, on="id", how="anti", maintain_order="left")["id"].head(_MOST_GUESSED)
        ids = extra["id"].unique(maintain_order=True).head(_EXAMPLES)
        examples = tuple(_with_guess(each, unanswered.to_list()) for each in ids)
        message = f"{extra.height:,} of {rows.height:,} responses to ids that there aren't are left out"
        found.append(JoinFinding("extra-response", extra.height, message, examples))
        rows = rows.filter(pl.col("item").is_not_null())
    numbers = range(len(probes))
    probe = pl.col("probe").replace_strict(list(probes), numbers, default=None, return_dtype=pl.Int64)
    rows = rows.with_columns(pair=pl.col("item") * len(probes) + probe).drop("item")
    what = f"responses to probes that there aren't (expected {', '.join(map(repr, probes))}) are left out"
    rows, others = _without(rows, pl.col("pair").is_null(), "extra-response", what, named())
    return rows, found + others


def of_prompts(rows: pl.DataFrame, pairs: pl.DataFrame, prompts: pl.DataFrame, *, keep: bool) -> Step:
    """Responses to the prompts that items have now; where either side doesn't know its prompt, to any.

    Args:
        rows: The keys of responses, with `prompt_digest` and `pair`.
        pairs: `id` and `probe` of each pair.
        prompts: `id`, `probe` and `prompt_digest` of items.
        keep: Whether responses to others are let through.
    """
    import polars as pl

    if not prompts.select("id", "probe").equals(pairs):
        prompts = pairs.join(prompts, on=["id", "probe"], how="left", maintain_order="left")
    now = prompts["prompt_digest"]
    differs = (pl.col("prompt_digest") != now.gather(rows["pair"])).fill_null(value=False)
    what = "responses to another prompt than the item's"
    if keep:
        what = f"{what} are joined all the same"
        return rows, _noted(rows, differs, "misaligned-response", what, named())
    return _without(rows, differs, "misaligned-response", f"{what} are left out", named())


def single(rows: pl.DataFrame, table: pl.DataFrame, *, first: bool) -> Step:
    """One response to each item, probe and sample.

    Args:
        rows: The keys of responses, with `slot`, equal for responses to the same, and `row` in the table.
        table: The responses.
        first: Whether the first is taken where their contents differ.

    Raises:
        ResponseError: Their contents differ.
    """
    import numpy as np
    import polars as pl

    slots = rows["slot"].to_numpy()
    repeated = rows.filter(pl.Series(np.bincount(slots)[slots] > 1, dtype=pl.Boolean))
    if repeated.is_empty():
        return rows, []
    content = table.select(_CONTENT)[repeated["row"]].hash_rows()
    contents = pl.col("content").n_unique().over("slot")
    differ = repeated.with_columns(content=content).filter(contents > 1).unique("slot", maintain_order=True)
    if not (differ.is_empty() or first):
        raise ResponseError(
            f"duplicate-response: {differ.height:,} samples have several responses that differ, such as "
            f"{'; '.join(_examples(differ, named()))}; remove those that don't count, or take the first of "
            "each with duplicates='first'"
        )
    taken = "all are equal, and one is taken" if differ.is_empty() else "the first is taken"
    again = repeated.filter(pl.col("slot").is_first_distinct())
    more = repeated.height - again.height
    message = f"{more:,} responses are to what another one is to; {taken}"
    found = JoinFinding("duplicate-response", more, message, _examples(again, named()))
    return rows.unique("slot", keep="first", maintain_order=True), [found]


def within(rows: pl.DataFrame, samples: int) -> Step:
    """Responses whose sample is one of those that are wanted."""
    import polars as pl

    what = f"responses to samples beyond the {samples:,} that are wanted are left out"
    return _without(rows, pl.col("sample") >= samples, "uneven-samples", what, named())


def uneven(rows: pl.DataFrame, samples: int) -> list[JoinFinding]:
    """Prompts that have some responses, but fewer than they should."""
    import numpy as np
    import polars as pl

    pairs = rows["pair"].to_numpy()
    has = np.bincount(pairs)[pairs]
    short = rows.with_columns(has=pl.Series(has, dtype=pl.Int64)).filter(pl.col("has") < samples)
    if short.is_empty():
        return []
    each = short.unique("pair", keep="first", maintain_order=True)
    low, high = each["has"].min(), each["has"].max()
    some = f"{low}" if low == high else f"{low} to {high}"
    message = f"{each.height:,} prompts have {some} of {samples} samples; the others are missing"
    examples = _examples(each, pl.format("{} has {}", "id", "has"))
    return [JoinFinding("uneven-samples", each.height, message, examples)]


def fullest(rows: pl.DataFrame, prompts: int) -> int:
    """How many samples the fullest prompt has, by their numbers.

    Raises:
        ResponseError: The numbers leave wide gaps, so that they can't be counted from 0.
    """
    if rows.is_empty():
        return 1
    last = rows.row(rows["sample"].arg_max() or 0, named=True)
    most = int(last["sample"]) + 1
    if most * prompts > _SPARSE * (rows.height + prompts):
        raise ResponseError(
            f"{last['id']}: found sample {last['sample']:,}, but there are {rows.height:,} responses to "
            f"{prompts:,} prompts; expected samples to be numbered from 0 without gaps"
        )
    return most


def missing(rows: pl.DataFrame) -> list[JoinFinding]:
    """Responses that there should be, among the joined rows."""
    import polars as pl

    return _noted(rows, pl.col("reason").is_not_null(), "missing-response", "responses are missing", named())


def named() -> pl.Expr:
    """What a response is to, as messages name it."""
    import polars as pl

    probe = pl.when(pl.col("probe") != "").then(pl.format(" probe {}", "probe")).otherwise(pl.lit(""))
    return pl.format("{}{} sample {}", "id", probe, "sample")


def _without(rows: pl.DataFrame, broken: pl.Expr, code: str, what: str, told: pl.Expr) -> Step:
    found = _noted(rows, broken, code, what, told)
    return (rows.filter(~broken) if found else rows), found


def _noted(rows: pl.DataFrame, broken: pl.Expr, code: str, what: str, told: pl.Expr) -> list[JoinFinding]:
    some = rows.filter(broken)
    if some.is_empty():
        return []
    message = f"{some.height:,} of {rows.height:,} {what}"
    return [JoinFinding(code, some.height, message, _examples(some, told))]


def _examples(rows: pl.DataFrame, told: pl.Expr) -> tuple[str, ...]:
    return tuple(rows.head(_EXAMPLES).select(told.alias("told"))["told"])


def _with_guess(wrong: str, ids: Sequence[str]) -> str:
    guess = nearest(wrong, ids)
    return f"{wrong!r} (did you mean {guess!r}?)" if guess else repr(wrong)
