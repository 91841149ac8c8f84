"""Quotes that are in a piece of reasoning, and those that only seem to be."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mensrea.scoring.evidence import MOST_LEFT_OUT, Evidence, Located
from mensrea.scoring.evidence_normal import NormalText, normal_form
from mensrea.scoring.evidence_places import places
from mensrea.scoring.evidence_words import in_word

TRAMS = (
    "Okay, twelve drivers and four trams. I can't use the non-linear rota, so that pairing fails.\n"
    "Wait \N{EM DASH} maybe I\N{RIGHT SINGLE QUOTATION MARK}ll start over from the **night shifts**"
    "\N{HORIZONTAL ELLIPSIS} Each driver rests 3.5 hours, or 1,200 minutes a week.\n\n"
    "Let me check: \\frac{1}{2} of 24 is 12. Then the rota closes. The snake_case names stay as they are."
)
LONG = f"I tried the old rota first. {'It was too long. ' * 20}But then it closed at last."
EXACT, NORMAL, ELIDED, NONE = "exact", "normalised", "elided", None

# The reasoning, the quote, how it is located, and why.
CASES: list[tuple[str, str, str | None, str]] = [
    # Found as it is.
    (TRAMS, "I can't use the non-linear rota, so that pairing fails.", EXACT, "a whole sentence"),
    (TRAMS, "so that pairing fails", EXACT, "a part of a sentence"),
    (TRAMS, "  so that pairing fails \n", EXACT, "white space around a quote is nobody's words"),
    (TRAMS, "that pairing fails.\nWait \N{EM DASH} maybe", EXACT, "over a line's end"),
    (TRAMS, "Okay, twelve drivers", EXACT, "at the very beginning"),
    (TRAMS, "stay as they are.", EXACT, "at the very end"),
    (TRAMS, TRAMS, EXACT, "all of it"),
    (TRAMS, r"Let me check: \frac{1}{2} of 24", EXACT, "LaTeX as is"),
    (TRAMS, "of 24 is 12. Then the rota closes.", EXACT, "a full stop after a number"),
    (TRAMS, "from the **night shifts**", EXACT, "Markdown copied with its text"),
    (TRAMS, "so that pairing fails.\nWait", EXACT, "a dash after a space isn't in a word"),
    ("We cooperate. Interdependence!", "Interdependence", EXACT, "one word of twelve letters"),
    ("How? What could? Nothing.", "What could?", EXACT, "two words of eight letters"),
    ("Hm\N{EM DASH}maybe I should stop", "maybe I should stop", EXACT, "a dash ends a word without a space"),
    ("我先算一下、等等、让我重新检查这个方法吧。", "让我重新检查", EXACT, "no spaces between Chinese words"),
    ("Let me _check the rota again_ now", "check the rota again", EXACT, "an underscore as emphasis"),
    ("He said 'that is all of it' twice", "that is all of it", EXACT, "a quotation mark isn't an apostrophe"),
    # Found but for what copying changes.
    (TRAMS, "maybe I'll start over", NORMAL, "a straight apostrophe"),
    ("I can't use it", "I can\N{RIGHT SINGLE QUOTATION MARK}t use it", NORMAL, "and a typographic one"),
    ('He said "stop it now"', "He said \N{LEFT DOUBLE QUOTATION MARK}stop it now", NORMAL, "quotation marks"),
    (TRAMS, "Wait - maybe I'll", NORMAL, "a hyphen for a dash"),
    (TRAMS, "Wait \N{EN DASH} maybe I'll", NORMAL, "another dash"),
    ("so x = \N{MINUS SIGN}5 fits", "so x = -5 fits", NORMAL, "a hyphen for a minus sign"),
    (TRAMS, "**night shifts**... Each driver", NORMAL, "three dots for the reasoning's own ellipsis"),
    (TRAMS, "so that pairing fails. Wait \N{EM DASH} maybe", NORMAL, "a space for a line's end"),
    (TRAMS, "1,200 minutes a week. Let me check", NORMAL, "a space for a blank line"),
    (TRAMS, "so\N{NO-BREAK SPACE}that  pairing\tfails", NORMAL, "other white space"),
    (TRAMS, "so that pair\N{ZERO WIDTH SPACE}ing fails", NORMAL, "a character of no width in the quote"),
    ("so that pair\N{SOFT HYPHEN}ing fails", "so that pairing fails", NORMAL, "and in the reasoning"),
    (TRAMS, r"Let me check: \\frac{1}{2} of 24", NORMAL, "a doubled backslash"),
    (TRAMS, r"Let me check: \\\\frac{1}{2} of 24", NORMAL, "doubled twice"),
    (r"so 1 \\ \hline 2 is it", r"so 1 \\\\ \\hline 2 is it", NORMAL, "doubled beside one that is double"),
    ("The cafe\N{COMBINING ACUTE ACCENT} is shut", "The caf\u00e9 is shut", NORMAL, "a composed letter"),
    (TRAMS, '"so that pairing fails"', NORMAL, "wrapped in quotation marks"),
    (TRAMS, "**so that pairing fails.**", NORMAL, "wrapped in Markdown emphasis"),
    (TRAMS, '`"_so that pairing fails_",`', NORMAL, "wrapped several times"),
    (TRAMS, "I can't use the non-linear rota.", NORMAL, "a full stop added"),
    (TRAMS, "Okay, twelve drivers,", NORMAL, "a comma added"),
    (TRAMS, "So that pairing fails.", NORMAL, "a small first letter made a capital"),
    (TRAMS, "wait \N{EM DASH} maybe I'll", NORMAL, "and the other way round"),
    # Found but for words left out.
    (TRAMS, "I can't use ... that pairing fails.", ELIDED, "a few words left out"),
    (TRAMS, "I can't use [\N{HORIZONTAL ELLIPSIS}] that pairing fails.", ELIDED, "an ellipsis in brackets"),
    (TRAMS, "maybe I'll start ... Each driver rests \N{HORIZONTAL ELLIPSIS} minutes a week", ELIDED, "twice"),
    (TRAMS, "...so that pairing fails...", ELIDED, "cut at both ends"),
    (TRAMS, "So that pairing ... maybe I'll start", ELIDED, "the first part's first letter"),
    (TRAMS, "i can't use ... that pairing fails", NONE, "a lone letter's case counts"),
    (TRAMS, "twelve drivers and ... each driver rests", NONE, "the case of a later part counts"),
    (TRAMS, "that pairing fails. ... I can't use", NONE, "parts in another order"),
    (TRAMS, "that pairing fails ... that pairing fails", NONE, "one place for two parts"),
    (TRAMS, "I can't use the ... use the non-linear rota", NONE, "parts that overlap"),
    ("one two a three four", "one two a ... a three four", NONE, "by a letter"),
    (
        f"one two a {'x ' * 150}one two a three four",
        "one two a ... a three four",
        NONE,
        "after a failed start",
    ),
    (TRAMS, "I can't use ... pairing fails", NONE, "a part of two words"),
    (TRAMS, "1,200 minutes a week ... Let me check", NONE, "parts of two paragraphs"),
    (LONG, "I tried the old rota ... But then it closed", NONE, "parts far apart"),
    (TRAMS, "I can't use ... the non-linear rota ... so that pairing ... maybe I'll start", ELIDED, "three"),
    ("a b c d e f g h i j k l m n o", "a b c ... d e f ... g h i ... j k l ... m n o", NONE, "four ellipses"),
    (TRAMS, "I can't use ... that pairing works", NONE, "a part that isn't there"),
    # Not there.
    (TRAMS, "", NONE, "nothing"),
    (TRAMS, " \n\t", NONE, "white space"),
    (TRAMS, "rota", NONE, "a word alone"),
    (TRAMS, "rota, so", NONE, "two short words"),
    ("Hmm, wait.", "Hmm, wait.", NONE, "two words of seven letters"),
    (TRAMS, "... \N{EM DASH} ... ''", NONE, "marks alone"),
    ("-" * 80, "-" * 80, NONE, "a rule has no words"),
    (TRAMS, "That combination doesn't work.", NONE, "a paraphrase"),
    (TRAMS, "so that pairing failed", NONE, "another tense"),
    (TRAMS, "four drivers and twelve trams", NONE, "words in another order"),
    (TRAMS, "Let me check: of 24 is 12", NONE, "LaTeX left out"),
    (TRAMS, "so that bad pairing fails", NONE, "a word put in"),
    (TRAMS, "twelve drivers and trams", NONE, "a word left out"),
    (TRAMS, "Each driver rests 3.6 hours", NONE, "another number"),
    (TRAMS, "Each driver rests 3", NONE, "a number cut at its point"),
    (TRAMS, "Each driver rests 3.", NONE, "and with a full stop"),
    (TRAMS, "5 hours, or 1,200 minutes", NONE, "a number that begins too late"),
    (TRAMS, "hours, or 1", NONE, "a number cut at its comma"),
    ("so x is -5 or so", "5 or so", NONE, "a number without its sign"),
    ("It is 1/2 of the cake", "2 of the cake", NONE, "half a fraction"),
    (TRAMS, "rota, so that pair", NONE, "a word cut short"),
    (TRAMS, "ay, twelve drivers and", NONE, "a word that begins too late"),
    ("I cannot start it now", "art it now", NONE, "a word within another"),
    (TRAMS, "four trams. I can", NONE, "can isn't in can't"),
    (TRAMS, "linear rota, so that", NONE, "linear isn't in non-linear"),
    (TRAMS, "case names stay as", NONE, "nor a part of a name"),
    ("The mean is x\N{COMBINING MACRON} here", "The mean is x", NONE, "a letter without its mark"),
    ("so a implies b \u27f6\u0338 c", "so a implies b \u27f6", NONE, "an arrow without its stroke"),
    ("The area is x\N{SUPERSCRIPT TWO} here", "The area is x2 here", NONE, "a superscript is no digit"),
    ("The area is x\N{SUPERSCRIPT TWO} here", "The area is x", NONE, "and belongs to its letter"),
    (TRAMS, "so th\N{CYRILLIC SMALL LETTER A}t pairing fails", NONE, "a look-alike letter"),
    (TRAMS, "so that pairing \N{FULLWIDTH LATIN SMALL LETTER F}ails", NONE, "a full-width letter"),
    ("so the \N{LATIN SMALL LIGATURE FI}x is in", "so the fix is in", NONE, "a ligature"),
    (TRAMS, "SO THAT PAIRING FAILS", NONE, "case"),
    (TRAMS, "so That pairing fails", NONE, "the case of a later word"),
    ("so N is even here", "n is even here", NONE, "the case of a variable"),
    ("We use DNA tests here", "dNA tests here", NONE, "the case of an abbreviation"),
    (TRAMS, "start over from the night shifts", NONE, "Markdown within a quote counts"),
    (TRAMS, "so that pairing fails!", NONE, "another mark at the end"),
    (TRAMS, "so that pairing fails,.", NONE, "two marks added at the end"),
    (TRAMS, '"so that pairing fails', NONE, "one quotation mark alone"),
    (TRAMS, "twelve drivers and four trams, so that pairing fails.", NONE, "two sentences made one"),
    (TRAMS, "twelve drivers and four trams so that pairing fails", NONE, "and without a comma"),
    ("- buy some tea\n- sell the car", "buy some tea sell the car", NONE, "two items of a list made one"),
    ("so y\n> 3 holds now", "so y 3 holds now", NONE, "a sign at a line's start is kept"),
    (TRAMS, "donc ce couple ne convient pas", NONE, "a translation"),
    (TRAMS, "so that pairing fails " * 2, NONE, "twice what is there once"),
    (TRAMS, r"Let me check: \\\frac{1}{2} of 24", NONE, "three backslashes are no doubled one"),
    ("Let me check: \\nabla is 0", "Let me check: \nabla is 0", NONE, "an escape that was resolved"),
    ("First this. Then that.", r"First this.\nThen that.", NONE, "an escape that wasn't"),
    ("so that pair\N{ZERO WIDTH SPACE}ing fails", "ing fails so", NONE, "no width is no word's end"),
    ("", "so that pairing fails", NONE, "no reasoning"),
    ("so that \ud800 fails", "so that \ud800 fails", EXACT, "half a surrogate pair"),
]


@pytest.mark.parametrize(("reasoning", "quote", "how", "why"), CASES)
def test_located_or_not(reasoning: str, quote: str, how: str | None, why: str):
    evidence = Evidence.of(reasoning)
    found = evidence.locate(quote)
    assert (found.how if found else None) == how, why
    assert evidence.occurs(quote) is (how is not None)
    if found is not None and found.how == "exact":
        assert reasoning[found.start : found.end] == quote.strip()


@pytest.mark.parametrize(
    ("quote", "parts"),
    [
        ("maybe I'll start", ["maybe I\N{RIGHT SINGLE QUOTATION MARK}ll start"]),
        ("so that pairing fails. Wait - maybe", ["so that pairing fails.\nWait \N{EM DASH} maybe"]),
        ("'So that pairing fails.'", ["so that pairing fails"]),
        ("**night shifts**... Each", ["**night shifts**\N{HORIZONTAL ELLIPSIS} Each"]),
        ("I can't use ... that pairing fails.", ["I can't use", "that pairing fails"]),
        ("...so that pairing fails...", ["so that pairing fails"]),
    ],
)
def test_offsets_are_of_the_reasoning_as_given(quote: str, parts: list[str]):
    found = Evidence.of(TRAMS).locate(quote)
    assert [TRAMS[start:end] for start, end in found.spans] == parts
    assert (found.start, found.end) == (found.spans[0][0], found.spans[-1][1])


def test_offsets_count_what_has_no_width_and_what_was_decomposed():
    reasoning = "e\u0301\u200b  \\\\x, \ufeffso e\u0301te\u0301  it\u2026 is \u200bover"
    found = Evidence.of(reasoning).locate("so \u00e9t\u00e9 it... is")
    assert [reasoning[slice(*span)] for span in found.spans] == ["so e\u0301te\u0301  it\u2026 is"]


def test_offsets_within_a_run_of_backslashes():
    reasoning = r"so \\\\\\alpha is small"
    assert Evidence.of(reasoning).locate(r"\alpha is small").start == reasoning.index("\\\\alpha")


def test_the_first_place_that_is_no_part_of_a_word():
    reasoning = "Restart over now, start over nowhere, start over now, start over now"
    assert Evidence.of(reasoning).locate("start over now") == Located(((38, 52),), "exact")


def test_a_later_beginning_may_be_near_enough():
    reasoning = f"I tried it once. {LONG} I tried it twice, and it did work."
    found = Evidence.of(reasoning).locate("I tried it ... it did work")
    assert found.start == reasoning.rindex("I tried it")


@pytest.mark.parametrize(("more", "how"), [(0, "elided"), (1, None)])
def test_what_may_be_left_out(more: int, how: str | None):
    between = "x" * (MOST_LEFT_OUT - 2 + more)
    found = Evidence.of(f"one two three {between} four five six").locate("one two three ... four five six")
    assert (found.how if found else None) == how


TOKENS = (
    "so",
    "it\u2019s",
    "caf\u00e9",
    "e\u0301tude",
    "x\u00b2",
    "\\frac{1}{2}",
    "3.5",
    "non-linear",
    "a\u200bc",
    "**so**",
)
SEPARATORS = (" ", "  ", "\n\n", ", ", "\u00a0", " \u2014 ", "\u2026 ", ". ", "\u200b ", ": ", "\n- ", '" ')


@st.composite
def quoted(draw: st.DrawFn) -> tuple[str, int, int]:
    """A text of words that are all different, and where a quote of three or more is in it."""
    words = draw(st.lists(st.sampled_from(TOKENS), min_size=3, max_size=12))
    marks = draw(st.permutations("abcdefghijklm"))
    gaps = draw(st.lists(st.sampled_from(SEPARATORS), min_size=len(words), max_size=len(words)))
    first = draw(st.integers(0, len(words) - 3))
    last = draw(st.integers(first + 2, len(words) - 1))
    text, starts, ends = "", [], []
    for word, mark, gap in zip(words, marks, gaps, strict=False):
        starts.append(len(text))
        text += f"q{word}q{mark}"
        ends.append(len(text))
        text += gap
    return text, starts[first], ends[last]


@given(quoted())
def test_every_run_of_words_is_located_where_it_is(case: tuple[str, int, int]):
    text, start, end = case
    assert Evidence.of(text).locate(text[start:end]) == Located(((start, end),), "exact")


@given(quoted(), st.data())
def test_another_letter_anywhere_is_refused(case: tuple[str, int, int], data: st.DataObject):
    text, start, end = case
    letters = [at for at in range(start, end) if text[at].isascii() and text[at].isalpha()]
    at = data.draw(st.sampled_from(letters))
    other = data.draw(st.sampled_from("abcdefghijklmopqrstuvwxyz").filter(lambda new: new != text[at]))
    assert not Evidence.of(text).occurs(text[start:at] + other + text[at + 1 : end])


@given(quoted(), st.data())
def test_what_normalisation_removes_makes_no_difference(case: tuple[str, int, int], data: st.DataObject):
    text, start, end = case
    added = st.sampled_from(["\u200b", "\u00ad", "\ufeff", "\u2060"])

    def padded(given: str) -> str:
        at = data.draw(st.integers(0, len(given)))
        return (given[:at] + data.draw(added) + given[at:]).replace(" ", data.draw(st.sampled_from(SPACES)))

    assert Evidence.of(padded(text)).occurs(padded(text[start:end]))
    assert not Evidence.of(padded(text)).occurs(padded(text[start:end] + " elsewhere"))


SPACES = (" ", "  ", "\n", "\u00a0", "\u200b \u3000", "\t\n ")
CHARACTERS = st.one_of(
    st.characters(exclude_categories=[]),
    st.sampled_from("\\\\  .\n'\"*_-ab1\u2026\u2019\u2014\u200be=<\u0301\u0316\u0338"),
    st.sampled_from("\ud800\u1100\u1161\u11a8\u09c7\u09be"),
)
ANY = st.text(CHARACTERS, max_size=60)


@settings(max_examples=500)
@given(ANY)
@example("e\u200b\u0301  \u200b \\\u200b\\")
def test_normalising_again_changes_nothing(text: str):
    once = normal_form(text)
    assert normal_form(once) == once


@given(st.text(CHARACTERS, max_size=30))
def test_letters_are_composed_as_unicode_says(text: str):
    assert unicodedata.is_normalized("NFC", normal_form(text))


@settings(max_examples=500)
@given(ANY, ANY, st.data())
def test_any_texts_are_looked_at(reasoning: str, quote: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(reasoning)))
    for each in (quote, reasoning[start:], f"{reasoning[start:]} ... {quote}"):
        found = Evidence.of(reasoning).locate(each)
        assert Evidence.of(reasoning).occurs(each) is (found is not None)
        for first, last in found.spans if found else ():
            assert 0 <= first < last <= len(reasoning)
            # Half an ellipsis is located where the whole is.
            assert normal_form(reasoning[first:last]).strip(".").lower() in normal_form(each).lower()


def test_the_tables_hold_for_all_of_unicode():
    """White space and whatever composes with what is before it, which Python can't list."""
    for each in map(chr, range(sys.maxunicode + 1)):
        assert not each.isspace() or normal_form(each) == " "
        apart = unicodedata.normalize("NFD", each)
        if len(apart) > 1:
            assert normal_form(f"a{apart}b") == normal_form(f"a{each}b")


@given(st.text("ab", max_size=14), st.text("ab", min_size=1, max_size=6))
@example("a" * 9, "aaa")
def test_places_are_all_places(text: str, part: str):
    expected = [at for at in range(len(text)) if text.startswith(part, at)]
    assert list(places(text, part)) == expected


@given(ANY)
def test_the_whole_normal_form_is_the_whole_text_but_for_what_has_no_width(text: str):
    normal = NormalText.of(text)
    if normal.text:
        start, end = normal.span(0, len(normal.text))
        assert normal_form(text[:start]) == normal_form(text[end:]) == ""
        assert len(normal.kinds) == len(normal.text)


@pytest.mark.parametrize("at", [-1, 0, 3, 4])
def test_a_text_begins_and_ends_between_words(at: int):
    assert not in_word("abc", at)


SIZE = 200_000
HOSTILE = {
    "backslashes": ("\\" * SIZE, "\\" * (SIZE - 1) + " one two three"),
    "quotation marks": ("\u201c" * SIZE, '"' * SIZE + "one two three" + '"' * SIZE),
    "wraps": ("one two", "* " * SIZE + "one two three" + " *" * SIZE),
    "dots": ("." * SIZE, "." * SIZE + " one two three"),
    "ellipses": ("\u2026" * SIZE, "\u2026" * SIZE + " one two three"),
    "spaces": (" " * SIZE, " " * SIZE + "one two three"),
    "newlines": ("\n" * SIZE + "one two three", "one two three ... " + "\n" * SIZE + "one two three"),
    "no width": ("\u200b" * SIZE, "\u200b" * SIZE + "one two three"),
    "unordered marks": ("e" + "\u0301\u0316" * SIZE, "one two e" + "\u0301\u0316" * SIZE),
    "words that end elsewhere": ("ab " * SIZE, "b " + "ab " * (SIZE // 2) + "a"),
    "periods": ("a " * SIZE, "a a a ... " + "a " * (SIZE // 2) + "... b b b"),
    "parts everywhere": ("a a a\n\n" * (SIZE // 7) + "b b b", "a a a ... a a a ... a a a ... b b b"),
    "long parts": ("a " * SIZE + "\n\n" + "a " * SIZE, "a a a ... " + "a " * SIZE + "a"),
    "many ellipses": ("a b c " * (SIZE // 6), "a b c ... " * (SIZE // 6)),
    "brackets": ("[" * SIZE, "[..." * SIZE + "one two three"),
    "no spaces": ("\u7b49" * SIZE, "\u7b49" * (SIZE // 2) + "x"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_linear_time(name: str):
    reasoning, quote = HOSTILE[name]
    start = time.process_time()
    assert Evidence.of(reasoning).locate(quote) is None
    assert time.process_time() - start < 10
