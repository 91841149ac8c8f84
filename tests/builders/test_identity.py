"""Row ids: derived from content, one a row, the same for ever."""

import os
import re
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from mensrea.builders.identity import RowIds, content_id

PARTS = st.lists(st.text() | st.integers() | st.none(), max_size=4)


@given(PARTS, PARTS)
def test_other_parts_have_another_id(one: list[str | int | None], other: list[str | int | None]) -> None:
    assert (content_id("x", one) == content_id("x", other)) == (one == other)
    assert re.fullmatch(r"x-[0-9a-f]{16}", content_id("x", one))


def test_no_value_runs_into_the_next() -> None:
    parts = [
        ["a", "b"],
        ["ab"],
        ["a", "b", ""],
        ['a","b'],
        ["a\0b"],
        [["a", "b"].__str__()],
        ["1"],
        [1],
        [None],
        ["null"],
    ]
    assert len({content_id("x", each) for each in parts}) == len(parts)
    assert content_id("x", ["a"]) != content_id("y", ["a"])


def test_an_id_never_changes() -> None:
    assert content_id("cot2", ["What is é?", 3, None]) == "cot2-479fc76ae96a7a5e"


def test_half_a_surrogate_pair_has_an_id() -> None:
    assert content_id("x", ["\ud800"]) != content_id("x", ["\udfff"])


def test_ids_are_the_same_in_another_process() -> None:
    program = (
        "from mensrea.builders.identity import RowIds; ids = RowIds('x'); print(ids.of('a'), ids.of('a'))"
    )
    printed = subprocess.check_output(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": "7"}, text=True
    )
    ids = RowIds("x")
    assert printed.strip() == f"{ids.of('a')} {ids.of('a')}"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1)), max_size=12))
def test_every_copy_has_an_id_and_knows_how_many_came_before(rows: list[tuple[str, int]]) -> None:
    ids = RowIds("x")
    given_out = [ids.of(*row) for row in rows]
    assert len({identifier for identifier, _ in given_out}) == len(rows)
    for number, (row, (_, earlier)) in enumerate(zip(rows, given_out, strict=True)):
        assert earlier == rows[:number].count(row)


@given(st.permutations(["a", "b", "a", "c", "a", "b"]), st.text())
def test_rows_inserted_elsewhere_change_no_id(rows: list[str], inserted: str) -> None:
    before, after = RowIds("x"), RowIds("x")
    new = inserted if inserted not in rows else "new"
    expected = {before.of(row)[0] for row in rows}
    assert {after.of(row)[0] for row in [new, *rows]} - expected == {content_id("x", [new])}
