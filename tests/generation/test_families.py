from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.cards import find_card
from mensrea.generation.budgets import Budget
from mensrea.generation.families import Family

RANGES = st.tuples(st.integers(1, 1999), st.integers(1, 1999)).filter(lambda pair: pair[0] < pair[1])


BUDGETS = st.none() | st.builds(Budget, st.integers(1, 4096), st.sampled_from(["minabs", "nonneg"]))


@given(st.integers(2, 12), RANGES, BUDGETS)
def test_a_name_gives_its_family_back(length, limits, budget):
    family = Family(length, limits[1], limits[0], budget)
    assert Family.from_name(family.name) == family
    assert family.unbudgeted == Family(length, limits[1], limits[0])
    assert find_card("cot2").config(family.name).row == "mnns"


def test_names():
    assert Family.from_name("mnns-4x9") == Family(length=4, highest=9)
    assert Family.from_name("mnns-5x5-13") == Family(length=5, lowest=5, highest=13)
    assert Family.from_name("mnns-4x9-minabs4") == Family(4, 9, budget=Budget(4, "minabs"))
    assert Family(5, 13, 5, Budget(16, "nonneg")).name == "mnns-5x5-13-nonneg16"
    assert Family(4, 9).space == 6561
    assert Family(5, 13, 5).space == 9**5


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "expected mnns-<digits>x<max>"),
        ("mnns", "expected mnns-<digits>x<max>"),
        ("mnns-4x", "expected mnns-<digits>x<max>"),
        ("mnns--4x9", "expected mnns-<digits>x<max>"),
        ("MNNS-4x9", "expected mnns-<digits>x<max>"),
        ("mnns-4x9\n", "expected mnns-<digits>x<max>"),
        ("mnns-4x٩", "expected mnns-<digits>x<max>"),
        ("mnns-4x99999", "expected mnns-<digits>x<max>"),
        ("mnns-04x9", "write 'mnns-4x9'"),
        ("mnns-4x1-9", "write 'mnns-4x9'"),
        ("mnns-1x9", r"number of digits must be in 2\.\.12, since all sign patterns are enumerated"),
        ("mnns-13x9", r"number of digits must be in 2\.\.12, since all sign patterns are enumerated"),
        ("mnns-4x1", r"at least two values in 1\.\.1999"),
        ("mnns-4x2000", "sums are stored in 16 bits"),
        ("mnns-4x9-minabs", "expected mnns-<digits>x<max>"),
        ("mnns-4x9-4", "they range from 9 to 4"),
        ("mnns-4x9-best4", r"'best4' names no budget: expected minabs<B> or nonneg<B>"),
        ("mnns-4x9-minabs04", "'minabs04' names no budget"),
        ("mnns-4x9-minabs0", "'minabs0' names no budget"),
        ("mnns-4x9-nonneg4097", r"nonneg4097: a budget must be in 1\.\.4096"),
        ("mnns-4x0-9", "a zero has no sign"),
    ],
)
def test_nonsense_is_refused_with_a_reason(name, reason):
    with pytest.raises(ValueError, match=reason):
        Family.from_name(name)


def test_small_families_are_enumerated_in_order():
    rows = Family(3, 4, 2).enumerate().tolist()
    assert len(rows) == 27
    assert rows == sorted(rows)
    assert rows[0] == [2, 2, 2]
    assert rows[-1] == [4, 4, 4]


@pytest.mark.parametrize(
    ("family", "exhaustive"), [(Family(2, 244), True), (Family(2, 245), False), (Family(5, 13, 5), True)]
)
def test_exhaustive_up_to_sixty_thousand(family, exhaustive):
    assert family.exhaustive is exhaustive


def test_large_families_are_not_enumerated():
    with pytest.raises(ValueError, match="too many to enumerate"):
        Family(12, 999).enumerate()


@pytest.mark.parametrize(
    ("digits", "reason"),
    [
        ([[1, 2, 3]], r"shape \(n, 4\)"),
        ([1, 2, 3, 4], r"shape \(n, 4\)"),
        (
            [[1, 2, 3, 4], [1, 2, 3, 10]],
            r"row 1 isn't an input of mnns-4x9: expected digits in 1\.\.9, found \[1, 2, 3, 10\]",
        ),
        ([[0, 2, 3, 4]], "row 0"),
    ],
)
def test_strangers_are_named(digits, reason):
    with pytest.raises(ValueError, match=reason):
        Family(4, 9).check(np.array(digits))
