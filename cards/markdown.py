"""Text as GitHub-flavoured Markdown that no content can break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> str:
    """A table; cells are Markdown. Columns named in `right` are aligned there, as numbers are."""
    rule = ["---:" if name in right else "---" for name in header]
    lines = [header, rule, *([cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """Text on one line and without `|`, and without `<` that would begin a tag.

    A backslash before `|` is read differently by different parsers, so a code span with `|` becomes
    HTML and every other `|` an entity.
    """
    line = " ".join(text.split())
    parts: list[str] = []
    end = 0
    for match in _CODE_SPAN.finditer(line):
        parts += [_plain(line[end : match.start()]), _code_span(match)]
        end = match.end()
    return "".join([*parts, _plain(line[end:])])


def code(text: str) -> str:
    """Text as a code span."""
    return f"`{text}`"


def fence(text: str, language: str = "") -> str:
    """Text as a code block."""
    mark = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{mark}{language}\n{text.strip()}\n{mark}"


def quote(text: str) -> str:
    """Text as a block quote, paragraphs kept."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _plain(text: str) -> str:
    return text.replace("|", "&#124;").replace("<", "&lt;")


def _code_span(match: re.Match[str]) -> str:
    if "|" not in match[2]:
        return match[0]
    escaped = "".join(char if char.isalnum() or char == " " else f"&#{ord(char)};" for char in match[2])
    return f"<code>{escaped}</code>"
