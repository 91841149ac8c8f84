"""Texts without content, and texts that end too early."""

# ruff: noqa: RUF001 (the characters are what is tested)

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.inputs.batch import Batch
from mensrea.validation.rules.endings import without_code
from mensrea.validation.rules.text import EmptyText, TruncatedText

PROSE = (
    "The block slides down the plane because gravity pulls it, and friction slows it down. At the end of the "
    "plane it has lost a part of its energy. What is left is its speed, and from that we find the height. "
)
WHOLE = [
    PROSE,
    PROSE + "So the answer is 42",
    PROSE + "\n\n**Answer:** B",
    PROSE + "\n\nAnswer: the block of wood",
    PROSE
    + "Which one is right?\n(A) the first (B) the second one of them all (C) the last of these three blocks",
    PROSE + "See https://example.org/a_long_path/to/the/page/of/the/block/that/slides/down",
    PROSE + "\n```python\nx = [1, 2, 3]\n```",
    PROSE + "\n| a | b |\n|---|---|\n| one of the cells | another one of all the cells of this table |",
    PROSE + "\n\n## A heading that is long enough to look like a sentence of the text above it",
    PROSE + "It costs $5 and not $6, and $7 is too much for what we can get of it.",
    PROSE + r"Then $x = 5$ and \(y\) and \[z\] and $$w$$ and \begin{align}a\\[2pt] b\end{align} hold.",
    PROSE + "Use `$HOME` and ``a ` b`` here.",
    "1. " + PROSE + "\n2. " + PROSE + "\n3. " + PROSE,
    "- apples and pears\n- plums\n- "
    + "some berries that grow in the forest behind the house of my aunt\n" * 5,
    "roses are red and violets are blue and nobody ends a line with a stop\n" * 6
    + "and this one goes on like all",
    "def f(x):\n    return {1: [x, (x + 1)]}\n" * 8,
    "3, 1, 4, 1, 5, 9, 2, 6, " * 12 + "5",
    "学生应该首先考虑力如何作用于物块，然后再计算系统的加速度。" * 10,
    "นักเรียนควรพิจารณาว่าแรงกระทำต่อวัตถุอย่างไรก่อนคำนวณความเร่งของระบบ" * 5,
    "Hmm...",
    "Write a poem about the sea",
    "B",
]
CUT = [
    (PROSE + "\n```python\nx = 1", "the code fence at line 2 is never closed"),
    ("A\n\n~~~\nx\n```\n", "the code fence at line 3 is never closed"),
    ("````\n```\ninner\n```", "the code fence at line 1 is never closed"),
    (r"So \begin{align} a &= b \begin{cases} 1 \end{cases}", r"\begin{align} is never closed"),
    (r"Then \[ x = 5", r"\[ is never closed by \]"),
    (r"Then \(a\) and \(b", r"\( is never closed by \)"),
    ("Hence $$ x = 5", "$$ is never closed"),
    ("Hence $a$ and $x^2 + 1 =", "$ is never closed"),
    (r"†Answer: 10\sqrt{2", "the argument of the last LaTeX command is never closed"),
    ("All of it was [truncated]", "the text ends with '[truncated]'"),
    ("And so on <...>\n", "the text ends with '<...>'"),
    (PROSE + "What is left is the sente...", "the text ends with 'e...'"),
    (PROSE + "From the height of the plane and the mass of the block we can then", "inside a sentence"),
    (
        PROSE.replace(". ", ".\n\n") + "From the height of the plane and the mass of the block, and so",
        "inside a sentence",
    ),
    (
        f"- {PROSE}\n- {PROSE}\n- From the height of the plane and the mass of the block we can then",
        "inside a sentence",
    ),
    (
        "学生应该首先考虑力如何作用于物块，然后再计算系统的加速度。" * 10
        + "在平面的末端，它失去了一部分能量，剩下的就是它的速度，从中我们可以找到高度，然后",
        "inside a sentence",
    ),
]
PIECES = st.sampled_from(
    (
        "```",
        "~~~",
        "\n",
        "$",
        "$$",
        "\\[",
        "\\]",
        "\\(",
        "\\)",
        "\\begin{a}",
        "\\end{a}",
        "\\frac{",
        "}",
        "...",
        "[...]",
        "`",
        " word",
        ". The",
        "\\",
        "\\$",
        "\\begin{b}",
        "\\end{b}",
        "\\ensuremath ",
        "\\e",
        "，",
        PROSE,
    )
)


def batch(*texts):
    return Batch(pa.record_batch({"x": pa.array(texts, pa.string())}))


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(" \n\t\u00a0\u200b\u3000\ufeffab", max_size=4)), max_size=8))
def test_texts_without_a_visible_character_are_empty(texts):
    shown = {"a", "b"}
    expected = [row for row, text in enumerate(texts) if text is not None and not shown & set(text)]
    assert [found.row for found in EmptyText(field="x").observe(batch(*texts))] == expected


def test_what_the_finding_of_an_empty_text_says():
    first, second = EmptyText(fields=["y", "x"]).observe(batch("", " \n ", "a"))
    assert (first.message, first.severity) == ("the text is empty", "error")
    assert second.message == "the text holds 3 characters of white space and no other"


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_text_is_left_alone(text):
    assert not list(TruncatedText(field="x").observe(batch(text)))


@pytest.mark.parametrize(("text", "message"), CUT)
def test_a_cut_text_is_found(text, message):
    (found,) = TruncatedText(field="x").observe(batch("fine", text))
    assert message in found.message
    assert (found.row, found.severity) == (1, "warning")
    assert found.message.endswith("; generate the text again with a higher limit, or drop the row")
    assert "\n" not in found.message


@settings(deadline=None)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=4))
def test_the_prefilter_misses_nothing(texts):
    rule = TruncatedText(field="x")
    expected = [row for row, text in enumerate(texts) if list(rule.examine(text))]
    assert [found.row for found in rule.observe(batch(*texts))] == expected


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_code_is_taken_out_once(text):
    assert len(without_code(text)) <= len(text) + 1
    assert without_code(f"{PROSE}\n```\nx\n```\n").strip() == PROSE.strip()


def test_checks_and_endings_can_be_chosen():
    text = PROSE + "\n```python\nx = 1"
    assert not list(TruncatedText(field="x", checks=["mark", "sentence"]).observe(batch(text)))
    assert not list(TruncatedText(field="x", endings=["x = 1"]).observe(batch(text)))
    assert not list(TruncatedText(field="x", endings=["/= \\d/"]).observe(batch(text + "\n")))
    assert list(TruncatedText(field="x", endings=["x = 2", "/^x/"]).observe(batch(text)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"field": "x", "checks": ["brace"]},
            "found \\['brace'\\], expected some of fence, formula, mark, sentence",
        ),
        ({"field": "x", "checks": []}, "found none"),
        ({"field": "x", "endings": ["/(/"]}, "endings: /\\(/ is no regular expression"),
        ({"field": ()}, "no field is named"),
    ],
)
def test_wrong_parameters(parameters, message):
    with pytest.raises(UsageError, match=message):
        TruncatedText(**parameters)
