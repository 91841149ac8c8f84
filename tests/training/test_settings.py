"""Recipes: those that are shipped, and one clear line for each mistake in others."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.errors import SchemaError, UsageError  # noqa: E402 (needs torch)
from mensrea.training.settings import (  # noqa: E402
    RECIPES,
    Policy,
    Training,
    find_recipe,
    recipe_names,
    recipe_of,
)

TEXT = """
title = "Two arms"
config = "mnns-4x9"
layers = 1
heads = 2
widths = [8, 16]
seeds = [0, 1]

[training]
rate = 1e-3
batch = 16
epochs = 10

[[arm]]
name = "soft"
method = "cot2"
supervision = "mnns-4x9"
epochs = 20

[[arm]]
name = "hard"
method = "discrete"
widths = [4]
on_prompt = true

[[policy]]
name = "better"
start = "hard"
tokens = 3
"""


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_parse(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.name == name
    assert recipe == find_recipe(str(RECIPES / f"{name}.toml"))
    assert recipe.title
    assert recipe.arms
    assert recipe.every <= min(arm.training.epochs for arm in recipe.arms)


def test_there_are_recipes() -> None:
    assert {"paper-1l-d24", "paper-2l", "smoke"} <= {*recipe_names()}


def test_arms_take_from_training_what_they_do_not_say(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(TEXT)
    recipe = find_recipe(str(path))
    assert (recipe.name, recipe.config, recipe.heads) == ("two", "mnns-4x9", 2)
    assert (recipe.widths, recipe.seeds, recipe.every, recipe.samples) == ((8, 16), (0, 1), 25, 0)
    soft, hard = recipe.arms
    assert soft.training == Training(rate=1e-3, batch=16, epochs=20)
    assert hard.training == Training(rate=1e-3, batch=16, epochs=10, on_prompt=True)
    assert (soft.supervision, hard.supervision, soft.widths, hard.widths) == ("mnns-4x9", "", (), (4,))
    assert recipe.policies == (Policy("better", "hard", tokens=3),)


MISTAKES = {
    "unknown member": ('config = "mnns-4x9"', 'confg = "mnns-4x9"', "unknown member 'confg'; expected "),
    "missing member": ('config = "mnns-4x9"\n', "", "member 'config' is missing"),
    "unknown member of an arm": ("widths = [4]", "width = [4]", "arm 2: unknown member 'width'; expected "),
    "unknown member of training": (
        "batch = 16", "batches = 16", "arm 1: unknown member 'batches'; expected rate, ",
    ),
    "unknown member of a policy": ("tokens = 3", "k = 3", "policy: unknown member 'k'; expected name, "),
    "unknown method": (
        '"discrete"', '"discreet"',
        "hard: method: found 'discreet', expected one of cot2, discrete, no-cot, coconut",
    ),
    "no supervision": ('supervision = "mnns-4x9"\n', "", "soft: cot2 needs a supervision"),
    "two arms with one name": ('name = "hard"', 'name = "soft"', "two arms have one name"),
    "an arm named as a policy": ('name = "better"', 'name = "soft"', "two arms have one name"),
    "unknown start": ('"hard"\ntokens', '"had"\ntokens', "better: there is no arm 'had' to start from"),
    "odd width": ("[8, 16]", "[8, 15]", "15: not a multiple of 2 heads"),
    "odd width of an arm": ("[4]", "[3]", "3: not a multiple of 2 heads"),
    "no seed": ("seeds = [0, 1]", "seeds = []", "there is no seed"),
    "one seed twice": ("seeds = [0, 1]", "seeds = [1, 1]", "a seed or a width is named twice"),
    "no width": ("widths = [8, 16]", "widths = []", "an arm has no width"),
    "no list": ("widths = [8, 16]", "widths = 8", "widths: found 8, expected a list"),
    "a word for a number": ("epochs = 20", 'epochs = "20"', "training: epochs: found '20', expected a "),
    "a fraction": ("batch = 16", "batch = 1.5", "training: batch: found 1.5, expected a whole number"),
    "a truth for a number": ("layers = 1", "layers = true", "layers: found True, expected a whole number"),
    "a number for a word": ('title = "Two arms"', "title = 2", "title: found 2, expected a str"),
    "no heads": ("heads = 2", "heads = 0", "heads: found 0, expected a number above 0"),
    "less than none": ("layers = 1", "layers = -1", "layers: found -1, expected a number above 0"),
    "heat of 0": (
        "layers = 1", "layers = 1\ntemperatures = [0.0]", "temperatures: found 0.0, expected a number ab",
    ),
    "unknown schedule": (
        "epochs = 20", 'schedule = "linear"',
        "training: schedule: found 'linear', expected one of constant, cosine",
    ),
    "unknown feeding": (
        "epochs = 20", 'feeding = "me"', "training: feeding: found 'me', expected one of teacher, self",
    ),
    "unknown thought": (
        "tokens = 3", 'thought = "mtp"', "better: thought: found 'mtp', expected one of mts, dirichlet",
    ),
    "self-feeding tokens": (
        "on_prompt = true", 'feeding = "self"', "hard: only cot2 feeds itself in training",
    ),
    "prompts without a teacher": (
        "epochs = 20", 'feeding = "self"\non_prompt = true',
        "soft: a prompt's own tokens are predicted only where thoughts are fed by a teacher",
    ),
    "a supervision of tokens": (
        "widths = [4]", 'supervision = "mnns-3x9"', "hard: only cot2 takes a supervision",
    ),
    "arms by another name": ("[[policy]]", "[[policies]]", "unknown member 'policies'; write [[policy]]"),
    "a name of its own": ("layers = 1", 'layers = 1\nname = "x"', "unknown member 'name'; the file's name"),
    "training of an arm": (
        "widths = [4]", "training = {rate = 1}", "arm 2: unknown member 'training'; write its members beside",
    ),
    "all dropped": ("epochs = 20", "dropout = 1.0", "training: dropout: found 1.0, expected a share from"),
    "an endless rate": ("rate = 1e-3", "rate = inf", "training: rate: found inf, expected a finite"),
    "no rate": ("rate = 1e-3", "rate = nan", "training: rate: found nan, expected a finite"),
    "a large seed": ("[0, 1]", f"[0, {10**23}]", f"seeds: found {10**23}, expected a finite"),
    "a lone rollout": ("tokens = 3", "rollouts = 1", "better: rollouts: found 1, expected at least 2"),
    "a path for a name": ('name = "hard"', 'name = "a/b"', "'a/b': expected at most 60 letters, digits,"),
    "a plus in a name": ('name = "hard"', 'name = "a+b"', "'a+b': expected at most 60 letters, digits,"),
    "a name of nothing": ('name = "hard"', 'name = ""', "'': expected at most 60 letters, digits,"),
    "no table": ("[training]", "training = 3\n[other]", "training: found int, expected a mapping of "),
    "not TOML": ("layers = 1", "layers = = 1", "not TOML: Invalid value (at line 4, column 10)"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_line(mistake: str, tmp_path: Path) -> None:
    old, new, message = MISTAKES[mistake]
    assert TEXT.count(old) == 1
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(SchemaError) as caught:
        find_recipe(str(path))
    told = str(caught.value)
    assert told.startswith(f"{path}: {message}")
    assert "\n" not in told


def test_no_arm_is_a_mistake() -> None:
    members = tomllib.loads(TEXT)
    del members["arm"], members["policy"]
    with pytest.raises(SchemaError, match=r"^here: there is no arm$"):
        recipe_of("mine", members, "here")


def test_bytes_are_no_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SchemaError, match=r"mine\.toml: not TOML: "):
        find_recipe(str(path))


@pytest.mark.parametrize("name", ["papr-2l", "no/such.toml", "", "../settings"])
def test_a_recipe_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=r"^there is no recipe '.*'; there are .*smoke, ") as caught:
        find_recipe(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("name", ["arm", "policy"])
def test_what_should_be_tables_may_be_something_else(name: str) -> None:
    members = tomllib.loads(TEXT)
    with pytest.raises(SchemaError, match=rf"here: {name}: found 5, expected tables \[\[{name}\]\]"):
        recipe_of("mine", {**members, name: 5}, "here")
