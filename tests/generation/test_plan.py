from __future__ import annotations

import functools
import importlib.util
import operator
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import RecipeError
from mensrea.generation.functions import _file_digest
from mensrea.generation.plan import (
    RoleModel,
    digest,
    recipe_digest,
    rows_digest,
    segments,
    source_digest,
)
from mensrea.generation.recipe import Start
from mensrea.generation.steps import Ask, Branch, Derive, Distinct, Draw, Expand, Keep, judge

from .recipes import INTEGER, MODELS, TEXT, WORD, toy, write_prompt

PARSER = """
def value(row):
    return helper(row)

def other(row):
    return helper(row)

def helper(row):
    return row["number"]

def more_than(least, *, field="number"):
    return lambda row: None if row[field] > least else "small"
"""


class Parser:
    """A module of step functions, as a text that changes."""

    def __init__(self, folder):
        self.path = folder / "parser.py"
        self.write(PARSER)

    def write(self, text):
        self.path.write_text(text, encoding="utf-8")
        _file_digest.cache_clear()

    def load(self):
        spec = importlib.util.spec_from_file_location("toy_parser", self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def parser(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Parser(tmp_path)
    _file_digest.cache_clear()


@pytest.fixture
def base(tmp_path, parser):
    """What a recipe is made of; a test changes a part of it."""
    for name in ("ask", "judge", "late"):
        write_prompt(tmp_path, name)
    data = tmp_path / "data.toml"
    data.write_text("a = 1\n", encoding="utf-8")
    module = parser.load()
    steps = SimpleNamespace(
        ask=Ask("ask", "ask", "answer", WORD),
        derive=Derive("derive", module.value, "derived", INTEGER),
        keep=Keep("keep", module.more_than(3)),
        branch=Branch("branch", module.value, {"a": (judge("judge", "judge", "verdict", WORD),)}),
        distinct=Distinct("distinct", module.value),
        draw=Draw("draw", module.value),
        late=Ask("late", "late", "end"),
    )
    return SimpleNamespace(
        folder=tmp_path, parser=parser, data=data, steps=steps, models=dict(MODELS), mode="schema"
    )


def identities(base):
    """The fingerprints of the two segments."""
    recipe = toy(base.folder, *vars(base.steps).values(), files=(base.data,))
    first, second = segments(recipe, base.models, base.mode)
    return first.fingerprint, second.fingerprint


def change(base, **changes):
    for name, values in changes.items():
        setattr(base.steps, name, replace(getattr(base.steps, name), **values))


def moved(base, act):
    """Which segments get another identity by an act."""
    before = identities(base)
    act(base)
    return tuple(was != now for was, now in zip(before, identities(base), strict=True))


def model(role, *args):
    return lambda base: base.models.update({role: RoleModel(*args)})


BOTH, FIRST, SECOND, NONE = (True, True), (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (dir, NONE),
        (lambda base: write_prompt(base.folder, "ask", "Number {{ number }}!"), FIRST),
        (lambda base: write_prompt(base.folder, "judge", "Number {{ number }}!"), FIRST),
        (lambda base: write_prompt(base.folder, "late", "Number {{ number }}!"), SECOND),
        (lambda base: write_prompt(base.folder, "unused", "Hello"), NONE),
        (model("judge", "scripted/other", {}), FIRST),
        (model("writer", "scripted/other", {}), BOTH),
        (model("writer", "scripted/writer", {"top_p": 0.5}), BOTH),
        (model("unused", "scripted/other", {}), NONE),
        (lambda base: base.data.write_text("a = 2\n"), BOTH),
        (lambda base: setattr(base, "mode", "prompt"), BOTH),
        (lambda base: change(base, ask={"temperature": 0.5}), FIRST),
        (lambda base: change(base, ask={"most_tokens": 99}), FIRST),
        (lambda base: change(base, ask={"parameters": {"stop": ["x"]}}), FIRST),
        (lambda base: change(base, ask={"samples": 2}), FIRST),
        (lambda base: change(base, ask={"role": "judge"}), FIRST),
        (lambda base: change(base, ask={"output": None}), FIRST),
        (lambda base: change(base, ask={"into": "other"}), FIRST),
        (lambda base: change(base, ask={"when": base.parser.load().value}), FIRST),
        (lambda base: change(base, late={"temperature": 0.5}), SECOND),
        (lambda base: change(base, derive={"value": base.parser.load().other}), FIRST),
        (lambda base: change(base, keep={"reason": base.parser.load().more_than(4)}), FIRST),
        (lambda base: change(base, keep={"reason": base.parser.load().more_than(3)}), NONE),
        (lambda base: change(base, branch={"routes": {}}), FIRST),
        (lambda base: change(base, ask={"tokens": 999}), NONE),
        (lambda base: change(base, keep={"rate": 0.1}), NONE),
        (lambda base: change(base, branch={"shares": {"a": 0.1}}), NONE),
        (lambda base: change(base, distinct={"threshold": 0.5}), NONE),
        (lambda base: change(base, draw={"count": 5}), NONE),
    ],
)
def test_an_identity_changes_with_what_results_depend_on(base, act, expected):
    assert moved(base, act) == expected


@pytest.mark.parametrize(
    ("old", "new"), [('row["number"]', 'row["number"] + 1'), ("def helper", "# A comment.\ndef helper")]
)
def test_an_identity_changes_with_the_code_of_a_parser(base, old, new):
    def act(base):
        base.parser.write(PARSER.replace(old, new))

    assert moved(base, act) == FIRST


def test_the_output_of_another_order_is_another_question(tmp_path, base):
    from mensrea.generation.structured import object_of

    members = {"reason": TEXT, "fits": TEXT}
    change(base, ask={"output": object_of(**members)})
    backwards = object_of(**dict(reversed(members.items())))
    assert moved(base, lambda base: change(base, ask={"output": backwards})) == FIRST
    del tmp_path


def test_steps_of_collections_end_a_segment(tmp_path):
    write_prompt(tmp_path)
    keep, ask = Keep("keep", str), Ask("ask", "ask", "answer")
    distinct, draw = Distinct("distinct", str), Draw("draw", str)

    def shape(*steps):
        found = segments(toy(tmp_path, *steps), MODELS, "schema")
        assert [each.index for each in found] == list(range(len(found)))
        return [
            ("".join(s.name[0] for s in each.steps), "".join(s.name[:2] for s in each.after))
            for each in found
        ]

    assert shape() == [("", "")]
    assert shape(keep, ask) == [("ka", "")]
    assert shape(keep, distinct, draw, ask) == [("k", "didr"), ("a", "")]
    assert shape(distinct, ask, draw) == [("", "di"), ("a", "dr")]


def test_a_segment_is_known_by_its_rows_too(tmp_path):
    write_prompt(tmp_path)
    (segment,) = segments(toy(tmp_path, Ask("ask", "ask", "answer")), MODELS, "schema")
    one, other = rows_digest([{"a": 1}]), rows_digest([{"a": 2}])
    assert segment.identity(one) == segment.identity(one) != segment.identity(other)
    assert len(segment.identity(one)) == 16


def test_where_a_run_starts_depends_on_rows_seed_inputs_and_files(tmp_path, parser):
    data = tmp_path / "data.toml"
    data.write_text("a = 1\n", encoding="utf-8")
    recipe = toy(tmp_path, files=(data,))
    start = Start(4, 0, {"habit": "all", "note": "x"})
    same = Start(4, 0, {"note": "x", "habit": "all"})
    assert source_digest(recipe, start) == source_digest(recipe, same)
    others = [
        Start(5, 0, start.inputs),
        Start(4, 1, start.inputs),
        Start(4, 0, {"habit": "all", "note": "y"}),
    ]
    found = {source_digest(recipe, each) for each in (start, *others)}
    found.add(source_digest(replace(recipe, source=parser.load().value), start))
    found.add(source_digest(replace(recipe, config="other"), start))
    data.write_text("a = 2\n", encoding="utf-8")
    found.add(source_digest(recipe, start))
    assert len(found) == 7


def test_the_digest_of_a_recipe_is_over_all_that_is_written_down(base):
    def found(**changes):
        recipe = toy(base.folder, *vars(base.steps).values(), files=(base.data,))
        return recipe_digest(replace(recipe, **changes))

    module = base.parser.load()
    before = found()
    assert len(before) == 64
    assert found(rows=9) == before
    others = [
        found(shape=module.value),
        found(split=module.value),
        found(identity=("answer",)),
        found(steps=()),
    ]
    write_prompt(base.folder, "ask", "Another {{ number }}.")
    assert len({before, *others, found()}) == 6


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            Keep("x", operator.itemgetter("a")),
            "`reason` can't be identified: operator.itemgetter('a') can't be",
        ),
        (Keep("x", {}.get), "`reason` can't be identified: <built-in method get of dict"),
        (
            Ask("x", "ask", "a", parameters={"stop": {"x"}}),
            "`parameters` can't be identified: Type is not JSON",
        ),
        (
            Expand("x", functools.partial(lambda kinds, row: [kinds, row], {"a"}), "a", TEXT),
            "`values` can't be identified: Type is not JSON",
        ),
    ],
)
def test_what_has_no_identity_is_refused(tmp_path, step, message):
    write_prompt(tmp_path)
    with pytest.raises(RecipeError) as caught:
        segments(toy(tmp_path, step), MODELS, "schema")
    assert str(caught.value).startswith("recipe toy generated, step x: ")
    assert message in str(caught.value)


def test_functions_are_known_by_what_they_were_made_with(parser):
    from mensrea.generation.functions import code

    module = parser.load()
    assert code(module.value) == code(parser.load().value) != code(module.other)
    assert code(module.more_than(3)) != code(module.more_than(4))
    assert code(module.more_than(3, field="a")) != code(module.more_than(3, field="b"))
    assert code(functools.partial(module.value, 1)) != code(functools.partial(module.value, 2))
    assert code(str) == ["str", "", [None, None]]

    def recursive(row):
        return recursive(row)

    assert code(recursive)[0].endswith("recursive")


JSON = st.dictionaries(st.text(), st.integers(-9, 9) | st.text(), max_size=3)


@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=4))
def test_rows_have_one_digest_only_if_they_are_the_same(left, right):
    def exactly(rows):
        return [list(row.items()) for row in rows]

    assert (rows_digest(left) == rows_digest(iter(right))) == (exactly(left) == exactly(right))


def test_a_digest_takes_bytes_and_json():
    assert digest(b"\x01", {"a": 1, "b": 2}) == digest(b"\x01", {"b": 2, "a": 1}) != digest(b"\x02", {"a": 1})
    assert len(digest()) == 16
