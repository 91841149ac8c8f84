"""The catalogue as a list: one entry a config."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .catalogue import Card, Config, Origin, Tier, find_card, stems


@dataclass(frozen=True, slots=True)
class Listing:
    """A config in the catalogue. `rows` is None where the published release hasn't been seen whole."""

    stem: str
    config: str
    origin: Origin
    rows: int | None
    version: str
    tier: Tier
    offline: bool

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON."""
        return asdict(self)


def list_datasets() -> list[Listing]:
    """Every config of every dataset, in the order of stems and of each card; families come last."""
    cards = [find_card(stem) for stem in stems()]
    return [_listing(card, config) for card in cards for config in (*card.configs.values(), *card.families)]


def listing_table(entries: Sequence[Listing]) -> str:
    """The catalogue as text that fits 80 columns."""
    header = ("STEM", "CONFIG", "ORIGIN", "ROWS", "VERSION", "TIER", "OFFLINE")
    lines = [header, *(_cells(entry) for entry in entries)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(_line(line, widths) for line in lines)


def _listing(card: Card, config: Config) -> Listing:
    return Listing(
        card.stem, config.name, config.origin, config.rows, card.version, card.tier, config.offline
    )


def _cells(entry: Listing) -> tuple[str, ...]:
    rows = "?" if entry.rows is None else f"{entry.rows:,}"
    offline = "yes" if entry.offline else "no"
    return entry.stem, entry.config, entry.origin, rows, entry.version, entry.tier, offline


def _line(cells: tuple[str, ...], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if number == 3 else cell.ljust(width)  # noqa: PLR2004 (rows are a number)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return " ".join(padded).rstrip()
