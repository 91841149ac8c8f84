"""Responses joined to the items that they answer: by id, never by position; nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ResponseError, UsageError
from . import join_steps as steps
from .join_steps import JoinFinding, Release
from .responses import Responses
from .verdicts import Reason

if TYPE_CHECKING:
    import polars as pl

__all__ = ["JoinFinding", "Joined", "Release", "join"]


@dataclass(frozen=True, slots=True)
class Joined:
    """A row for each response that there should be.

    Attributes:
        rows: In the order of items, probes and samples: `id`, `probe`, `sample`, then the other columns of
            responses, and `reason`: `missing` where there is no response, else null.
        findings: What didn't fit.
        samples: Samples of each probe.
    """

    rows: pl.DataFrame
    findings: tuple[JoinFinding, ...]
    samples: int


def join(
    ids: Any,
    responses: Responses,
    release: Release,
    *,
    probes: Sequence[str] = ("",),
    samples: int | None = None,
    prompts: pl.DataFrame | None = None,
    duplicates: Literal["error", "first"] = "error",
    misaligned: Literal["drop", "keep"] = "drop",
) -> Joined:
    """Give each item its responses.

    Args:
        ids: The ids of the release's items, in their order: a column of polars or Arrow, or a list.
        responses: The responses.
        release: What the items are from.
        probes: The probes of each item.
        samples: How many responses each probe should have; as many as the fullest has, if left out.
        prompts: `id`, `probe` and `prompt_digest` of what items ask; without them prompts aren't compared.
        duplicates: What is done where several responses to the same differ: `first` takes the first in the
            order of the files, and a finding says so. Of equal ones one is taken in either case.
        misaligned: `keep` joins responses to other prompts and to versions with another MAJOR all the same.
            Those to another dataset or config are never joined.

    Raises:
        ResponseError: Responses to the same differ, none of the responses belongs to an item, or samples are
            numbered with wide gaps.
        UsageError: An id is there twice.
    """
    items, keep = _items(ids), misaligned == "keep"
    keys = responses.table.select("dataset", "config", "version", "id", "probe", "sample", "prompt_digest")
    rows, found = steps.of_release(keys.with_row_index("row"), release, keep=keep)
    rows, more = steps.of_items(rows, items, probes)
    found += more
    if prompts is not None:
        rows, more = steps.of_prompts(rows, _grid(items, probes, 1).drop("sample"), prompts, keep=keep)
        found += more
    if rows.is_empty() and not keys.is_empty():
        raise ResponseError(_nothing(responses, release, found))
    wanted = samples or steps.fullest(rows, items.height * len(probes))
    rows, more = steps.within(rows, wanted)
    found += more
    rows = rows.with_columns(slot=rows["pair"] * wanted + rows["sample"])
    rows, more = steps.single(rows, responses.table, first=duplicates == "first")
    found += more
    joined = _filled(_grid(items, probes, wanted), rows, responses.table)
    found += [*steps.uneven(rows, wanted), *steps.missing(joined)]
    return Joined(joined, tuple(found), wanted)


def _items(ids: Any) -> pl.DataFrame:
    """The items' ids and numbers."""
    import polars as pl

    column = pl.Series("id", ids, pl.String)
    if column.n_unique() < len(column):
        again = column.filter(column.is_duplicated())[0]
        raise UsageError(f"items: the id {again!r} is there twice; expected ids of one split, each once")
    return column.to_frame().with_row_index("item").with_columns(pl.col("item").cast(pl.Int64))


def _grid(items: pl.DataFrame, probes: Sequence[str], samples: int) -> pl.DataFrame:
    """A row for each item, probe and sample, in that order."""
    import numpy as np
    import polars as pl

    slot = np.arange(items.height * len(probes) * samples)
    pair = slot // samples
    names = pl.Series("probe", list(probes), pl.String)
    return pl.DataFrame(
        [
            items["id"].gather(pair // len(probes)),
            names.gather(pair % len(probes)),
            pl.Series("sample", slot % samples, pl.Int64),
        ]
    )


def _filled(grid: pl.DataFrame, rows: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """The grid with the responses in their places."""
    import numpy as np
    import polars as pl

    places = np.full(grid.height, -1, np.int64)
    places[rows["slot"].to_numpy()] = rows["row"].to_numpy()
    at = pl.Series("at", places)
    at = at.set(at < 0, None)
    others = table.drop(grid.columns).select(pl.all().gather(at))
    reason = pl.when(at.is_null()).then(pl.lit(str(Reason.MISSING))).alias("reason")
    return grid.hstack(others).with_columns(reason)


def _nothing(responses: Responses, release: Release, found: Sequence[JoinFinding]) -> str:
    files = ", ".join(responses.files) or "responses"
    why = found[0] if found else "there are no responses"
    return f"{files}: no response belongs to an item of {release}: {why}"
