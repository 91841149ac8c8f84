"""Judgements and labels brought together, and what is lost in it."""

import polars as pl
import pytest
from mensrea.errors import UsageError
from mensrea.scoring.association_samples import labelled_samples, pooled

from .habit_reports import report_on
from .outcomes import SMALL, report_of


@pytest.fixture
def report():
    """Two tasks of each habit with two samples each, all judged on all habits."""
    return report_on("core", lambda *_: 0.5, per_habit=2, samples=2)


def ids_of(report):
    return report.samples["id"].unique(maintain_order=True).to_list()


def test_a_label_without_a_sample_is_about_all_of_an_item(report):
    first, second, *_ = ids_of(report)
    found = labelled_samples(report, pl.DataFrame({"id": [first, second], "label": ["harmful", "harmless"]}))
    assert found.samples.height == 2 * 2 * 16
    assert set(found.samples.filter(pl.col("id") == first)["label"]) == {"harmful"}
    assert found.samples["model"].unique().to_list() == ["openai/a"]
    assert found.samples["length"].null_count() == found.samples.height


def test_labels_and_lengths_join_by_sample(report):
    first, *_ = ids_of(report)
    labels = pl.DataFrame(
        {"id": [first, first, "strange"], "sample": [1, 0, 0], "label": ["harmful", None, "harmful"]}
    )
    lengths = pl.DataFrame({"id": [first, first], "sample": [0, 1], "length": [5, 70]})
    found = labelled_samples(report, labels, lengths)
    assert found.samples.select("id", "sample", "label", "length").unique().rows() == [
        (first, 1, "harmful", 70)
    ]
    assert found.findings == (
        "openai/a: 1 labels are about nothing in the report, and are left out",
        "openai/a: 63 of 64 samples have no label, and are left out",
    )


def test_categories_are_given_or_the_domain(report):
    first, second, *_ = ids_of(report)
    labels = pl.DataFrame({"id": [first, second], "label": ["harmful", "harmless"]})
    assert set(labelled_samples(report, labels).samples["category"]) == {"trades"}
    given = pl.DataFrame({"id": [first], "category": ["illegal"]})
    found = labelled_samples(report, labels, None, given).samples
    assert dict(found.select("id", "category").unique().iter_rows()) == {first: "illegal", second: None}


def test_what_can_t_be_joined_is_refused(report):
    with pytest.raises(UsageError, match="none is about a sample of the report; ids are like 'z'"):
        labelled_samples(report, pl.DataFrame({"id": ["z"], "label": ["harmful"]}))
    with pytest.raises(UsageError, match="no judgements of habits"):
        labelled_samples(report_of(SMALL), pl.DataFrame({"id": ["a"], "label": ["harmful"]}))
    first, *_ = ids_of(report)
    twice = {"id": [first] * 2, "question": ["harm", "refusal"], "label": ["harmful", "no"]}
    with pytest.raises(UsageError, match=f"id {first} has several; give one"):
        labelled_samples(report, pl.DataFrame(twice))


def test_what_differs_between_reports_is_a_finding(report):
    labels = pl.DataFrame({"id": ids_of(report), "label": ["harmful", "harmless"] * 16})
    other = report_on(
        "core",
        lambda *_: 0.5,
        per_habit=2,
        samples=2,
        model="openai/b",
        version="2.1.0",
        judge={"name": "cogtest/habit", "version": 1, "model": "openai/else"},
    )
    both = pooled([labelled_samples(report, labels), labelled_samples(other, labels)])
    assert both.samples.height == 2 * 64 * 16
    assert [each.split(",")[0] for each in both.findings] == [
        "the reports are about different releases or configs",
        "the reports have different judges",
    ]
    assert "cogtest/habit 1 openai/judge; cogtest/habit 1 openai/else" in both.findings[1]
    same = pooled([labelled_samples(report, labels)] * 2)
    assert len(same.findings) == 1
    assert "of one model and the same samples" in same.findings[0]
    assert pooled([labelled_samples(report, labels)]).findings == ()
