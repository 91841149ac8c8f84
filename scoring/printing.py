"""Tables, numbers and texts on a terminal, whatever is in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

import orjson

from ..schemas.printable import printable, without_commands
from .intervals import Interval
from .metrics import Kind, Metric

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WIDEST = 10_000
_ROOMY = 100
_MANY = 8
_GAP = 2
_LONGEST = 18
_SMALL = 0.01
_LARGE = 1000
_NONE = "-"


class Page:
    """Text that is built up line by line, for a terminal of so many columns."""

    def __init__(self, width: int, *, colour: bool) -> None:
        """Begin an empty page; `colour` writes the escape sequences for it."""
        from rich.console import Console

        self.width = width
        self._out = StringIO()
        self._console: Console = Console(
            file=self._out,
            width=_WIDEST,
            force_terminal=colour,
            color_system="standard" if colour else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def line(self, text: str = "", *, indent: int = 0, style: str = "") -> None:
        """A paragraph, wrapped with its indent."""
        from rich.padding import Padding
        from rich.text import Text

        if text:
            found = Text(printable(text), style=style, overflow="fold")
            self._console.print(Padding(found, (0, 0, 0, indent)), width=self.width)
        else:
            self._console.print()

    def title(self, text: str) -> None:
        """A heading after an empty line."""
        self.line()
        self.line(text, style="bold")

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Names with what is to be said of them, side by side; a repeated name is left out."""
        table = _table(_GAP)
        table.add_column(style="dim", overflow="fold", max_width=_LONGEST)
        table.add_column(overflow="fold")
        before = None
        for name, text in facts:
            table.add_row("" if name == before else printable(name), printable(text))
            before = name
        self._console.print(table, width=self.width)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, texts: Sequence[str] = ()
    ) -> None:
        """A table: the first column and those in `texts` are words that may fold, the others are numbers.

        Numbers are never cut: a terminal that is too narrow for them gets lines that are too long.
        """
        gap = 1 if len(columns) >= _MANY and self.width < _ROOMY else _GAP
        table = _table(gap)
        table.show_header = True
        needed = gap * (len(columns) - 1)
        for place, name in enumerate(columns):
            words, cells = place == 0 or name in texts, [row[place] for row in rows]
            least = _least(cells) if words else max(len(printable(each)) for each in [name, *cells])
            needed += least
            table.add_column(
                printable(name),
                justify="left" if words else "right",
                overflow="fold",
                no_wrap=not words,
                min_width=least,
            )
        for row in rows:
            table.add_row(*map(printable, row))
        self._console.print(table, width=max(self.width, needed))

    def text(self) -> str:
        """The page, without spaces at ends of lines, and with nothing that a CI would take for a command."""
        lines = (line.rstrip() for line in self._out.getvalue().splitlines())
        plain = "\n".join(lines).strip("\n")
        return without_commands(plain) + "\n"


def number(value: float | None, kind: Kind) -> str:
    """A value with its unit: `28.2 %`, or `81.25`."""
    if value is None:
        return _NONE
    return f"{bare(value, kind)} %" if kind == "proportion" else bare(value, kind)


def bare(value: float, kind: Kind) -> str:
    """A value without its unit: percent of a proportion with one decimal, with two where it is below 1."""
    if kind == "mean":
        return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.2f}"
    return f"{100 * value:.{2 if 0 < abs(value) < _SMALL else 1}f}"


def points(value: float | None, kind: Kind) -> str:
    """A difference with its sign: `+3.1` points, or scores."""
    return _NONE if value is None else f"{'+' if value >= 0 else '-'}{bare(abs(value), kind)}"


def interval(found: Interval | None, kind: Kind) -> str:
    """An interval in the unit of its value: `[22.0, 35.3]`."""
    return _NONE if found is None else span(found.low, found.high, kind)


def span(low: float, high: float, kind: Kind) -> str:
    """Two ends in brackets."""
    return f"[{bare(low, kind)}, {bare(high, kind)}]"


def ratio(metric: Metric) -> str:
    """What was counted, of how many: `49/174`; of a mean only how many."""
    if metric.kind == "mean":
        return f"n {metric.denominator:,}"
    whole = metric.numerator.is_integer()
    return f"{metric.numerator:,.{0 if whole else 1}f}/{metric.denominator:,}"


def share(part: int, whole: int) -> str:
    """A part in percent."""
    return f"{100 * part / whole:.1f} %" if whole else _NONE


def probability(value: float | None) -> str:
    """A p-value."""
    if value is None:
        return _NONE
    return "<0.001" if value < 1e-3 else f"{value:.3f}"  # noqa: PLR2004 -- as journals print it


def members(found: Mapping[str, Any]) -> str:
    """Parameters on a line, by name."""
    return ", ".join(f"{name} {_plain(found[name])}" for name in sorted(found))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _least(cells: Sequence[str]) -> int:
    """Room for the longest word, if it isn't too long."""
    return min(_LONGEST, max((len(word) for cell in cells for word in cell.split()), default=1))


def _table(gap: int) -> Table:
    from rich.table import Table

    return Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim", show_header=False)
