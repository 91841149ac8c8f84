"""Balance of labels and outliers of length: counts by split, and NumPy's figures whatever the batches."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.base import Rule
from mensrea.validation.rules.distribution import RULES, LabelBalance, LengthOutlier
from mensrea.validation.rules.outliers import quantile
from scipy import stats


def batches(values: Sequence[Any], split: str = "train", cuts: Sequence[int] = ()) -> list[Batch]:
    rows = pa.RecordBatch.from_pydict({"id": [f"row-{number}" for number in range(len(values))], "x": values})
    ends = sorted({0, *(cut % (len(values) + 1) for cut in cuts), len(values)})
    place = Place("default", split)
    return [Batch(rows.slice(start, end - start), place, start) for start, end in itertools.pairwise(ends)]


def run(rule: Rule, *parts: list[Batch]) -> list[Finding]:
    early = [finding for part in parts for batch in part for finding in rule.observe(batch)]
    assert not early
    return list(rule.finish())


def test_both_rules_are_offered() -> None:
    assert {rule.name: rule.severity for rule in RULES} == {
        "label-balance": "warning",
        "length-outlier": "warning",
    }
    assert LabelBalance("x").columns == LengthOutlier("x").columns == ("x",)


def test_a_ratio_is_checked_in_each_split() -> None:
    good, bad = ["safe"] * 30 + ["unsafe"] * 10, ["safe"] * 31 + ["unsafe"] * 10 + [None] * 50
    (finding,) = run(LabelBalance("x", max_ratio=3), batches(good), batches(bad, "test"))
    assert (finding.where, finding.field, finding.code) == ("default/test", "x", "label-balance")
    assert finding.message == (
        "'safe' is 3.1 times as frequent as 'unsafe', expected at most 3 times: "
        "'safe' 31 (75.6%), 'unsafe' 10 (24.4%)"
    )


def test_without_a_demand_the_ratio_is_ten() -> None:
    assert run(LabelBalance("x"), batches([1] * 10 + [2])) == []
    assert len(run(LabelBalance("x"), batches([1] * 11 + [2]))) == 1


def test_a_least_share() -> None:
    values = [True] * 19 + [False]
    assert run(LabelBalance("x", min_share=0.05), batches(values)) == []
    (finding,) = run(LabelBalance("x", min_share=0.06), batches(values))
    assert finding.message.startswith("'false' has 5.00% of 20, expected at least 6.00%: 'true' 19 (95.0%)")


def test_expected_shares() -> None:
    expected = {"a": 0.5, "b": 0.5}
    assert run(LabelBalance("x", expected=expected), batches(["a"] * 52 + ["b"] * 48)) == []
    (finding,) = run(LabelBalance("x", expected=expected), batches(["a"] * 70 + ["b"] * 30))
    p = stats.chisquare([70, 30], [50, 50]).pvalue
    assert finding.message.startswith("shares differ from the expected 'a' 50.0%, 'b' 50.0%: 'a' 70 (70.0%)")
    assert finding.message.endswith(
        f"chi-square = 16.0, Cohen's w = 0.400 (at least 0.1), p = {p:.2g}, n = 100"
    )
    # Significant, though too small to matter.
    assert run(LabelBalance("x", expected=expected), batches(["a"] * 51_500 + ["b"] * 48_500)) == []


def test_labels_that_are_missing_or_not_expected() -> None:
    rule = LabelBalance("x", expected={"a": 0.5, "b": 0.5}, max_ratio=2, min_share=0.1)
    messages = [finding.message for finding in run(rule, batches(["a"] * 50 + ["c"] * 50))]
    assert [message.partition(":")[0] for message in messages] == [
        "'c' is there, and 'b' is not, expected at most 2 times",
        "'b' has 0.00% of 100, expected at least 10.00%",
        "labels that aren't expected",
        "shares differ from the expected 'a' 50.0%, 'b' 50.0%",
    ]


def test_what_is_no_label() -> None:
    (finding,) = run(LabelBalance("x"), batches([f"{number}" for number in range(1_001)], cuts=(500,)))
    assert finding.message == "more than 1,000 different values: not a label; name another field"
    assert run(LabelBalance("x"), batches([None, None])) == []
    assert run(LabelBalance("absent"), batches(["a"])) == []


def test_many_labels_are_listed_in_part() -> None:
    values = [f"{number:02}" for number in range(12)] + ["00"] * 20
    (finding,) = run(LabelBalance("x"), batches(values))
    assert finding.message.endswith("and 2 more")
    unexpected = run(LabelBalance("x", expected={"00": 1.0}), batches(values))
    assert "'10' and 1 more" in unexpected[0].message
    assert len(unexpected) == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("aaab"), max_size=30), st.lists(st.integers(0, 40), max_size=4))
def test_balance_does_not_depend_on_batches(values: list[str], cuts: list[int]) -> None:
    def rule() -> LabelBalance:
        return LabelBalance("x", max_ratio=2, expected={"a": 0.75, "b": 0.25})

    assert run(rule(), batches(values, cuts=cuts)) == run(rule(), batches(values))


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"max_ratio": 0.5}, "max_ratio"),
        ({"min_share": 1.5}, "min_share"),
        ({"expected": {}}, "expected"),
        ({"expected": {"a": 0.5}}, "expected"),
        ({"expected": {"a": 1.5, "b": -0.5}}, "expected"),
    ],
)
def test_wrong_demands_of_labels(parameters: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        LabelBalance("x", **parameters)


@pytest.mark.parametrize(
    "parameters", [{"method": "z"}, {"limit": 0}, {"limit": -1}, {"limit": float("nan")}, {"most": 0}]
)
def test_wrong_demands_of_lengths(parameters: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="length-outlier"):
        LengthOutlier("x", **parameters)


def texts(lengths: Sequence[int]) -> list[str]:
    return ["é" * length for length in lengths]


def test_robust_outliers_with_their_rows() -> None:
    lengths = [*range(80, 121), 0, 5_000]
    findings = run(LengthOutlier("x"), batches(texts(lengths)))
    assert [(finding.where, finding.row) for finding in findings] == [
        ("default/train row-41", 41),
        ("default/train row-42", 42),
        ("default/train", None),
    ]
    logs = np.log1p(lengths)
    reach = 6 * stats.median_abs_deviation(logs, scale="normal")  # pyright: ignore[reportArgumentType]
    low, high = np.expm1(np.median(logs) - reach), np.expm1(np.median(logs) + reach)
    fences = f"the median is 100, and {low:.1f} to {high:.1f} is allowed (robust-z, limit 6)"
    assert findings[1].message == f"the length is 5,000; {fences}"
    assert findings[2].message == f"2 of 43 lengths are outliers, 1 short and 1 long; {fences}"


def test_tukey_outliers() -> None:
    lengths = [*range(80, 121), 150, 5_000]
    first, third = np.quantile(lengths, [0.25, 0.75])
    findings = run(LengthOutlier("x", method="tukey", limit=2), batches(texts(lengths)))
    assert [finding.row for finding in findings] == [42, None]
    high = third + 2 * (third - first)
    assert (
        f"{first - 2 * (third - first):.1f} to {high:.1f} is allowed (tukey, limit 2)" in findings[0].message
    )


def test_only_the_most_extreme_are_named_and_all_are_counted() -> None:
    lengths = [*([100, 101, 99] * 200), *range(1_000, 1_050)]
    findings = run(LengthOutlier("x", most=3), batches(texts(lengths), cuts=(400, 620)))
    assert [finding.row for finding in findings] == [647, 648, 649, None]
    assert findings[-1].message.startswith("50 of 650 lengths are outliers, 0 short and 50 long")


def test_lists_and_lines() -> None:
    values = [[0] * 3] * 15 + [[0] * 4] * 15 + [None, [0] * 900]
    rows = pa.RecordBatch.from_pydict({"x": values})
    place = Place(file="rows.jsonl")
    batch = Batch(rows, place, 10, np.arange(len(values), dtype=np.int64) * 2 + 1)
    named, total = run(LengthOutlier("x"), [batch])
    assert (named.where, named.file, named.line, named.row) == ("rows.jsonl:63", "rows.jsonl", 63, 41)
    assert (total.where, total.line) == ("rows.jsonl", None)


def test_texts_inside_lists() -> None:
    values = [[{"content": "x" * length}] * 2 for length in range(80, 121)]
    values[7] = [{"content": "x" * 100}, {"content": "x" * 9_000}]
    findings = run(LengthOutlier("x[].content"), batches(values))
    assert [finding.row for finding in findings] == [7, None]
    assert findings[1].message.startswith("1 of 82 lengths")


def test_equal_lengths_but_one() -> None:
    findings = run(LengthOutlier("x"), batches(texts([50] * 200 + [60])))
    assert [finding.row for finding in findings] == [200, None]
    assert run(LengthOutlier("x"), batches(texts([50] * 200))) == []


def test_where_there_is_nothing_to_say() -> None:
    assert run(LengthOutlier("x"), batches(texts([1] * 18 + [9_999]))) == []
    assert run(LengthOutlier("absent"), batches(texts([1]))) == []
    assert run(LengthOutlier("x"), batches([1, 2])) == []
    assert run(LengthOutlier("x"), batches([None, None])) == []


def test_other_layouts_of_text() -> None:
    values = texts([*range(80, 121), 5_000])
    for dtype in (pa.large_string(), pa.string_view()):
        rows = pa.RecordBatch.from_arrays([pa.array(values, dtype)], ["x"])
        assert [finding.row for finding in run(LengthOutlier("x"), [Batch(rows)])] == [41, None]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 12), st.integers(0, 400)), min_size=20, max_size=60),
    st.lists(st.integers(0, 60), max_size=4),
    st.sampled_from(["robust-z", "tukey"]),
)
def test_outliers_do_not_depend_on_batches(values: list[int | None], cuts: list[int], method: Any) -> None:
    column = [None if length is None else "x" * length for length in values]
    findings = run(LengthOutlier("x", method, limit=2.0, most=4), batches(column, cuts=cuts))
    assert findings == run(LengthOutlier("x", method, limit=2.0, most=4), batches(column))
    assert len(findings) != 1


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[int], share: float) -> None:
    different, counts = np.unique(values, return_counts=True)
    assert quantile(different, counts, share) == pytest.approx(np.quantile(values, share), abs=1e-9)
