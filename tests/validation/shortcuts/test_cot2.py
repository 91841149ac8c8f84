"""CoT2's shortcuts against plain Python, row by row."""

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.shortcuts.baselines import Baseline
from mensrea.validation.shortcuts.counting import BaselineCounter
from mensrea.validation.shortcuts.registry import shortcuts_of

Row = dict[str, Any]
NAMES = ["Tom", "rempus", "wug", "zumpus", "lempus"]


def baselines(config: str, rows: list[Row], schema: pa.Schema | None = None) -> dict[str, Baseline]:
    counter = BaselineCounter(shortcuts_of("cot2", config))
    counter.observe("train", pa.Table.from_pylist(rows, schema))
    return counter.counted()


def answer(digits: list[int]) -> int:
    signs = itertools.product((1, -1), repeat=len(digits))
    return min(abs(sum(map(int.__mul__, digits, each))) for each in signs)


def greedy(digits: list[int]) -> int:
    left = 0
    for digit in sorted(digits, reverse=True):
        left = min(abs(left + digit), abs(left - digit))
    return left


def differencing(digits: list[int]) -> int:
    left = sorted(digits)
    while len(left) > 1:
        largest, next_largest = left.pop(), left.pop()
        left = sorted([*left, largest - next_largest])
    return left[0]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 40), min_size=2, max_size=7), min_size=1, max_size=20))
def test_rules_without_search_answer_as_they_say(inputs: list[list[int]]) -> None:
    rows: list[Row] = [{"digits": digits, "answer": answer(digits)} for digits in inputs]
    schema = pa.schema({"digits": pa.list_(pa.int16()), "answer": pa.int16()})
    found = {name: each.whole.right for name, each in baselines("mnns-7x40", rows, schema).items()}
    rules = {"parity": lambda digits: sum(digits) % 2, "greedy": greedy, "differencing": differencing}
    for name, rule in rules.items():
        assert found[name] == sum(rule(row["digits"]) == row["answer"] for row in rows)


def test_the_figures_of_four_digits_are_known() -> None:
    rows = [
        {"digits": list(digits), "answer": answer(list(digits))}
        for digits in itertools.product(range(1, 10), repeat=4)
    ]
    found = baselines("mnns-4x9", rows)
    assert {name: each.whole.right for name, each in found.items()} == {
        "majority": 2444,
        "parity": 4013,
        # Taking the largest first is always right for up to four numbers.
        "greedy": 6561,
        "differencing": 6561,
    }
    assert found["majority"].rule == "always 1, the commonest answer of train"
    assert round(found["parity"].whole.accuracy, 3) == 0.612


def graph(**members: Any) -> Row:
    return {
        "question": "Is Tom a lempus or wug?",
        "answer": "Tom is a wug.",
        "idx_to_symbol": NAMES,
        "edges": [[0, 1], [1, 2], [3, 4], [1, 4]],
        "root": 0,
        "target": 2,
        "neg_target": 4,
        "asked": [4, 2],
        **members,
    }


GRAPHS = st.builds(
    lambda edges, options, is_swapped: graph(
        edges=edges,
        target=options[0],
        neg_target=options[1],
        asked=options[::-1] if is_swapped else options,
        question=f"Is Tom a {NAMES[options[is_swapped]]} or {NAMES[options[not is_swapped]]}?",
    ),
    edges=st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=1, max_size=8),
    options=st.permutations(range(5)).map(lambda order: list(order[:2])),
    is_swapped=st.booleans(),
)
FEATURES: dict[str, Any] = {
    "position": lambda row, vertex: row["asked"].index(vertex),
    "in-degree": lambda row, vertex: sum(end == vertex for _, end in row["edges"]),
    "out-degree": lambda row, vertex: sum(start == vertex for start, _ in row["edges"]),
    "mentions": lambda row, vertex: sum(edge.count(vertex) for edge in row["edges"]),
    "first-mention": lambda row, vertex: next(
        (number for number, edge in enumerate(row["edges"]) if vertex in edge), len(row["edges"])
    ),
    "name-length": lambda row, vertex: len(row["idx_to_symbol"][vertex]),
}
LOWER = ("named first", "fewer", "earlier", "shorter")


def right(rows: list[Row], name: str, *, is_lower: bool) -> float:
    """Rows in which the target has the lower (or higher) number, ties counted half."""
    pairs = [(FEATURES[name](row, row["target"]), FEATURES[name](row, row["neg_target"])) for row in rows]
    return sum((a < b if is_lower else a > b) + (a == b) / 2 for a, b in pairs)


@pytest.mark.parametrize("config", ["prosqa", "original"])
@settings(deadline=None)
@given(rows=st.lists(GRAPHS, min_size=1, max_size=8))
def test_options_are_told_apart_as_plain_python_does(config: str, rows: list[Row]) -> None:
    for name, baseline in baselines(config, rows).items():
        is_lower = any(words in baseline.rule for words in LOWER)
        assert baseline.whole.right == right(rows, name, is_lower=is_lower)
        assert baseline.whole.right >= len(rows) / 2


def test_lower_in_degree_is_right_where_the_wrong_option_has_more_edges() -> None:
    found = baselines("prosqa", [graph()])
    assert found["in-degree"].rule == "the option with fewer incoming edges"
    assert found["in-degree"].whole.right == 1
    assert found["position"].rule == "the option named last"
    assert found["first-mention"].rule == "the option whose first mention is earlier"


@pytest.mark.parametrize(
    ("question", "credit"),
    [("Is Tom a lempus or a wug? ", 1), ("Is Tom a wug or lempus?", 0), ("Which is Tom?", 0.5), ("", 0.5)],
)
def test_the_last_option_is_read_off_the_question(question: str, credit: float) -> None:
    rows = [*[graph(question="Is Tom a lempus or wug?")] * 3, graph(question=question)]
    found = baselines("original", rows)["position"]
    assert (found.rule, found.whole.right) == ("the option named last", 3 + credit)


def test_a_published_row_with_odd_members_is_a_tie_not_an_error() -> None:
    rows = [graph(target=40, neg_target=-1, edges=[[0, 1], [1], [2, 3, 4]])]
    for baseline in baselines("original", rows).values():
        assert baseline.whole.right == 0.5


@settings(deadline=None)
@given(st.lists(st.tuples(GRAPHS, st.booleans()), min_size=1, max_size=8))
def test_a_single_concept_is_judged_by_the_best_threshold(drawn: list[tuple[Row, bool]]) -> None:
    rows = [{**row, "asked": row["asked"][:1], "answer": str(is_true)} for row, is_true in drawn]
    answers = np.array([is_true for _, is_true in drawn])
    counts = {
        **{name: feature for name, feature in FEATURES.items() if name != "position"},
        "length": lambda row, _: len(row["edges"]),
    }
    found = baselines("prontoqa", rows)
    assert found["majority"].whole.right == max(answers.sum(), (~answers).sum())
    assert set(found) == {"majority", *counts}
    for name, feature in counts.items():
        values = np.array([feature(row, row["asked"][0]) for row in rows])
        hits = [((values >= step) == answers).sum() for step in range(1, 17)]
        assert found[name].whole.right == max(*hits, len(rows) - min(hits))
