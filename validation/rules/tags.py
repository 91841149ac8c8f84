"""Pairs of tags such as `<think>` and `</think>`: open without close, close without open, several, nested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ...errors import UsageError
from ..findings import Severity
from .base import Rule
from .candidates import TextRule

if TYPE_CHECKING:
    import polars as pl

UNBALANCED = ("unclosed", "close_only")


@dataclass(frozen=True, slots=True)
class Walk:
    """What the tags of one name do in a text; places are characters from 0.

    Attributes:
        blocks: How many tags open a block outside every other block of the name.
        unclosed: Where the first block opens that never closes.
        stray: Where the first closing tag stands that closes nothing.
        inner: Where the first tag stands that opens inside a block.
    """

    blocks: int = 0
    unclosed: int | None = None
    stray: int | None = None
    inner: int | None = None


def walk(text: str, tag: str) -> Walk:
    """Follow the tags `<tag>` and `</tag>`, spelt exactly so, through a text."""
    opened: list[int] = []
    blocks, stray, inner = 0, None, None
    for match in re.finditer(f"<(/?){re.escape(tag)}>", text):
        if not match[1]:
            blocks += not opened
            inner = match.start() if opened and inner is None else inner
            opened.append(match.start())
        elif opened:
            opened.pop()
        else:
            stray = match.start() if stray is None else stray
    return Walk(blocks, opened[0] if opened else None, stray, inner)


class TagRule(TextRule):
    """A rule about the tags of given names, each name for itself."""

    def __init__(
        self,
        *,
        field: str | Sequence[str] = (),
        fields: Sequence[str] = (),
        tags: Sequence[str] = ("think",),
    ) -> None:
        """Name the columns and the tags.

        Args:
            field: A path, or several.
            fields: More paths.
            tags: Names without brackets.

        Raises:
            UsageError: No path or tag is given.
        """
        super().__init__(field=field, fields=fields)
        self._tags = (tags,) if isinstance(tags, str) else tuple(tags)
        if not self._tags:
            raise UsageError(f"rule {self.name}: tags is empty; name at least one, such as 'think'")


class UnbalancedTags(TagRule):
    """Texts in which a tag opens and never closes, or closes what was never opened."""

    name: ClassVar[str] = "unbalanced-tags"
    severity: ClassVar[Severity] = "error"

    def __init__(
        self,
        *,
        field: str | Sequence[str] = (),
        fields: Sequence[str] = (),
        tags: Sequence[str] = ("think",),
        accept: Sequence[str] = (),
    ) -> None:
        """Name the columns and the tags.

        Args:
            field: A path, or several.
            fields: More paths.
            tags: Names without brackets.
            accept: A status that is fine here: `unclosed` or `close_only`.

        Raises:
            UsageError: No path or tag is given, or a status is unknown.
        """
        super().__init__(field=field, fields=fields, tags=tags)
        self._accept = (accept,) if isinstance(accept, str) else tuple(accept)
        unknown = sorted(set(self._accept) - set(UNBALANCED))
        if unknown:
            raise UsageError(f"rule {self.name}: accept: {unknown[0]!r} is none of {', '.join(UNBALANCED)}")

    def suspects(self, texts: pl.Series) -> pl.Series:
        """All but texts without the tags and those with one pair in order."""
        import polars as pl

        odd = pl.repeat(value=False, n=len(texts), eager=True)
        for tag in self._tags:
            start, end = f"<{tag}>", f"</{tag}>"
            opens = texts.str.count_matches(start, literal=True)
            closes = texts.str.count_matches(end, literal=True)
            ordered = texts.str.find(start, literal=True) < texts.str.find(end, literal=True)
            odd |= (opens != closes) | (opens > 1) | ((opens == 1) & ~ordered)
        return odd

    def examine(self, text: str) -> Iterator[str]:
        """At most one remark for each name: what comes first in the text."""
        for tag in self._tags:
            seen = walk(text, tag)
            found = {"unclosed": seen.unclosed, "close_only": seen.stray}
            places = {
                at: status for status, at in found.items() if at is not None and status not in self._accept
            }
            if places:
                at = min(places)
                yield _unbalanced(places[at], tag, at)


class NestedTags(TagRule):
    """Texts with more than one block of a tag, beside or inside each other."""

    name: ClassVar[str] = "nested-tags"
    severity: ClassVar[Severity] = "warning"

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts in which a tag opens twice."""
        import polars as pl

        several = pl.repeat(value=False, n=len(texts), eager=True)
        for tag in self._tags:
            several |= texts.str.count_matches(f"<{tag}>", literal=True) > 1
        return several

    def examine(self, text: str) -> Iterable[str]:
        """At most one remark for each name: `nested` before `multiple`."""
        for tag in self._tags:
            seen = walk(text, tag)
            if seen.inner is not None:
                yield f"nested: <{tag}> at character {seen.inner:,} opens inside another block"
            elif seen.blocks > 1:
                yield f"multiple: {seen.blocks} blocks <{tag}>, expected at most one"


def _unbalanced(status: str, tag: str, at: int) -> str:
    if status == "unclosed":
        return f"unclosed: <{tag}> at character {at:,} has no </{tag}> after it"
    return f"close_only: </{tag}> at character {at:,} has no <{tag}> before it"


RULES: tuple[type[Rule], ...] = (UnbalancedTags, NestedTags)
