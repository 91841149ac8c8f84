"""Words: what is normalised, and that cutting texts into chunks changes nothing."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.duplicates import words as module
from mensrea.validation.duplicates.words import concatenated, words_of


def split(*texts: str | None) -> list[list[int]]:
    found = words_of(texts)
    return [
        found.hashes[first:last].tolist()
        for first, last in zip(found.offsets, found.offsets[1:], strict=False)
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World!", "hello   world"),
        ("“don\u2019t”", "don't"),
        ("well-known", "well known"),
        ("a\u00a0b\u200b c\ufeff", "a b c"),
        ("ﬁne ①", "fine 1"),
        ("STRASSE", "straße"),
        ("e\u0301te\u0301", "été"),
        ("你好", "你 好"),
        ("3-4", "3 - 4"),
        ("x — y", "x - y"),
        ("a\tb\r\nc", "a b c"),
        ("end.", "end"),
        ("???", " ? ??"),
    ],
)
def test_these_are_the_same(one, other):
    left, right = split(one, other)
    assert left == right
    assert left


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 + 4", "3 - 4"),
        ("3.5", "3 5"),
        ("3.5", "35"),
        ("ab c", "a bc"),
        ("a b", "b a"),
        ("x < y", "x > y"),
        ("good 🙂", "good 🙁"),
        ("की", "का"),
        ("???", "!!!"),
        ("a" * 100, "a" * 101),
        ("aaaaaaaa", "aaaaaaaab"),
        ("aaaaaaaab", "aaaaaaaac"),
        ("résumé", "resume"),
        ("0", "00"),
    ],
)
def test_these_differ(one, other):
    left, right = split(one, other)
    assert left != right
    assert left
    assert right


def test_blank_texts_have_no_words():
    assert split("", None, " \n\t", "\u200b") == [[], [], [], []]
    assert words_of(["", "a"]).fingerprints().tolist()[0] == 0


texts = st.lists(st.one_of(st.none(), st.text(st.sampled_from("ab1 .-+,é你🙂\n'"), max_size=12)), max_size=12)


@settings(deadline=None)
@given(texts)
def test_texts_dont_touch_their_neighbours(values):
    assert split(*values) == [split(value)[0] for value in values]


@settings(deadline=None)
@given(texts, st.integers(0, 4))
def test_arrow_arrays_and_lists_agree(values, skipped):
    expected = words_of(values[skipped:])
    array = pa.array(values, pa.string())
    for given_texts in (array[skipped:], pa.chunked_array([array[:skipped], array[skipped:]])[skipped:]):
        found = words_of(given_texts)
        assert np.array_equal(found.hashes, expected.hashes)
        assert np.array_equal(found.offsets, expected.offsets)
    parts = [words_of([value]) for value in values[skipped:]]
    assert np.array_equal(concatenated(parts).fingerprints(), expected.fingerprints())


def test_chunks_of_any_size_give_the_same(monkeypatch):
    draw = random.Random(0)
    values = [
        " ".join(draw.choices(["one", "two", "three-four", "5.6"], k=draw.randint(0, 20))) for _ in range(200)
    ]
    expected = words_of(values)
    monkeypatch.setattr(module, "CHUNK_BYTES", 50)
    monkeypatch.setattr(module, "CHUNK_ROWS", 7)
    found = words_of(values)
    assert np.array_equal(found.hashes, expected.hashes)
    assert np.array_equal(found.offsets, expected.offsets)


@settings(deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=40), unique=True, max_size=30))
def test_different_words_have_different_hashes(words):
    assert len(set(words_of([" ".join(words)]).hashes.tolist())) == len(words)
