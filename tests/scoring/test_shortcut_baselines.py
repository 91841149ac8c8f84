from __future__ import annotations

import pytest
from mensrea.scoring.shortcut_baselines import baselines_of


def right(rows):
    return {each.name: (each.right, each.items) for each in baselines_of(rows)}


def test_mnns_has_parity_and_the_commonest_answer():
    rows = [
        {"digits": [2, 1, 1, 4], "answer": 0},
        {"digits": [9, 1, 1, 1], "answer": 6},
        {"digits": [1, 2], "answer": 1},
        {"digits": [3, 2], "answer": 1},
        {"digits": [5, 4], "answer": 1},
    ]
    assert right(rows) == {"majority": (3, 5), "parity": (4, 5)}
    assert baselines_of(rows)[0].description.startswith("always 1,")


@pytest.mark.parametrize(
    ("edges", "credit"),
    [([[0, 2], [1, 3], [2, 3]], 1), ([[0, 2], [1, 2], [1, 3]], 0), ([[0, 2], [1, 3]], 0.5)],
)
def test_prosqa_has_the_option_with_fewer_incoming_edges(edges, credit):
    row = {"edges": edges, "target": 2, "neg_target": 3, "answer": "Tom is a rem."}
    assert right([row, row]) == {"in-degree": (2 * credit, 2)}


def test_prontoqa_has_the_commonest_answer():
    rows = [{"task": "prontoqa", "answer": each} for each in ("True", "False", "False")]
    assert right(rows) == {"majority": (2, 3)}


def test_nothing_has_none():
    assert baselines_of([]) == []
