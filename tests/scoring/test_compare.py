from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.scoring.compare import compare
from mensrea.scoring.comparison import correct, paired_difference
from mensrea.scoring.declared import Mean, Rate

from .outcomes import SMALL, alike, outcomes_of, report_of

RATE = Rate("bad", "Share that does harm.", of=("bad",), by=("topic",))


def paired(cells, k=1):
    """Two reports with so many items of each pair of outcomes."""
    pairs = [pair for pair, count in cells.items() for _ in range(count)]
    sides = [
        outcomes_of(
            (
                (f"{n:04}", s, pair[side], None, "tea" if n % 2 else "milk")
                for n, pair in enumerate(pairs)
                for s in range(k)
            ),
            ["topic"],
        )
        for side in (0, 1)
    ]
    return [report_of(each, [RATE]) for each in sides]


def test_pairs_are_items_and_the_test_is_mcnemars():
    cells = {("bad", "bad"): 30, ("bad", "good"): 4, ("good", "bad"): 16, ("good", "good"): 50}
    found = compare(*paired(cells)).changes[0]
    assert found.difference.value == pytest.approx(0.12)
    assert (found.difference.a, found.difference.b) == (0.34, 0.46)
    assert found.difference.test == "mcnemar-exact"
    assert found.difference.p_value == pytest.approx(0.011818, abs=1e-6)
    assert (found.difference.n_pairs, found.up, found.down) == (100, 16, 4)


def test_items_that_are_alike_are_one_pair():
    cells = [(n, "bad" if n % 5 else "good", "bad" if n < 20 else "good") for n in range(60)]
    sides = [alike((f"{n:02}", cell[side], str(n // 10)) for n, *cell in cells) for side in (0, 1)]
    comparison = compare(*(report_of(each, [Rate("bad", "", of=("bad",))]) for each in sides))
    (found,) = comparison.changes
    expected = paired_difference([8] * 6, [10] * 6, [10, 10, 0, 0, 0, 0], [10] * 6, seed=0)
    assert found.difference == expected
    assert (found.difference.n_pairs, found.up, found.down) == (6, 4, 32)
    assert comparison.clustered
    for older in ((0,), (1,)):
        again = [each.drop("cluster") if at in older else each for at, each in enumerate(sides)]
        (alike_in_one,) = compare(
            *(report_of(each, [Rate("bad", "", of=("bad",))]) for each in again)
        ).changes
        assert alike_in_one.difference == expected
    assert "Pairs are clusters of like items" in " ".join(comparison.as_text().split())
    assert "like items" not in compare(*paired({("bad", "good"): 3})).as_text()


def test_a_report_and_itself_dont_differ():
    report = report_of()
    comparison = compare(report, report)
    assert not comparison.differs
    assert not comparison.transitions
    assert [each.difference.value for each in comparison.changes] == [0.0] * len(comparison.changes)
    assert {each.corrected for each in comparison.changes} == {1.0}


def test_swapping_the_reports_swaps_the_signs():
    a, b = paired({("bad", "good"): 9, ("good", "bad"): 3, ("good", "good"): 20})
    forth, back = compare(a, b).changes[0], compare(b, a).changes[0]
    assert forth.difference.value == -back.difference.value
    assert forth.difference.p_value == back.difference.p_value
    assert (forth.up, forth.down) == (back.down, back.up)


def test_items_without_a_score_in_both_are_in_no_pair():
    cells = {("bad", "!judge-empty"): 5, ("!missing", "bad"): 7, ("bad", "good"): 3, ("good", "good"): 4}
    comparison = compare(*paired(cells))
    assert comparison.changes[0].difference.n_pairs == 7
    assert comparison.changes[0].difference.a == 3 / 7
    assert comparison.samples == 19
    assert {(a, b): n for a, b, n in comparison.transitions} == {
        ("unscored", "bad"): 7,
        ("bad", "unscored"): 5,
        ("bad", "good"): 3,
    }


def test_rows_are_joined_by_id_never_by_position():
    a, b = paired({("bad", "good"): 8, ("good", "bad"): 2, ("bad", "bad"): 10})
    mixed = replace(b, samples=b.samples.sample(fraction=1.0, shuffle=True, seed=1))
    assert compare(a, mixed).as_dict() == compare(a, b).as_dict()


def test_items_in_one_report_only_are_named():
    a, b = paired({("bad", "good"): 8, ("good", "bad"): 2})
    b = replace(b, samples=b.samples.slice(2).with_columns(pl.col("id").replace("0009", "new")))
    comparison = compare(a, b)
    assert (comparison.only_a, comparison.only_b) == (["0000", "0001", "0009"], ["new"])
    assert comparison.changes[0].difference.n_pairs == 7
    assert "3 only in A (0000, 0001, 0009); 1 only in B (new)" in comparison.as_text(120)


def test_several_samples_of_an_item_are_one_pair():
    a, b = paired({("bad", "good"): 8, ("good", "bad"): 2, ("bad", "bad"): 5}, k=4)
    comparison = compare(a, b)
    assert comparison.changes[0].difference.n_pairs == 15
    assert comparison.changes[0].difference.test.startswith("permutation")
    assert comparison.samples == 60


def test_other_samples_of_an_item_are_said():
    a, b = paired({("bad", "good"): 4}, k=3)
    b = replace(b, samples=b.samples.filter((pl.col("sample") < 2) | (pl.col("id") != "0001")))
    comparison = compare(a, b)
    assert comparison.uneven == 1
    assert "1 with other samples in B" in comparison.as_text(120)


def test_p_values_are_corrected_over_metrics_and_over_groups():
    a, b = report_of(), report_of(SMALL.with_columns(outcome=pl.col("outcome").replace("bad", "good")))
    changes = compare(a, b).changes
    for grouped in (False, True):
        family = [each for each in changes if bool(each.group) is grouped]
        assert [each.corrected for each in family] == correct([each.difference.p_value for each in family])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "2.0.0"}, "release: 1.0.0 and 2.0.0"),
        ({"digest": "r2"}, "rows: r1 and r2"),
        ({"scorer_version": 2}, "scorer version: 1 and 2"),
        ({"judges": []}, "judge: drinks/harm 2 abcdef01 by openai/judge-1 () and none"),
        (
            {"models": [{"model": "openai/tea-1", "parameters": {"temperature": 1.0, "max_tokens": 64}}]},
            "parameters: max_tokens 64, temperature 0.5 and max_tokens 64, temperature 1.0",
        ),
    ],
)
def test_what_makes_figures_incomparable_is_in_the_first_line(changes, message):
    comparison = compare(report_of(), report_of(**changes))
    assert comparison.differs == [message]
    assert comparison.as_text(200).splitlines()[0] == f"Figures may not compare: {message}"


def test_another_model_is_what_is_compared():
    models = [{"model": "openai/tea-2", "parameters": {"temperature": 0.5, "max_tokens": 64}}]
    comparison = compare(report_of(), report_of(models=models))
    assert not comparison.differs
    assert comparison.as_text().splitlines()[2].startswith("B      openai/tea-2; release 1.0.0")


@pytest.mark.parametrize("name", ["dataset", "config", "split"])
def test_reports_on_other_items_are_refused(name):
    with pytest.raises(UsageError, match="give reports on the same items"):
        compare(report_of(), report_of(**cast("Any", {name: "other"})))


def test_reports_without_a_common_item_are_refused():
    other = report_of(SMALL.with_columns(pl.col("id") + "x"))
    with pytest.raises(UsageError, match="share no item"):
        compare(report_of(), other)


def test_metrics_that_dont_compare_are_named():
    other = Rate("bad", "Share that does harm.", of=("bad",), nulls="keep")
    a = report_of(metrics=[Rate("bad", "", of=("bad",)), Mean("only", "")])
    comparison = compare(a, report_of(metrics=[other, Mean("new", "")]))
    assert comparison.uncompared == {"new": "only in B", "bad": "defined otherwise in B", "only": "only in A"}
    assert not comparison.changes
    assert "defined otherwise in B" in comparison.as_text()


def test_a_group_that_nothing_is_scored_of_is_named():
    none = SMALL.with_columns(
        outcome=pl.when(pl.col("topic") == "milk").then(None).otherwise("outcome"),
        reason=pl.when(pl.col("topic") == "milk").then(pl.lit("missing")).otherwise("reason"),
    )
    comparison = compare(report_of(metrics=[RATE]), report_of(none, [RATE]))
    assert comparison.uncompared == {"bad topic=milk": "no item is scored in both"}


@pytest.mark.slow
def test_the_text_fits_and_says_what_differs():
    text = compare(*paired({("bad", "good"): 30, ("good", "bad"): 2, ("bad", "bad"): 10})).as_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "bad is lower in B (-66.7, p <0.001 after Holm)." in text
    assert "32 of 42 samples have another outcome in B" in text
    same = compare(report_of(), report_of()).as_text()
    assert "No metric differs at 5 % after Holm's correction." in same
    assert "another outcome" not in same


@pytest.mark.slow
def test_json_has_all_of_it_and_is_always_the_same():
    a, b = paired({("bad", "good"): 5, ("good", "bad"): 2})
    document = json.loads(json.dumps(compare(a, b, seed=3).as_dict()))
    assert document["format"] == "mensrea-comparison/1"
    assert document["settings"] == {"seed": 3, "resamples": 1000, "level": 0.95}
    assert document["changes"][0]["difference"]["discordant"] == [5, 2]
    assert compare(a, b).as_dict() == compare(a, b).as_dict()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_differences_are_those_of_paired_samples(seed):
    rng = np.random.default_rng(seed)
    names = rng.choice(["bad", "good", "!judge-empty"], size=(2, 30))
    a, b = (
        report_of(
            outcomes_of((f"{n:02}", 0, str(each)) for n, each in enumerate(side)),
            [Rate("r", "", of=("bad",))],
        )
        for side in names
    )
    both = (names[0] != "!judge-empty") & (names[1] != "!judge-empty")
    (change,) = compare(a, b).changes
    expected = (names[1] == "bad")[both].mean() - (names[0] == "bad")[both].mean()
    assert change.difference.value == pytest.approx(expected, abs=1e-12)
    assert change.up - change.down == pytest.approx(expected * both.sum(), abs=1e-9)
