"""Responses of models to a benchmark's items: one format for whatever tool drew them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .row_format import RowFormat
from .row_rules import Rule

if TYPE_CHECKING:
    import polars as pl

KEY = ("dataset", "config", "version", "id", "probe", "sample")
"""The fields that say what a response is to; at most one row should have the same."""


@dataclass(frozen=True)
class Responses:
    """Responses, and where they are from.

    Attributes:
        table: A row for each response, with the columns of `response.schema.json` in their order; the column
            `parameters` holds JSON text.
        files: The files that they were read from.
    """

    table: pl.DataFrame
    files: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """sha256 over all fields of all rows: the same for any order, number and format of files."""
        from ..schemas.digest import digest_of

        return digest_of([self.table.sort(*KEY, "text").to_arrow()]).hexdigest()

    @property
    def models(self) -> list[str]:
        """The models that answered, sorted."""
        return sorted(self.table["model"].unique())


def read_responses(paths: str | Path | Sequence[str | Path]) -> Responses:
    """Read files of responses: JSON lines (also packed with gzip or zstd) or Parquet.

    A field that is left out has its default, or is null where null is allowed; see `docs/responses.md`.

    Args:
        paths: One file or several, whose rows are taken together.

    Raises:
        ResponseError: A file can't be read, or a row breaks the format; the message has its line or row.
    """
    import polars as pl

    files = [paths] if isinstance(paths, str | Path) else list(paths)
    tables = [response_format().read(Path(each)) for each in files]
    return Responses(pl.concat(tables), tuple(str(each) for each in files))


def as_responses(rows: Iterable[Mapping[str, Any]]) -> Responses:
    """Rows in memory, such as a run has them, as responses.

    Raises:
        ResponseError: A row breaks the format; the message has its number, from 0.
    """
    return Responses(response_format().frame(rows, "response {}".format))


def write_responses(path: str | Path, responses: Responses | Iterable[Mapping[str, Any]]) -> Responses:
    """Write responses whole or not at all: `.jsonl`, `.jsonl.gz`, `.jsonl.zst` or `.parquet`.

    Returns:
        What was written, as `read_responses` gives it.

    Raises:
        ResponseError: A row breaks the format.
        StorageError: The file can't be written.
    """
    checked = responses if isinstance(responses, Responses) else as_responses(responses)
    response_format().write(Path(path), checked.table)
    return Responses(checked.table, (str(path),))


@cache
def response_format() -> RowFormat:
    """The format of responses."""
    return RowFormat("response", _rules)


def _rules() -> list[Rule]:
    import polars as pl

    both = pl.col("failure").is_not_null() & (pl.col("text") != "")
    return [Rule("text", both, "no text where `failure` says that the call failed; leave one of them out")]
