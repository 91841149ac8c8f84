"""Files that a scoring reads: responses of whatever tool, and what judges said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..errors import ResponseError
from ..models.wire_json import mapping, parse
from .importers import import_responses
from .importers.importing import Tool
from .items import Items
from .judging import Key, Stored
from .line_files import is_parquet, opened
from .responses import Responses, read_responses
from .tables import read_verdicts

if TYPE_CHECKING:
    import polars as pl

OURS = "mensrea"
_RELEASE = frozenset({"dataset", "config", "version", "id"})


def responses_in(
    paths: Sequence[Path],
    items: Items,
    *,
    tool: str = "auto",
    fields: Mapping[str, str] | None = None,
    id_pattern: str = "",
) -> Responses:
    """Responses in this project's format, or in that of another tool, taken together.

    Args:
        paths: The files.
        items: What other tools' responses are taken to be about.
        tool: What wrote them: `mensrea`, a name in `importers.TOOLS`, or `auto` to look into each.
        fields: Where another tool has a field.
        id_pattern: How another tool's ids are read.

    Raises:
        ResponseError: A file can't be read.
        UsageError: There is no such tool or field.
    """
    import polars as pl

    found = [
        read_responses(path)
        if tool == OURS or (tool == "auto" and not (fields or id_pattern) and _is_ours(path))
        else import_responses(
            path,
            dataset=items.dataset,
            config=items.config,
            version=items.version,
            tool=cast("Tool", tool),
            fields=fields,
            id_pattern=id_pattern,
        )
        for path in paths
    ]
    return Responses(pl.concat([each.table for each in found]), tuple(map(str, paths)))


def stored_verdicts(path: Path, items: Items | None = None) -> dict[Key, Stored]:
    """What judges said before, by item, sample and question.

    Args:
        path: The file.
        items: Whose verdicts are meant; those on another dataset or config are left out.

    Raises:
        ResponseError: The file can't be read, has two verdicts on one question, or none on the items'
            dataset and config.
    """
    table = read_verdicts(path)
    if items is not None:
        table = _about(table, items, path)
    rows = table.select("id", "sample", "question", "judge", "about", "raw").iter_rows()
    found: dict[Key, Stored] = {}
    for ident, sample, question, *stored in rows:
        if (ident, sample, question) in found:
            raise ResponseError(
                f"{path}: two verdicts on question {question!r} about {ident}, sample {sample}; keep "
                "those of one judge"
            )
        found[ident, sample, question] = Stored(*stored)
    return found


def _about(verdicts: pl.DataFrame, items: Items, path: Path) -> pl.DataFrame:
    """Verdicts on a dataset and config."""
    import polars as pl

    found = verdicts.filter((pl.col("dataset") == items.dataset) & (pl.col("config") == items.config))
    if found.is_empty():
        pairs = verdicts.select("dataset", "config").unique().sort("dataset", "config").iter_rows()
        others = ", ".join(map(" ".join, pairs)) or "nothing"
        wanted = f"{items.dataset} {items.config}"
        raise ResponseError(f"{path}: has verdicts on {others}, expected some on {wanted}; check the path")
    return found


def _is_ours(path: Path) -> bool:
    """Whether a file says of its first response which release it is to."""
    if is_parquet(path):
        import pyarrow.parquet as pq

        return set(pq.read_schema(path).names) >= _RELEASE
    with opened(path) as file:
        line = file.readline()
    try:
        return mapping(parse(line)).keys() >= _RELEASE
    except ValueError:
        return False
