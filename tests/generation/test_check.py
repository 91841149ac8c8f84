from __future__ import annotations

import re

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import PromptError, RecipeError
from mensrea.generation.check import check_recipe, sample_value
from mensrea.generation.cogtest import RECIPES
from mensrea.generation.steps import Ask, Branch, Derive, Distinct, Draw, Expand, Keep, judge, rewrite

from .recipes import INTEGER, TEXT, WORD, object_of, same, toy, write_prompt


def none(row):
    del row


def truth(row):
    return bool(row)


PERSON = object_of(name=TEXT, home=object_of(town=TEXT))
ASK = Ask("ask", "ask", "answer", WORD)


def checked(folder, body, *steps, **changes):
    """Check a recipe whose last step asks with this prompt."""
    write_prompt(folder, "last", body)
    write_prompt(folder)
    check_recipe(toy(folder, *steps, Ask("last", "last", "end"), **changes))


def refused(folder, message, body, *steps, **changes):
    with pytest.raises(RecipeError, match=re.escape(message)) as caught:
        checked(folder, body, *steps, **changes)
    assert str(caught.value).startswith("recipe toy generated")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.stem}-{recipe.config}")
def test_shipped_recipes_keep_the_rules(recipe):
    check_recipe(recipe)


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("{{ number }}", ()),
        ("{{ answer.word }}", (ASK,)),
        ("{{ answer }}", (Ask("ask", "ask", "answer"),)),
        (
            "{% for each in answer %}{{ each.word }}{% endfor %}",
            (Ask("ask", "ask", "answer", WORD, samples=2),),
        ),
        ("{{ answer.word }}", (Ask("ask", "ask", "answer", WORD, samples=2, spread=True),)),
        ("{{ who.home.town }}", (Derive("who", same, "who", PERSON),)),
        ("{{ each }}", (Expand("each", list, "each", TEXT),)),
        ("{{ each }}", (Expand("each", list, "each", TEXT), Distinct("one", str), Draw("some", str, 3))),
        ("{{ answer.word }}", (ASK, rewrite("again", "ask", "answer", WORD, when=truth))),
        ("{{ answer.word }}", (ASK, Keep("good", none), judge("judge", "ask", "verdict", WORD))),
    ],
)
def test_a_prompt_may_read_what_steps_before_it_give(tmp_path, body, steps):
    checked(tmp_path, body, *steps)


@pytest.mark.parametrize(
    ("body", "steps", "message"),
    [
        ("{{ numbers }}", (), "prompt last reads `numbers`, which not every row has; there are number"),
        ("{{ end }}", (), "prompt last reads `end`, "),
        ("{{ number.x }}", (), "reads `number.x`, which not every row has; there are no members"),
        (
            "{{ who.home.city }}",
            (Derive("who", same, "who", PERSON),),
            "`who.home.city`, which not every row has; there are town",
        ),
        ("{{ answer.word }}", (Ask("ask", "ask", "answer", WORD, samples=2),), "reads `answer.word`"),
        (
            "{{ answer }}",
            (Ask("ask", "ask", "answer", WORD, when=truth),),
            "reads `answer`, which not every row",
        ),
    ],
)
def test_a_prompt_that_reads_what_rows_lack_is_refused(tmp_path, body, steps, message):
    refused(tmp_path, message, body, *steps)


def branch(routes, shares=None):
    return Branch("branch", str, routes, shares or {})


GIVES = Derive("gives", same, "given", TEXT)
ALSO = Derive("also", same, "given", TEXT)
OTHER = Derive("other", same, "other", TEXT)


@pytest.mark.parametrize(
    ("step", "fine"),
    [
        (branch({"a": (GIVES,)}), True),
        (branch({"a": (GIVES,), "b": (ALSO, OTHER)}), True),
        (branch({"a": (GIVES,), "b": (OTHER,)}), False),
        (branch({"a": (GIVES,), "b": ()}), False),
        (branch({"a": (GIVES,)}, {"a": 0.5, "as-it-is": 0.5}), False),
        (branch({}), False),
        (branch({"a": (Branch("inner", str, {"b": (GIVES,), "c": (ALSO,)}),)}), True),
        (branch({"a": (Branch("inner", str, {"b": (GIVES,), "c": ()}),)}), False),
    ],
)
def test_after_a_branch_rows_have_what_all_routes_give(tmp_path, step, fine):
    checked(tmp_path, "{{ number }}", step)
    if fine:
        checked(tmp_path, "{{ given }}", step)
    else:
        refused(tmp_path, "reads `given`", "{{ given }}", step)


def test_routes_are_checked_from_the_fields_before_the_branch(tmp_path):
    write_prompt(tmp_path, "inner", "{{ given }}")
    inner = Ask("inner", "inner", "x")
    checked(tmp_path, "{{ number }}", branch({"a": (GIVES, inner)}))
    refused(tmp_path, "step inner: prompt inner reads `given`", "x", branch({"a": (GIVES,), "b": (inner,)}))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Ask("x", "ask", "a", samples=0), "step x: `samples` and `most_tokens` must be at least 1"),
        (Ask("x", "ask", "a", most_tokens=0), "step x: `samples` and `most_tokens` must be at least 1"),
        (Ask("x", "ask", "a", TEXT), "step x: `output` must be the schema of an object"),
        (Ask("x", "gone", "a"), "gone.md: the prompt can't be read"),
        (Ask("x y", "ask", "a"), "step x y: its name must be kebab-case, of at most 64 characters"),
        (Keep("X", none), "its name must be kebab-case"),
        (Keep("x" * 65, none), "its name must be kebab-case"),
        (Distinct("x", str, threshold=0), "step x: `threshold` is 0, expected more than 0, at most 1"),
        (Distinct("x", str, threshold=1.5), "step x: `threshold` is 1.5, expected"),
        (Draw("x", str, count=0), "step x: `count` is 0, expected 1 or more"),
        (Branch("x", str, {"a": (Ask("y", "ask", "a", samples=0),)}), "step y: `samples`"),
        (Branch("x", str, {"a": (Keep("x", none),)}), "two steps are called 'x'"),
        (Keep("last", none), "two steps are called 'last'"),
    ],
)
def test_steps_that_make_no_sense_are_refused(tmp_path, step, message):
    write_prompt(tmp_path)
    with pytest.raises((PromptError, RecipeError), match=re.escape(message)):
        check_recipe(toy(tmp_path, step, Keep("last", none)))


def test_a_missing_file_is_refused(tmp_path):
    refused(tmp_path, f"its file {tmp_path / 'gone.toml'} is missing", "x", files=(tmp_path / "gone.toml",))


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            TEXT,
            INTEGER,
            {"type": "number", "minimum": 3},
            {"type": "boolean"},
            {"type": "null"},
            {"type": ["null", "string"]},
            {"enum": ["a", 1]},
            {"const": None},
        ]
    ),
    lambda inner: (
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least},
            inner,
            st.integers(0, 3),
        )
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(lambda members: object_of(**members))
    ),
    max_leaves=6,
)


@given(SCHEMAS, st.integers(1, 300))
def test_a_sample_value_fits_its_schema(schema, tokens):
    assert jsonschema_rs.is_valid(schema, sample_value(schema, tokens))


def size(value):
    """Tokens of the texts of a value, at four bytes each."""
    if isinstance(value, str):
        return (len(value) + 1) // 4
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(size, parts))


def test_texts_share_the_tokens():
    assert size(sample_value(TEXT, 120)) == 120
    assert size(sample_value(PERSON, 120)) == 60 + 60
    assert size(sample_value({"type": "array", "items": TEXT, "minItems": 3}, 120)) == 120
    assert size(sample_value({"type": ["null", "string"]}, 120)) == 120
