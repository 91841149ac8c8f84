"""Answers as models write them, and texts that look like an answer and are none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring.stated_answers import named_options, stated_answers, truth_values
from mensrea.scoring.stated_numbers import whole_numbers

NUMBER = whole_numbers()
TRUTH = truth_values("Tom", "rempus")
NAMES = ["Tom", "Eve", "wug", "rem", "zim20", "impus"]
OPTION = named_options(NAMES, 0, (3, 4))
MINUS, PLUS_MINUS = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}"
NOTHING: set[str] = set()


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Answer: 3", {"3"}),
        ("Answer: 3.", {"3"}),
        ("**Answer:** 3", {"3"}),
        ("**Answer: 3**", {"3"}),
        ("## Answer\n\n3", {"3"}),
        ("Answer:\n\n**3**", {"3"}),
        ("> Answer: 3", {"3"}),
        ("answer : +3", {"3"}),
        ("Answer\N{FULLWIDTH COLON} 3", {"3"}),
        ("Final answer: 3", {"3"}),
        ("The final answer is 3.", {"3"}),
        ("So, the answer is: 3!", {"3"}),
        ("Answer: $3$", {"3"}),
        (r"Answer: \(3\)", {"3"}),
        (r"Answer: $\boxed{3}$", {"3"}),
        (r"It is $\boxed{\text{3}}$.", {"3"}),
        (r"Answer: \boxed{3} since 1 + 2 = 3 and 4 isn't", {"3"}),
        ("Answer: `3`", {"3"}),
        ("Answer: 03", {"3"}),
        ("Answer: 3.0", {"3"}),
        ("Answer: 1,569", {"1569"}),
        ("Answer: three", {"3"}),
        ("Answer: The sum is 3", {"3"}),
        ("Answer: 5 + 2 - 4 = 3", {"3"}),
        ("Answer: 3 = 5 + 2 - 4", {"3"}),
        ("Answer: S = 3", {"3"}),
        ("Answer: 3 (by 5 + 2 - 4)", {"3"}),
        ("Answer: (3)", {"3"}),
        ("Answer: 3\nAnswer: 3.", {"3"}),
        ("Answer: \nAnswer: 3", {"3"}),
        ("Answer: 3\nAnswer: ", {"3"}),
        ("3", {"3"}),
        ("Answer:\n- 3", {"3"}),
        ("**Answer:**\n\n* 3", {"3"}),
        ("Answer:\n-3", {"-3"}),
        ("- 3", {"3"}),
        ("**3.**", {"3"}),
        ("Answer: -0", {"0"}),
        ("Answer: -3", {"-3"}),
        (f"Answer: {MINUS}3", {"-3"}),
        ("Answer: - 3", {"-3"}),
        ("Answer: minus 3", {"-3"}),
        ("Answer: non-negative 3", {"3"}),
        ("Answer: 0.5", {"0.5"}),
        (r"Answer: $1\,003$", {"1003"}),
        ("Answer: $1{,}003$", {"1003"}),
        ("\\[\n\\boxed{\n3\n}\n\\]", {"3"}),
        ("Answer: The smallest of the sums that aren't negative is 3.", {"3"}),
        ("Answer: 3. No smaller sum exists.", {"3"}),
        ("Answer: 3, which can't be improved.", {"3"}),
        ("Answer: 3 \N{EM DASH} it can't be 1.", {"3"}),
        ("Answer: 3, not 5", {"3"}),
        ("Answer: three, not five", {"3"}),
        ("Answer: 3 (not 5)", {"3"}),
        ("Answer: 1,569. Nothing less, no.", {"1569"}),
        ("The answer is 3 because 1 cannot be.", {"3"}),
        ("The answer is the sum 3.", {"3"}),
        ("The answer is found by checking all 16 sums.\nAnswer: 3", {"3"}),
        ("The answer is at least 1, since the sum is odd.\n\\boxed{3}", {"3"}),
        # Several answers.
        ("Answer: 0 or 3", {"0", "3"}),
        ("Answer: 0, 3", {"0", "3"}),
        ("Answer: 3 (or 5)", {"3", "5"}),
        ("Answer: 3 (maybe 5)", {"3", "5"}),
        ("Answer: 3, no, 5", {"3", "5"}),
        ("The answer is 5.\nAnswer: 3", {"3", "5"}),
        ("Answer: 0-3", {"0", "-3"}),
        ("Answer: 3/4", {"3", "4"}),
        (f"Answer: {PLUS_MINUS}3", {"3", "-3"}),
        ("Answer: 0\nNo, wait.\nAnswer: 3", {"0", "3"}),
        (r"\boxed{0} or \boxed{3}", {"0", "3"}),
        ("\\boxed{0}\nAnswer: 3", {"0", "3"}),
        ("Answer: x = 0, y = 3", {"0", "3"}),
        # None.
        ("Answer: not 3", NOTHING),
        ("Answer: not 3, since it is odd", NOTHING),
        ("Answer: it isn't 3. Nor 5.", NOTHING),
        ("Answer: not negative 3", NOTHING),
        ("Answer: it can't be 3", NOTHING),
        ("Answer: is it 3?", NOTHING),
        ("Answer: 5 + 2 - 4", {"5", "2", "-4"}),
        ("Answer: 5 - 2 =", NOTHING),
        ("Answer: followed by the number.", NOTHING),
        ("Answer: none", NOTHING),
        ("Answer:", NOTHING),
        ("It is 3.", NOTHING),
        ("The answer isn't 3", NOTHING),
        ("The answer choices are: 3", NOTHING),
        ("Answer\nThe sums are 3 and 5, so we go on.", NOTHING),
        ("3\n4", NOTHING),
        ("", NOTHING),
    ],
)
def test_numbers(text, stated):
    assert stated_answers(text, NUMBER) == stated


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Answer: True", {"true"}),
        ("Answer: TRUE.", {"true"}),
        ("Answer: **False**", {"false"}),
        ("Answer: yes", {"true"}),
        ("Answer: No.", {"false"}),
        ("Answer: No, there is no way.", {"false"}),
        ("Answer: Yes, that's true", {"true"}),
        ("Answer: It is true.", {"true"}),
        ("Answer: Not true", {"false"}),
        ("Answer: That isn't true.", {"false"}),
        ("Answer: not false", {"true"}),
        ("Answer: Tom is a rempus.", {"true"}),
        ("Answer: Tom is not a rempus.", {"false"}),
        ("Answer: It is false that Tom is not a rempus.", {"true"}),
        ("Answer: It is false that Tom is a rempus.", {"false"}),
        ("Answer: It's true that Tom is a rempus.", {"true"}),
        ("Answer: It's true that Tom isn't a rempus.", {"false"}),
        ("Answer: It is not true that Tom is a rempus.", {"false"}),
        ("Answer: It is not false that Tom is a rempus.", {"true"}),
        ("Answer: The statement that Tom is not a rempus is false.", {"true"}),
        ("Answer: The claim that Tom is a rempus is wrong.", {"false"}),
        ("Answer: It is impossible that Tom is a rempus.", {"false"}),
        ("Answer: It is not correct that Tom isn't a rempus.", {"true"}),
        ("Answer: It is not wrong that Tom is a rempus.", set()),
        ("Answer: Untrue.", {"false"}),
        ("Answer: The claim that Tom is a rempus is definitely wrong.", {"false"}),
        ("Answer: The claim that Tom is not a rempus is therefore incorrect.", {"true"}),
        ("Answer: It is incorrect to say that Tom is a rempus.", {"false"}),
        ("Answer: It is correct to conclude that Tom is a rempus.", {"true"}),
        ("Answer: That Tom is a rempus must be wrong.", set()),
        ("Answer: Tom is a rempus. Anything else is wrong.", {"true"}),
        ("Answer: False. The derivation is correct.", {"false"}),
        ("Answer: No, it is not true that Tom is a rempus.", {"false"}),
        ("Answer:\n- Tom is a rempus.", {"true"}),
        ("Answer: Tom isn\N{RIGHT SINGLE QUOTATION MARK}t a rempus.", {"false"}),
        ("Answer: False, Tom is not a rempus.", {"false"}),
        ("Answer: False: Tom is a rempus", {"false"}),
        ("Answer: False, because Tom never gets there", {"false"}),
        (r"\boxed{\text{True}}", {"true"}),
        ("true", {"true"}),
        ("No.", {"false"}),
        ("Tom is not a rempus.", {"false"}),
        # Several answers.
        ("Answer: True or False", {"true", "false"}),
        ("Answer: True/False", {"true", "false"}),
        ("Answer: Yes, it is false", {"true", "false"}),
        ("Answer: True, Tom is not a rempus.", {"true", "false"}),
        ("Answer: True\nAnswer: False", {"true", "false"}),
        # None.
        ("Answer: not necessarily true", NOTHING),
        ("Answer: It cannot be true", NOTHING),
        ("Answer: True is never the answer", NOTHING),
        ("Answer: It is not the case that Tom is a rempus", NOTHING),
        ("Answer: unknown", NOTHING),
        ("Answer: True?", NOTHING),
        ("Answer: Tom is a wug.", NOTHING),
        ("It is true.", NOTHING),
        ("I know that Tom is a rempus.", NOTHING),
    ],
)
def test_truth_values(text, stated):
    assert stated_answers(text, TRUTH) == stated


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Answer: Tom is a rem.", {"rem"}),
        ("Answer: tom is a REM", {"rem"}),
        ("Answer: rem", {"rem"}),
        ("Answer: a rem", {"rem"}),
        ("Answer: 'rem'", {"rem"}),
        ("Answer: 3", {"rem"}),
        ("Answer: Tom is a **zim20**.", {"zim20"}),
        ("Answer: Tom is a rem, not a zim20.", {"rem"}),
        ("Answer: Tom is not a zim20 but a rem", {"rem"}),
        ("Answer: Tom is a rem rather than a zim20", {"rem"}),
        ("Answer: Tom is a rem, because no wug is a zim", {"rem"}),
        ("Answer: Since Tom is a wug, he is a rem", {"rem"}),
        (r"\boxed{rem}", {"rem"}),
        ("Tom is a rem.", {"rem"}),
        ("Answer:\nTom is a rem.", {"rem"}),
        ("Answer: Tom is an impus", {"impus"}),
        ("Answer: Since every wug is a rem, Tom is a rem", {"rem"}),
        ("Answer: Tom is a rem. There is no path to zim20.", {"rem"}),
        ("Answer: Tom is a rem (zim20 cannot be reached)", {"rem"}),
        ("The answer is that Tom is a rem.", {"rem"}),
        ("The answer is found on the way to a wug.\nAnswer: Tom is a rem.", {"rem"}),
        ("Answer: Tom is a wug and every wug is a rem", {"wug"}),
        # Several answers.
        ("Answer: Tom is a rem or a zim20.", {"rem", "zim20"}),
        ("Answer: rem/zim20", {"rem", "zim20"}),
        ("Answer: Tom is a rem. Tom is a zim20.", {"rem", "zim20"}),
        ("Answer: rem\nAnswer: zim20", {"rem", "zim20"}),
        ("Answer: rem, no, zim20", {"rem", "zim20"}),
        # None.
        ("Answer: Tom is not a rem", NOTHING),
        ("Answer: Tom isn't a rem.", NOTHING),
        ("Answer: neither a rem nor a zim20", NOTHING),
        ("Answer: Tom is not a rem or a zim20", NOTHING),
        ("Answer: Tom is not necessarily a rem", NOTHING),
        ("Answer: Is Tom a rem?", NOTHING),
        ("Answer: Tom is a remus", NOTHING),
        ("Answer: Tom is a zim", NOTHING),
        ("Answer: Tom", NOTHING),
        ("Answer: Eve is a rem.", NOTHING),
        ("Answer: 17", NOTHING),
        ("Answer: followed by the whole sentence that is true.", NOTHING),
        ("So Tom is a rem, I think.", NOTHING),
        ("Every wug is a rem.\nTom is a rem.", NOTHING),
    ],
)
def test_options(text, stated):
    assert stated_answers(text, OPTION) == stated


@settings(deadline=None)
@given(st.text(), st.integers(-99, 9999))
def test_a_number_on_a_line_of_its_own_is_among_what_is_stated(before, number):
    assert str(number) in stated_answers(f"{before}\nAnswer: {number}", NUMBER)


@settings(deadline=None)
@given(st.text())
def test_nothing_raises_and_nothing_is_made_up(text):
    for reading in (NUMBER, TRUTH, OPTION):
        stated = stated_answers(text, reading)
        assert not stated or any(each.isalnum() for each in text)
    assert stated_answers(text, OPTION) <= {each.casefold() for each in NAMES}


@pytest.mark.parametrize(
    "text",
    ["\n", "*\n", ". ", "_", "Answer: " + "." * 50, "answer", "Answer:\n", r"\boxed{", "1+", "not ", "1,111"],
)
def test_a_degenerate_text_takes_no_longer_than_another(text):
    started = time.process_time()
    for reading in (NUMBER, TRUTH, OPTION):
        stated_answers(text * 5_000, reading)
        stated_answers("Answer: " + text * 5_000 + "x", reading)
    assert time.process_time() - started < 5
