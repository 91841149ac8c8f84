"""Steps as models write them: sums that add up or don't, ways through a graph, and all that is reached."""

from __future__ import annotations

import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring.stated_steps import closure_trace, path_trace, sum_trace

DIGITS = [2, 1, 1, 4]
GOOD = "Step 1: +2 = 2\nStep 2: +1 = 3\nStep 3: +1 = 4\nStep 4: -4 = 0"
MINUS, ARROW = "\N{MINUS SIGN}", "\N{RIGHTWARDS ARROW}"
NAMES = ["Tom", "wug", "rem", "zim", "impus", "Eve"]
EDGES = {(0, 1), (1, 2), (0, 3), (5, 4), (4, 2)}
WAY = "Step 1: Tom is a wug.\nStep 2: Every wug is a rem."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, "valid"),
        (f"Let me see.\n\n{GOOD}\nAnswer: 0", "valid"),
        (GOOD.replace("Step", "- **Step").replace(":", ":**"), "valid"),
        (GOOD.replace("-4", f"{MINUS}4"), "valid"),
        (GOOD.replace("=", "->"), "valid"),
        (GOOD.replace("=", ARROW), "valid"),
        (GOOD.replace("=", "= $").replace("\n", "$.\n"), "valid"),
        ("Step 1: 2 = 2\nStep 2: 2 + 1 = 3\nStep 3: 3 + 1 = 4\nStep 4: 4 - 4 = 0", "valid"),
        ("Step 1: 0 + 2 = 2\nStep 2: 2 + (+1) = 3\nStep 3: 3 + 1 = 4\nStep 4: 4 + (-4) = 0", "valid"),
        ("step 1: +2 = 2\nstep 2: +2 +1 = 3\nstep 3: +2+1+1 = 4\nstep 4: 2 + 1 + 1 - 4 = 0", "valid"),
        ("Step 1: -2 = -2\nStep 2: -1 = -3\nStep 3: -1 = -4\nStep 4: +4 = 0", "valid"),
        (f"Step 1: +2 = 2\nStep 2: +1 = 3\n\nAgain.\n{GOOD}", "valid"),
        ("+2 +1 +1 -4 = 0", "valid"),
        (GOOD.replace("\n", "\\\\\n"), "valid"),
        ("Step 1: 2 = 2\nStep 2: 1 = 3\nStep 3: 1 = 4\nStep 4: -4 = 0", "valid"),
        ("The best is 2 + 1 + 1 - 4 = 0.", "valid"),
        ("2 + 1 + 1 + 4 = 8 is too much.\n$2 + 1 + 1 + (-4) = 0$", "valid"),
        ("Step one: nothing.\n2 + 1 + 1 - 4 = 0", "valid"),
        # They don't hold, or lead elsewhere.
        (GOOD.replace("+1 = 3", "+1 = 4"), "invalid"),
        (GOOD.replace("-4 = 0", "+4 = 8"), "invalid"),
        (GOOD.replace("+1", "+3", 1), "invalid"),
        (GOOD.removesuffix("\nStep 4: -4 = 0"), "invalid"),
        (f"{GOOD}\nStep 5: +0 = 0", "invalid"),
        (GOOD.replace("Step 3", "Step 4", 1), "invalid"),
        (GOOD.replace("Step 2: +1 = 3", "Step 2: let's add"), "invalid"),
        ("Step 1: +4 = 4\nStep 2: -2 = 2\nStep 3: -1 = 1\nStep 4: -1 = 0", "invalid"),
        (f"{GOOD}\nLet me check.\nStep 1: +2 = 2", "invalid"),
        ("Step 1: +2 = 2\nStep 2: 1 + 1 = 2\nStep 3: 2 + 1 = 3\nStep 4: 4 - 4 = 0", "invalid"),
        ("4 - 2 - 1 - 1 = 0", "invalid"),
        (GOOD.replace("+1 = 4", "7 - 4 + 1 = 4"), "invalid"),
        ("2 + 1 + 1 - 3 = 0", "invalid"),
        ("Step 1: +2 = 2\n2 + 1 + 1 - 4 = 0", "invalid"),
        # Nothing of the form.
        ("Step 1: think.\nStep 2: answer.", "untraced"),
        ("2 + 1 + 1 + 4 = 8, which is even.", "untraced"),
        ("2 + 1 = 3 and 4 - 3 = 1", "untraced"),
        ("2 + 1 + 1 - 4 = 0.5", "untraced"),
        ("0 = 2 + 1 + 1 - 4", "untraced"),
        ("Step 1.5: +2 = 2", "untraced"),
        ("1. +2 = 2", "untraced"),
        ("3.2 + 1 + 1 - 4 = 0", "untraced"),
        ("7/2 + 1 + 1 - 4 = 0", "untraced"),
        ("7 / 2 + 1 + 1 - 4 = 0", "untraced"),
        ("", "untraced"),
    ],
)
def test_sums(text, found):
    assert sum_trace(text, DIGITS, "0") == found


def test_sums_above_a_thousand_are_read_as_answers_are():
    steps = "Step 1: +999 = 999\nStep 2: +998 = 1,997\nStep 3: -997 = 1,000\nStep 4: -3 = 997"
    assert sum_trace(steps, [999, 998, 997, 3], "997") == "valid"
    latex = r"$999 + 998 - 997 + 3 = 1{,}003$"
    assert sum_trace(latex, [999, 998, 997, 3], "1003") == "valid"


def test_steps_have_to_end_in_the_answer_that_is_stated():
    other = GOOD.replace("-4 = 0", "+4 = 8")
    assert sum_trace(other, DIGITS, "8") == "valid"
    assert sum_trace(GOOD, DIGITS, "8") == "invalid"
    assert sum_trace("2 + 1 + 1 - 4 = 0", DIGITS, "8") == "untraced"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (WAY, "valid"),
        (f"Tom is a wug.\n{WAY}\nAnswer: Tom is a rem.", "valid"),
        ("**Step 1:** Tom is a *wug*\n**Step 2:** Every wug is a rem, so Tom is a rem.", "valid"),
        ("Step 1: Since Tom is a wug, we go on.\nStep 2: every WUG is a REM", "valid"),
        ("Step 1: 0>1\nStep 2: 1 > 2", "valid"),
        ("Step 1: Tom -> wug\nStep 2: a wug -> a rem", "valid"),
        (f"Step 1: Tom is a zim.\n\nNo.\n{WAY}", "valid"),
        ("Tom -> wug -> rem", "valid"),
        (f"The way: Tom {ARROW} wug {ARROW} rem.", "valid"),
        (r"$0 \to 1 \to 2$", "valid"),
        ("0>1>2", "valid"),
        # They don't hold, or lead elsewhere.
        ("Step 1: Tom is a rem.", "invalid"),
        ("Step 1: Tom is a wug.\nStep 2: Every wug is a zim.\nStep 3: Every zim is a rem.", "invalid"),
        ("Step 1: Every wug is a rem.\nStep 2: Tom is a wug.", "invalid"),
        ("Step 1: Every wug is a rem.", "invalid"),
        ("Step 1: Tom is a wug.", "invalid"),
        ("Step 1: Tom is a zim.\nStep 2: Tom is a wug.\nStep 3: Every wug is a rem.", "invalid"),
        ("Step 1: Eve is an impus.\nStep 2: Every impus is a rem.", "invalid"),
        (f"{WAY}\nStep 4: Every rem is a zim.", "invalid"),
        (WAY.replace("Step 2", "Step 3"), "invalid"),
        ("Step 1: Tom is a wug.\nStep 2: Every wug is not a rem.", "invalid"),
        ("Step 1: Tom cannot be a wug.\nStep 2: Every wug is a rem.", "invalid"),
        ("Tom -> zim -> rem", "invalid"),
        # Nothing of the form.
        ("Tom is a wug. Every wug is a rem.", "untraced"),
        ("Step 1: look at Tom.\nStep 2: look on.", "untraced"),
        ("Tom -> wug", "untraced"),
        ("wug -> rem", "untraced"),
        ("Tom -> ... -> rem", "untraced"),
        ("", "untraced"),
    ],
)
def test_paths(text, found):
    assert path_trace(text, NAMES, EDGES, 0, 2) == found


@pytest.mark.parametrize(
    ("text", "goal", "found"),
    [
        ("Step 1: Tom is a wug.\nStep 2: Every wug is a rem.\nStep 3: Tom is a zim.", 4, "valid"),
        ("Step 1: 0>3\nStep 2: 0>1\nStep 3: 1>2", 4, "valid"),
        ("Step 1: 0>3\nStep 2: 0>1\nStep 3: 1>2\nStep 4: Tom cannot be an impus.", 4, "valid"),
        ("Step 1: Tom is a wug.\nStep 2: Every wug is a rem.", 4, "invalid"),
        ("Step 1: 0>1\nStep 2: 1>2\nStep 3: 0>3", 2, "invalid"),
        ("Step 1: 1>2\nStep 2: 0>1\nStep 3: 0>3", 4, "invalid"),
        ("Step 1: 0>1\nStep 2: 1>2\nStep 3: 0>3\nStep 4: 3>4", 4, "invalid"),
        ("Step 1: 0>1\nStep 3: 1>2\nStep 4: 0>3", 4, "invalid"),
        ("0>1>2", 4, "untraced"),
        ("There is no way.", 4, "untraced"),
    ],
)
def test_what_is_reached_is_stated_whole(text, goal, found):
    assert closure_trace(text, NAMES, EDGES, 0, goal) == found


@settings(deadline=None)
@given(st.lists(st.integers(1, 99), min_size=2, max_size=6), st.integers(0, 63))
def test_signs_with_their_sums_are_valid_and_one_wrong_sum_isnt(digits, pattern):
    signs = list(product("+-", repeat=len(digits)))[pattern % 2 ** len(digits)]
    sums = [0]
    for sign, digit in zip(signs, digits, strict=True):
        sums.append(sums[-1] + (digit if sign == "+" else -digit))
    steps = [f"Step {n}: {signs[n - 1]}{digits[n - 1]} = {sums[n]}" for n in range(1, len(sums))]
    assert sum_trace("\n".join(steps), digits, str(sums[-1])) == "valid"
    assert (
        sum_trace(
            f"{' '.join(map(''.join, zip(signs, map(str, digits), strict=True)))} = {sums[-1]}",
            digits,
            str(sums[-1]),
        )
        == "valid"
    )
    at = pattern % len(steps)
    steps[at] += "1"
    assert sum_trace("\n".join(steps), digits, str(sums[-1])) == "invalid"


@settings(deadline=None)
@given(st.text())
def test_any_text_has_a_verdict(text):
    assert sum_trace(text, DIGITS, "0") == "untraced"
    assert path_trace(text, NAMES, EDGES, 0, 2) == "untraced"
    assert closure_trace(text, NAMES, EDGES, 0, 2) == "untraced"


@pytest.mark.parametrize(
    "text", ["Step 1: ", "Step 1: +1 = 1\n", "1+", "1 = ", "(+1", "-", ">", "Tom -> ", "so ", "=", "9"]
)
def test_a_degenerate_text_takes_no_longer_than_another(text):
    started = time.process_time()
    for whole in (text * 5_000, f"Step 1: {text * 5_000}x"):
        sum_trace(whole, DIGITS, "0")
        path_trace(whole, NAMES, EDGES, 0, 2)
    assert time.process_time() - started < 5
