"""Whole numbers in what a text states."""

from __future__ import annotations

import re

from .stated_answers import Reading

_NUMBER = re.compile(r"[-+]? ?[0-9]+(?:\.[0-9]+)?")
_BARE = re.compile(r"[-+]? ?[0-9]+\.?")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_NEGATIVE = re.compile(r"(?<!non-)(?<!non)\b(?:minus|negative) (?=[0-9])", re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:not|never|no|neither|nor|cannot)\b|n't\b", re.IGNORECASE)
_NOT_NEGATIVE = re.compile(r"(?:\bnot|n't) negative\b(?! ?[0-9])", re.IGNORECASE)
_ASIDE = re.compile(r"\((?! ?(?:or|maybe|perhaps|possibly|alternatively)\b)[^()]*\)", re.IGNORECASE)
_CLAUSE = re.compile(r"[.,;:](?![0-9])|\N{EM DASH}|\b(?:because|since|as)\b", re.IGNORECASE)
_EITHER_SIGN = "\N{PLUS-MINUS SIGN}"
_WORDS = {
    word: str(number)
    for number, word in enumerate(
        (
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        )
    )
}


def whole_numbers() -> Reading:
    """Whole numbers, in digits, or up to twelve in words; of an equation the side that is one number."""
    return Reading(
        _read, lambda line: _BARE.fullmatch(line) is not None or line.strip(".").casefold() in _WORDS
    )


def _read(statement: str) -> set[str]:
    outside = _ASIDE.sub(" ", statement)
    text = _without_explanations(_NOT_NEGATIVE.sub(" ", outside if _NUMBER.search(outside) else statement))
    if _NEGATION.search(text):
        return set()
    if (word := text.strip(" .").casefold()) in _WORDS:
        return {_WORDS[word]}
    text = _THOUSANDS.sub("", _NEGATIVE.sub("-", text))
    if _EITHER_SIGN in text:
        text = " ".join(text.replace(_EITHER_SIGN, sign) for sign in "+-")
    sides = [_NUMBER.findall(side) for side in text.split("=")]
    if len(sides) > 1:
        sides = [side for side in sides if len(side) == 1]
    return {_spelt(each) for side in sides for each in side}


def _without_explanations(text: str) -> str:
    """Without the clauses that deny something after one that answers: "3. No smaller sum exists"."""
    first, *later = _CLAUSE.split(text)
    if not later or not (_NUMBER.search(first) or first.strip().casefold() in _WORDS):
        return text
    return ", ".join([first, *(each for each in later if not _NEGATION.search(each))]).rstrip(", ")


def _spelt(number: str) -> str:
    """Without a plus, leading zeros, and a fraction of nothing."""
    whole, _, fraction = number.replace(" ", "").removeprefix("+").partition(".")
    if fraction.strip("0"):
        return f"{whole}.{fraction}"
    size = whole.removeprefix("-").lstrip("0") or "0"
    return f"-{size}" if whole.startswith("-") and size != "0" else size
