"""Splitting a text into reasoning and answer, by the rules of `docs/reasoning-text.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from .reasoning_answer import answer_span
from .reasoning_channels import walk_channels
from .reasoning_tags import BLANKS
from .reasoning_walk import Walk, walk

Kind = Literal["reasoning", "answer", "other"]


class Status(StrEnum):
    """How reasoning is marked in a response."""

    ABSENT = "absent"
    CLOSED = "closed"
    CLOSE_ONLY = "close_only"
    UNCLOSED = "unclosed"
    MULTIPLE = "multiple"
    NESTED = "nested"


class Piece(NamedTuple):
    """A stretch of a text: reasoning, the answer, or else tags and what is neither."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Split:
    """A response, split.

    Attributes:
        text: What the model wrote.
        status: How reasoning is marked in it.
        family: Whose the first tag is, such as `think`; None if there is none.
        blocks: Where each block of reasoning starts and ends in the text, one after the other.
        answered: Where the answer starts and ends; None if there is none.
        given: Reasoning that was handed over beside the text.
    """

    text: str
    status: Status
    family: str | None = None
    blocks: tuple[int, ...] = ()
    answered: tuple[int, int] | None = None
    given: str | None = None

    @property
    def reasoning(self) -> str:
        """The reasoning without tags; blocks are stripped of blanks and joined by an empty line."""
        blocks = [self.text[start:end] for start, end in self._spans()]
        texts = (block.strip(BLANKS) for block in (self.given or "", *blocks))
        return "\n\n".join(text for text in texts if text)

    @property
    def answer(self) -> str:
        """The answer without tags, stripped of blanks; empty if reasoning never ended."""
        return self.text[slice(*self.answered)].strip(BLANKS) if self.answered else ""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The whole text, cut up; no piece is empty."""
        spans: list[tuple[Kind, int, int]] = [("reasoning", start, end) for start, end in self._spans()]
        if self.answered:
            spans.append(("answer", *self.answered))
        found, last = list[Piece](), 0
        for kind, start, end in spans:
            found += (Piece("other", self.text[last:start]), Piece(kind, self.text[start:end]))
            last = end
        found.append(Piece("other", self.text[last:]))
        return tuple(piece for piece in found if piece.text)

    def _spans(self) -> Iterator[tuple[int, int]]:
        return zip(self.blocks[::2], self.blocks[1::2], strict=True)


def split(text: str, *, prefilled: bool | None = None) -> Split:
    """Split what a model wrote into reasoning and answer.

    Args:
        text: What the model wrote, whatever it is.
        prefilled: Whether the prompt ended with a tag that opens a block (rule 10). Say it where you know it:
            otherwise reasoning that was cut looks like an answer.
    """
    inside = prefilled is True
    found = walk_channels(text, inside=inside) or walk(text, inside=inside)
    if found.answer:
        _narrow(text, found, *found.answer)
    return Split(text, _status(found), found.family, tuple(found.blocks), found.answer)


def join(parts: Split) -> str:
    """The text that was split, character for character, without what was handed over beside it."""
    return "".join(piece.text for piece in parts.pieces)


def _narrow(text: str, found: Walk, start: int, end: int) -> None:
    """Take tags that the answer stands in off it."""
    rest = text[start:end].lstrip(BLANKS)
    if rest.startswith("<"):
        span = answer_span(rest)
        found.unclosed |= span is None
        found.answer = span and (end - len(rest) + span[0], end - len(rest) + span[1])


def _status(found: Walk) -> Status:
    if found.unclosed:
        return Status.UNCLOSED
    if found.nested:
        return Status.NESTED
    match len(found.blocks) // 2:
        case 0:
            return Status.ABSENT
        case 1:
            return Status.CLOSE_ONLY if found.missing else Status.CLOSED
        case _:
            return Status.MULTIPLE
