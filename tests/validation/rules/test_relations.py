"""References and groups, compared with plain Python over batches that are cut anywhere."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.relations import BrokenReference, IncompleteGroup

Row = dict[str, Any]


def batches(rows: Sequence[Row], schema: pa.Schema, place: Place, sizes: Sequence[int]) -> list[Batch]:
    made: list[Batch] = []
    start = number = 0
    while start < len(rows):
        size = sizes[number % len(sizes)]
        table = pa.RecordBatch.from_pylist(list(rows[start : start + size]), schema)
        made.append(Batch(table, place, start))
        start, number = start + size, number + 1
    return made


def run(rule: Any, made: Sequence[Batch]) -> list[Finding]:
    found = [finding for batch in made for finding in rule.observe(batch)]
    return [*found, *rule.finish()]


sizes = st.lists(st.integers(1, 4), min_size=1, max_size=3)
names = st.sampled_from(["a", "b", "c", "d"])
REFERRING = pa.schema({"refs": pa.list_(pa.string())})
REFERRED = pa.schema({"key": pa.large_string()})


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.lists(st.one_of(st.none(), names), max_size=3)), max_size=8),
    st.lists(st.one_of(st.none(), names), min_size=1, max_size=4),
    sizes,
    st.booleans(),
)
def test_broken_references_are_those_that_a_set_lacks(references, targets, sizes, referred_first):
    rows = [{"refs": each} for each in references]
    pairs = batches(rows, REFERRING, Place("pairs", "train"), sizes)
    items = batches([{"key": each} for each in targets], REFERRED, Place("items", "train"), sizes)
    rule = BrokenReference("refs[]", to="items.key")
    assert rule.columns == ("refs[]", "key")
    assert rule.other_configs == ("items",)
    found = run(rule, [*items, *pairs] if referred_first else [*pairs, *items])
    expected = [
        (row, f"{name!r} isn't in items.key")
        for row, each in enumerate(references)
        for name in each or ()
        if name is not None and name not in targets
    ]
    assert [(each.row, each.message) for each in found] == expected


def test_a_reference_within_the_config_looks_at_every_split():
    schema = pa.schema({"id": pa.string(), "parent": pa.string()})
    train = batches([{"id": "x", "parent": "y"}], schema, Place("c", "train"), [5])
    test = batches([{"id": "y", "parent": "z"}, {"id": "w", "parent": None}], schema, Place("c", "test"), [5])
    other = batches([{"id": "z", "parent": "x"}], schema, Place("d", "test"), [5])
    found = run(BrokenReference("parent", to="id"), [*train, *test, *other])
    assert [str(each) for each in found] == [
        "c/test y: parent: 'z' isn't in id of any row",
        "d/test z: parent: 'x' isn't in id of any row",
    ]


def test_numbers_refer_to_text_that_reads_the_same():
    pairs = Batch(pa.RecordBatch.from_pydict({"n": pa.array([1, 2], pa.int8())}), Place("pairs"))
    items = Batch(pa.RecordBatch.from_pydict({"id": ["1", "x"]}), Place("items"))
    assert [each.row for each in run(BrokenReference("n", to="items.id"), [pairs, items])] == [1]


def test_a_config_that_wasnt_read_gives_one_note():
    pairs = Batch(pa.RecordBatch.from_pydict({"n": ["1", None, "2"]}), Place("pairs", "train"))
    (found,) = run(BrokenReference("n", to="items.id"), [pairs])
    assert found.severity == "note"
    assert "the config items wasn't read, so 2 references to items.id weren't checked" in str(found)


def test_a_target_without_rows_breaks_every_reference():
    pairs = Batch(pa.RecordBatch.from_pydict({"n": ["1"]}), Place("pairs"))
    items = Batch(pa.RecordBatch.from_pydict({"id": pa.array([None], pa.string())}), Place("items"))
    rule = BrokenReference("n", to="items.id")
    rule.look_up(items)
    assert len(run(rule, [pairs])) == 1


def test_a_list_is_no_reference():
    batch = Batch(pa.RecordBatch.from_pydict({"n": [["1"]], "id": ["1"]}))
    with pytest.raises(UsageError, match=r"n holds list.*n\[\]"):
        BrokenReference("n", to="id").observe(batch)


GROUPED = pa.schema({"at": pa.struct({"pair": pa.string()}), "kind": pa.string()})
kinds = st.one_of(st.none(), st.sampled_from(["x", "y", "z"]))
grouped = st.lists(st.tuples(st.one_of(st.none(), names), kinds), max_size=12)


@settings(deadline=None)
@given(grouped, sizes, st.sampled_from([None, 2]), st.booleans())
def test_incomplete_groups_are_those_that_a_dictionary_finds(pairs, sizes, size, with_members):
    if size is None and not with_members:
        size = 1
    rows = [{"at": None if pair is None else {"pair": pair}, "kind": kind} for pair, kind in pairs]
    groups: dict[str, list[int]] = defaultdict(list)
    for row, (pair, _) in enumerate(pairs):
        if pair is not None:
            groups[pair].append(row)
    expected: set[tuple[int, str]] = set()
    for pair, members in groups.items():
        start = f"the group {pair!r} has"
        found = {pairs[row][1] for row in members}
        if size is not None and len(members) != size:
            expected.add((members[0], f"{start} {len(members)} row"))
        if with_members and {"x", "y"} - found:
            expected.add((members[0], f"{start} no row whose kind is"))
        if with_members and found - {"x", "y"}:
            expected.add((members[0], f"{start} a row whose kind is"))
    more: Row = {"members_field": "kind", "members": ["x", "y"]} if with_members else {}
    rule = IncompleteGroup("at.pair", size, **more)
    found_here = run(rule, batches(rows, GROUPED, Place("c", "train"), sizes))
    assert len(found_here) == len(expected)
    for finding in found_here:
        assert any(row == finding.row and finding.message.startswith(text) for row, text in expected)


def test_what_is_missing_and_what_is_too_much_is_named():
    table = pa.RecordBatch.from_pydict({"g": [7, 7, 7], "ok": [True, True, None], "id": ["a", "b", "c"]})
    found = run(IncompleteGroup("g", 2, "ok", [True, False]), [Batch(table, Place("c", "s"))])
    assert [str(each) for each in found] == [
        "c/s a: g: the group '7' has 3 rows, expected 2",
        "c/s a: g: the group '7' has no row whose ok is 'false'",
        "c/s a: g: the group '7' has a row whose ok is null, expected 'true', 'false'",
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "expected size, or members_field and members"),
        ({"members": ["x"]}, "go together"),
        ({"size": 2, "members_field": "kind"}, "go together"),
        ({"size": 2, "field": "a[].b"}, "one value a row"),
    ],
)
def test_half_a_declaration_is_refused(parameters, message):
    given: dict[str, Any] = {"field": "g", **parameters}
    with pytest.raises(ValueError, match=message):
        IncompleteGroup(**given)


def test_no_rows_make_no_groups():
    assert run(IncompleteGroup("g", 2), []) == []
    assert run(IncompleteGroup("g", 2), [Batch(pa.RecordBatch.from_pydict({"h": [1]}))]) == []
