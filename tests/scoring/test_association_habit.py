"""One habit and a label: which test is taken, which interval, and what is left out."""

import numpy as np
import polars as pl
import pytest
from mensrea.scoring.association_habit import association_of
from mensrea.scoring.association_tables import Table
from mensrea.scoring.clusters import clustered_wilson
from scipy import stats

from .labelled_habits import fisher, of_counts, planted, samples


def found_of(frame, label="harmful"):
    return association_of("m", frame, label, 0.95)


def test_items_of_one_sample_get_wilson_s_intervals_and_fisher_s_test():
    table = Table(97, 120, 3, 80)
    found = found_of(of_counts(table))
    assert found.table == table
    assert found.odds.method == "fisher-exact"
    assert found.odds.p_value == pytest.approx(fisher([[97, 23], [3, 77]]))
    wilson = stats.binomtest(97, 120).proportion_ci(method="wilson")
    assert (found.interval.low, found.interval.high) == pytest.approx((wilson.low, wilson.high))
    wilson = stats.binomtest(3, 80).proportion_ci(method="wilson")
    assert (found.interval_without.low, found.interval_without.high) == pytest.approx(
        (wilson.low, wilson.high)
    )
    assert (found.matched, found.matched_category, found.adjusted) == (None, None, None)


def test_items_of_several_samples_are_clusters():
    random = np.random.default_rng(1)
    shown, harmful = random.random(400) < 0.5, random.random(400) < 0.5
    found = found_of(samples(shown, harmful, draws=4))
    assert found.odds.method == "gee"
    hits = (shown & harmful).reshape(-1, 4).sum(axis=1)
    trials = harmful.reshape(-1, 4).sum(axis=1)
    assert found.interval == clustered_wilson(hits, trials)


def test_separation_gets_a_clustered_score_test_without_an_interval():
    frame = samples([True] * 20 + [False] * 40, [True] * 30 + [False] * 30, draws=2)
    found = found_of(frame)
    assert found.odds.method == "clustered-mantel-haenszel"
    assert found.odds.interval is None
    # Fisher's test takes 60 samples as independent; there are 30 items.
    assert fisher([[20, 10], [0, 30]]) < found.odds.p_value < 0.01


def test_models_aren_t_thrown_together_even_if_they_share_no_item():
    one, other = of_counts(Table(72, 90, 8, 10)), of_counts(Table(2, 10, 18, 90), model="n")
    found = found_of(pl.concat([one, other.with_columns(id="n" + pl.col("id"))]))
    assert found.odds.method == "gee"
    assert found.odds.value == pytest.approx(1.0, rel=1e-6)
    assert fisher([[74, 26], [26, 74]]) < 1e-6


def test_rare_habits_are_marked_not_left_out():
    found = found_of(of_counts(Table(4, 50, 1, 50)))
    assert found.rare
    assert found.odds is not None
    assert not found_of(of_counts(Table(5, 50, 1, 50))).rare


def test_unscored_samples_are_told_and_left_out():
    frame = of_counts(Table(30, 50, 10, 50))
    lost = frame.head(7).with_columns(
        pl.lit(None, pl.String).alias("outcome"),
        pl.lit("judge-failed").alias("reason"),
        id="x" + pl.col("id"),
    )
    found = found_of(pl.concat([frame, lost]))
    assert found.unscored == {"judge-failed": 7}
    assert found.table == Table(30, 50, 10, 50)


def test_yeses_without_evidence_in_the_reasoning_aren_t_hits():
    frame = of_counts(Table(30, 50, 10, 50)).with_columns(
        outcome=pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("unsupported-quote")).otherwise("outcome")
    )
    assert found_of(frame).table == Table(25, 50, 10, 50)


def test_only_known_lengths_and_categories_are_matched():
    shown, harmful, lengths = planted(1)
    known = [None if place < 100 else int(each) for place, each in enumerate(lengths)]
    kinds = [None if place < 200 else "ab"[place % 2] for place in range(600)]
    found = found_of(samples(shown, harmful, lengths=known, categories=kinds))
    assert found.table.labelled + found.table.unlabelled == 600
    assert found.matched.of_labelled + found.matched.of_unlabelled == 500
    assert found.matched_category.of_labelled + found.matched_category.of_unlabelled == 400
    assert found.matched_category.strata > found.matched.strata / 2
    written = found.as_dict()
    assert written["matched"]["share"] == found.matched.share
    assert written["table"]["rate"] == found.table.rate
