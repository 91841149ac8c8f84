"""Drift: found where it was put in, and hardly ever where there is none."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from mensrea.validation.drift import Effects, Profile, compare, compare_splits
from mensrea.validation.drift.trials import trials
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place


def profile(
    columns: dict[str, Any] | pa.RecordBatch, split: str = "train", dtypes: dict[str, Any] | None = None
) -> Profile:
    if isinstance(columns, dict):
        arrays = [pa.array(values, (dtypes or {}).get(name)) for name, values in columns.items()]
        columns = pa.RecordBatch.from_arrays(arrays, list(columns))
    return Profile([Batch(columns, Place("default", split))])


def drawn(generator: np.random.Generator, rows: int = 400, /, **change: float) -> dict[str, Any]:
    """Rows of every kind of column; `change` moves one of its parameters."""
    setting = {"nulls": 0.1, "mean": 0.0, "topic": 0.3, "words": 4.0, "turns": 2.0, **change}
    topics = generator.choice(
        ["law", "health", "code"], rows, p=[setting["topic"], 0.3, 0.7 - setting["topic"]]
    )
    lengths = generator.poisson(setting["words"], rows)
    # Contents of one row are alike, as messages of one conversation are.
    turns = generator.poisson(setting["turns"], rows)
    alike = generator.integers(1, 40, rows)
    return {
        "score": np.where(
            generator.random(rows) < setting["nulls"],
            np.array(None),
            generator.normal(setting["mean"], 1, rows),
        ),
        "topic": topics,
        "flag": generator.random(rows) < 0.5,
        "text": ["x" * length for length in lengths],
        "turns": [[{"content": "x" * size}] * count for size, count in zip(alike, turns, strict=True)],
    }


def found(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.field) for finding in findings]


def test_without_drift_false_findings_are_as_rare_as_alpha() -> None:
    generator = np.random.default_rng(7)
    runs, alpha = 120, 0.1
    none = Effects(nulls=0, numbers=0, categories=0, lengths=0)
    false = sum(
        bool(
            compare(profile(drawn(generator, 150)), profile(drawn(generator, 200)), alpha=alpha, effects=none)
        )
        for _ in range(runs)
    )
    # Holm bounds the rate by alpha; 120 runs at 0.1 exceed 21 with a probability below 0.3 %.
    assert false <= 21


def test_no_test_calls_drift_more_often_than_its_level() -> None:
    generator, runs = np.random.default_rng(11), 150
    called: Counter[tuple[str, str]] = Counter()
    for _ in range(runs):
        made = trials(profile(drawn(generator, 150)), profile(drawn(generator, 200)), "")
        called.update((trial.aspect, trial.path) for trial in made if trial.tested.p <= 0.05)
    # A level of 0.05 gives more than 17 of 150 with a probability below 0.1 %.
    assert max(called.values()) <= 17


def test_without_drift_the_default_finds_nothing() -> None:
    generator = np.random.default_rng(8)
    for _ in range(20):
        assert compare(profile(drawn(generator)), profile(drawn(generator, 500))) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"nulls": 0.3}, ("drift-nulls", "score")),
        ({"mean": 0.6}, ("drift-numbers", "score")),
        ({"topic": 0.55}, ("drift-categories", "topic")),
        ({"words": 6.0}, ("drift-lengths", "text")),
        ({"turns": 4.0}, ("drift-lengths", "turns")),
    ],
)
def test_the_drift_that_was_put_in_is_found(change: dict[str, float], expected: tuple[str, str]) -> None:
    for seed in range(5):
        generator = np.random.default_rng(seed)
        new, old = profile(drawn(generator, **change)), profile(drawn(generator))
        codes = found(compare(new, old))
        assert expected in codes
        assert {field for _, field in codes} <= {expected[1], "text"}


def test_a_message_says_direction_test_statistic_p_effect_and_n() -> None:
    old = profile({"x": np.arange(2_000.0), "y": ["a", "b"] * 1_000})
    new = profile({"x": np.arange(2_000.0) + 500, "y": ["a", "c"] * 1_000})
    numbers, words, lengths = (*compare(new, old), None)[:3]
    assert lengths is None
    assert numbers is not None
    assert words is not None
    assert numbers.message.startswith(
        "values are larger (Cliff's delta +0.44): median 1499.5, was 999.5; mean 1499.5, was 999.5; "
        "Kolmogorov-Smirnov test: D = 0.250 (at least 0.1), p = "
    )
    assert re.search(r"p = [\d.]+e-\d+ after Holm over 5 tests, n = 2,000 and 2,000$", numbers.message)
    assert words.message.startswith(
        "shares changed: 'b' 0.0%, was 50.0%, 'c' 50.0%, was 0.0%; new: 'c'; gone: 'b'; "
        "chi-square test: chi-square = 2000.0, Cramér's V = 0.707 (at least 0.1), p < 1e-300 after Holm"
    )
    assert all("\n" not in finding.message for finding in (numbers, words))
    assert {numbers.severity, words.severity} == {"warning"}


def test_nulls_and_smaller_values_in_words() -> None:
    old = profile({"x": [1.0] * 500})
    new = profile({"x": [1.0] * 400 + [None] * 100})
    (nulls,) = compare(new, old)
    assert nulls.message.startswith(
        "20.00% of values are null, was 0.00%; two-proportion test: chi-square = "
    )
    assert "Cohen's h = 0.927" in nulls.message
    (less,) = compare(profile({"x": np.zeros(300)}), profile({"x": np.arange(300.0)}))
    assert less.message.startswith("values are smaller")
    (spread,) = compare(profile({"x": np.arange(-900.0, 900, 6)}), profile({"x": np.arange(-300.0, 300, 2)}))
    assert spread.message.startswith("values are spread differently")
    (short,) = compare(profile({"x": [[1]] * 300}), profile({"x": [[1, 2]] * 300}))[:1]
    assert short.message.startswith("values are shorter")


def test_a_significant_difference_that_is_small_is_no_finding() -> None:
    generator = np.random.default_rng(0)
    old, new = (profile({"x": generator.normal(mean, 1, 40_000)}) for mean in (0, 0.1))
    assert compare(new, old) == []
    assert found(compare(new, old, effects=Effects(numbers=0.02))) == [("drift-numbers", "x")]


def test_a_large_difference_of_few_rows_is_no_finding() -> None:
    assert compare(profile({"x": [1.0, 2.0, 3.0]}), profile({"x": [11.0, 12.0, 13.0]})) == []


def test_one_row_with_many_values_is_no_evidence() -> None:
    old = profile({"x": [[1] * 4_000, *[[]] * 99]})
    new = profile({"x": [[2] * 4_000, *[[]] * 99]})
    assert compare(new, old) == []
    spread = profile({"x": [[1] * 40] * 100}), profile({"x": [[2] * 40] * 100})
    assert found(compare(*spread)) == [("drift-numbers", "x[]")]


def test_many_categories_are_compared_by_the_frequent_ones() -> None:
    rest = [f"{number}" for number in range(3_000)]
    old, new = profile({"x": [*rest, *["a"] * 3_000]}), profile({"x": [*rest, *["b"] * 3_000]})
    (finding,) = compare(new, old)
    assert finding.code == "drift-categories"
    assert "new: 'b'; gone: 'a'" in finding.message
    assert finding.message.endswith("n = 2,000 and 2,000")
    assert compare(old, old) == []


def test_long_labels_and_many_new_ones_stay_one_short_line() -> None:
    old = profile({"x": ["y" * 90 + "\n"] * 500})
    new = profile({"x": ["z" * 90, *(f"{number}\n" for number in range(4))] * 100})
    (finding,) = (finding for finding in compare(new, old) if finding.code == "drift-categories")
    assert "and 2 more" in finding.message
    assert "'" + "y" * 40 + "...'" in finding.message
    assert "\n" not in finding.message


def test_schema() -> None:
    old = profile({"a": [1], "gone": ["x"], "kind": [1], "width": [1], "empty": [None], "was": [{"in": 1}]})
    new = profile(
        {"a": [1], "fresh": [{"in": [1]}], "kind": ["1"], "width": [1], "empty": ["x"], "was": [["y"]]},
        dtypes={"width": pa.int32()},
    )
    findings = [finding for finding in compare(new, old) if finding.code == "drift-schema"]
    assert [(finding.field, finding.severity, finding.message) for finding in findings] == [
        ("fresh", "error", "the column is new (struct)"),
        ("gone", "error", "the column is gone (string)"),
        ("kind", "error", "the type is string, was int64"),
        ("was", "error", "the type is list, was struct"),
        ("width", "warning", "the type is int32, was int64"),
    ]


def test_a_name_that_only_starts_alike_is_not_inside() -> None:
    old, new = profile({"x": [1]}), profile({"x": [1], "meta": [{"a": 1}], "metabolic": [1]})
    assert [finding.field for finding in compare(new, old)] == ["meta", "metabolic"]


@pytest.mark.parametrize(("new", "old", "finds"), [(150, 100, 0), (151, 100, 1), (66, 100, 1), (67, 100, 0)])
def test_rows(new: int, old: int, finds: int) -> None:
    findings = compare(profile({"x": [0] * new}), profile({"x": [0] * old}), where="train")
    assert found(findings) == [("drift-rows", "")] * finds
    if new == 151:
        text = "151 rows, was 100, 1.51 times as many; a factor of 1.5 either way is allowed"
        assert (findings[0].message, findings[0].where, findings[0].severity) == (text, "train", "warning")


def test_no_rows() -> None:
    assert found(compare(Profile(), Profile())) == []
    (finding,) = compare(profile({"x": [1]}), Profile())
    assert finding.message == "1 rows, was 0; a factor of 1.5 either way is allowed"
    assert found(compare(Profile(), profile({"x": [1]}))) == [("drift-rows", "")]


def test_splits_that_came_or_went_and_one_correction_over_all() -> None:
    generator = np.random.default_rng(0)
    part = profile({"x": generator.normal(size=500)})
    moved = profile({"x": generator.normal(0.5, 1, 500)})
    findings = compare_splits({"b": part, "c": part, "d": moved}, {"a": part, "b": part, "d": part})
    assert [(finding.code, finding.where, finding.severity) for finding in findings] == [
        ("drift-schema", "a", "error"),
        ("drift-schema", "c", "error"),
        ("drift-numbers", "d", "warning"),
    ]
    assert [finding.message for finding in findings[:2]] == ["the split is gone", "the split is new"]
    assert "Holm over 4 tests" in findings[2].message


def test_comparing_twice_gives_the_same() -> None:
    generator = np.random.default_rng(3)
    new, old = profile(drawn(generator, mean=1.0)), profile(drawn(generator))
    assert compare(new, old) == compare(new, old) != []
