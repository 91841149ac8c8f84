"""Strict readers of what a judge wrote: the text is the verdict, or its declared last line is, or nothing is.

None of them raises, whatever the text is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from ..verdicts import Reason, Verdict, scored, unscored
from .labels import Scale
from .refusals import is_refusal

Schema = Mapping[str, Any]

AROUND = " \t\r\n*_`\"'\u2018\u2019\u201c\u201d\u00ab\u00bb"
"""White space, emphasis and quotation marks, which don't change a verdict that they surround."""

_LINE_START = re.compile(r"^[#>\s*_`-]*")
_FENCE = re.compile(r"```(?:json)?[ \t]*\r?\n(.*)\n[ \t]*```", re.DOTALL | re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?[0-9]+")
_OF_TOP = re.compile(r"([0-9]+)\s*/\s*([0-9]+)")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NUMBER_IN_TEXT = re.compile(rf"(?<![\w.])(?:{_NUMBER.pattern})(?!\w)")
_LONGEST_NUMBER = 18
_SHOWN = 100


def read_label(text: str, labels: Sequence[str], final_line: str = "") -> Verdict:
    """The label that a text is.

    Case doesn't matter, nor do emphasis, quotation marks and a full stop. `No, wait: yes` is no label.

    Args:
        text: The text, without reasoning.
        labels: The labels.
        final_line: Where given, the label may also stand in the last line, after this word and a colon.
    """
    said = _verdict_of(text, final_line)
    if isinstance(said, Verdict):
        return said
    found = [label for label in labels if label.casefold() == said.casefold()]
    return scored(found[0]) if found else _no_verdict(text, labels)


def read_number(text: str, scale: Scale, words: Sequence[str] = (), final_line: str = "") -> Verdict:
    """The whole number on a scale that a text is, or a word in its place.

    On a scale from 0, `85/100` is 85 where 100 is the top; `8/10` is out of range, and `85.5` no verdict.

    Args:
        text: The text, without reasoning.
        scale: The scale.
        words: The words.
        final_line: Where given, the verdict may also stand in the last line, after this word and a colon.
    """
    said = _verdict_of(text, final_line)
    if isinstance(said, Verdict):
        return said
    found = [word for word in words if word.casefold() == said.casefold()]
    if found:
        return scored(found[0])
    return _number(said, scale) or _no_verdict(text, words, numbers=True)


def read_object(text: str, field: str, schema: Schema, scale: Scale | None = None) -> Verdict:
    """The verdict in a JSON object, with its other members as evidence.

    The text is the object, or one code fence with nothing but it. A name that occurs twice in an object is
    ambiguous.

    Args:
        text: The text, without reasoning.
        field: The member that is the verdict.
        schema: The JSON Schema of the object, which requires the member.
        scale: The bounds of a verdict that is a number.
    """
    fence = _FENCE.fullmatch(text.strip())
    try:
        value = orjson.loads(fence[1] if fence else text)
        json.loads(fence[1] if fence else text, object_pairs_hook=_no_name_twice)
    except _RepeatedError as error:
        return unscored(Reason.JUDGE_AMBIGUOUS, _line(f"the JSON names {str(error)!r} twice"))
    except (ValueError, RecursionError):
        return _no_object(text)
    error = next(iter(_validator(orjson.dumps(schema)).iter_errors(value)), None)
    if error is not None:
        place = "/".join(map(str, error.instance_path)) or "the top"
        return unscored(Reason.JUDGE_OFF_SCHEMA, _line(f"at {place}: {error.message}"))
    verdict = value[field]
    if scale is not None and type(verdict) is int and not scale[0] <= verdict <= scale[1]:
        return _out_of_range(str(verdict), scale)
    # A name such as `value` would clash with a parameter.
    return Verdict(verdict, evidence={name: each for name, each in value.items() if name != field})


def _verdict_of(text: str, final_line: str) -> str | Verdict:
    """What may be a verdict: the bare text, or what its last line says after the declared word."""
    if not text.strip():
        return unscored(Reason.JUDGE_EMPTY, "the text is empty")
    lines = [_after(line, final_line) for line in text.splitlines() if line.strip()] if final_line else []
    said = [each for each in lines if each is not None]
    if len({each.casefold() for each in said}) > 1:
        return unscored(Reason.JUDGE_AMBIGUOUS, _line(f"{final_line} is given as {' and as '.join(said)}"))
    return said[-1] if said and lines[-1] is not None else _bare(text)


def _after(line: str, head: str) -> str | None:
    before, colon, after = _LINE_START.sub("", line).partition(":")
    return _bare(after) if colon and _bare(before).casefold() == head.casefold() else None


def _bare(text: str) -> str:
    return text.strip(AROUND).removesuffix(".").strip(AROUND)


def _number(said: str, scale: Scale) -> Verdict | None:
    """The verdict of a text that is a number; None if it is something else."""
    low, high = scale
    if share := _OF_TOP.fullmatch(said):
        if low or _int(share[2]) != high:
            return unscored(
                Reason.JUDGE_OUT_OF_RANGE, f"{_line(said)!r} is on another scale than {low} to {high}"
            )
        said = share[1]
    if _NUMBER.fullmatch(said) is None:
        return None
    value = _int(said) if _WHOLE.fullmatch(said) else _float(said)
    if value is None or not low <= value <= high:
        return _out_of_range(said, scale)
    if isinstance(value, float):
        return unscored(Reason.JUDGE_UNPARSABLE, f"{_line(said)!r} is no whole number")
    return scored(value)


def _int(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


def _float(digits: str) -> float | None:
    return float(digits.replace(",", ".")) if len(digits) <= _LONGEST_NUMBER else None


def _out_of_range(found: str, scale: Scale) -> Verdict:
    return unscored(Reason.JUDGE_OUT_OF_RANGE, f"{_line(found)} is outside of {scale[0]} to {scale[1]}")


def _no_verdict(text: str, labels: Sequence[str], *, numbers: bool = False) -> Verdict:
    if is_refusal(text):
        return unscored(Reason.JUDGE_REFUSED, f"it says {_line(text)!r}")
    folded = text.casefold()
    said = {label for label in labels if re.search(rf"(?<!\w){re.escape(label.casefold())}(?!\w)", folded)}
    said |= set(_NUMBER_IN_TEXT.findall(folded)) if numbers else set()
    if len(said) > 1:
        return unscored(Reason.JUDGE_AMBIGUOUS, _line(f"it says {' and '.join(sorted(said))}"))
    return unscored(Reason.JUDGE_UNPARSABLE, f"it says {_line(text)!r}")


def _no_object(text: str) -> Verdict:
    if not text.strip():
        return unscored(Reason.JUDGE_EMPTY, "the text is empty")
    reason = Reason.JUDGE_REFUSED if is_refusal(text) else Reason.JUDGE_UNPARSABLE
    return unscored(reason, f"no JSON object; it says {_line(text)!r}")


@lru_cache(64)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(orjson.loads(schema))


class _RepeatedError(Exception):
    """A name occurs twice in an object."""


def _no_name_twice(pairs: list[tuple[str, Any]]) -> None:
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            raise _RepeatedError(name)
        names.add(name)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
