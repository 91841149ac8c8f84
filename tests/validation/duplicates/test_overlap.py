"""Contamination: compared with brute force, over training texts that come in batches of any size."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.duplicates import overlap as module
from mensrea.validation.duplicates.overlap import find_overlap

collections = st.lists(st.lists(st.sampled_from("abcde"), max_size=9).map(" ".join), max_size=20)


def grams(text: str, size: int) -> list[tuple[str, ...]]:
    words = text.split()
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def near(train: list[str], test: list[str], threshold: float) -> dict[tuple[int, int], float]:
    """Pairs of test and training rows that differ; a training text counts where it is first."""
    found: dict[tuple[int, int], float] = {}
    for row, text in enumerate(test):
        for other, candidate in enumerate(train):
            one, two = set(grams(text, 2)), set(grams(candidate, 2))
            if not one or not two or text in train or candidate in train[:other]:
                continue
            if Fraction(len(one & two), len(one | two)) >= Fraction(repr(threshold)):
                found[row, other] = len(one & two) / len(one | two)
    return found


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(collections, collections, st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.integers(1, 4), st.integers(1, 30))
def test_everything_is_as_brute_force_says(train, test, threshold, size, batch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", batch)
        found = find_overlap(train, test, threshold=threshold, ngram=size)
    assert found.exact.tolist() == [train.index(text) if text and text in train else -1 for text in test]
    known = {gram for text in train for gram in grams(text, size)}
    for row, text in enumerate(test):
        mine = grams(text, size)
        holder = int(found.contained_in[row])
        if not mine:
            assert np.isnan(found.contained[row])
            continue
        assert found.contained[row] == sum(gram in known for gram in mine) / len(mine)
        assert (holder >= 0) == (found.contained[row] > 0)
        assert holder < 0 or set(mine) & set(grams(train[holder], size))
    pairs = zip(found.test.tolist(), found.train.tolist(), strict=True)
    assert dict(zip(pairs, found.similarity.tolist(), strict=True)) == near(train, test, threshold)


@settings(max_examples=60, deadline=None)
@given(collections, collections, st.integers(0, 30))
def test_a_small_budget_misses_no_test_text_without_saying_so(train, test, budget):
    every = near(train, test, 0.5)
    found = find_overlap(train, test, threshold=0.5, budget=budget)
    rows = {row for row, _ in every}
    assert set(found.test.tolist()) <= rows
    if not found.limits.unexamined:
        assert set(found.test.tolist()) == rows
    if len(found.test) < len(every):
        assert found.limits.messages()


def test_a_question_inside_a_long_document_is_contained():
    question = " ".join(f"q{number}" for number in range(30))
    document = " ".join(f"d{number}" for number in range(2_000))
    found = find_overlap(["nothing", f"{document} {question.upper()}! {document}"], [question, "a b c", ""])
    assert found.contained[0] == 1
    assert found.contained_in.tolist() == [1, -1, -1]
    assert found.contaminated().tolist() == [True, False, False]
    assert (found.blank, found.short) == (1, 1)


def test_kinds_of_contamination():
    base = [" ".join(f"{name}{number}" for number in range(40)) for name in "abcd"]
    edited = base[1].replace("b20", "changed")
    half = " ".join(base[2].split()[:30]) + " " + " ".join(f"z{number}" for number in range(30))
    found = find_overlap(
        base, [base[0].title(), edited, half, "something else that is entirely new here"], contained=0.3
    )
    assert found.exact.tolist() == [0, -1, -1, -1]
    assert found.near().tolist() == [False, True, False, False]
    assert found.pairs.to_pydict() == {"test": [1], "train": [1], "similarity": [37 / 41]}
    assert found.contained[2] == pytest.approx(18 / 48)
    assert found.contaminated().tolist() == [True, True, True, False]


def test_a_shared_template_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 1_000)
    template = "you are a helpful assistant who answers briefly and in plain English tell me now about"
    train = [f"{template} thing{number}" for number in range(2_000)]
    test = [f"{template} other{number}" for number in range(100)]
    found = find_overlap(train, test, budget=90_000)
    assert found.near().all()
    assert found.limits.grouped == 100
    assert not found.limits.unexamined
    starved = find_overlap(train, test, budget=20_000)
    assert starved.limits.unexamined == 100 - starved.near().sum() > 0


@pytest.mark.parametrize("parameters", [{"ngram": 0}, {"contained": 0}, {"threshold": -1}])
def test_impossible_parameters_are_refused(parameters):
    with pytest.raises(UsageError, match="expected"):
        find_overlap(["a"], ["a"], **parameters)
