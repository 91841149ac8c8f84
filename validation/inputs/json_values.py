"""One line of JSON, read slowly and exactly: its value, and everything that is odd about it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..findings import Severity

DEEPEST = 512
_DIGITS = 4300
_LEAST, _GREATEST = -(2**63), 2**64 - 1
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKET = re.compile(rb"[\[\]{}]")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong about a line: a code of the catalogue, and a JSON pointer in the line's value."""

    code: str
    message: str
    severity: Severity = "error"
    pointer: str = ""


class _Repeating(dict[str, Any]):
    """An object in which keys were repeated."""

    repeated: Sequence[str] = ()


def exact(line: bytes) -> tuple[list[Any], Sequence[Problem]]:
    """The line's value, or none, and its problems; never raises."""
    if not line.strip(b" \t\r"):
        return [], [Problem("blank-line", "blank, expected a JSON value", "warning")]
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start + 1}: {error.reason}"
        return [], [Problem("invalid-utf8", message)]
    if deeper_than(line, DEEPEST):
        return _broken(f"nested deeper than {DEEPEST}")
    return _decoded(text)


def _decoded(text: str) -> tuple[list[Any], Sequence[Problem]]:
    walk = _Walk()
    try:
        return [walk.over(_DECODER.decode(text))], walk.found
    except json.JSONDecodeError as error:
        return _broken(f"not JSON: column {error.pos + 1}: {error.msg}")
    except UnicodeEncodeError:
        return _broken("not JSON: an escape \\ud800 to \\udfff that is half of a surrogate pair")
    except RecursionError:
        return _broken("nested too deep")


def deeper_than(line: bytes, depth: int) -> bool:
    """Whether brackets outside strings nest deeper than this."""
    if line.count(b"[") + line.count(b"{") <= depth:
        return False
    level = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", line)):
        level += 1 if bracket[0] in b"[{" else -1
        if level > depth:
            return True
    return False


def _broken(message: str) -> tuple[list[Any], Sequence[Problem]]:
    return [], [Problem("broken-line", message)]


class _Walk:
    """Collects problems of a value, by an explicit stack."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def over(self, value: Any) -> Any:
        """The value with plain objects only."""
        root = [value]
        stack: list[tuple[Any, Any, str]] = [(root, 0, "")]
        while stack:
            holder, key, pointer = stack.pop()
            item = holder[key] = self._plain(holder[key], pointer)
            if isinstance(item, dict):
                stack.extend((item, name, f"{pointer}/{_escape(name)}") for name in reversed(item))
            elif isinstance(item, list):
                stack.extend((item, at, f"{pointer}/{at}") for at in reversed(range(len(item))))
        return root[0]

    def _plain(self, value: Any, pointer: str) -> Any:
        if isinstance(value, str):
            value.encode()
        elif isinstance(value, float) and not math.isfinite(value):
            shown = "NaN" if math.isnan(value) else "an infinity, or a number beyond the range of a double"
            self.found.append(
                Problem("not-finite", f"found {shown}, expected a finite number", pointer=pointer)
            )
        elif isinstance(value, int) and not _LEAST <= value <= _GREATEST:
            message = f"found {_short(value)}, which doesn't fit into 64 bits"
            self.found.append(Problem("big-integer", message, "warning", pointer))
        elif isinstance(value, _Repeating):
            for name in value.repeated:
                shown = json.dumps(name[:60], ensure_ascii=False)
                message = f"the key {shown} is repeated in one object; the last value counts"
                self.found.append(Problem("duplicate-key", message, pointer=pointer))
            return dict(value)
        return value


def _escape(name: str) -> str:
    name.encode()
    return name.replace("~", "~0").replace("/", "~1")


def _short(number: int) -> str:
    text = str(number)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text.lstrip('-'))} digits)"  # noqa: PLR2004


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    repeating = _Repeating(members)
    seen: set[str] = set()
    repeating.repeated = sorted({name for name, _ in pairs if name in seen or seen.add(name)})
    return repeating


def _integer(text: str) -> int | float:
    """Python reads no more than 4300 digits; no double holds 310."""
    if len(text) <= _DIGITS:
        return int(text)
    return -math.inf if text.startswith("-") else math.inf


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)
__all__ = ["DEEPEST", "Problem", "deeper_than", "exact"]
