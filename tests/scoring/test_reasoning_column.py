"""Columns are split as their rows are."""

import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.scoring.reasoning import split, split_column
from mensrea.scoring.reasoning_tags import LITERALS

WORDS = (
    *("<think>", "</think>", "a", "b", " ", "\n") * 4,
    *LITERALS,
    *(
        "<THINK>",
        "</Think>",
        "[think]",
        "<",
        "<think",
        "é",
        "漢",
        "◁",
        "\0",
        " " * 20,
        "\v",
        "\x1c",
        "\u2003",
    ),
    *("`", "``", "```", "\n```\n", "\n```py\n", "\n~~~\n", "`</think>`", "~"),
    *("<|channel|>analysis<|message|>", "<|channel|>final<|message|>", "<|end|>", "<|CHANNEL|>"),
    *("assistantfinal", "analysisWe", "analysis", "<output>", "</output>", "<monitor>", "</monitor>"),
    *("Here is my thought process:", "Here's my response:", "Here"),
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map("".join) | st.text(st.characters(codec="utf-8"))
ROWS = st.lists(TEXTS | st.none(), max_size=40)
PREFILLED = st.sampled_from([None, True, False])


def split_rows(rows, prefilled=None):
    parts = [None if text is None else split(text, prefilled=prefilled) for text in rows]
    return [
        each and {"reasoning": each.reasoning, "answer": each.answer, "status": str(each.status)}
        for each in parts
    ]


@settings(deadline=None)
@given(ROWS, PREFILLED)
def test_a_column_is_split_as_its_rows_are(rows, prefilled):
    column = pa.array(rows, pa.string())
    assert split_column(column, prefilled=prefilled).to_pylist() == split_rows(rows, prefilled)


@settings(deadline=None, max_examples=50)
@given(ROWS, st.integers(0, 5), st.sampled_from([pa.string(), pa.large_string(), pa.string_view()]))
def test_the_arrays_form_makes_no_difference(rows, start, kind):
    column = pa.chunked_array([pa.array(rows, kind).slice(start), pa.array([], kind), pa.array(rows, kind)])
    assert split_column(column).to_pylist() == split_rows([*rows[start:], *rows])


def test_there_is_a_struct_a_row():
    for column in (
        pa.array([], pa.string()),
        pa.chunked_array([], pa.string()),
        pa.array([None], pa.string()),
    ):
        parts = split_column(column)
        assert len(parts) == parts.null_count == len(column)
        assert [field.name for field in parts.type] == ["reasoning", "answer", "status"]


def test_tags_don_t_reach_over_rows():
    assert (
        split_column(pa.array(["a<thi", "nk>b", "</think", ">"])).field("status").to_pylist()
        == ["absent"] * 4
    )


def test_many_rows_are_split_in_slices():
    rows = [
        f"<think>{number}</think>{number * 2}" if number % 3 else "r</think>`a`" for number in range(40_000)
    ]
    assert split_column(pa.array(rows)).to_pylist() == split_rows(rows)


PROSE = "The value of x is three, so that y follows from what was said.\n" * 32
CODE = "\n```python\nprint('x')\n```\n"
MIX = [
    *[f"<think>\n{PROSE[:1400]}\n</think>\n\n{PROSE[:560]}"] * 50,
    *[f"<think>\n{PROSE[:1400]}\n</think>\n\n{PROSE[:500]}{CODE}"] * 20,
    *[f"{PROSE[:1400]}\n</think>\n\n{PROSE[:560]}"] * 12,
    *[PROSE[:2000]] * 8,
    *[f"<think>\n{PROSE[:1990]}"] * 8,
    f"<think>\n{PROSE[:700]}\n</think>X<think>{PROSE[:700]}</think>\n\n{PROSE[:560]}",
    f"<think>\n{PROSE[:1400]}<think>x</think>\n</think>\n\n{PROSE[:560]}",
]


def test_plain_rows_are_not_left_to_the_slow_way(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "mensrea.scoring.reasoning_column.split", lambda text, **_: seen.append(text) or split(text)
    )
    split_column(pa.array(MIX))
    assert len(seen) == 2


@pytest.mark.slow
def test_a_column_goes_fast():
    column = pa.array(MIX * 300)
    start = time.process_time()
    split_column(column)
    assert len(column) / (time.process_time() - start) > 50_000  # The aim is 200,000.
