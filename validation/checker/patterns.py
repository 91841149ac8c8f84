r"""The `pattern` of a JSON Schema: ECMA-262 in unicode mode, for the engines that search it.

Both engines are Rust's and read much of ECMA-262 as it is meant, but not `.` beside other line ends than
the line feed, `\b` beside letters outside ASCII, `[]`, `[^]`, `\0`, `[\b]` and surrogate pairs; one of them
neither `\d`, `\s`, `\w` nor what looks like a set operation inside a class.
"""

from __future__ import annotations

from dataclasses import dataclass

import jsonschema_rs

from ...errors import SchemaError
from .pattern_grammar import BOUNDARY, Parser, UnsureError

_WORD = "[0-9A-Z_a-z]"
_BOUNDARY = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"


class PatternError(SchemaError):
    """A `pattern` of a schema isn't a regular expression that can be searched."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern in the spellings of two engines, both of which find what ECMA-262 finds.

    Attributes:
        linear: For `polars.Expr.str.contains`; None where that engine can't, because of look-around.
        backtracking: For `jsonschema_rs`.
    """

    linear: str | None
    backtracking: str


def translate(pattern: str) -> str | None:
    r"""The pattern for `polars.Expr.str.contains`.

    Returns:
        A pattern that finds something in exactly the strings in which ECMA-262, in unicode mode, finds
        something; None where that can't be promised: look-around, `\B`, back-references, inline flags,
        letters that only Rust escapes, `\p{…}` other than general categories, or repetitions that grow
        too large.

    Raises:
        PatternError: It can't be searched at all: neither this nor `jsonschema_rs` reads it.
    """
    return read_pattern(pattern).linear


def read_pattern(pattern: str) -> Pattern:
    """The pattern for both engines; unchanged for `jsonschema_rs` where its meaning isn't certain.

    Raises:
        PatternError: As for `translate`.
    """
    parser = Parser(pattern)
    try:
        text = parser.parse()
    except UnsureError:
        _compile(pattern, pattern)
        return Pattern(None, pattern)
    backtracking = text.replace(BOUNDARY, _BOUNDARY)
    if parser.regular:
        return Pattern(text, backtracking)
    _compile(backtracking, pattern)
    return Pattern(None, backtracking)


def _compile(pattern: str, original: str) -> None:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError) as error:
        message = (
            f"pattern {original!r}: not a regular expression of ECMA-262 that can be searched; correct it"
        )
        raise PatternError(message) from error
