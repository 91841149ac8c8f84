"""Tables that people bring: verdicts of judges, and labels of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ResponseError
from .line_files import chunks, is_parquet
from .row_columns import as_json
from .row_format import RowFormat, parsed
from .row_rules import Rule, shown

if TYPE_CHECKING:
    import polars as pl

_SEPARATORS: Mapping[str, str] = {".csv": ",", ".tsv": "\t"}
_LABEL_COLUMNS = ("id", "sample", "question", "label")


def read_verdicts(path: str | Path) -> pl.DataFrame:
    """Read a file of verdicts: JSON lines, also packed, or Parquet.

    Returns:
        The columns of `verdict.schema.json` in their order. `judge`, `raw`, `value` and `evidence` hold JSON
        text; `verdict_rows` decodes them.

    Raises:
        ResponseError: The file can't be read, or a row breaks the format; the message has its line or row.
    """
    return verdict_format().read(Path(path))


def write_verdicts(path: str | Path, rows: pl.DataFrame | Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Write verdicts whole or not at all: `.jsonl`, `.jsonl.gz`, `.jsonl.zst` or `.parquet`.

    Args:
        path: The file.
        rows: A table as `read_verdicts` gives it, or rows.

    Returns:
        What was written, as a table.

    Raises:
        ResponseError: A row breaks the format; the message has its number, from 0.
        StorageError: The file can't be written.
    """
    import polars as pl

    frame = rows if isinstance(rows, pl.DataFrame) else verdict_format().frame(rows, "verdict {}".format)
    verdict_format().write(Path(path), frame)
    return frame


def verdict_rows(verdicts: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of a table of verdicts, with their JSON decoded."""
    return verdict_format().rows(verdicts)


def read_labels(path: str | Path) -> pl.DataFrame:
    """Read labels that people gave: JSON lines, CSV, TSV or Parquet.

    The file has the columns `id` and `label` (or `value`), and perhaps `sample` and `question`, without which
    a label is about whatever has the id. Other columns are left out.

    Returns:
        `id`; `sample` and `question` if the file has them; and `label` as text: true is `true`, an empty cell
        is null.

    Raises:
        ResponseError: The file can't be read, lacks a column, or something has no id, two labels, or a sample
            that is no number.
    """
    import polars as pl

    table = read_table(path, ("id",))
    if "label" not in table.columns and "value" in table.columns:
        table = table.rename({"value": "label"})
    _need(path, table, ("label",))
    table = table.select(each for each in _LABEL_COLUMNS if each in table.columns)
    if "sample" in table.columns:
        table = table.with_columns(_whole(path, table, "sample"))
    text = [each for each in table.columns if each != "sample"]
    table = table.with_columns(pl.col(text).cast(pl.String))
    _check_keys(path, table)
    return table


def read_table(path: str | Path, needed: Sequence[str] = ()) -> pl.DataFrame:
    """Read a table: Parquet by its first bytes, CSV and TSV by the suffix, else JSON lines, also packed.

    Args:
        path: The file.
        needed: Columns that it must have.

    Returns:
        Its columns. All of CSV is text, and an empty cell is null. A column of JSON lines has the type of its
        values; one of arrays, objects or of several types holds JSON text.

    Raises:
        ResponseError: The file can't be read, or lacks a column.
    """
    import polars as pl

    place = Path(path)
    try:
        if is_lines(place):
            table = _read_lines(place)
        elif is_parquet(place):
            table = pl.read_parquet(place)
        else:
            table = pl.read_csv(place, separator=_separator(place) or ",", infer_schema=False)
    except pl.exceptions.NoDataError:
        table = pl.DataFrame()
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise ResponseError(f"{place}: can't be read as a table ({reason}); save it again") from error
    _need(path, table, needed)
    return table


def is_lines(path: Path) -> bool:
    """Whether a file is taken for JSON lines.

    Raises:
        ResponseError: It can't be read.
    """
    return not is_parquet(path) and _separator(path) is None


@cache
def verdict_format() -> RowFormat:
    """The format of verdicts."""
    return RowFormat("verdict", _rules)


def _rules() -> list[Rule]:
    import polars as pl

    is_scored = pl.col("status") == "scored"
    no_value = is_scored & (pl.col("value").is_null() | pl.col("reason").is_not_null())
    no_reason = ~is_scored & (pl.col("value").is_not_null() | pl.col("reason").is_null())
    return [
        Rule("status", no_value, "a value and no reason with the status scored"),
        Rule("status", no_reason, "a reason and no value with the status unscored"),
    ]


def _separator(path: Path) -> str | None:
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    return _SEPARATORS.get(Path(name).suffix)


def _read_lines(path: Path) -> pl.DataFrame:
    import polars as pl

    rows: list[dict[str, Any]] = []
    for first, lines in chunks(path):
        values, numbers = parsed(path, first, lines)
        for number, value in zip(numbers, values, strict=True):
            if not isinstance(value, dict):
                raise ResponseError(f"{path}:{number}: found {shown(value)}, expected one object a line")
            rows.append(value)
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([_column(name, [row.get(name) for row in rows]) for name in names])


def _column(name: str, values: list[Any]) -> pl.Series:
    import polars as pl

    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) == 1 and kinds <= {str, bool, float}:
        return pl.Series(name, values)
    if kinds and kinds <= {int, float}:
        return pl.Series(name, values, pl.Int64 if kinds == {int} else pl.Float64)
    texts = [each if each is None or isinstance(each, str) else as_json(each) for each in values]
    return pl.Series(name, texts, pl.String)


def _need(path: str | Path, table: pl.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.columns:
            found = ", ".join(table.columns) or "nothing"
            raise ResponseError(f"{path}: column {name} is missing; found {found}: name it so")


def _whole(path: str | Path, table: pl.DataFrame, name: str) -> pl.Series:
    import polars as pl

    column = table[name]
    numbers = column.cast(pl.Int64, strict=False)
    wrong = (
        (numbers.is_null() & column.is_not_null())
        | (numbers < 0)
        | (numbers.cast(pl.Float64) != column.cast(pl.Float64, strict=False))
    )
    if wrong.fill_null(value=False).any():
        row = wrong.arg_true()[0]
        raise ResponseError(f"{path} row {row}: {name}: found {shown(column[row])}, expected a number from 0")
    return numbers


def _check_keys(path: str | Path, table: pl.DataFrame) -> None:
    import polars as pl

    keys = [each for each in ("id", "sample", "question") if each in table.columns]
    for name in keys:
        if table[name].null_count():
            row = table[name].is_null().arg_true()[0]
            raise ResponseError(f"{path} row {row}: {name}: empty; say what the label is about")
    again = table.select((~pl.struct(keys).is_first_distinct()).arg_true()).to_series()
    if len(again):
        what = ", ".join(f"{name} {table[name][again[0]]}" for name in keys)
        raise ResponseError(f"{path} row {again[0]}: {what}: has a label before; give one for each")
