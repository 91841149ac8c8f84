from __future__ import annotations

import sys
from types import ModuleType

import pytest
from mensrea.errors import RecipeError, UsageError
from mensrea.generation.recipe import Input, Start, broken, every_step, find_recipe, recipes
from mensrea.generation.steps import Ask, Branch, Derive, Draw, Keep, judge, rewrite

from .recipes import INTEGER, WORD, toy, write_prompt


def number(row):
    return row["number"]


ASK = Ask("ask", "ask", "answer")
AGAIN = rewrite("again", "ask", "answer", WORD)
JUDGE = judge("judge", "ask", "verdict", WORD)
NESTED = Branch("inner", str, {"left": (AGAIN,), "right": ()})
STEPS = (
    Derive("twice", number, "twice", INTEGER),
    Branch("outer", str, {"one": (ASK, NESTED), "other": (JUDGE,)}),
    Draw("draw", str),
)


def test_every_step_is_listed_in_order(tmp_path):
    names = [step.name for step in every_step(toy(tmp_path, *STEPS).steps)]
    assert names == ["twice", "outer", "ask", "inner", "again", "judge", "draw"]


def test_asks_and_roles_are_those_of_branches_too(tmp_path):
    recipe = toy(tmp_path, *STEPS)
    assert recipe.asks == (ASK, AGAIN, JUDGE)
    assert recipe.roles == ("writer", "judge")
    assert toy(tmp_path).roles == ()


def test_a_judge_is_asked_at_temperature_zero_unless_told_otherwise():
    assert (JUDGE.role, JUDGE.temperature) == ("judge", 0.0)
    other = judge("judge", "ask", "verdict", WORD, temperature=0.5, role="critic")
    assert (other.role, other.temperature) == ("critic", 0.5)


def test_a_prompt_is_read_from_the_folder_of_the_recipe(tmp_path):
    write_prompt(tmp_path, body="Mine.")
    assert toy(tmp_path, ASK).prompt(ASK).render({}) == ({"role": "user", "content": "Mine."},)


@pytest.mark.parametrize(
    ("options", "kind", "items"),
    [
        ({}, "string", None),
        ({"output": WORD}, "object", None),
        ({"samples": 3}, "array", "string"),
        ({"samples": 3, "output": WORD}, "array", "object"),
        ({"samples": 3, "output": WORD, "spread": True}, "object", None),
    ],
)
def test_the_schema_of_an_answer(options, kind, items):
    schema = Ask("ask", "ask", "answer", **options).schema
    assert schema["type"] == kind
    assert schema.get("items", {}).get("type") == items


INPUTS = {
    "habit": Input("Which.", "all", ("all", "care")),
    "note": Input("Anything."),
}


def test_a_start_has_every_input(tmp_path):
    recipe = toy(tmp_path, inputs=INPUTS)
    assert recipe.start(None, 7, {"note": "x"}) == Start(4, 7, {"habit": "all", "note": "x"})
    assert recipe.start(9, 0, {"habit": "care"}) == Start(9, 0, {"habit": "care", "note": ""})


@pytest.mark.parametrize(
    ("rows", "inputs", "message"),
    [
        (1, {"habits": "x"}, "toy generated: no input 'habits'; it has habit, note"),
        (1, {"habit": "x"}, "toy generated: habit is 'x', expected all, care"),
        (0, {}, "toy generated: 0 rows, expected 1 or more"),
    ],
)
def test_a_start_that_makes_no_sense_is_refused(tmp_path, rows, inputs, message):
    with pytest.raises(UsageError, match=f"^{message}$"):
        toy(tmp_path, inputs=INPUTS).start(rows, 0, inputs)


def test_a_recipe_without_inputs_says_so(tmp_path):
    with pytest.raises(UsageError, match="no input 'x'; it has none"):
        toy(tmp_path).start(1, 0, {"x": "y"})


@pytest.fixture
def known(tmp_path, monkeypatch):
    write_prompt(tmp_path)
    module = ModuleType("mensrea.generation.toy")
    found = (toy(tmp_path, ASK), toy(tmp_path, ASK, ASK, config="broken"))
    monkeypatch.setattr(module, "RECIPES", found, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return found


def test_the_first_recipe_is_found_unless_a_config_is_named(known):
    assert list(recipes("toy")) == ["generated", "broken"]
    assert find_recipe("toy") is known[0]
    assert find_recipe("toy", "generated") is known[0]


def test_a_recipe_that_is_found_is_checked(known):
    del known
    with pytest.raises(RecipeError, match=r"^recipe toy broken: two steps are called 'ask'$"):
        find_recipe("toy", "broken")


def test_an_unknown_config_is_named_with_those_there_are(known):
    del known
    with pytest.raises(
        UsageError, match=r"^toy: no recipe for config 'other'; there is one for generated, broken$"
    ):
        find_recipe("toy", "other")


@pytest.mark.parametrize("stem", ["nothing", "cot2", "prompts", "no.thing"])
def test_a_dataset_without_a_recipe_is_a_usage_error(stem):
    with pytest.raises(UsageError, match=rf"^{stem}: no recipe generates its rows; `mensrea list` shows"):
        recipes(stem)


def test_a_module_that_lacks_a_library_says_which(tmp_path, monkeypatch):
    import mensrea.generation

    (tmp_path / "lacking.py").write_text("import no_such_library\n", encoding="utf-8")
    monkeypatch.setattr(mensrea.generation, "__path__", [*mensrea.generation.__path__, str(tmp_path)])
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        recipes("lacking")


def test_errors_name_recipe_and_step(tmp_path):
    recipe = toy(tmp_path)
    assert str(broken(recipe, None, "is odd")) == "recipe toy generated: is odd"
    assert str(broken(recipe, Keep("short", number), "is odd")) == "recipe toy generated, step short: is odd"
