"""What `docs/reasoning-text.md` says, held to what the splitter does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mensrea.scoring import reasoning
from mensrea.scoring.reasoning import Status, join, monitored, split
from mensrea.scoring.reasoning_tags import FAMILIES

SPEC = (Path(__file__).parents[2] / "docs/reasoning-text.md").read_text(encoding="utf-8")
PREFILLED = {"": None, "yes": True, "no": False}


def table(*columns):
    """The rows of all tables with these columns."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in SPEC.splitlines()]
    inside, found = False, []
    for row in rows:
        if row == list(columns):
            inside = True
        elif len(row) != len(columns):
            inside = False
        elif inside and set(row) != {"---"}:
            found.append(row)
    return found


def text_of(cell):
    """The text of a code span, with the page's escapes undone."""
    if not cell:
        return ""
    text = re.match(r"(`+)(.*?)(?<!`)\1(?!`)", cell)[2]
    text = text[1:-1] if text.startswith(" ") and text.endswith(" ") else text
    return text.replace("\\|", "|").replace("\\n", "\n")


CASES = table("text", "prefilled", "status", "reasoning", "answer", "rule")
PEERS = table("input", "lm-eval", "inspect", "lighteval", "modelbench", "verifiers", "mensrea")


def test_the_page_has_all_its_cases():
    assert len(CASES) >= 88
    assert len(PEERS) == 6
    assert {row[2] for row in CASES} == set(Status)
    rules = set(re.findall(r"^(\d+)\. \*\*|^(\d+)\. ", SPEC, re.MULTILINE))
    decided = {int(each) for row in CASES if row[5] for each in row[5].split(", ")}
    numbers = {int(first or second) for first, second in rules}
    assert numbers == set(range(1, 19))
    assert numbers - decided == {15, 16, 17, 18}  # Of messages and items: test_reasoning_messages.py.


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row[0]} {row[1]}".strip())
def test_a_case_of_the_page(row):
    text, prefilled, status, expected, answer, _ = row
    parts = split(text_of(text), prefilled=PREFILLED[prefilled])
    assert (parts.status, parts.reasoning, parts.answer) == (status, text_of(expected), text_of(answer))
    assert join(parts) == text_of(text)


@pytest.mark.parametrize("row", PEERS, ids=lambda row: row[0])
def test_the_six_forms_that_peers_disagree_on(row):
    parts = split(text_of(row[0]))
    assert parts.status == row[6].split("(")[1].rstrip(")")
    assert parts.answer == text_of(row[6].split("(")[0].strip())


def test_the_page_lists_all_families_and_names_them_right():
    rows = table("family", "opens", "closes", "in use by")
    listed = [name.strip("`") for row in rows for name in row[0].split(", ")]
    assert sorted(listed) == sorted([*FAMILIES, "harmony"])
    for names, opening, closing, _ in rows:
        family = names.split(",")[0].strip("`")
        beginning = split(f"{text_of(opening)}r{text_of(closing)}")
        assert (beginning.family, beginning.status, beginning.reasoning) == (family, "closed", "r")


def test_the_example_of_the_page_runs():
    exec(re.search(r"```python\n(.*?)```", SPEC, re.DOTALL)[1], {})


def test_the_page_names_what_there_is():
    rows = table("function", "takes", "returns")
    functions = {name.split("(")[0].strip("`") for name, *_ in rows}
    assert functions == {name for name in reasoning.__all__ if name[0].islower()}


def test_what_is_empty_is_told_from_what_is_absent():
    assert [split(text).status for text in ("<think>\n\n</think>\n\nA", "A")] == ["closed", "absent"]
    assert [split(text).reasoning for text in ("<think>\n\n</think>\n\nA", "A")] == ["", ""]


def test_pieces_say_what_each_part_is():
    parts = split("So. <think> r </think>\n<output> A </output>.")
    assert [(piece.kind, piece.text) for piece in parts.pieces] == [
        ("other", "So. <think>"),
        ("reasoning", " r "),
        ("other", "</think>\n<output>"),
        ("answer", " A "),
        ("other", "</output>."),
    ]


@pytest.mark.parametrize(
    ("text", "monitor", "label", "output"),
    [
        ("<think>r</think>\n<monitor>\nm\n</monitor>\n<label> safe </label>\n<output>\nA", "m", "safe", "A"),
        ("<think>r<monitor>m</monitor><label>unsafe</label></think><output>A</output>", "m", "unsafe", "A"),
        ("r</think><monitor>m</monitor><output></output>", "m", None, ""),
        ("r</think><monitor>a</monitor>b</monitor><label>safe</label>A", "a</monitor>b", "safe", None),
        ("<think>r</think><monitor>m<label>safe</label>", "m<label>safe</label>", None, None),
        ("<think>In <output> tags?</think><output>A</output>", None, None, "A"),
        ("<think>In <output> tags?</think>A", None, None, None),
        ("A", None, None, None),
    ],
)
def test_parts_of_a_monitored_response(text, monitor, label, output):
    parts = monitored(text)
    assert (parts.monitor, parts.label, parts.output) == (monitor, label, output)


def test_importing_it_loads_no_library_for_columns():
    code = "import sys, mensrea.scoring.reasoning; print({'numpy', 'polars', 'pyarrow'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
