"""Habits against labels of harm: closed forms, planted associations, and what length alone explains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from mensrea.errors import UsageError
from mensrea.scoring.association import POOLED, associate, labelled_samples
from mensrea.scoring.association_matched import matched_odds, strata_of
from mensrea.scoring.association_models import clustered_odds
from mensrea.scoring.association_tables import Table, raw_odds, table_of
from mensrea.scoring.habits import HABITS
from mensrea.scoring.judgements import JUDGEMENTS
from scipy import stats

from .outcomes import SMALL, report_of

HABIT = "taking_responsible_risks"


def samples(
    shown: Any, harmful: Any, *, lengths: Any = None, habit: str = HABIT, model: str = "m", draws: int = 1
) -> pl.DataFrame:
    count = len(shown)
    return pl.DataFrame(
        {
            "model": [model] * count,
            "id": [f"i{place // draws:05}" for place in range(count)],
            "sample": [place % draws for place in range(count)],
            "question": [habit] * count,
            "outcome": ["present" if each else "absent" for each in shown],
            "reason": pl.Series([None] * count, dtype=pl.String),
            "label": ["harmful" if each else "harmless" for each in harmful],
            "length": pl.Series([None] * count if lengths is None else list(lengths), dtype=pl.Int64),
        }
    )


def of_counts(table: Table) -> pl.DataFrame:
    """Samples with the counts of a table."""
    cells = [
        (True, True, table.shown),
        (False, True, table.labelled - table.shown),
        (True, False, table.shown_without),
        (False, False, table.unlabelled - table.shown_without),
    ]
    flags = [(shown, harmful) for shown, harmful, count in cells for _ in range(count)]
    return samples(*zip(*flags, strict=True))


def test_a_table_with_its_intervals_and_exact_test():
    table = Table(97, 120, 3, 80)
    (row,) = associate(of_counts(table)).rows
    assert row.table == table
    assert row.odds is not None
    assert row.interval is not None
    assert row.odds.p_value == pytest.approx(stats.fisher_exact([[97, 23], [3, 77]]).pvalue)
    log = math.log(97.5 * 77.5 / (23.5 * 3.5))
    error = math.sqrt(1 / 97.5 + 1 / 23.5 + 1 / 3.5 + 1 / 77.5)
    assert row.odds.value == pytest.approx(math.exp(log))
    assert row.odds.interval is not None
    assert row.odds.interval.low == pytest.approx(math.exp(log - 1.959963985 * error))
    wilson = stats.binomtest(97, 120).proportion_ci(method="wilson")
    assert (row.interval.low, row.interval.high) == pytest.approx((wilson.low, wilson.high))
    assert row.holm == row.fdr == pytest.approx(row.odds.p_value)
    assert not row.rare


@pytest.mark.parametrize("table", [Table(0, 10, 0, 10), Table(10, 10, 10, 10), Table(3, 5, 0, 0)])
def test_what_can_t_be_told_is_none(table):
    assert raw_odds(table, 0.95) is None


def test_rare_habits_are_marked_not_left_out():
    (row,) = associate(of_counts(Table(4, 50, 1, 50))).rows
    assert row.rare
    assert row.odds is not None
    (row,) = associate(of_counts(Table(5, 50, 1, 50))).rows
    assert not row.rare


def test_matched_odds_are_mantel_and_haenszel_s():
    # Two strata with known counts: (shown, labelled, shown without, unlabelled).
    tables = [Table(8, 10, 6, 20), Table(3, 12, 2, 9)]
    flags = [
        (each, bin_) for bin_, table in enumerate(tables) for each in of_counts(table).iter_rows(named=True)
    ]
    shown = np.array([each["outcome"] == "present" for each, _ in flags])
    labelled = np.array([each["label"] == "harmful" for each, _ in flags])
    lengths = np.array([100 if bin_ == 0 else 1000 for _, bin_ in flags])
    found = matched_odds(shown, labelled, lengths, strata_of(lengths), 0.95)
    top = 8 * 14 / 30 + 3 * 7 / 21
    bottom = 2 * 6 / 30 + 9 * 2 / 21
    assert found.odds is not None
    assert found.odds.value == pytest.approx(top / bottom)
    means = [10 * 14 / 30, 12 * 5 / 21]
    variances = [10 * 20 * 14 * 16 / (30**2 * 29), 12 * 9 * 5 * 16 / (21**2 * 20)]
    statistic = (11 - sum(means)) ** 2 / sum(variances)
    assert found.odds.p_value == pytest.approx(stats.chi2.sf(statistic, 1))
    assert (found.strata, found.labelled, found.unlabelled, found.share) == (2, 22, 29, 1.0)


def test_strata_without_a_partner_are_left_out_and_balance_is_told():
    lengths = np.array([100, 101, 100, 5000, 5001, 9])
    labelled = np.array([True, False, False, True, True, False])
    found = matched_odds(np.array([True, False, True] * 2), labelled, lengths, strata_of(lengths), 0.95)
    assert (found.strata, found.labelled, found.unlabelled) == (1, 1, 2)
    assert (found.of_labelled, found.of_unlabelled, found.share) == (3, 3, 0.5)
    assert found.imbalance is not None
    assert found.imbalance_matched is not None
    assert abs(found.imbalance_matched) < 0.01 < found.imbalance


def test_lengths_in_a_stratum_are_within_a_fifth():
    lengths = np.arange(1, 5000)
    strata = strata_of(lengths)
    for each in range(strata.max() + 1):
        inside = lengths[strata == each]
        assert inside.max() / inside.min() < 2**0.25


def planted(seed: int, *, count: int = 600) -> tuple[Any, Any, Any]:
    """Length drives both the habit and harm, and nothing else ties them."""
    random = np.random.default_rng(seed)
    logs = random.normal(7, 1, count)
    chance = 1 / (1 + np.exp(-1.5 * (logs - 7)))
    return random.random(count) < chance, random.random(count) < chance, np.exp(logs).astype(np.int64)


def test_what_length_explains_goes_when_lengths_are_matched():
    shown, harmful, lengths = planted(1)
    (row,) = associate(samples(shown, harmful, lengths=lengths)).rows
    assert row.odds is not None
    assert row.odds.p_value < 1e-6
    assert row.matched is not None
    assert row.matched.odds is not None
    assert row.matched.odds.p_value > 0.05
    assert row.adjusted is not None
    assert row.adjusted.p_value > 0.05
    assert row.matched.share is not None
    assert row.matched.share > 0.9


def test_matching_errs_as_often_as_it_says():
    errs, raw = 0, 0
    for seed in range(200):
        shown, harmful, lengths = planted(1000 + seed)
        odds = matched_odds(shown, harmful, lengths, strata_of(lengths), 0.95).odds
        assert odds is not None
        errs += odds.p_value < 0.05
        table = raw_odds(table_of(shown, harmful), 0.95)
        assert table is not None
        raw += table.p_value < 0.05
    assert raw == 200
    assert errs <= 20  # 10 of 200 expected; 3 in 1,000 such simulations have more


def test_a_real_association_stays():
    random = np.random.default_rng(5)
    lengths = np.exp(random.normal(7, 1, 600)).astype(np.int64)
    harmful = random.random(600) < 0.4
    shown = random.random(600) < np.where(harmful, 0.7, 0.3)
    (row,) = associate(samples(shown, harmful, lengths=lengths)).rows
    assert row.matched is not None
    assert row.matched.odds is not None
    assert row.matched.odds.p_value < 1e-6
    assert row.adjusted is not None
    assert row.adjusted.interval is not None
    truth = 0.7 * 0.7 / (0.3 * 0.3)
    assert row.adjusted.interval.low < truth < row.adjusted.interval.high


def clustered(seed: int, items: int = 120, draws: int = 10) -> pl.DataFrame:
    """Items differ in how often they show the habit and how often they are harmful; nothing ties the two."""
    random = np.random.default_rng(seed)
    habit, harm = random.beta(0.5, 0.5, items), random.beta(0.5, 0.5, items)
    shown = (random.random((items, draws)) < habit[:, None]).ravel()
    harmful = (random.random((items, draws)) < harm[:, None]).ravel()
    return samples(shown, harmful, draws=draws)


def test_samples_of_an_item_aren_t_taken_as_independent():
    errs, naive = 0, 0
    for seed in range(100):
        table = clustered(seed)
        shown, harmful = (table["outcome"] == "present").to_numpy(), (table["label"] == "harmful").to_numpy()
        odds = clustered_odds(shown, harmful, table["id"].to_list(), table["model"].to_list(), level=0.95)
        assert odds is not None
        errs += odds.p_value < 0.05
        plain = raw_odds(table_of(shown, harmful), 0.95)
        assert plain is not None
        naive += plain.p_value < 0.05
    assert errs <= 13  # 5 expected
    assert naive >= 20


def test_with_independent_samples_equations_give_the_table_s_ratio():
    table = Table(40, 100, 20, 100)
    frame = of_counts(table)
    shown, harmful = (frame["outcome"] == "present").to_numpy(), (frame["label"] == "harmful").to_numpy()
    odds = clustered_odds(shown, harmful, frame["id"].to_list(), frame["model"].to_list(), level=0.95)
    assert odds is not None
    assert odds.value == pytest.approx(40 * 80 / (60 * 20), rel=1e-6)


def test_separation_falls_back_and_says_so():
    frame = samples([True] * 20 + [False] * 40, [True] * 30 + [False] * 30, draws=2)
    found = associate(frame)
    assert found.rows[0].odds is not None
    assert found.rows[0].odds.method == "fisher-exact"
    assert any("takes samples as independent" in each for each in found.findings)


def test_corrections_go_over_the_habits_of_a_model():
    tables = [Table(30, 50, 10, 50), Table(22, 50, 12, 50), Table(15, 50, 14, 50)]
    frame = pl.concat(
        of_counts(each).with_columns(pl.lit(habit).alias("question"))
        for each, habit in zip(tables, HABITS, strict=False)
    )
    rows = associate(frame).rows
    p_values = [each.odds.p_value for each in rows if each.odds is not None]
    assert [each.habit for each in rows] == list(HABITS[:3])
    assert [each.holm for each in rows] == pytest.approx([3 * p_values[0], 2 * p_values[1], p_values[2]])
    assert rows[1].fdr == pytest.approx(1.5 * p_values[1])


def test_several_models_are_shown_apart_and_pooled():
    first, second = of_counts(Table(30, 50, 10, 50)), of_counts(Table(20, 60, 12, 60))
    found = associate(pl.concat([first, second.with_columns(pl.lit("n").alias("model"))]))
    assert [each.model for each in found.rows] == ["m", "n", POOLED]
    assert found.rows[2].table == Table(50, 110, 22, 110)
    assert found.rows[2].odds is not None
    assert found.rows[2].odds.method == "gee"


def test_unscored_samples_are_told_and_left_out():
    frame = of_counts(Table(30, 50, 10, 50))
    lost = frame.head(7).with_columns(
        pl.lit(None, pl.String).alias("outcome"),
        pl.lit("judge-failed").alias("reason"),
        id="x" + pl.col("id"),
    )
    (row,) = associate(pl.concat([frame, lost])).rows
    assert row.unscored == {"judge-failed": 7}
    assert row.table == Table(30, 50, 10, 50)


def test_text_fits_a_terminal_and_says_what_is_missing():
    shown, harmful, lengths = planted(3)
    known = pl.concat(samples(shown, harmful, lengths=lengths, habit=each) for each in HABITS)
    text = associate(known).as_text(80)
    assert max(map(len, text.splitlines())) <= 80
    assert "The same among samples of like length" in text
    assert "pass --lengths" in associate(samples(shown, harmful)).as_text(80)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["harmless", "harmless"], "found harmless; expected 'harmful' and another one"),
        (["yes", "no"], "found no, yes; expected 'harmful'"),
    ],
)
def test_labels_of_one_kind_are_refused(labels, message):
    frame = samples([True, False], [True, False]).with_columns(pl.Series("label", labels))
    with pytest.raises(UsageError, match=message):
        associate(frame)


def test_labels_join_by_sample_or_by_item():
    judged = pl.DataFrame(
        [("a", 0, HABIT, "present", None), ("a", 1, HABIT, "absent", None), ("b", 0, HABIT, None, "missing")],
        dict(JUDGEMENTS),
        orient="row",
    )
    report = report_of(
        judgements=judged.with_columns(outcome=pl.lit(None, pl.String), reason=pl.lit("missing"))
    )
    by_item = pl.DataFrame({"id": ["a", "c"], "label": ["harmful", "harmless"]})
    assert labelled_samples(report, by_item)["sample"].to_list() == [0, 1]
    by_sample = pl.DataFrame({"id": ["a", "b"], "sample": [1, 0], "label": ["harmful", None]})
    lengths = pl.DataFrame({"id": ["a"], "sample": [1], "length": [70]})
    found = labelled_samples(report, by_sample, lengths)
    assert found.select("id", "sample", "label", "length").rows() == [("a", 1, "harmful", 70)]
    with pytest.raises(UsageError, match="none is about a sample of the report"):
        labelled_samples(report, pl.DataFrame({"id": ["z"], "label": ["harmful"]}))
    with pytest.raises(UsageError, match="no judgements of habits"):
        labelled_samples(report_of(SMALL), by_item)
