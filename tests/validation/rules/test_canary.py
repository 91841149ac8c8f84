"""The canary in every row."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.canary import MissingCanary

CANARY = "mensrea:riddles:(1)"


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from(["", CANARY, f"see {CANARY}!", "mensrea:riddles:1"]))))
def test_rows_without_it_are_found(values):
    batch = Batch(pa.RecordBatch.from_pydict({"canary": pa.array(values, pa.string())}), Place("c", "s"), 5)
    found = list(MissingCanary(CANARY).observe(batch))
    expected = [row + 5 for row, value in enumerate(values) if CANARY not in (value or "")]
    assert [each.row for each in found] == expected
    assert {each.code for each in found} <= {"missing-canary"}


def test_one_of_several_texts_is_enough():
    turns = [["hello", CANARY], ["hello"], [], None, [None, CANARY]]
    rule = MissingCanary(CANARY, field="turns[]")
    assert rule.columns == ("turns[]",)
    found = list(rule.observe(Batch(pa.RecordBatch.from_pydict({"turns": turns}))))
    assert [each.row for each in found] == [1, 2, 3]


def test_a_finding_says_what_was_expected():
    table = pa.RecordBatch.from_pydict({"canary": ["no"], "id": ["x"]})
    place = Place(file="rows.jsonl")
    (found,) = MissingCanary(CANARY).observe(Batch(table, place, 0, np.array([3])))
    assert str(found) == f"rows.jsonl:3: canary: expected the canary {CANARY!r}"


def test_lists_dont_hold_it_and_other_columns_arent_looked_at():
    table = pa.RecordBatch.from_pydict({"canary": [[CANARY]]})
    assert len(list(MissingCanary(CANARY).observe(Batch(table)))) == 1
    assert list(MissingCanary(CANARY, field="other").observe(Batch(table))) == []


def test_a_blank_canary_is_refused():
    with pytest.raises(ValueError, match="canary: found an empty text"):
        MissingCanary(" ")
