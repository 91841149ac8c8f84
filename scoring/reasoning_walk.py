"""Following tags through a text: `docs/reasoning-text.md`, "Blocks"."""

from __future__ import annotations

from dataclasses import dataclass, field

from .reasoning_code import without_code
from .reasoning_tags import BLANKS, FAMILIES, Tags, tags_of


@dataclass(slots=True)
class Walk:
    """What a text is made of; places are characters.

    Attributes:
        blocks: Where the reasoning of each block starts and ends, without its tags.
        answer: Where the answer starts and ends; None if there is none.
        family: Whose the first tag is; None if there is none.
        missing: Whether the first block has no tag that opens it.
        nested: Whether a block opened inside another of its family.
        unclosed: Whether the last block never ends.
    """

    blocks: list[int] = field(default_factory=list[int])
    answer: tuple[int, int] | None = None
    family: str | None = None
    missing: bool = False
    nested: bool = False
    unclosed: bool = False


def walk(text: str, *, inside: bool) -> Walk:
    """Follow the tags of a text, which may begin inside a block."""
    found = Walk()
    tags = without_code(text, tags_of(text), inside=inside)
    if tags.codes:
        found.family = FAMILIES[tags.codes[0] // 2]
        repeated = tags.codes[0] % 2 == 0 and not text[: tags.starts[0]].strip(BLANKS)
        inside = inside and not repeated
    end = _follow(text, tags, found, inside=inside)
    if not found.unclosed:
        found.answer = end, len(text)
    return found


def _follow(text: str, tags: Tags, found: Walk, *, inside: bool) -> int:
    """Find the blocks, and where the last one ends.

    A block that began before the text takes its family from the first tag.
    """
    blocks, begin, last = found.blocks, 0, 0
    level, opens = int(inside), tags.codes[0] & ~1 if tags.codes else 0
    for code, start, end in zip(tags.codes, tags.starts, tags.ends, strict=True):
        if level:
            if code == opens:
                level += 1
                found.nested = True
            elif code == opens + 1:
                level -= 1
                if not level:
                    blocks += (begin, start)
                    last = end
        elif not code & 1:
            level, opens, begin = 1, code, end
        else:
            if not blocks:
                found.missing = True
                blocks += (last, start)
            elif last < start and (text[last] not in BLANKS or text[last:start].strip(BLANKS)):
                blocks += (last, start)
            last = end
    if level:
        found.unclosed = True
        blocks += (begin, len(text))
    return last
