"""What somebody may have meant by an id that there isn't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.scoring.near_ids import nearest

IDS = ["toy-00a1", "toy-00b2", "toy-00c3", "other-00c3"]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("TOY_00A1", "toy-00a1"),
        (" toy-00b2\n", "toy-00b2"),
        ("00b2", "toy-00b2"),
        ("data/toy-00a1", "toy-00a1"),
        ("toy-0b2", "toy-00b2"),
        ("00c3", None),
        ("", None),
        ("---", None),
        ("something else", None),
    ],
)
def test_nearest(wrong: str, meant: str | None) -> None:
    assert nearest(wrong, IDS) == meant


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=6))
def test_a_guess_is_one_of_the_ids(wrong: str, ids: list[str]) -> None:
    assert nearest(wrong, ids) in {*ids, None}


def test_many_ids_are_no_wait() -> None:
    assert nearest("nothing like it", [f"toy-{number:016x}" for number in range(20_000)]) is None
