"""The `[judge]` table of a judge's prompt: what kind of verdict, and how it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, cast

import jsonschema_rs

from ...errors import JudgeError
from .labels import Scale

_KINDS = ("choice", "predicate", "score")
_READS = (("logprobs",), ("text",), ("schema",), ("logprobs", "text"))
_MOST_VOTES = 99
_PAIR = 2

# The papers' threshold for a score (arXiv 2502.17424); for a word, most of the probability.
_LEAST_MASS = {"choice": 0.5, "predicate": 0.5, "score": 0.25}

_KEYS: Mapping[str, type[Any]] = {
    "kind": str,
    "reads": list,
    "labels": list,
    "scale": list,
    "words": list,
    "votes": int,
    "least_mass": float,
    "final_line": str,
    "field": str,
    "evidence": dict,
    "plain": list,
    "parameters": dict,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """How a judge's answers are read.

    Attributes:
        kind: `choice`: the value is one of the labels. `predicate`: it is true for the first of two labels,
            false for the second. `score`: it is a number on the scale, or one of the words.
        reads: Where the verdict is read: `logprobs`, `text` or `schema`. After `logprobs`, `text` may follow:
            it is read where the call's parameters have `logprobs = false`.
        labels: The labels of a choice or a predicate.
        scale: The lowest and the highest score.
        words: What may be said in the place of a score, such as `REFUSAL`.
        votes: How often the question is asked.
        least_mass: The least probability, from 0 to 1, that the labels, or the numbers, must have together.
        final_line: What begins the last line of a text, where the verdict stands; empty if it is all text.
        field: The member of a JSON object that is the verdict.
        evidence: The JSON Schema of each other member, which come before it.
        plain: The variables that aren't texts under judgement.
        parameters: Parameters of the call that replace those of the kind.
    """

    kind: str
    reads: tuple[str, ...]
    labels: tuple[str, ...] = ()
    scale: Scale = (0, 0)
    words: tuple[str, ...] = ()
    votes: int = 1
    least_mass: float = 0.0
    final_line: str = ""
    field: str = "verdict"
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    plain: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of an answer: an object, the evidence first and the verdict last."""
        properties = {**self.evidence, self.field: self._verdict()}
        return {
            "type": "object",
            "additionalProperties": False,
            "required": list(properties),
            "properties": properties,
        }

    def _verdict(self) -> Mapping[str, Any]:
        if self.kind == "predicate":
            return {"type": "boolean"}
        if self.kind == "choice":
            return {"type": "string", "enum": list(self.labels)}
        # Not its bounds: an endpoint may not know them, and beyond them is a reason of its own.
        number = {"type": "integer", "description": f"From {self.scale[0]} to {self.scale[1]}."}
        return {"anyOf": [number, {"type": "string", "enum": list(self.words)}]} if self.words else number


def read_settings(table: Mapping[str, Any], where: str) -> Settings:
    """Read the table.

    Args:
        table: The table.
        where: The prompt, for messages.

    Raises:
        JudgeError: It is missing, or breaks the rules; the message says which.
    """
    given = _typed(table, where)
    kind, reads = given.get("kind"), tuple(given.get("reads", ()))
    if kind not in _KINDS:
        _refuse(where, f"`kind` is {kind!r}", f"one of {', '.join(_KINDS)}")
    if reads not in _READS:
        _refuse(where, f"`reads` is {list(reads)}", f"one of {', '.join(str(list(each)) for each in _READS)}")
    labels = ("yes", "no") if kind == "predicate" else ()
    values: dict[str, Any] = {"labels": labels, "least_mass": _LEAST_MASS[kind], **given, "reads": reads}
    settings = Settings(**values)
    _check_values(settings, where)
    _check_schema(settings, where)
    return settings


def _typed(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The table's values, checked for their types; lists are tuples."""
    if not table:
        _refuse(where, "no table", 'one with at least `kind` and `reads`, such as kind = "choice"')
    if unknown := sorted(set(table) - set(_KEYS)):
        _refuse(where, f"`{unknown[0]}` isn't known", f"some of {', '.join(_KEYS)}")
    found: dict[str, Any] = {}
    for key, value in table.items():
        whole = [value] if key == "reads" and isinstance(value, str) else value
        if type(whole) is not _KEYS[key] and not (key == "least_mass" and type(whole) is int):
            _refuse(where, f"`{key}` is {value!r}", f"a TOML {_name(_KEYS[key])}")
        found[key] = tuple(cast("list[Any]", whole)) if isinstance(whole, list) else whole
    return found


def _check_values(settings: Settings, where: str) -> None:
    low, high = settings.scale if _are(settings.scale, int, 2) else (0, 0)
    if settings.kind == "score" and (not 0 <= low < high or settings.labels):
        found = f"a score with `scale` {list(settings.scale)} and `labels` {list(settings.labels)}"
        _refuse(where, found, "two whole numbers from 0 up, and no labels")
    if settings.kind != "score" and settings.words:
        _refuse(where, "`words` without a score", "the words among the labels")
    if not 1 <= settings.votes <= _MOST_VOTES:
        _refuse(where, f"`votes` is {settings.votes}", f"1 to {_MOST_VOTES}")
    if not 0 <= settings.least_mass <= 1:
        _refuse(where, f"`least_mass` is {settings.least_mass}", "a probability")
    if settings.final_line and settings.reads != ("text",):
        _refuse(where, f"`final_line` with `reads` {list(settings.reads)}", 'it with reads = "text" only')
    _check_labels(settings, where)


def _check_labels(settings: Settings, where: str) -> None:
    labels, words = settings.labels, settings.labels + settings.words
    wanted = {"choice": len(labels) >= _PAIR, "predicate": len(labels) == _PAIR}.get(settings.kind, True)
    if not wanted:
        _refuse(
            where,
            f"a {settings.kind} with `labels` {list(labels)}",
            "two for a predicate, two or more for a choice",
        )
    if not _are(words, str, len(words)) or any(word != word.strip() or not word for word in words):
        _refuse(where, f"labels and words are {list(words)}", "texts without space around them")
    _check_distinct(settings, [word.casefold() for word in words], where)


def _check_distinct(settings: Settings, words: Sequence[str], where: str) -> None:
    """Whether what a judge says can be only one of the words, for log-probabilities from its start."""
    for number, word in enumerate(words):
        others = [*words[:number], *words[number + 1 :]]
        if word in others or ("logprobs" in settings.reads and any(each.startswith(word) for each in others)):
            _refuse(where, f"{word!r} begins another label", "labels that differ from the start")
        if settings.kind == "score" and word[0].isdigit():
            _refuse(where, f"{word!r} begins with a digit", "words in the place of a number")


def _check_schema(settings: Settings, where: str) -> None:
    if settings.evidence and settings.reads != ("schema",):
        _refuse(where, "`evidence` without a schema", 'it with reads = "schema" only')
    if settings.field in settings.evidence:
        _refuse(where, f"`field` {settings.field!r} is in `evidence`", "another name for the verdict")
    try:
        jsonschema_rs.validator_for(cast("dict[str, Any]", settings.schema), retriever=_fetch_nothing)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        reason = " ".join(str(getattr(error, "message", error)).split())
        _refuse(where, f"`evidence` holds no JSON Schemas ({reason})", "a schema for each member")


def _fetch_nothing(address: str) -> NoReturn:
    message = f"{address} is outside of the schema, and nothing is fetched"
    raise ValueError(message)


def _are(values: Sequence[Any], kind: type[Any], count: int) -> bool:
    return len(values) == count and all(type(each) is kind for each in values)


def _name(kind: type[Any]) -> str:
    return {str: "string", list: "array", int: "integer", float: "float", dict: "table"}[kind]


def _refuse(where: str, found: str, expected: str) -> NoReturn:
    raise JudgeError(f"{where}: [judge]: {found}; expected {expected}")
