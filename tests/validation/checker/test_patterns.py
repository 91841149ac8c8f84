import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

import jsonschema_rs
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import SchemaError
from mensrea.validation.checker.patterns import PatternError, read_pattern, translate
from mensrea.validation.checker.rowwise import RowEngine
from mensrea.validation.checker.table import TableChecker

Verdicts = list[bool] | None
Case = tuple[str, Sequence[str]]

# Where the dialects part: letters and digits outside ASCII, kinds of white space and of line ends, astral
# characters, combining marks, and the symbols of set operations.
CHARACTERS = [
    *"aAbz_059 -&~[]{}^$/\\.|#@",
    *"\n\r\t\v\f\0\x08\x1c\x85\xa0\u1680\u2003\u2028\u2029\u3000\ufeff",
]
CHARACTERS += [*"é\u017fKe\u0301٣😀\U0001d4b3"]
# Node searches between the halves of a surrogate pair, where it finds `\B`; the standard has no such place.
BASIC = [each for each in CHARACTERS if len(each.encode()) < 4]
PLAIN = [*"aAbz_059 -&~[]{}^$/\\.|#@\n\t"]
ESCAPES = re.findall(
    r"\S+",
    r"""
    \d \D \w \W \s \S \. \/ \\ \[ \] \{ \} \( \) \^ \$ \| \* \? \n \r \t \v \f \0 \cA \cj
    \x41 \u0041 \u2028 \u{61} \u{1F600} \uD83D\uDE00 \ud83d \p{L} \P{L} \p{Lu} \p{Nd}
    """,
)
ATOMS = [*"aAbz_05 -&~/#@é😀", ".", "[^]", "[]", *ESCAPES]
CLASS_ATOMS = [*"abz09_-&~[.^$|(){}*+?#@/ é😀", r"\b", r"\-", *ESCAPES]
QUANTIFIERS = ["*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}", "*?", "+?", "??", "{1,2}?"]
LENIENT = [r"\-", r"\_", r"\ ", r"\@", r"\#", r"\&", r"\,", "]", "}", "a]", "[[a]]", "[[]&&[a]]"]

SEARCH = """
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const searched = ([pattern, texts], flags) => {
  try { const found = new RegExp(pattern, flags); return texts.map(text => found.test(text)); }
  catch (error) { return null; }
};
console.log(JSON.stringify(cases.map(each => [searched(each, 'u'), searched(each, '')])));
"""


class Drawn:
    """Patterns and texts, drawn from a grammar."""

    def __init__(self, seed: int, atoms: Sequence[str] = ATOMS) -> None:
        self.random = random.Random(seed)
        self.atoms = atoms

    def pattern(self, depth: int = 3) -> str:
        branches = self.random.choices([1, 2, 3], [8, 2, 1])[0]
        return "|".join(
            "".join(self._term(depth) for _ in range(self.random.choice([0, 1, 1, 2, 2, 3])))
            for _ in range(branches)
        )

    def _term(self, depth: int) -> str:
        kind = self.random.random()
        if kind < 0.15:
            return self.random.choice(["^", "^", "$", "$", r"\b", r"\b", r"\b", r"\B"])
        if kind < 0.35 and depth:
            atom = self.random.choice(["(", "(?:"]) + self.pattern(depth - 1) + ")"
        else:
            atom = self._class() if kind < 0.6 else self.random.choice(self.atoms)
        return atom + (self.random.choice(QUANTIFIERS) if self.random.random() < 0.35 else "")

    def _class(self) -> str:
        items = [self._class_item() for _ in range(self.random.randint(1, 4))]
        return f"[{self.random.choice(['', '^'])}{''.join(items)}]"

    def _class_item(self) -> str:
        if self.random.random() < 0.2:
            return self.random.choice(["a-z", "0-9", "+--", " -~", "&-~", "--/", "é-😀", r"\u2000-\uFFFF"])
        return self.random.choice(CLASS_ATOMS)

    def broken(self) -> str:
        text = list(self.pattern())
        for _ in range(self.random.randint(1, 2)):
            place = self.random.randint(0, len(text))
            text[place : place + self.random.randint(0, 1)] = self.random.choice(
                [*"\\()[]{}*+?|^$-,:=!<1aA", ""]
            )
        return "".join(text)

    def texts(self, characters: Sequence[str] = CHARACTERS, number: int = 14) -> list[str]:
        texts = (
            "".join(self.random.choices(characters, k=self.random.choice([1, 1, 2, 3, 5])))
            for _ in range(number)
        )
        return ["", *texts]


@pytest.fixture(scope="module")
def ecma() -> Callable[[Sequence[Case]], list[tuple[Verdicts, Verdicts]]]:
    """What a JavaScript engine finds, in unicode mode and without; None where it refuses the pattern."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no `node` on this machine to ask what ECMA-262 says")

    def ask(cases: Sequence[Case]) -> list[tuple[Verdicts, Verdicts]]:
        ended = subprocess.run(
            [node, "-e", SEARCH], input=json.dumps(cases), capture_output=True, text=True, check=True
        )
        return [(strict, loose) for strict, loose in json.loads(ended.stdout)]

    return ask


def polars(pattern: str, texts: Sequence[str]) -> list[bool]:
    return pl.Series(texts).str.contains(pattern, literal=False).to_list()


def engine(pattern: str, texts: Sequence[str]) -> Verdicts:
    try:
        check = jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return None
    return [check.is_valid(text) for text in texts]


def read(pattern: str) -> Any:
    try:
        return read_pattern(pattern)
    except PatternError:
        return None


def test_finds_what_ecma_finds(ecma: Any):
    drawn = Drawn(1)
    patterns = [drawn.pattern() for _ in range(3_000)]
    cases = [(each, drawn.texts(BASIC if r"\B" in each else CHARACTERS)) for each in patterns]
    translated = found = 0
    for (pattern, texts), (expected, _) in zip(cases, ecma(cases), strict=True):
        if expected is None:
            continue
        both = read_pattern(pattern)
        assert engine(both.backtracking, texts) == expected, pattern
        if both.linear is not None:
            translated += 1
            found += sum(expected)
            assert polars(both.linear, texts) == expected, (pattern, both.linear)
    assert translated > 2_000
    assert 0.2 < found / translated / 15 < 0.8


def test_finds_what_the_row_engine_finds_in_plain_text():
    drawn = Drawn(2)
    compared = 0
    for _ in range(2_000):
        pattern, texts = drawn.pattern(), drawn.texts(PLAIN)
        linear, expected = read(pattern) and translate(pattern), engine(pattern, texts)
        if linear is not None and expected is not None:
            compared += 1
            assert polars(linear, texts) == expected, (pattern, linear)
    assert compared > 1_200


def only_unicode(pattern: str) -> bool:
    """Whether the pattern means something else without unicode mode."""
    return any(each in pattern for each in ("😀", "\\u", "\\p", "\\P"))


def test_reads_what_only_unicode_mode_refuses(ecma: Any):
    drawn = Drawn(3, [*"ab-&]}", r"\d", r"\s", r"\w", ".", *LENIENT])
    cases = [(drawn.pattern(), drawn.texts(BASIC)) for _ in range(1_500)]
    lenient = 0
    for (pattern, texts), (strict, loose) in zip(cases, ecma(cases), strict=True):
        found = read(pattern)
        if found is not None and found.linear is not None and not only_unicode(pattern):
            lenient += strict is None
            assert polars(found.linear, texts) == loose, (pattern, found.linear)
    assert lenient > 300


def test_what_is_broken_is_refused_or_means_what_ecma_says(ecma: Any):
    drawn = Drawn(4)
    cases = [(drawn.broken(), drawn.texts(PLAIN)) for _ in range(3_000)]
    refused = translated = 0
    for (pattern, texts), (strict, loose) in zip(cases, ecma(cases), strict=True):
        found = read(pattern)
        expected = loose if strict is None and not only_unicode(pattern) else strict
        if found is None:
            refused += 1
            assert engine(pattern, texts) is None
        elif found.linear is not None and (expected is not None or not only_unicode(pattern)):
            translated += 1
            assert polars(found.linear, texts) == expected, (pattern, found.linear)
        elif found.linear is None and found.backtracking != pattern and strict is not None:
            assert engine(found.backtracking, texts) == strict, pattern
    assert refused > 300
    assert translated > 1_000


@given(st.text(st.sampled_from([*"\\()[]{}*+?|^$-,:=!<>1adDpPuxck0é&"]), max_size=12))
def test_any_text_is_translated_left_or_refused(pattern: str):
    found = read(pattern)
    if found is not None and found.linear is not None:
        assert len(polars(found.linear, ["a", "é1-"])) == 2


@pytest.mark.parametrize(
    ("pattern", "linear"),
    [
        (r"^[a-z]+\.json$", r"^[a-z]+\u{2E}json$"),
        (r"^\d{4}$", "^[0-9]{4}$"),
        (r"(?<year>\d)|b*?", "(?:[0-9])|b*"),
        (".", r"[^\n\r\u{2028}\u{2029}]"),
        (r"\b", r"(?-u:\b)"),
        ("[]", r"[^\u{0}-\u{10FFFF}]"),
        ("[^]", r"[\u{0}-\u{10FFFF}]"),
        (r"\uD83D\uDE00", r"\u{1F600}"),
        (r"[\uD800-\uDFFFa]", "[a]"),
        (r"[\u{D7FF}-\u{DBFF}]", r"[\u{D7FF}]"),
        ("[a&&b--c]", r"[a\u{26}\u{26}b-\u{2D}c]"),
        ("(?:)*", "(?:)"),
    ],
)
def test_spells_it_in_rust(pattern: str, linear: str):
    if pattern == "[a&&b--c]":
        with pytest.raises(PatternError):
            translate(pattern)
    else:
        assert translate(pattern) == linear


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "(?=a)",
            "(?!a)b",
            "(?<=a)b",
            "(?<!a)b",
            r"(a)\1",
            "(?i)a",
            "(?i:a)",
            "(?P<n>a)",
            r"\A",
            r"\<a",
            "a++",
        ),
        *(r"\p{Script=Greek}", r"\p{Emoji}", r"\pL", "a{100000}", "(a{300}){300}", "(?:" * 60 + ")" * 60),
    ],
)
def test_leaves_to_the_row_engine(pattern: str):
    assert translate(pattern) is None
    assert engine(pattern, ["a"]) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "[a", "*", "a**", "a{2,1}", "a{", "{1}", "{", "(?", "(?#a)", "(?>a)", "[b-a]", r"[\d-a]"),
        *(
            "\\",
            r"\a",
            r"\e",
            r"\Z",
            r"\c1",
            r"\x4",
            r"\u00",
            r"\u{110000}",
            r"\01",
            r"\8",
            r"[\B]",
        ),
    ],
)
def test_refuses(pattern: str):
    with pytest.raises(PatternError, match=r"pattern .*: not a regular expression of ECMA-262"):
        translate(pattern)
    assert issubclass(PatternError, SchemaError)
    assert engine(pattern, [""]) is None


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        (r"(?=\bé?)a.$", "a\t", "a\r"),
        (r"^(?!.*\b[x-z])", "ax", "éx"),
        (r"(?<=\B)$", "é", "e"),
        (r"\B", "b\u0301\u0301A", "b\u0301A"),
    ],
)
def test_rewrites_look_around_for_the_row_engine(pattern: str, found: str, missed: str):
    both = read_pattern(pattern)
    assert both.linear is None
    assert engine(both.backtracking, [found, missed]) == [True, False]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^.$", "\r", False),
        ("^.$", "\u2028", False),
        (r"\bx", "éx", True),
        ("^[^]$", "\n", True),
        (r"^\d$", "٣", False),
        ("^a$", "a\n", False),
        (r"^(?!b)", "abc", True),
        (r"^\uD83D\uDE00$", "😀", True),
    ],
)
def test_both_engines_read_a_pattern_as_ecma_262_does(pattern: str, text: str, matches: bool) -> None:  # noqa: FBT001
    schema = {"properties": {"a": {"pattern": pattern}}, "patternProperties": {pattern: True}}
    batch = pa.RecordBatch.from_pylist([{"a": text}])
    assert (RowEngine(schema).invalid([{"a": text}]) == []) == matches
    assert (not TableChecker(schema, batch.schema).invalid(batch).any()) == matches
    named = {"patternProperties": {pattern: False}}
    assert (RowEngine(named).invalid([{text: 1}]) == [0]) == matches
