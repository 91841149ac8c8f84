from __future__ import annotations

import numpy as np
from mensrea.generation.sampling import draw_distinct
from mensrea.generation.seeds import stream, uniform_integers


def drawer(seed, high, columns=2):
    words = stream(seed)
    return lambda tries: uniform_integers(words, 1, high, (tries, columns)).astype(np.int16)


def test_rows_are_distinct_and_sorted():
    rows = draw_distinct(drawer(0, 99), 4_000, share=1.0).tolist()
    assert len(rows) == 4_000
    assert rows == sorted(rows)
    assert len(set(map(tuple, rows))) == 4_000


def test_a_space_can_be_drawn_empty():
    assert len(draw_distinct(drawer(0, 10), 100, share=1.0)) == 100


def test_it_gives_up_when_there_are_too_few():
    assert len(draw_distinct(drawer(0, 10), 101, share=1.0)) == 100


def test_it_gives_up_when_nothing_is_accepted():
    assert draw_distinct(lambda _tries: np.empty((0, 3), np.int16), 5, share=0.5).shape == (0, 3)


def test_every_row_is_equally_likely():
    counts = np.zeros((6, 6))
    for seed in range(400):
        for left, right in draw_distinct(drawer(seed, 6), 9, share=1.0).tolist():
            counts[left - 1, right - 1] += 1
    # 400 draws of 9 from 36: each row is expected 100 times, with a deviation of 8.7.
    assert np.abs(counts - 100).max() < 40
