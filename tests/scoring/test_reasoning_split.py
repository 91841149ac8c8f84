"""What holds of every text."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from mensrea.scoring.reasoning import Status, join, split
from mensrea.scoring.reasoning_tags import LITERALS

PLAIN = ("<think>", "</think>", "<Think>", "</THINK>", "<thinking>", "</thinking>", "[THINK]", "[/THINK]")
NOISE = ("a", " ", "\n", "é", "漢", "\ud800", "\0", "<", ">", "</", "<think", "think>", "◁", "[", "\u2003")
CODE = ("`", "``", "```", "\n```\n", "\n```py\n", "~~~", "\n~~~\n", "````")
CHANNELS = (
    "<|channel|>analysis<|message|>",
    "<|channel|>final<|message|>",
    "<|channel|>commentary<|message|>",
    "<|start|>assistant",
    "<|end|>",
    "<|channel|>",
    "assistantfinal",
    "analysisWe",
)
AROUND = ("<output>", "</output>", "<monitor>", "</monitor>", "<label>x</label>", "<|begin_of_solution|>")
SENTENCES = ("Here is my thought process:", "Here's my response:")


def built_of(*words):
    return st.lists(st.sampled_from(words), max_size=12).map("".join)


ANY = st.text() | built_of(*PLAIN * 4, *LITERALS, *NOISE, *CODE, *CHANNELS, *AROUND, *SENTENCES)
MAYBE = st.sampled_from([None, True, False])


@given(ANY, MAYBE)
@example("</think><monitor>", None)
@example("<|channel|>final<|message|></think>", True)
def test_nothing_is_lost_whatever_the_text(text, prefilled):
    parts = split(text, prefilled=prefilled)
    assert join(parts) == text
    assert parts.answer in text
    assert all(piece.text for piece in parts.pieces)
    assert [piece.kind for piece in parts.pieces].count("answer") <= 1


@given(ANY, MAYBE)
def test_reasoning_that_never_ends_leaves_no_answer(text, prefilled):
    parts = split(text, prefilled=prefilled)
    assert parts.answered is not None or parts.answer == ""
    assert (parts.status is not Status.UNCLOSED) or parts.answered is None
    assert split(text + "<think>" + "r" * 3 if parts.status == "absent" else text).status != "absent" or (
        parts.status != "absent" or parts.family or _hidden(text + "<think>")
    )


def _hidden(text):
    return bool(re.search(r"[`~]|<\||assistantfinal|analysis|Here", text))
