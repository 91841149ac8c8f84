"""Every place where a text occurs in another, in linear time whatever the texts are."""

from __future__ import annotations

from collections.abc import Iterator


def places(text: str, part: str) -> Iterator[int]:
    """Offsets of a part that isn't empty, overlapping ones too, in order.

    `str.find` is quick, but each call looks through the whole part again. Once that has cost as much as the
    text is long, as it does in periodic texts, Knuth, Morris and Pratt's search takes over.
    """
    at = text.find(part)
    spent = 0
    while at >= 0:
        yield at
        spent += len(part)
        if spent > len(text):
            yield from _knuth_morris_pratt(text, part, at + 1)
            return
        at = text.find(part, at + 1)


def _knuth_morris_pratt(text: str, part: str, start: int) -> Iterator[int]:
    borders = _borders(part)
    whole = len(part)
    matched = 0
    for at in range(start, len(text)):
        matched = _longer(part, borders, matched, text[at])
        if matched == whole:
            yield at + 1 - whole
            matched = borders[-1]


def _borders(part: str) -> list[int]:
    """For each prefix, how much of its beginning is also its end."""
    borders = [0]
    for character in part[1:]:
        borders.append(_longer(part, borders, borders[-1], character))
    return borders


def _longer(part: str, borders: list[int], matched: int, character: str) -> int:
    while matched and part[matched] != character:
        matched = borders[matched - 1]
    return matched + (part[matched] == character)
