"""Rules on repeated texts: in one split, in two, over batches that are cut anywhere."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.base import Rule
from mensrea.validation.rules.catalogue import find_rule
from mensrea.validation.rules.duplicates import (
    RULES,
    DuplicateText,
    NearDuplicate,
    NearDuplicateAcrossSplits,
    SharedText,
)

Splits = Mapping[str, Sequence[str | None]]
BASE = "one two three four five six seven eight nine ten eleven twelve"
SPLITS: Splits = {
    "train": [BASE, "another text", None, BASE.title() + "!", BASE + " more"],
    "test": ["Another: text", "", "quite new", "another text", "new " + BASE],
}


def observed(rule: Rule, splits: Splits, size: int = 2) -> list[Finding]:
    found: list[Finding] = []
    for split, texts in splits.items():
        table = pa.table(
            {"id": [f"{split}-{row}" for row in range(len(texts))], "text": pa.array(texts, pa.string())}
        )
        first = 0
        for batch in table.to_batches(size):
            found.extend(rule.observe(Batch(batch, Place("original", split), first)))
            first += len(batch)
    return [*found, *rule.finish()]


def told(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    assert all(finding.field == "text" for finding in findings)
    return [(finding.where, finding.message) for finding in findings]


def test_equal_texts_of_a_split():
    assert told(observed(DuplicateText("text"), SPLITS)) == [
        ("original/train train-3", "the same text as original/train train-0"),
        ("original/test test-3", "the same text as original/test test-0"),
    ]


def test_equal_texts_of_two_splits():
    findings = observed(SharedText("text"), SPLITS)
    assert told(findings) == [
        ("original/test test-0", "the text is in another split too, at original/train train-1")
    ]
    assert findings[0].row == 0
    assert findings[0].severity == "error"


def test_near_texts_of_a_split():
    assert told(observed(NearDuplicate("text"), SPLITS)) == [
        (
            "original/train train-4",
            "nearly the text of original/train train-0: similarity 0.917, expected below 0.8",
        )
    ]


def test_near_texts_of_two_splits():
    assert told(observed(NearDuplicateAcrossSplits("text", threshold=0.9), SPLITS)) == [
        (
            "original/test test-4",
            "nearly a text of another split, at original/train train-0: similarity 0.917, expected below 0.9",
        )
    ]


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["a b c", "A B C.", "b", "", None]), max_size=6), min_size=2, max_size=3
    ),
    st.integers(1, 4),
)
def test_equal_texts_are_those_that_a_dictionary_finds(lists, size):
    splits = {f"s{number}": texts for number, texts in enumerate(lists)}
    repeated, shared = [], []
    seen: dict[str, set[str]] = {}
    for split, texts in splits.items():
        for row, text in enumerate(texts):
            if text:
                homes = seen.setdefault(text.lower().strip("."), set())
                if split in homes:
                    repeated.append(f"original/{split} {split}-{row}")
                elif homes:
                    shared.append(f"original/{split} {split}-{row}")
                homes.add(split)
    assert [each.where for each in observed(DuplicateText("text"), splits, size)] == repeated
    assert [each.where for each in observed(SharedText("text"), splits, size)] == shared


@pytest.mark.parametrize("rule", RULES)
def test_nothing_is_found_in_nothing(rule):
    assert list(rule(field="text").finish()) == []
    assert observed(rule(field="other"), SPLITS) == []
    assert rule(field="a[].b").columns == ("a[].b",)


@pytest.mark.parametrize("rule", RULES)
def test_pages_say_what_the_rules_say(rule):
    page = find_rule(rule.name)
    assert page.severity == rule.severity
    assert {
        "shared-text": "MR302",
        "near-duplicate-across-splits": "MR303",
        "near-duplicate": "MR304",
        "duplicate-text": "MR305",
    }[rule.name] == page.number


def test_lines_are_named():
    table = pa.record_batch({"text": ["a b", "A b"]})
    rule = DuplicateText("text")
    assert not rule.observe(Batch(table, Place(file="x.jsonl"), 0, np.array([1, 3])))
    (finding,) = rule.finish()
    assert (finding.where, finding.line, finding.message) == ("x.jsonl:3", 3, "the same text as x.jsonl:1")


def test_limits_are_told(monkeypatch):
    monkeypatch.setattr(
        "mensrea.validation.duplicates.find.heavy", lambda found, _: np.ones(len(found.ranks), bool)
    )
    texts = [f"{BASE} {BASE.upper()} and {number}" for number in range(50)]
    findings = observed(NearDuplicate("text"), {"train": texts})
    assert {finding.severity for finding in findings[:-1]} == {"warning"}
    assert findings[-1].severity == "note"
    assert findings[-1].message.startswith("50 texts are in groups")


def test_impossible_thresholds_are_refused():
    with pytest.raises(UsageError, match="threshold is 2"):
        NearDuplicate("text", threshold=2)
