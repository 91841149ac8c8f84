"""The comparison as a table for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from .cells import Cell
from .checks import Line, Status

MARKS: Mapping[Status, str] = {"equal": "=", "added": "+", "explained": "~", "open": "?", "unequal": "!"}
_MEANINGS: Mapping[Status, str] = {
    "equal": "equal",
    "added": "not published",
    "explained": "not equal, explained",
    "open": "not measured yet",
    "unequal": "NOT EQUAL",
}
_PLACE, _NUMBER, _INTERVAL = 13, 10, 13
_BESIDE = 2 + _PLACE + 1 + 2 * (_NUMBER + 1) + _INTERVAL + 1
_HEADINGS = ("published", "recomputed", "95 % interval")
_NARROWEST = 16
_EXAMPLES = 3
_SEVERAL = 2


def as_text(
    papers: Sequence[tuple[str, Sequence[Line]]], origin: str, counts: Mapping[Status, int], width: int
) -> str:
    """The table.

    Args:
        papers: Titles, and what came of the checks.
        origin: Where the published files are from.
        counts: Lines by status.
        width: Columns; what is compared wraps, and so do reasons.
    """
    what = max(_NARROWEST, width - _BESIDE)
    text = [*_wrapped(f"Published figures, recomputed from {origin}", width)]
    for title, found in papers:
        text += ["", title, _row(what, "", "", "", _HEADINGS)]
        place = ""
        for number, line in enumerate(found):
            shown = "" if line.check.place == place else line.check.place
            text += _line(line, shown, what, width, tells=_tells(found[number:]))
            place = line.check.place
    listed = [f"{MARKS[status]} {_MEANINGS[status]} {count}" for status, count in counts.items() if count]
    return "\n".join(each.rstrip() for each in [*text, "", *_wrapped("   ".join(listed), width)]) + "\n"


def _tells(lines: Sequence[Line]) -> bool:
    """Whether the first line says why figures differ.

    Figures that were measured anew differ for one reason, which the last of a check's lines gives.
    """
    first, *others = lines
    same = [line for line in others if line.check is first.check and line.status == "explained"]
    return first.status in {"explained", "unequal"} and not (first.check.anew and same)


def _line(line: Line, place: str, what: int, width: int, *, tells: bool) -> Iterator[str]:
    first, *rest = textwrap.wrap(line.what, what) or [""]
    yield _row(what, MARKS[line.status], place, first, _figures(line))
    for more in rest:
        yield _row(what, "", "", more)
    if tells:
        yield from _wrapped(_reason(line), width, " " * (_PLACE + 3))


def _figures(line: Line) -> tuple[str, str, str]:
    if not line.cells:
        return "", "nothing", ""
    if len(line.cells) >= _SEVERAL:
        return f"{len(line.cells)} figures", f"{len(line.cells) - len(line.unequal)} equal", ""
    cell = line.cells[0]
    published = _shown(cell, cell.published)
    return published, _shown(cell, cell.recomputed), _between(cell)


def _between(cell: Cell) -> str:
    if cell.interval is None:
        return ""
    dash = ".." if cell.interval.low < 0 else "-"
    return f"{_shown(cell, cell.interval.low)}{dash}{_shown(cell, cell.interval.high)}"


def _reason(line: Line) -> str:
    """Why figures differ, and which do unless the line shows it."""
    known = line.check.why if line.status == "explained" else _unexplained(line)
    if len(line.cells) < _SEVERAL:
        return known
    differing = [
        f"{cell.name}: {_shown(cell, cell.published)} -> {_shown(cell, cell.recomputed)}"
        for cell in line.unequal[:_EXAMPLES]
    ]
    more = len(line.unequal) - len(differing)
    return f"{known} ({'; '.join([*differing, *([f'{more} more'] if more else [])])})"


def _unexplained(line: Line) -> str:
    return f"{len(line.unequal)} of {len(line.cells)} differ; known to differ: {line.check.differ}."


def _shown(cell: Cell, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if cell.digits is None else f"{value:,.{cell.digits}f}"


def _row(width: int, mark: str, place: str, what: str, figures: Sequence[str] = ("", "", "")) -> str:
    published, recomputed, interval = figures
    left = f"{mark:<2}{place:<{_PLACE}} {what:<{width}}"
    return f"{left} {published:>{_NUMBER}} {recomputed:>{_NUMBER}} {interval:>{_INTERVAL}}"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
