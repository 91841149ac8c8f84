"""Rules at work: which batch goes where, whose severity holds, and what is accepted."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.base import Rule, Suppression, rule
from mensrea.validation.rules.run import RuleRun, Suppressor


def batch(place: str, first: int = 0, **columns: Any) -> Batch:
    config, _, split = place.partition("/")
    return Batch(pa.RecordBatch.from_pydict(columns), Place(config, split), first)


class Noted(Rule):
    """A warning a batch, and a note at the end."""

    name: ClassVar[str] = "schema-violation"
    severity = "warning"

    def __init__(self) -> None:
        self.batches = 0

    @property
    def columns(self) -> tuple[str, ...]:
        return ("id",)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        self.batches += 1
        yield self.finding("seen", batch, 0, "id")

    def finish(self) -> Iterator[Finding]:
        yield Finding(self.name, f"{self.batches} batches", "note")


def test_each_config_has_its_own_instance():
    run = RuleRun([rule("schema-violation")], own=[Noted])
    for place in ("a/train", "a/test", "b/train"):
        run.observe(batch(place, id=["x"]))
    run.finish()
    assert [str(each) for each in run.findings] == [
        "a/train x: id: seen",
        "a/test x: id: seen",
        "b/train x: id: seen",
        "2 batches",
        "1 batches",
    ]
    assert run.names == ("schema-violation",)


def test_a_rule_that_spans_configs_has_one():
    run = RuleRun([rule("duplicate-id"), rule("shared-id")])
    run.observe(batch("a/train", id=["x"]))
    run.observe(batch("b/test", id=["x"]))
    run.finish()
    assert run.findings.counts == {"duplicate-id": 1}


def test_the_declared_severity_holds_but_not_for_a_note():
    run = RuleRun([rule("schema-violation", severity="error")], own=[Noted])
    run.observe(batch("a/train", id=["x"]))
    run.finish()
    assert [each.severity for each in run.findings] == ["error", "note"]


def test_a_rule_sees_its_configs_alone():
    run = RuleRun([rule("duplicate-id", configs=("a",))])
    for place in ("a/train", "b/train", "b/test"):
        run.observe(batch(place, id=["x"]))
    run.finish()
    assert list(run.findings) == []
    assert (run.columns("a"), run.columns("b")) == (("id",), ())


def test_a_rule_for_another_config_didnt_run():
    run = RuleRun(
        [rule("duplicate-id", configs=("a",)), rule("shared-id"), rule("shared-id", configs=("a",))]
    )
    run.observe(batch("b/train", id=["x"]))
    assert (run.names, run.ran) == (("duplicate-id", "shared-id"), ("shared-id",))


def test_a_reference_looks_into_a_config_that_it_isnt_declared_for():
    run = RuleRun([rule("broken-reference", field="at", to="items.id", configs=("pairs",))])
    assert run.columns("items") == run.columns("pairs") == ("at", "id")
    assert run.columns("other") == ()
    run.observe(batch("pairs/test", id=["p"], at=["x"]))
    run.observe(batch("pairs/test", 1, id=["q"], at=["nobody"]))
    run.observe(batch("items/test", id=["x"], at=["not a reference"]))
    run.finish()
    assert [str(each) for each in run.findings] == ["pairs/test q: at: 'nobody' isn't in items.id"]


@pytest.mark.parametrize(
    ("configs", "expected"),
    [((), []), (("a",), []), (("a", "b"), ["b"]), (("b",), ["b"]), (("c",), [])],
)
def test_a_column_must_be_in_each_config_that_is_named(configs, expected):
    run = RuleRun([rule("shared-id", field="pair", configs=configs)])
    run.observe(batch("a/train", pair=["x"]))
    run.observe(batch("a/test", id=["x"]))
    run.observe(batch("b/train", id=["x"]))
    run.finish()
    assert [each.where for each in run.findings] == expected
    assert all((each.code, each.field) == ("rule-without-column", "pair") for each in run.findings)


def test_a_column_that_is_nowhere_is_one_error():
    run = RuleRun(
        [rule("shared-id", field="promt"), rule("duplicate-id"), rule("duplicate-id", field="no.such[]")]
    )
    for place in ("a/train", "b/train"):
        run.observe(batch(place, id=[place]))
    run.finish()
    assert [(each.code, each.severity, each.field) for each in run.findings] == [
        ("rule-without-column", "error", "promt"),
        ("rule-without-column", "error", "no.such[]"),
    ]
    assert "shared-id" in run.findings[0].message


def test_without_rows_no_column_is_missed():
    run = RuleRun([rule("duplicate-id")])
    run.finish()
    assert list(run.findings) == []


def test_a_target_that_wasnt_read_is_no_missing_column():
    run = RuleRun([rule("broken-reference", field="at", to="items.key")])
    run.observe(batch("pairs/test", at=["x"]))
    run.finish()
    assert [(each.code, each.severity) for each in run.findings] == [("broken-reference", "note")]


def test_accepted_findings_are_counted_and_kept_away():
    known = Suppression("MR201", "Published so.", "a/*")
    misspelt = Suppression("duplicate-id", "Published so.", "c/*")
    run = RuleRun([rule("duplicate-id")], [known, misspelt])
    run.observe(batch("a/train", id=["x", "x", "x"]))
    run.observe(batch("b/train", id=["x"]))
    run.finish()
    assert [each.where for each in run.findings] == ["b/train x"]
    assert run.suppressor.counts == {known: 2}
    (unused,) = run.suppressor.unused()
    assert (unused.code, unused.severity) == ("unused-suppression", "warning")
    assert "no finding duplicate-id at c/* was there" in unused.message


@pytest.mark.parametrize(
    ("where", "accepts"),
    [
        ("", True),
        ("a/train x", True),
        ("a/*", True),
        ("b/*", False),
        ("turns[].parts[].id", True),
        ("turns*", True),
        ("*.parquet", True),
        ("train", False),
    ],
)
def test_a_glob_is_over_place_field_or_file(where, accepts):
    finding = Finding("duplicate-id", "m", "error", "a/train x", "turns[].parts[].id", file="a.parquet")
    suppressor = Suppressor([Suppression("duplicate-id", "Why.", where)])
    assert suppressor.accepts(finding) is accepts
    assert not suppressor.accepts(Finding("shared-id", "m", "error", "a/train x"))
    assert len(list(suppressor.unused())) == (0 if accepts else 1)


def test_a_suppressor_can_be_shared():
    suppressor = Suppressor([Suppression("duplicate-id", "Why."), Suppression("MR201", "Twice.", "a/*")])
    run = RuleRun([], suppressor)
    assert run.suppressor is suppressor
    assert suppressor.accepts(Finding("duplicate-id", "m", where="a/x"))
    assert list(suppressor.counts.values()) == [1, 1]


def test_wrong_declarations_are_told_before_any_row():
    with pytest.raises(UsageError, match="no parameter 'x'"):
        RuleRun([rule("duplicate-id", x=1)])
    with pytest.raises(UsageError, match="the nearest are duplicate-id"):
        RuleRun([], [Suppression("duplicate-ids", "Why.")])
