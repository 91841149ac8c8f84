"""Text that went through the wrong encoding, and characters that no text should hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ..findings import Severity
from .base import Rule
from .candidates import TextRule, needed

if TYPE_CHECKING:
    import polars as pl

# A UTF-8 sequence of two to four bytes as Latin-1 or Windows-1252 shows it. A no-break space among the
# bytes has often become a plain one.
_LATER = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"  # noqa: RUF001
_MISREAD = f"[Â-ß]{_LATER}|Ã |[à-ï]{_LATER}{{2}}|[ð-ô]{_LATER}{{3}}"
# Pairs that people write: 3 Å³, πØ²/4, and capitals before a closing quote or a dash. Alone in a word
# they prove nothing.
_NATURAL = re.compile("[ÀÁÄ-ß][°²³¹·±¼½¾”’»–—…]|×[“‘«]|(?<=[A-ZÀ-Þ])[ÂÃ][”’»–—… ]")  # noqa: RUF001
_CONTROL = "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]"
_UNPRINTED = "[\u0080-\u009f]"
_SEQUENCE = re.compile(_MISREAD)
_ANY_CONTROL = re.compile(f"{_CONTROL}|{_UNPRINTED}")
_WORD, _CLAUSE = 40, 80
_MOST_TRIED = 100


class Mojibake(TextRule):
    """Texts with UTF-8 read as Latin-1 or Windows-1252, and with characters that no text should hold."""

    name: ClassVar[str] = "mojibake"
    severity: ClassVar[Severity] = "warning"

    def __init__(self, *, field: str | Sequence[str] = (), fields: Sequence[str] = ()) -> None:
        """Name the columns.

        Raises:
            UsageError: No path is given, or `ftfy` isn't installed.
        """
        super().__init__(field=field, fields=fields)
        self._repair = cast("Callable[[str], str]", needed(_load, self.name, "ftfy"))

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts with such a character, and those outside ASCII with what may be a sequence of UTF-8."""
        foreign = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(value=False)
        found = texts.str.contains(_CONTROL).fill_null(value=False)
        odd = texts.filter(foreign).str.contains(f"{_MISREAD}|{_UNPRINTED}|\ufffd|\ufeff")
        return found.scatter(foreign.arg_true(), odd | found.filter(foreign))

    def examine(self, text: str) -> Iterator[str]:
        """At most one remark of each kind."""
        misread = self._misread(text)
        if misread is not None:
            yield misread
        yield from _marked(text, "\ufffd", "replacement character U+FFFD: what stood there is lost")
        yield from _marked(text, "\ufeff", "byte-order mark U+FEFF inside the text")
        controls = [match for match in _ANY_CONTROL.finditer(text) if misread is None or match[0] < "\u0080"]
        if controls:
            code = f"U+{ord(controls[0][0]):04X}"
            yield f"control character {code} at character {controls[0].start():,}{_more(len(controls))}"

    def _misread(self, text: str) -> str | None:
        for count, match in enumerate(_SEQUENCE.finditer(text)):
            if count == _MOST_TRIED:
                break
            word = _word(text, match)
            if len(_NATURAL.findall(word)) == len(_SEQUENCE.findall(word)):
                continue
            for shown in (word, _around(text, match)):
                meant = self._repair(shown)
                if meant != shown:
                    return (
                        f"{shown!r} at character {match.start():,} was probably {meant!r}: UTF-8 read as "
                        "Latin-1 or Windows-1252"
                    )
        return None


def _load() -> Callable[[str], str]:
    import ftfy

    config = ftfy.TextFixerConfig(unescape_html=False, fix_c1_controls=False)
    fix = cast("Any", ftfy).fix_encoding
    return lambda text: fix(text, config)


def _word(text: str, match: re.Match[str]) -> str:
    """What stands between spaces around the match, as far as it is short."""
    before = re.search(r"\S*$", text[max(0, match.start() - _WORD) : match.start()])
    after = re.match(r"\S*", text[match.end() : match.end() + _WORD])
    return f"{before[0] if before else ''}{match[0]}{after[0] if after else ''}"


def _around(text: str, match: re.Match[str]) -> str:
    """Some words around the match, in its line."""
    before = text[max(0, match.start() - _CLAUSE) : match.start()].rpartition("\n")[2]
    return before + match[0] + text[match.end() : match.end() + _CLAUSE].partition("\n")[0]


def _marked(text: str, character: str, what: str) -> Iterator[str]:
    at = text.find(character)
    if at >= 0:
        yield f"{what}; at character {at:,}{_more(text.count(character))}"


def _more(count: int) -> str:
    return f" ({count:,} in all)" if count > 1 else ""


RULES: tuple[type[Rule], ...] = (Mojibake,)
