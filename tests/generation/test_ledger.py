from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.estimate import StepEstimate
from mensrea.generation.ledger import estimate_lines, ledger_lines, usd
from mensrea.models.prices import how_to_add


def call(
    step="write",
    model="openai/gpt-4.1-mini",
    *,
    calls=640,
    prompt=512_000,
    completion=96_000,
    cost: float | None = 0.3584,
):
    return {
        "step": step,
        "model": model,
        "calls": calls,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "usd": cost,
    }


ACCOUNT = {
    "calls": [call(), call("spontaneity", calls=630, prompt=441_000, completion=44_100, cost=1.5)],
    "dropped": [{"step": "leaks", "reason": "leak", "rows": 1_031}],
    "missing": [{"step": "roll", "reason": "truncated", "samples": 7}],
    "kept": {"test": 400, "train": 12},
}


def test_a_ledger_says_what_each_step_took():
    assert ledger_lines(ACCOUNT) == [
        "step         model         calls  tokens in  tokens out     cost",
        "write        gpt-4.1-mini    640    512,000      96,000  $0.3584",
        "spontaneity  gpt-4.1-mini    630    441,000      44,100    $1.50",
        "total                      1,270    953,000     140,100    $1.86",
        "",
        "dropped     1,031  leaks: leak",
        "missing         7  roll: truncated",
        "kept          400  test",
        "kept           12  train",
    ]


def test_a_ledger_without_a_price_has_no_total_cost():
    lines = ledger_lines({**ACCOUNT, "calls": [call(), call("judge", "held/m@1", cost=None)]})
    assert [line.split()[-1] for line in lines[1:4]] == ["$0.3584", "?", "?"]
    assert "m@1" in lines[2]
    assert "held" not in lines[2]


def test_a_ledger_without_calls_is_empty():
    lines = ledger_lines({"calls": [], "missing": [], "dropped": [], "kept": {}})
    assert lines[1].split() == ["total", "0", "0", "0", "$0.00"]


NAMES = st.text("abc-é", min_size=1, max_size=60)
COUNTS = st.integers(0, 10**12)
COSTS = st.none() | st.floats(0, 10**7)
CALLS = st.lists(
    st.builds(
        call,
        NAMES,
        NAMES.map("openai/{}".format),
        calls=COUNTS,
        prompt=COUNTS,
        completion=COUNTS,
        cost=COSTS,
    ),
    max_size=4,
)
DROPPED = st.lists(st.fixed_dictionaries({"step": NAMES, "reason": NAMES, "rows": COUNTS}), max_size=3)


@given(CALLS, DROPPED, st.dictionaries(NAMES, COUNTS, max_size=3))
def test_a_ledger_fits_a_terminal_and_cuts_no_number(calls, dropped, kept):
    lines = ledger_lines({"calls": calls, "missing": [], "dropped": dropped, "kept": kept})
    assert max(map(len, lines)) <= 80
    table = lines[: len(calls) + 2]
    assert len({len(line) for line in table}) == 1
    for each, line in zip(calls, table[1:], strict=False):
        assert f"{each['calls']:,}" in line
        assert f"{each['prompt_tokens']:,}" in line
        assert f"{each['completion_tokens']:,}" in line
        assert line.endswith(usd(each["usd"]))


def step(
    name="write",
    *,
    model="openai/m",
    calls=10,
    prompt=100,
    completion=50,
    most=500,
    cost: float | None = 0.01,
    most_cost: float | None = 0.1,
):
    return StepEstimate(name, model, calls, prompt, completion, most, cost, most_cost)


def test_an_estimate_says_what_is_expected_and_what_at_most():
    assert estimate_lines([step(), step("judge", calls=1_000, cost=2.0, most_cost=3.0)]) == [
        "step   model  calls  tokens in  tokens out     cost",
        "write  m         10        100          50  $0.0100",
        "judge  m      1,000        100          50    $2.00",
        "total         1,010        200         100    $2.01",
        "",
        "at most 1,000 tokens out and $3.10, if no answer ends early",
    ]


def test_an_estimate_says_once_how_to_add_a_price():
    lines = estimate_lines([step(cost=None, most_cost=None), step("again", cost=None, most_cost=None)])
    assert lines[3].endswith("  ?")
    assert lines[5:] == [
        "at most 1,000 tokens out, if no answer ends early",
        f"openai/m: no price is known; {how_to_add('openai/m')}",
    ]


STEPS = st.builds(
    step,
    NAMES,
    model=NAMES,
    calls=COUNTS,
    prompt=COUNTS,
    completion=COUNTS,
    most=COUNTS,
    cost=COSTS,
    most_cost=st.just(1e7),
)


@given(st.lists(STEPS, max_size=4))
def test_an_estimate_fits_a_terminal(steps):
    bounded = estimate_lines(steps)[: len(steps) + 4]  # advice about prices is prose
    assert max(map(len, bounded)) <= 80


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "?"),
        (0, "$0.00"),
        (0.0, "$0.00"),
        (0.00314, "$0.0031"),
        (0.5, "$0.5000"),
        (1, "$1.00"),
        (12_345.678, "$12,345.68"),
    ],
)
def test_amounts(amount, text):
    assert usd(amount) == text


@given(st.floats(0, 10**9))
def test_an_amount_is_near_what_it_says(amount):
    assert abs(float(re.sub(r"[$,]", "", usd(amount))) - amount) <= 0.0051
