"""Keys of endpoints: held so that nothing shows them, and taken out of whatever a server says."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from typing import NoReturn

from ..errors import ModelError

REDACTED = "[key]"

# Shorter ones, such as `EMPTY`, stand in for a key where a server wants none.
_SHORTEST = 8
_SHORTEST_WORD = 4

_LOOKS_LIKE_A_KEY = re.compile(
    r"(?i:\b(?:bearer|basic)\s+(?=[^\s\"',;]*[\d*])[^\s\"',;]{6,})"
    r"|\b(?:sk|rk|gsk|xai|pplx|nvapi)[-_][\w*.-]{5,}"
    r"|\bhf_\w{8,}|\bAIza[\w*-]{8,}|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"
)


class _Hidden(str):
    """Text that debuggers, tracebacks with local variables and `repr` don't show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{REDACTED}'"


class Key:
    """An API key. It is shown by no `repr`, can't be pickled, and is no part of any message."""

    __slots__ = ("_raw", "_value")

    def __init__(self, value: str) -> None:
        """Hold a key."""
        self._value = _Hidden(value)
        self._raw = value.encode()

    @classmethod
    def from_environment(cls, variable: str) -> Key | None:
        """The key that an environment variable holds; None if it is unset or empty.

        Raises:
            ModelError: It holds what can't be sent as a key.
        """
        value = os.environ.get(variable, "").strip()
        if not value:
            return None
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise ModelError(
                f"the environment variable {variable} holds a space, a line break or a character outside "
                "ASCII, which no API key has; set it to the key alone"
            )
        return cls(value)

    def __repr__(self) -> str:
        """Its place, not its value."""
        return f"Key({REDACTED})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: Always.
        """
        raise TypeError("an API key isn't pickled: read it from the environment where it is used")

    def header(self) -> str:
        """The value of the `Authorization` header."""
        return _Hidden(f"Bearer {self._value}")

    def redact(self, text: str) -> str:
        """The text without the key, without pieces of it, and without what looks like another key."""
        return redact(_without(text, self._value))

    def scrub(self, body: bytes) -> bytes:
        """A reply without the key, should a server echo it."""
        if len(self._raw) < _SHORTEST or self._raw not in body:
            return body
        return body.replace(self._raw, REDACTED.encode())


def basic_header(user: str, password: str) -> str:
    """The value of the `Authorization` header for a user and a password."""
    return _Hidden(f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}")


def redact(text: str) -> str:
    """The text without what looks like a key, whoever's it is, masked ones included."""
    return _LOOKS_LIKE_A_KEY.sub(REDACTED, text)


def _without(text: str, key: str) -> str:
    if len(key) < _SHORTEST_WORD:
        return text
    if len(key) < _SHORTEST:
        return re.sub(rf"(?<![A-Za-z0-9]){re.escape(key)}(?![A-Za-z0-9])", REDACTED, text)
    pieces = {key[start : start + _SHORTEST] for start in range(len(key) - _SHORTEST + 1)}
    kept: list[str] = []
    start = end = 0
    for at in range(len(text)):
        if text[at : at + _SHORTEST] in pieces:
            kept += [text[start:at], REDACTED] if at >= end else []
            start = end = at + _SHORTEST
    return "".join([*kept, text[start:]])
