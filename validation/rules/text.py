"""Texts without content, and texts that end too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from ...errors import UsageError
from ..findings import Severity
from .base import Rule
from .candidates import Allowed, TextRule
from .endings import CHECKS, LEAST

if TYPE_CHECKING:
    import polars as pl

# Zero-width and other format characters show nothing, like white space.
_VISIBLE = r"[^\s\p{Z}\p{Cf}\p{Cc}]"
_TAIL = 40
# A start with no end of its kind after it.
_LATE = (
    r"\\\[(?:[^\\]|\\[^\]])*\\?$|"
    r"\\\((?:[^\\]|\\[^)])*\\?$|"
    r"\\begin(?:[^\\]|\\(?:[^e]|e(?:[^n]|n[^d])))*(?:\\(?:en?)?)?$"
)


class EmptyText(TextRule):
    """Texts that are empty or hold white space alone; a null is the schema's matter."""

    name: ClassVar[str] = "empty-text"
    severity: ClassVar[Severity] = "error"

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts without a visible character."""
        return ~texts.str.contains(_VISIBLE)

    def examine(self, text: str) -> Iterator[str]:
        """Always one remark."""
        yield (
            f"the text holds {len(text):,} characters of white space and no other"
            if text
            else "the text is empty"
        )


class TruncatedText(TextRule):
    """Texts that stop before their end."""

    name: ClassVar[str] = "truncated-text"
    severity: ClassVar[Severity] = "warning"

    def __init__(
        self,
        *,
        field: str | Sequence[str] = (),
        fields: Sequence[str] = (),
        checks: Sequence[str] = tuple(CHECKS),
        endings: Sequence[str] = (),
    ) -> None:
        """Name the columns.

        Args:
            field: A path, or several.
            fields: More paths.
            checks: Which signs to look for: `fence`, `formula`, `mark`, `sentence`.
            endings: Endings that are fine here, as they stand, or as a regular expression between slashes.

        Raises:
            UsageError: No path is given, a check is unknown, or an expression is wrong.
        """
        super().__init__(field=field, fields=fields)
        unknown = sorted(set(checks) - set(CHECKS))
        if unknown or not checks:
            raise UsageError(
                f"rule {self.name}: checks: found {unknown or 'none'}, expected some of {', '.join(CHECKS)}"
            )
        self._checks = {name: CHECKS[name] for name in CHECKS if name in checks}
        self._endings = Allowed(endings, f"rule {self.name}: endings")

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts with something to close, and those that end with anything but a sentence's end."""
        opened = _maybe_open(texts)
        end = texts.str.strip_chars_end().str.tail(_TAIL)
        argument = end.str.contains("{", literal=True)
        dots = end.str.contains(r"(?:\.\.\.|…|[\])>])$")
        long = texts.str.len_bytes() >= LEAST
        return opened | argument | dots | (long & end.str.contains(r"[\p{L}\p{M},;、，(\[{–—-]$"))  # noqa: RUF001

    def examine(self, text: str) -> Iterator[str]:
        """At most one remark: the surest sign."""
        if self._endings.ends(text.rstrip()):
            return
        for check in self._checks.values():
            remark = check(text)
            if remark is not None:
                yield f"{remark}; generate the text again with a higher limit, or drop the row"
                return


def _maybe_open(texts: pl.Series) -> pl.Series:
    """Texts in which a fence or a formula may be open at the end: not those with as many ends as starts."""
    code = texts.str.contains(r"`|~~~")
    environments = _count(texts, "\\begin") != _count(texts, "\\end")
    late = texts.str.contains(_LATE)
    # An escaped sign counts for nothing, and `\$$` is left to the closer look.
    single = _count(texts, "$") - _count(texts, "\\$")
    dollars = (single % 2 == 1) | (_count(texts, "$$") % 2 == 1) | texts.str.contains("\\$$", literal=True)
    return code | environments | late | dollars


def _count(texts: pl.Series, literal: str) -> pl.Series:
    return texts.str.count_matches(literal, literal=True).cast(int)


RULES: tuple[type[Rule], ...] = (EmptyText, TruncatedText)
