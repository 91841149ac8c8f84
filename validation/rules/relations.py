"""Rules on relations between rows: references, and groups that belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..findings import Finding, Severity
from ..inputs.batch import Batch, Indices
from .base import Rule
from .keys import comparable, without_columns
from .spanning import SpanningRule

pc = cast("Any", pyarrow.compute)


class BrokenReference(SpanningRule):
    """A value that names a row which doesn't exist.

    Null is no reference; a path through lists gives one reference an element.
    """

    name: ClassVar[str] = "broken-reference"
    severity: ClassVar[Severity] = "error"

    def __init__(self, field: str, to: str) -> None:
        """Say what refers to what.

        Args:
            field: The path of the references.
            to: The path of what they name in the same config; with a config and a dot in front, in that one.
        """
        self._field = field
        self._to = to
        self._config, _, self._target = to.partition(".") if "." in to else ("", "", to)
        self._seen: set[str] = set()
        self._targets: dict[str, list[Any]] = {}
        self._references: list[tuple[Batch, Any, Indices]] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The references, and what they name."""
        return (self._field, self._target)

    @property
    def other_configs(self) -> tuple[str, ...]:
        """The config that is referred to."""
        return (self._config,) if self._config else ()

    def look_up(self, batch: Batch) -> None:
        """Remember what can be referred to."""
        config = batch.place.config
        self._seen.add(config)
        column = batch.column(self._target)
        if column is not None and self._config in ("", config):
            self._targets.setdefault(config, []).append(comparable(column.values.drop_null(), self._target))

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember the references, and what can be referred to."""
        self.look_up(batch)
        column = batch.column(self._field)
        if column is None:
            return ()
        present = column.values.is_valid()
        rows = column.rows[present.to_numpy(zero_copy_only=False)]
        values = comparable(column.values.filter(present), self._field)
        if len(values):
            self._references.append((without_columns(batch), values, rows))
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding for each reference to nothing; a note if the config referred to wasn't read."""
        by_config: dict[str, list[tuple[Batch, Any, Indices]]] = {}
        for part in self._references:
            by_config.setdefault(self._config or part[0].place.config, []).append(part)
        for config, parts in by_config.items():
            if config in self._seen:
                yield from self._broken(config, parts)
            else:
                count = sum(len(values) for _, values, _ in parts)
                message = (
                    f"the config {config} wasn't read, so {count:,} references to {self._to} weren't checked"
                )
                yield Finding(self.name, message, "note", str(parts[0][0].place), self._field)

    def _broken(self, config: str, parts: Sequence[tuple[Batch, Any, Indices]]) -> Iterator[Finding]:
        targets = _joined(self._targets.get(config, [pa.nulls(0, pa.large_string())]))
        found = _is_in(_joined([values for _, values, _ in parts]), targets)
        place = self._to if self._config else f"{self._to} of any row"
        start = 0
        for batch, values, rows in parts:
            for index in np.flatnonzero(~found[start : start + len(values)]).tolist():
                message = f"{values[index].as_py()!r} isn't in {place}"
                yield self.finding(message, batch, int(rows[index]), self._field)
            start += len(values)


class IncompleteGroup(Rule):
    """Rows with one value in common that aren't as many, or aren't the ones, that belong together.

    Groups are counted over all splits of a config. Rows whose group is null belong to none.
    """

    name: ClassVar[str] = "incomplete-group"
    severity: ClassVar[Severity] = "error"

    def __init__(
        self,
        field: str,
        size: int | None = None,
        members_field: str | None = None,
        members: Sequence[str | int | bool] | None = None,
    ) -> None:
        """Say what a group is. With both a size and members, each member occurs once.

        Args:
            field: The path of the value that rows of a group share.
            size: How many rows a group has.
            members_field: The path of what tells the rows of a group apart.
            members: The values that each group has there, and no others.

        Raises:
            ValueError: Neither is given, members without their field, or a path leads through lists.
        """
        if size is None and members is None:
            raise ValueError("expected size, or members_field and members")
        if (members is None) != (members_field is None):
            raise ValueError("members_field and members go together; one is missing")
        if any("[]" in path for path in (field, members_field or "")):
            raise ValueError("field and members_field take one value a row; [] gives several")
        self._field = field
        self._size = size
        self._members_field = members_field
        self._members = [_text_of(member) for member in members or ()]
        self._batches: list[Batch] = []
        self._parts: list[Any] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The group, and what tells its rows apart."""
        return (self._field, *([self._members_field] if self._members_field else []))

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember which row belongs to which group."""
        import polars as pl

        column = batch.column(self._field)
        if column is None:
            return ()
        group = comparable(column.values, self._field).cast(pa.large_string())
        columns: dict[str, Any] = {
            "group": pl.from_arrow(group),
            "batch": np.full(len(group), len(self._batches), np.int32),
            "row": column.rows.astype(np.int32),
        }
        if self._members_field:
            columns["member"] = _spread(batch, self._members_field).take(column.rows)
        self._batches.append(without_columns(batch))
        self._parts.append(pl.DataFrame(columns).drop_nulls("group"))
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding at the first row of each group that isn't whole."""
        import polars as pl

        if not self._parts:
            return
        rows = pl.concat(self._parts)
        incomplete = rows.join(self._incomplete(rows), on="group", how="semi", maintain_order="left")
        told: list[Any] = [pl.len().alias("size"), pl.col("batch", "row").first()]
        if self._members_field:
            told.append(pl.col("member").unique(maintain_order=True).alias("members"))
        for group in incomplete.group_by("group", maintain_order=True).agg(told).iter_rows(named=True):
            for problem in self._problems(group["size"], group.get("members", [])):
                message = f"the group {group['group']!r} {problem}"
                yield self.finding(message, self._batches[group["batch"]], group["row"], self._field)

    def _incomplete(self, rows: Any) -> Any:
        """The groups that aren't whole, found without a Python object a group."""
        import polars as pl

        told: list[Any] = [pl.len().alias("size")]
        is_wrong: Any = pl.lit(value=False) if self._size is None else pl.col("size") != self._size
        if self._members_field:
            codes = pl.col("member").replace_strict(self._codes(), default=-1, return_dtype=pl.Int32)
            rows = rows.with_columns(codes.alias("code"))
            told += [pl.col("code").min().alias("least"), pl.col("code").n_unique().alias("kinds")]
            is_wrong |= (pl.col("least") < 0) | (pl.col("kinds") != len(self._codes()))
        return rows.group_by("group").agg(told).filter(is_wrong)

    def _codes(self) -> dict[str, int]:
        return {member: code for code, member in enumerate(dict.fromkeys(self._members))}

    def _problems(self, size: int, members: Sequence[str | None]) -> Iterator[str]:
        if self._size is not None and size != self._size:
            yield f"has {size} row{'' if size == 1 else 's'}, expected {self._size}"
        if not self._members:
            return
        if missing := [member for member in self._members if member not in members]:
            yield f"has no row whose {self._members_field} is {_listed(missing)}"
        if unexpected := [member for member in members if member not in self._members]:
            found, expected = _listed(unexpected), _listed(self._members)
            yield f"has a row whose {self._members_field} is {found}, expected {expected}"


def _joined(parts: Sequence[Any]) -> Any:
    kinds = {part.type for part in parts}
    if len(kinds) > 1:
        parts = [part.cast(pa.large_string()) for part in parts]
    return pa.chunked_array(parts).combine_chunks()


def _is_in(values: Any, targets: Any) -> Any:
    """Which values are among the targets; of different types they are compared as text."""
    if values.type != targets.type:
        values, targets = values.cast(pa.large_string()), targets.cast(pa.large_string())
    return np.asarray(pc.is_in(values, value_set=targets))


def _spread(batch: Batch, path: str) -> Any:
    """The text at a path for every row of the batch; null where there is none."""
    column = batch.column(path)
    if column is None:
        return pa.nulls(len(batch), pa.large_string())
    positions = np.full(len(batch), -1, np.int64)
    positions[column.rows] = np.arange(len(column.rows))
    indices = pa.array(positions, mask=positions < 0)
    return comparable(column.values, path).cast(pa.large_string()).take(indices)


def _text_of(value: object) -> str:
    """A value as Arrow writes it as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(values: Sequence[str | None]) -> str:
    return ", ".join("null" if value is None else repr(value) for value in values)


RULES: tuple[type[Rule], ...] = (BrokenReference, IncompleteGroup)
