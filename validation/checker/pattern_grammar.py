"""The grammar of ECMA-262's regular expressions in unicode mode, and what it becomes in Rust's."""

from __future__ import annotations

from dataclasses import dataclass

from .pattern_characters import is_surrogate, spell, spell_class
from .pattern_escapes import Escapes, UnsureError

BOUNDARY = r"(?-u:\b)"
_WORD = "[0-9A-Z_a-z]"
# Rust's `(?-u:\B)` is also true between the bytes of a character, and overlooks places behind one.
_NO_BOUNDARY = f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
_NOT_LINE_ENDS = r"[^\n\r\u{2028}\u{2029}]"
_GROUPS = {"?:": True, "?=": False, "?!": False, "?<=": False, "?<!": False}
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}

# Far below what Rust's engines compile: a class counts for several states, a property for hundreds.
_MOST_STATES = 40_000
_CLASS, _PROPERTY = 10, 400
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a pattern, translated.

    Attributes:
        text: Rust's spelling.
        states: About how many states an automaton for it has.
    """

    text: str
    states: int


class Parser(Escapes):
    """One pass over a pattern by recursive descent.

    Attributes:
        regular: Whether nothing so far needs look-around.
    """

    def __init__(self, pattern: str) -> None:
        """Start at the pattern's first character."""
        super().__init__(pattern)
        self.regular = True
        self._depth = 0
        self._names: set[str] = set()

    def parse(self) -> str:
        """The whole pattern in Rust's spelling.

        Raises:
            UnsureError: It isn't of the grammar, means different things, or grows too large.
        """
        part = self._disjunction()
        if self.peek() or part.states > _MOST_STATES:
            raise UnsureError
        return part.text

    def _disjunction(self) -> Part:
        branches = [self._alternative()]
        while self.skip("|"):
            branches.append(self._alternative())
        return Part("|".join(each.text for each in branches), sum(each.states for each in branches))

    def _alternative(self) -> Part:
        terms: list[Part] = []
        while self.peek() not in ("", "|", ")"):
            terms.append(self._term())
        return Part("".join(each.text for each in terms), 1 + sum(each.states for each in terms))

    def _term(self) -> Part:
        symbol = self.next()
        if symbol in "^$":
            return Part(symbol, 1)
        if symbol == "(":
            return self._group()
        if symbol == "\\" and self.skip("b"):
            return Part(BOUNDARY, 1)
        if symbol == "\\" and self.skip("B"):
            self.regular = False
            return Part(_NO_BOUNDARY, 1)
        return self._quantified(self._atom(symbol))

    def _group(self) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnsureError
        head = next((each for each in _GROUPS if self.skip(each)), "")
        if not head and self.skip("?<"):
            self._name()
        inner = self._disjunction()
        self.expect(")")
        self._depth -= 1
        if _GROUPS.get(head, True):
            return self._quantified(Part(f"(?:{inner.text})", inner.states))
        self.regular = False
        return Part(f"({head}{inner.text})", inner.states)

    def _name(self) -> None:
        name = self.run(lambda each: each.isascii() and (each.isalnum() or each == "_"))
        self.expect(">")
        if not name or name[0].isdigit() or name in self._names:
            raise UnsureError
        self._names.add(name)

    def _quantified(self, part: Part) -> Part:
        symbol = self.peek()
        if symbol in _QUANTIFIERS:
            self.at += 1
            least, most = _QUANTIFIERS[symbol]
        elif self.skip("{"):
            least, most = self._braces()
            symbol = f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"
        else:
            return part
        # Greed decides what is found, never whether something is; and not every engine repeats nothing.
        self.skip("?")
        if not part.text.strip("(?:)"):
            return part
        return Part(part.text + symbol, part.states * max(1, least if most is None else most))

    def _braces(self) -> tuple[int, int | None]:
        least = self._digits()
        most: int | None = least
        if self.skip(","):
            most = None if self.peek() == "}" else self._digits()
        self.expect("}")
        if most is not None and most < least:
            raise UnsureError
        return least, most

    def _digits(self) -> int:
        text = self.run(lambda each: each in "0123456789")
        if not text or len(text) > len(str(_MOST_STATES)):
            raise UnsureError
        return int(text)

    def _atom(self, symbol: str) -> Part:
        if symbol == ".":
            return Part(_NOT_LINE_ENDS, _CLASS)
        if symbol == "[":
            return self._class()
        if symbol in "*+?{":
            raise UnsureError
        item = self.escape(inside=False) if symbol == "\\" else ord(symbol)
        if isinstance(item, str):
            return Part(item, _PROPERTY)
        if isinstance(item, list) or is_surrogate(item):
            return Part(spell_class([item]), _CLASS)
        return Part(spell(item), 1)

    def _class(self) -> Part:
        negated = self.skip("^")
        items = self.class_items()
        states = sum(_PROPERTY if isinstance(each, str) else _CLASS for each in items)
        return Part(spell_class(items, negated=negated), states + _CLASS)
