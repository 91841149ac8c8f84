"""`mensrea show`: a dataset in a terminal."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..builders.parquet import read_tables
from ..builders.registry import builder
from ..cards import Card, Config, find_card
from ..cards.fields import field_rows
from ..cards.manifest import read_manifest
from ..errors import ReleaseNotFoundError
from ..schemas import load_row_schema

_VALUE_CHARACTERS = 300
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # could move a terminal's cursor


def show_dataset(stem: str, config: str | None, rows: int, out: Path) -> None:
    """Print a dataset's summary, one config's fields, and a few rows.

    Rows come from the release in `out`, or else are made on the spot where no network is needed.

    Raises:
        UsageError: Unknown dataset or config.
        ReleaseCorruptError: The release in `out` is damaged.
    """
    card = find_card(stem)
    entry = card.config(config)
    console = Console(highlight=False, soft_wrap=False, markup=False, emoji=False)
    _print_summary(console, card)
    _print_configs(console, card, entry)
    _print_fields(console, card, entry)
    if rows:
        _print_rows(console, card, entry, rows, out)


def _print_summary(console: Console, card: Card) -> None:
    console.print(Text.assemble((card.title, "bold"), f"  ({card.stem} {card.version}, {card.tier})"))
    console.print(card.summary)
    console.print(f"Paper: {card.paper.title} ({card.paper.url})")
    console.print(f"Licence: {card.licence}. {card.licence_note}".strip())
    if card.content_warning:
        console.print(Text(f"Content warning: {card.content_warning}", style="bold"))


def _print_configs(console: Console, card: Card, entry: Config) -> None:
    table = Table(title="Configs", title_justify="left", box=None, pad_edge=False)
    for heading in ("config", "origin", "splits", "offline"):
        table.add_column(heading, overflow="fold")
    for each in (*card.configs.values(), *card.families):
        splits = ", ".join(
            f"{name} {'?' if size is None else format(size, ',')}" for name, size in each.splits.items()
        )
        mark = "* " if each.name == entry.name or (each.pattern and each.pattern == entry.pattern) else "  "
        table.add_row(mark + each.name, each.origin, splits, "yes" if each.offline else "no")
    console.print()
    console.print(table)


def _print_fields(console: Console, card: Card, entry: Config) -> None:
    table = Table(title=f"Fields of {entry.name}", title_justify="left", box=None, pad_edge=False)
    table.add_column("field", overflow="fold", max_width=24)
    table.add_column("type", overflow="fold", max_width=18)
    table.add_column("description", overflow="fold")
    for row in field_rows(load_row_schema(card.stem, entry.row)):
        table.add_row(*(Text(cell) for cell in row))
    console.print()
    console.print(table)


def _print_rows(console: Console, card: Card, entry: Config, count: int, out: Path) -> None:
    console.print()
    try:
        rows = list(itertools.islice(_rows(card, entry, out), count))
    except ReleaseNotFoundError as error:
        console.print(f"No rows to show: {error}")
        return
    split = next(iter(entry.splits))
    console.print(Text(f"First {len(rows)} of {entry.name}/{split}", style="italic"))
    for row in rows:
        for name, value in row.items():
            _print_value(console, name, _shown(value))
        console.print()


def _print_value(console: Console, name: str, text: str) -> None:
    """On one line with its name where it fits, indented below it otherwise."""
    label = Text(f"{name}: ", style="bold")
    if "\n" not in text and len(label) + len(text) <= console.width:
        console.print(label + Text(text))
    else:
        console.print(label)
        console.print(Padding(Text(text), (0, 0, 0, 2)))


def _rows(card: Card, entry: Config, out: Path) -> Iterator[Mapping[str, Any]]:
    for table in _tables(card, entry, out):
        for batch in table.to_batches(max_chunksize=8):
            yield from batch.to_pylist()


def _tables(card: Card, entry: Config, out: Path) -> Iterator[pa.Table]:
    folder = out / card.stem
    try:
        config = read_manifest(folder).configs[entry.name]
    except (ReleaseNotFoundError, KeyError) as error:
        if not entry.offline:
            message = f"build them first: mensrea build {card.stem} --config {entry.name} [--source DIR]"
            raise ReleaseNotFoundError(message) from error
        yield from _fresh_tables(card, entry)
        return
    yield from read_tables(folder, next(iter(config.splits.values())))


def _fresh_tables(card: Card, entry: Config) -> Iterator[pa.Table]:
    build = builder(card.stem, entry.name)
    split, shards = next(iter(build.planned.splits.items()))
    for item in build.tables(split, shards[0]):
        if isinstance(item, pa.Table):
            yield item


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_binary)
    text = _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
    if len(text) <= _VALUE_CHARACTERS:
        return text
    return f"{text[:_VALUE_CHARACTERS]}… ({len(text):,} characters)"


def _binary(value: object) -> str:
    return f"<{len(value):,} bytes>" if isinstance(value, bytes) else repr(value)
