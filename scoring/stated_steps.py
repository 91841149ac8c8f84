"""Steps that a text states on its way to an answer, and whether they hold: signed sums, and paths in graphs.

A step is a line of its own, `Step 1: +2 = 2` or `Step 1: Tom is a wug.`; other lines are prose. Of several
attempts the last one counts, from its step 1 on. A text without such lines may state all in one line: the
signed numbers with their sum, or the vertices with arrows between them, ending in the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, TypeVar

from .stated_answers import plain

Trace = Literal["valid", "invalid", "untraced"]
"""Steps hold and lead to the answer; they don't; there are none."""

Edge = tuple[int, int]
Sum = tuple[list[int], int]
"""Signed numbers, and what is said to be their sum."""
Step = TypeVar("Step", Edge, Sum)

_STEP = re.compile(r"[\W_]*step ([0-9]{1,4}) ?[:.)]+ ?(.*)", re.IGNORECASE)
_TERMS = r"[-+]? ?[0-9]{1,6}(?: ?[-+] ?[0-9]{1,6})*"
_TOTAL = r"[-+]? ?[0-9]{1,6}"
_SUM = re.compile(rf"({_TERMS}) ?(?:=>|->|[=\u2192\u21d2]) ?({_TOTAL}) ?[.;,]?")
_EXPRESSION = re.compile(rf"(?<![\w.*/^])(?<![*/^] )({_TERMS})(?: ?= ?({_TOTAL})(?!\.?[0-9]))?")
_TERM = re.compile(r"[-+]?[0-9]+")
_BRACKETED = re.compile(r"\+? ?\( ?([-+]) ?([0-9]+) ?\)")
_LINK = re.compile(r" ?(?:-{1,3}>|=>|\\(?:right|Right)arrow|\\to|[>\u2192\u21d2]) ?")
_CLAUSE = re.compile(r"[.;,(]|\b(?:so|thus|hence|therefore)\b", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['-]\w+)*")
_DENIAL = re.compile(r"\b(?:not|never|no|neither|nor|cannot)\b|n't\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")


def sum_trace(text: str, digits: Sequence[int], answer: str) -> Trace:
    """Whether a text gives every digit a sign, in the order asked, with right sums that end in `answer`.

    A step adds to the sum before it: `-2 = 1`, or with that sum in front `3 - 2 = 1`, or with all signed
    numbers so far. In one line, all signed numbers have to stand before the sum. `answer` is spelt as
    `stated_numbers` spells it.
    """
    if steps := _last_attempt(text, _read_sum):
        holds = _in_turn(steps) and _adds_up([step for _, step in steps], digits, answer)
        return "valid" if holds else "invalid"
    for terms, total in reversed(list(_expressions(text))):
        if str(total) == answer and len(terms) == len(digits):
            fits = sum(terms) == total and [abs(each) for each in terms] == list(digits)
            return "valid" if fits else "invalid"
    return "untraced"


def path_trace(text: str, names: Sequence[str], edges: Collection[Edge], root: int, goal: int) -> Trace:
    """Whether a text states edges that all exist and lead from `root` to `goal`, one after the other."""
    steps = _last_attempt(text, _edge_reader(names))
    stated = [edge for _, edge in steps] or _path(text, names, root, goal)
    if not stated:
        return "untraced"
    joined = all(before[1] == after[0] for before, after in pairwise(stated))
    ends = (stated[0][0], stated[-1][1]) == (root, goal)
    return "valid" if _in_turn(steps) and joined and ends and set(stated) <= set(edges) else "invalid"


def closure_trace(text: str, names: Sequence[str], edges: Collection[Edge], root: int, goal: int) -> Trace:
    """Whether a text states all that can be reached from `root`, which shows that `goal` can't be.

    Every stated edge exists and begins at the root or where an earlier one led, and no other edge leads on
    to something new.
    """
    steps = _last_attempt(text, _edge_reader(names))
    if not steps:
        return "untraced"
    reached = {root}
    for _, edge in steps:
        if edge not in edges or edge[0] not in reached:
            return "invalid"
        reached.add(edge[1])
    closed = all(end in reached for start, end in edges if start in reached)
    return "valid" if _in_turn(steps) and closed and goal not in reached else "invalid"


def _last_attempt(text: str, read: Callable[[str], Step | None]) -> list[tuple[int, Step]]:
    """The numbered steps that can be read, from the last step 1 on."""
    found: list[tuple[int, Step]] = []
    for line in text.splitlines():
        numbered = _STEP.match(plain(line))
        step = None if numbered is None else read(numbered[2])
        if numbered is None or step is None:
            continue
        if (number := int(numbered[1])) == 1:
            found = []
        found.append((number, step))
    return found


def _in_turn(steps: Sequence[tuple[int, object]]) -> bool:
    return [number for number, _ in steps] == list(range(1, len(steps) + 1))


def _read_sum(line: str) -> Sum | None:
    found = _SUM.fullmatch(_without_brackets(line))
    return None if found is None else (_terms(found[1]), _terms(found[2])[0])


def _adds_up(steps: Sequence[Sum], digits: Sequence[int], answer: str) -> bool:
    before, so_far = 0, list[int]()
    for digit, ((*front, last), total) in zip(digits, steps, strict=False):
        if abs(last) != digit or before + last != total or front not in ([], [before], so_far):
            return False
        before, so_far = total, [*so_far, last]
    return len(steps) == len(digits) and str(before) == answer


def _expressions(text: str) -> Iterator[Sum]:
    for line in text.splitlines():
        for found in _EXPRESSION.finditer(_without_brackets(plain(line))):
            if found[2] is not None:
                yield _terms(found[1]), _terms(found[2])[0]


def _without_brackets(line: str) -> str:
    """`2 + (-1)` as `2 -1`, and `1,995` as `1995`."""
    return " ".join(_BRACKETED.sub(r" \1\2", _THOUSANDS.sub("", line)).split())


def _terms(text: str) -> list[int]:
    return [int(each) for each in _TERM.findall(text.replace(" ", ""))]


def _edge_reader(names: Sequence[str]) -> Callable[[str], Edge | None]:
    """Reads a sentence with two names, or two names or numbers with an arrow between them."""
    numbers, known = _numbers_of(names), _known(names)

    def read(line: str) -> Edge | None:
        if len(path := _vertices(line, known)) > 1:
            return (path[0], path[1]) if len(path) == len(set(path)) == 2 else None  # noqa: PLR2004 -- an edge has two ends
        clause = next((each for each in _CLAUSE.split(line) if each.strip()), "")
        found = [numbers[word] for word in _WORD.findall(clause.casefold()) if word in numbers]
        if len(found) != 2 or found[0] == found[1] or _DENIAL.search(clause):  # noqa: PLR2004
            return None
        return found[0], found[1]

    return read


def _path(text: str, names: Sequence[str], root: int, goal: int) -> list[Edge]:
    """The edges of the last line that is a path of arrows from root to goal; empty if there is none."""
    known = _known(names)
    for line in reversed(text.splitlines()):
        found = _vertices(plain(line).rpartition(":")[2], known)
        if len(found) > 1 and (found[0], found[-1]) == (root, goal):
            return list(pairwise(found))
    return []


def _vertices(line: str, known: Mapping[str, int]) -> list[int]:
    """The vertices between arrows, if all are names or numbers of vertices; else none."""
    parts = [each.strip(" .").casefold() for each in _LINK.split(line)]
    parts = [each.removeprefix("a ").removeprefix("an ") for each in parts]
    return [known[each] for each in parts] if all(each in known for each in parts) else []


def _numbers_of(names: Sequence[str]) -> dict[str, int]:
    return {name.casefold(): number for number, name in enumerate(names)}


def _known(names: Sequence[str]) -> dict[str, int]:
    """Vertices by their names and by their numbers."""
    return {**{str(number): number for number in range(len(names))}, **_numbers_of(names)}
