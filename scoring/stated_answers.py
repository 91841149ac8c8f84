r"""What a text states as its final answer: exactly one thing, several that contradict each other, or nothing.

Stated is what follows `Answer:` at the beginning of a line, what is in `\boxed{}`, and a text that is
nothing but an answer. All of it counts: a text that states two answers has answered with neither. A sentence
about the answer, "The answer is found by trying all signs", counts where nothing else is stated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_GROUPED = re.compile(r"(?<=[0-9])(?:\\[,;!]|\{,\})(?=[0-9]{3}(?![0-9]))")
_MARKUP = re.compile(r"[*`~#$_{}]|\\\\|\\[()\[\],;! ]|\\(?:text|textbf|mathbf|mathrm|mathit)(?=\s*\{)")
_CHARACTERS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-") | {"\uff1a": ":", "\u2019": "'"}
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_ANSWER = re.compile(
    r"\W*(?:(?:so|thus|hence|therefore)\b,? ?)?(?:(?:the|my) )?(?:(?:final|correct) )?"
    r"answer ?(is\b ?:|is\b|[:=]|$)(.*)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[-+\N{BULLET}] (?=\S)")
_CLAUSE = re.compile(r"[.,;:(]|\b(?:because|since|as)\b")
_WORD = re.compile(r"\w+(?:['-]\w+)*")
_NEGATIONS = frozenset({"not", "never", "no", "neither", "nor", "cannot"})
_VERDICTS = (
    (" not true ", "false"),
    (" not false ", "true"),
    (" true ", "true"),
    (" false ", "false"),
    (" untrue ", "false"),
)
_BESIDE_CLAIMS = (
    *_VERDICTS,
    (" not correct ", "false"),
    (" correct ", "true"),
    (" incorrect ", "false"),
    (" wrong ", "false"),
    (" impossible ", "false"),
)
"""Words that are verdicts where they stand before or after a claim, and else may be of anything."""
_SAYING = "(?:to (?:say|claim|state|conclude|assume|think) )?"
_SURELY = r"(?:(?:\w+ly|thus|hence|therefore|indeed) )?"
_DOUBTS = _NEGATIONS | {"wrong", "incorrect", "impossible"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers of one task are read.

    Attributes:
        read: From what is stated to the answers that it names, in one spelling each.
        is_bare: Whether a line is nothing but an answer, which then needs no `Answer:`.
    """

    read: Callable[[str], set[str]]
    is_bare: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Named:
    """The answers that a statement names, and whether there is a negation that isn't part of one."""

    found: set[str]
    negated: bool


def stated_answers(text: str, reading: Reading) -> set[str]:
    """Every answer that a text states: none, one, or several that contradict each other."""
    found: set[str] = set()
    about: set[str] = set()
    for statement, is_sentence in _statements(text, reading):
        if "?" not in statement:
            (about if is_sentence else found).update(reading.read(statement))
    return found or about


def plain(text: str) -> str:
    """A line without mark-up, with single spaces, and with minus signs of one kind."""
    return " ".join(_MARKUP.sub(" ", _GROUPED.sub("", text.translate(_CHARACTERS))).split())


def truth_values(root: str, concept: str) -> Reading:
    """`true` or `false`: as such, as yes or no, or by saying whether `root` is a `concept`."""
    claim = f" {root.casefold()} is a {concept.casefold()} "
    denial = claim.replace(" is a ", " is not a ")
    known = {claim, denial, " true ", " false ", " yes ", " no "}
    opposite = {"true": "false", "false": "true"}
    judgements = [
        (re.compile(judged), value if said == claim else opposite[value])
        for words, value in _BESIDE_CLAIMS
        for said in (claim, denial)
        for judged in (f"{words}{_SAYING}that{re.escape(said)}", f"{re.escape(said)}is {_SURELY}{words[1:]}")
    ]

    def named(text: str) -> _Named:
        rest, verdicts = _without_opening(_sentence(text))
        for judged, value in judgements:
            rest, times = judged.subn("  ", rest)
            verdicts |= {value} if times else set()
        claims = {value for value, said in (("true", claim), ("false", denial)) if said in rest}
        rest = rest.replace(denial, " ")
        for words, value in _VERDICTS:
            verdicts |= {value} if words in rest else set()
            rest = rest.replace(words, "  ")
        # "False: Tom is a wug" denies what it repeats; "True: Tom is not a wug" says two things.
        found = verdicts | (claims & {"false"}) if verdicts else claims
        return _Named(found, negated=not _DOUBTS.isdisjoint(rest.split()))

    return Reading(lambda statement: _unless_negated(statement, named), lambda line: _sentence(line) in known)


def named_options(names: Sequence[str], root: int, options: Sequence[int]) -> Reading:
    """Concepts of a graph: an option by its name, in a sentence or bare, or by its number.

    Args:
        names: Of all vertices, by their numbers.
        root: The vertex asked about; its name is no answer.
        options: The vertices to choose from. Others are read only where no option is named.
    """
    symbols = [each.casefold() for each in names]
    asked, chosen = symbols[root], {symbols[each] for each in options}
    concepts = frozenset(symbols) - {asked}
    numbered = {str(number): each for number, each in enumerate(symbols)}

    def named(text: str) -> _Named:
        words = ["", "", *_sentence(text).replace(" a ", " ").split(), "", ""]
        places = [at for at, word in enumerate(words) if word in concepts]
        denied = {at for at in places if words[at - 1] in _NEGATIONS}
        # "Every wug is a rem" says nothing of Tom.
        links = [at for at, word in enumerate(words) if word == "is" and words[at - 1] in concepts]
        others = {end for at in links if words[at + 1] in concepts for end in (at - 1, at + 1)}
        found = {words[at] for at in places if at not in denied | others}
        # "Not a wug or a rem" denies both.
        strays = [at for at, word in enumerate(words) if word in _NEGATIONS and at + 1 not in denied]
        return _Named(found & chosen or found, negated=bool(strays or (denied and "or" in words)))

    def read(statement: str) -> set[str]:
        number = statement.strip(" .")
        if number in numbered:
            return {numbered[number]}
        # "A rem. There is no way to an impus" names one: what is denied after the answer explains it.
        first, *later = _CLAUSE.split(statement)
        kept = [each for each in later if _NEGATIONS.isdisjoint(_sentence(each).split())]
        told = ". ".join([first, *kept]) if named(first).found else statement
        return _unless_negated(told, named)

    def is_bare(line: str) -> bool:
        words = _sentence(line).replace(f" {asked} is ", " ").replace(" a ", " ").split()
        return len(words) == 1 and words[0] in concepts

    return Reading(read, is_bare)


def _statements(text: str, reading: Reading) -> Iterator[tuple[str, bool]]:
    """What is stated, and whether it is a sentence about the answer rather than the answer."""
    text = _BOXED.sub(lambda box: " ".join(box[0].split()), text)
    lines = [(line, clean) for line in text.splitlines() if (clean := plain(line))]
    alone = [_ITEM.sub("", clean, count=1) for _, clean in lines]
    if len(lines) == 1 and reading.is_bare(alone[0]):
        yield alone[0], False
    for at, (line, clean) in enumerate(lines, 1):
        boxes = _BOXED.findall(line)
        answer = _ANSWER.match(clean)
        if boxes or answer is None:
            yield from ((plain(box), False) for box in boxes)
        elif rest := answer[2].strip():
            yield rest, answer[1] == "is" and not reading.is_bare(_CLAUSE.split(rest)[0].strip())
        elif at < len(lines) and reading.is_bare(alone[at]):
            yield alone[at], False


def _unless_negated(statement: str, named: Callable[[str], _Named]) -> set[str]:
    """What is named, unless it is under a negation; one after the clause that answers is an explanation."""
    whole, first = named(statement), named(_CLAUSE.split(statement, maxsplit=1)[0])
    negated = first.negated if first.found else whole.negated
    return set() if negated else whole.found


def _sentence(text: str) -> str:
    """Words in small letters, each between spaces; `not` and `a` in one spelling."""
    sentence = f" {' '.join(_WORD.findall(text.casefold()))} "
    for written, alike in (
        ("n't ", " not "),
        (" an ", " a "),
        (" rather than ", " not "),
        (" instead of ", " not "),
    ):
        sentence = sentence.replace(written, alike)
    return sentence


def _without_opening(sentence: str) -> tuple[str, set[str]]:
    """A sentence without the yes or no that it begins with, and what that says."""
    for word, value in (("yes", "true"), ("no", "false")):
        if sentence.startswith(f" {word} "):
            return sentence.removeprefix(f" {word}"), {value}
    return sentence, set()
