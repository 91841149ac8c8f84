"""What follows a backslash in a regular expression of ECMA-262, and its classes."""

from __future__ import annotations

from collections.abc import Callable

from .pattern_characters import (
    CATEGORIES,
    CONTROLS,
    HIGH_SURROGATES,
    LAST,
    LOW_SURROGATES,
    SETS,
    Item,
    complement,
)

# The second part isn't of unicode mode, but every other dialect reads it so; `\<` and `\>` are Rust's own.
_THEMSELVES = "^$\\.*+?()[]{}|/-" + " !\"#%&',:;=@_`~"
_HEXADECIMAL = "0123456789abcdefABCDEF"
_BACKSPACE = 0x08


class UnsureError(Exception):
    """The pattern isn't of the grammar, or its meaning differs between the dialects."""


class Reader:
    """A pattern, and how far it was read."""

    def __init__(self, pattern: str) -> None:
        """Start at the first character."""
        self.pattern = pattern
        self.at = 0

    def peek(self) -> str:
        """The next character, or nothing at the end."""
        return self.pattern[self.at : self.at + 1]

    def next(self) -> str:
        """The next character, which is then read."""
        if self.at == len(self.pattern):
            raise UnsureError
        self.at += 1
        return self.pattern[self.at - 1]

    def skip(self, text: str) -> bool:
        """Whether this comes next; if so it is read."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def expect(self, text: str) -> None:
        """Read this."""
        if not self.skip(text):
            raise UnsureError

    def run(self, allowed: Callable[[str], bool]) -> str:
        """As many characters as are allowed."""
        start = self.at
        while self.peek() and allowed(self.peek()):
            self.at += 1
        return self.pattern[start : self.at]


class Escapes(Reader):
    """What follows a backslash, and classes."""

    def escape(self, *, inside: bool) -> Item:
        """What follows a backslash, inside or outside of a class."""
        symbol = self.next()
        if symbol in "dwsDWS":
            found = SETS[symbol.lower()]
            return list(found) if symbol.islower() else complement(found)
        if symbol in "pP":
            return self._property(symbol)
        if symbol in CONTROLS or symbol in _THEMSELVES:
            return CONTROLS.get(symbol, ord(symbol))
        return _BACKSPACE if symbol == "b" and inside else self._code(symbol)

    def _code(self, symbol: str) -> int:
        if symbol == "0" and not self.peek().isdigit():
            return 0
        if symbol == "c":
            return self._control()
        if symbol == "x":
            return _number(self._several(2))
        if symbol == "u":
            return self._unicode()
        raise UnsureError

    def _property(self, symbol: str) -> str:
        self.expect("{")
        name = self.run(lambda each: each != "}")
        self.expect("}")
        if name not in CATEGORIES:
            raise UnsureError
        return f"\\{symbol}{{{name}}}"

    def _control(self) -> int:
        letter = self.next()
        if not (letter.isascii() and letter.isalpha()):
            raise UnsureError
        return ord(letter) % 32

    def _several(self, length: int) -> str:
        return "".join(self.next() for _ in range(length))

    def _unicode(self) -> int:
        if self.skip("{"):
            text = self.run(lambda each: each != "}")
            self.expect("}")
            return _number(text)
        unit, rest = _number(self._several(4)), self.at
        if unit in HIGH_SURROGATES and self.skip("\\u") and self.peek() != "{":
            low = _number(self._several(4))
            if low in LOW_SURROGATES:
                return 0x10000 + (unit - HIGH_SURROGATES.start) * 0x400 + low - LOW_SURROGATES.start
        self.at = rest
        return unit

    def class_items(self) -> list[Item]:
        """What a class lists, up to its closing bracket."""
        items: list[Item] = []
        while not self.skip("]"):
            item = self._class_atom()
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                item = _between(item, self._class_atom())
            items.append(item)
        return items

    def _class_atom(self) -> Item:
        symbol = self.next()
        return self.escape(inside=True) if symbol == "\\" else ord(symbol)


def _number(text: str) -> int:
    if not text or text.strip(_HEXADECIMAL):
        raise UnsureError
    code = int(text, 16)
    if code > LAST:
        raise UnsureError
    return code


def _between(low: Item, high: Item) -> Item:
    if not isinstance(low, int) or not isinstance(high, int) or low > high:
        raise UnsureError
    return [(low, high)]
