"""What holds of every text."""

import re
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from mensrea.scoring import reasoning_tags
from mensrea.scoring.reasoning import Status, join, split
from mensrea.scoring.reasoning_bytes import tags_of_long
from mensrea.scoring.reasoning_tags import BLANKS, LITERALS, tags_of

THINK = ("<think>", "</think>", "<Think>", "</THINK>")
NOISE = ("a", " ", "\n", "é", "漢", "\ud800", "\0", "<", ">", "</", "<think", "think>", "◁", "[")
CODE = ("`", "``", "```", "\n```\n", "\n```py\n", "~~~", "\n~~~\n", "````")
HEADERS = (
    "<|channel|>analysis<|message|>",
    "<|channel|>final<|message|>",
    "<|channel|>commentary<|message|>",
)
CHANNELS = (*HEADERS, "<|start|>assistant", "<|end|>", "<|channel|>", "assistantfinal", "analysisWe")
AROUND = ("<output>", "</output>", "<monitor>", "</monitor>", "<label>x</label>", "<|begin_of_solution|>")
SENTENCES = ("Here is my thought process:", "Here's my response:")
TAG = re.compile("|".join(map(re.escape, LITERALS)), re.IGNORECASE)


def texts_of(*words):
    return st.lists(st.sampled_from(words), max_size=12).map("".join)


ANY = st.text() | texts_of(*THINK * 4, *LITERALS, *NOISE, *CODE, *CHANNELS, *AROUND, *SENTENCES)
TAGGED = texts_of(*THINK * 4, *LITERALS, *NOISE)
THOUGHT = texts_of(*THINK, *NOISE)
PREFILLED = st.sampled_from([None, True, False])


@given(text=ANY, prefilled=PREFILLED)
@example(text="</think><monitor>", prefilled=None)
@example(text="<|channel|>final<|message|></think>", prefilled=True)
def test_nothing_is_lost_whatever_the_text(text, prefilled):
    parts = split(text, prefilled=prefilled)
    assert join(parts) == text
    assert (
        "".join(piece.text for piece in parts.pieces if piece.kind == "answer").strip(BLANKS) == parts.answer
    )
    assert split(text, prefilled=False) == split(text)


@given(ANY, PREFILLED)
def test_reasoning_that_never_ends_leaves_no_answer(text, prefilled):
    parts = split(text, prefilled=prefilled)
    if parts.status is Status.UNCLOSED:
        assert parts.answer == ""
    if parts.status is Status.ABSENT:
        assert parts.reasoning == ""


@given(TAGGED, PREFILLED)
def test_an_answer_is_all_that_follows_the_last_tag_or_nothing(text, prefilled):
    parts = split(text, prefilled=prefilled)
    last = max((match.end() for match in _tags(text)), default=0)
    assert parts.answer in {"", text[last:].strip(BLANKS)}
    assert (parts.answer == "") or not list(_tags(parts.answer))


@given(TAGGED)
def test_an_answer_splits_into_itself(text):
    answer = split(text).answer
    again = split(answer)
    assert (again.status, again.answer) == ("absent", answer)


@given(THOUGHT)
def test_levels_of_one_family_decide_whether_it_is_closed(text):
    level = 0
    for tag in re.findall("</?think>", text, re.IGNORECASE):
        level = max(level - 1, 0) if tag.startswith("</") else level + 1
    assert (split(text).status is Status.UNCLOSED) == (level > 0)


@given(THOUGHT)
def test_a_prefilled_tag_is_as_good_as_a_written_one(text):
    assume(not re.match(r"\s*<think>", text, re.IGNORECASE))
    ours, written = split(text, prefilled=True), split(f"<think>{text}")
    assert (ours.status, ours.reasoning, ours.answer) == (written.status, written.reasoning, written.answer)


@given(TAGGED)
def test_tags_in_inline_code_are_text(text):
    code = text.replace("\n", "").strip(" ")
    assume(code)
    assert split(f"A `{code}` b").status == "absent"
    assert split(f"<think>r `{code}`</think>A").answer == "A"


def test_only_so_many_fences_hide_tags():
    hidden = "\n```\n</think>\n```\nA"
    assert split("<think>" + "\n```" * 1_998 + hidden).status == "unclosed"
    assert split("<think>" + "\n```" * 2_000 + hidden).status == "closed"


@settings(deadline=None)
@given(ANY)
def test_long_texts_have_the_same_tags(text):
    assume(not text.lstrip(BLANKS).startswith("Here"))
    assert tags_of_long(text) == tags_of(text)


def test_long_texts_are_split_the_same(monkeypatch):
    text = "é" + "<think>a◁think▷\ud800</think>\n[THINK]漢[/THINK] A " * 3
    short = split(text)
    monkeypatch.setattr(reasoning_tags, "_LONG", 0)
    assert split(text) == short


def _tags(text):
    """Tags as they are defined: tokens in one spelling, names in any."""
    return (tag for tag in TAG.finditer(text) if tag[0] in LITERALS or re.fullmatch(r"</?[\w:]+>", tag[0]))


MEGABYTE = 1_000_000
REPEATED = [
    *("<think>", "</think>", "<think></think>", "x</think>", "<think><think></think></think>", "<THINK>"),
    *(
        "<think><thinking>",
        "</think></thinking>",
        "[THINK]",
        "◁think▷",
        "é<think>",
        "<",
        "<<think>",
        "<think",
    ),
    *("`", "`<think>`", "`a`<think>", "` `<think>", "<think>`\n", "```\n", "```\n<think>\n", "~~~a\n"),
    *("```\n<think></think>\n```\n", "<|channel|>", "<|end|>", "<|start|>", "assistantfinal", "analysis"),
    *("<|channel|>analysis<|message|>a<|end|>", "<|channel|>final<|message|><think>", "<|channel|>a"),
    *("<output>", "</output>", "<monitor>", "</monitor>", "Here is my thought process:", " ", "\n", "\0"),
]
ADVERSARIAL = {repr(each): each * (MEGABYTE // len(each.encode())) for each in REPEATED} | {
    "backticks between tags": f"<think>{'`' * MEGABYTE}</think>",
    "fences before a tag": "\n```" * (MEGABYTE // 4) + "\n<think>",
    "unclosed fences before a tag": "\n```a" * (MEGABYTE // 5) + "\n<think>",
    "closing monitors": "</think><monitor>" + "</monitor>" * (MEGABYTE // 10),
    "opening monitors": "</think>" + "<monitor>" * (MEGABYTE // 9),
    "closing outputs": "</think><output>" + "</output>" * (MEGABYTE // 9),
    "a channel's long name": f"<|channel|>{'a' * MEGABYTE}",
    "blanks before a tag": f"{' ' * MEGABYTE}<think>",
}


@pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_a_megabyte_of_anything_takes_no_time(text):
    # The aim is 0.05 s; slow machines get four times as much, and three attempts.
    assert any(_seconds(text) < 0.2 for _ in range(3))


def _seconds(text):
    start = time.process_time()
    split(text)
    return time.process_time() - start
