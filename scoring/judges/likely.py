"""Verdicts read off the likeliest tokens at the place where a judge gives its verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from ...models.calls import Choice, TokenLogprob
from ..reasoning import split
from ..verdicts import Reason, Verdict, scored, unscored
from .labels import LabelLogprobs, bare, number_of
from .parsers import AROUND, read_label, read_number
from .refusals import is_refusal
from .settings import Settings

# At an answer's end, where servers list them.
_SPECIAL = re.compile(r"\s*<[^<>\s]{1,40}>\s*|")
_SPACES = str.maketrans("", "", "Ġ▁Ċ")

# So many digits at one place, and no number of two, don't happen where 0 to 100 are single tokens.
_TELLING_DIGITS = 5
_HIGHEST_DIGIT = 9


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the verdict begins: the likeliest tokens there, and the answer as written from there on."""

    tokens: Sequence[tuple[str, float]]
    token: str
    answer: str


def answer_tokens(choice: Choice, answer: str | None = None) -> tuple[TokenLogprob, ...] | None:
    """The tokens from the one on with which the answer begins, without reasoning and decoration.

    They, or the first of them, are all that a verdict is read from, so a stored reply needs no others.

    Args:
        choice: What the judge said.
        answer: Its text without reasoning, where that is known.

    Returns:
        None if the tokens don't spell the answer.
    """
    tokens = list(choice.logprobs or ())
    if len(tokens) == 1 and tokens[0].token == answer and tokens[0].token.isalnum():
        return tuple(tokens)
    answer = _compact(split(choice.text).answer if answer is None else answer).lstrip(AROUND)
    while tokens and not _spell(tokens).endswith(answer) and _SPECIAL.fullmatch(tokens[-1].token):
        tokens.pop()
    spelt = _spell(tokens).lstrip(AROUND)
    if not (answer and spelt) or not (spelt.endswith(answer) or answer.startswith(spelt)):
        return None
    length = len(spelt if answer.startswith(spelt) else answer)
    return tuple(tokens[_first(tokens, len(_spell(tokens)) - length) :])


def read_likely(choice: Choice, answer: str, settings: Settings) -> Verdict:
    """The verdict by log-probabilities, unless the text goes on to contradict it.

    Args:
        choice: What the judge said, with log-probabilities.
        answer: Its text without reasoning.
        settings: What labels or numbers count, and how probable they must be.
    """
    place = _place(choice, answer)
    if place is None:
        return unscored(Reason.JUDGE_UNPARSABLE, "the tokens with log-probabilities don't spell the answer")
    verdict = _score(place, settings) if settings.kind == "score" else _label(place, settings)
    if place.answer == place.token and place.answer.isalpha():
        return verdict  # one word, which contradicts nothing
    against = read_text(place.answer, settings)
    if verdict.is_scored and against.reason in {Reason.JUDGE_AMBIGUOUS, Reason.JUDGE_OUT_OF_RANGE}:
        return replace(against, evidence=verdict.evidence)
    return verdict


def _label(place: _Place, settings: Settings) -> Verdict:
    likely = LabelLogprobs.from_tokens(place.tokens, settings.labels)
    evidence = _evidence(likely, settings.labels)
    mass: float = evidence["mass"]
    if mass < settings.least_mass or not mass:
        return _low(place, mass, settings, evidence)
    label, share = likely.choice()
    if label is None:
        return unscored(Reason.JUDGE_UNDECIDED, "two labels are equally likely", **evidence)
    return scored(label, **evidence, share=share)


def _score(place: _Place, settings: Settings) -> Verdict:
    likely = LabelLogprobs.from_numbers(place.tokens, settings.scale, settings.words)
    value, mass = likely.expected(settings.scale)
    evidence = {**_evidence(likely, settings.words), "numbers": mass}
    if problem := _splits_numbers(place, settings):
        return unscored(Reason.JUDGE_UNPARSABLE, problem, **evidence)
    if value is not None and mass >= settings.least_mass:
        return scored(value, **evidence)
    word = max(settings.words, key=likely.probability, default=None)
    if word is not None and likely.probability(word) >= max(settings.least_mass, mass):
        return scored(word, **evidence)
    return _low(place, mass, settings, evidence)


def read_text(answer: str, settings: Settings) -> Verdict:
    """The verdict that an answer is, as the parsers read it."""
    if settings.kind == "score":
        return read_number(answer, settings.scale, settings.words, settings.final_line)
    return read_label(answer, settings.labels, settings.final_line)


def _place(choice: Choice, answer: str) -> _Place | None:
    tokens = answer_tokens(choice, answer)
    if not tokens:
        return None
    first = tokens[0]
    listed = dict(first.top)
    listed.setdefault(first.token, first.logprob)
    return _Place(list(listed.items()), first.token, answer.lstrip(AROUND))


def _evidence(likely: LabelLogprobs, labels: Iterable[str]) -> dict[str, Any]:
    return {
        "probabilities": {label: likely.probability(label) for label in labels},
        "mass": likely.mass,
    }


def _low(place: _Place, mass: float, settings: Settings, evidence: dict[str, Any]) -> Verdict:
    if is_refusal(place.answer):
        return unscored(Reason.JUDGE_REFUSED, f"it begins with {place.answer[:40]!r}", **evidence)
    what = "numbers" if settings.kind == "score" else "labels"
    found = f"all {what} have {mass:.3f}, expected {settings.least_mass:g}"
    return unscored(Reason.JUDGE_LOW_MASS, f"{found}; it begins with {place.token[:40]!r}", **evidence)


def _splits_numbers(place: _Place, settings: Settings) -> str | None:
    """Why the first token can't be a whole number: the tokenizer splits numbers into digits."""
    advice = "ask for the text with logprobs = false, or another model"
    digits = bare(place.token)
    written = place.answer[: len(place.answer) - len(place.answer.lstrip("0123456789"))]
    if number_of(place.token, settings.scale) and len(written) > len(digits):
        return f"the tokenizer splits numbers: {digits!r} is the first token of {written[:9]!r}; {advice}"
    numbers = {each for each in (number_of(token, settings.scale) for token, _ in place.tokens) if each}
    one_digit = all(len(each) == 1 for each in numbers)
    if one_digit and len(numbers) >= _TELLING_DIGITS and settings.scale[1] > _HIGHEST_DIGIT:
        return f"the tokenizer seems to split numbers: all {len(numbers)} likely have one digit; {advice}"
    return None


def _first(tokens: Sequence[TokenLogprob], start: int) -> int:
    """The number of the token with the character `start` of what tokens spell."""
    ends = accumulate(len(_compact(each.token)) for each in tokens)
    return next(number for number, end in enumerate(ends) if end > start)


def _spell(tokens: Iterable[TokenLogprob]) -> str:
    return "".join(_compact(each.token) for each in tokens)


def _compact(text: str) -> str:
    return "".join(text.split()).translate(_SPACES)
