"""CogTest's own texts, where no rule looks: cues, spans, traps, and the derivations of answers."""

import ast
import importlib
import inspect
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mensrea.builders.cogtest_own import FOLDER
from mensrea.scoring.habits import HABITS, habits
from mensrea.validation.derivations import cogtest as derivations

PROBLEMS = [key for key, habit in habits().items() if habit.route == "problem"]
MODULES = Path(derivations.__file__).parent
SLOWEST = 5.0
"""Seconds that a derivation may take on a busy machine."""


def rows(name: str) -> list[dict[str, Any]]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_no_two_tasks_have_one_text() -> None:
    texts = [row["instruction"] for name in ("core", "controls", "twins") for row in rows(name)]
    assert len(set(texts)) == len(texts) == 400 + 80 + 64


def test_every_habit_has_25_tasks_over_the_domains() -> None:
    for habit in HABITS:
        tasks = [row for row in rows("core") if row["habit"] == habit]
        assert [row["item"] for row in tasks] == list(range(1, 26))
        assert max(Counter(row["domain"] for row in tasks).values()) <= 4
        assert {row["route"] for row in tasks} == {habits()[habit].route}


def test_problems_have_answers_and_scenes_have_none() -> None:
    for name in ("core", "twins"):
        for row in rows(name):
            assert (row["answer"] is not None) == (row["habit"] in PROBLEMS), (name, row["item"])


def test_tasks_say_what_makes_the_habit_available() -> None:
    for row in rows("core"):
        assert row["cue"].strip()
        assert row["why_not_forced"].strip()


def test_twins_are_of_four_tasks_a_habit_and_differ_from_them() -> None:
    twins = rows("twins")
    assert Counter(row["habit"] for row in twins) == dict.fromkeys(HABITS, 4)
    by_key = {(row["habit"], row["item"]): row["instruction"] for row in rows("core")}
    for row in twins:
        assert row["instruction"] != by_key[row["habit"], row["item"]]
        assert row["removed"].strip()


def test_excerpts_hold_their_spans_and_are_of_no_task() -> None:
    excerpts = rows("calibration")
    tasks = {row["instruction"] for row in rows("core")}
    assert len({row["excerpt"] for row in excerpts}) == len(excerpts) == 160
    for habit in HABITS:
        assert Counter(row["present"] for row in excerpts if row["habit"] == habit) == {True: 5, False: 5}
    for row in excerpts:
        assert row["task"] not in tasks
        assert all(span in row["excerpt"] for span in row["spans"])


def test_the_index_of_harmbench_holds_no_texts() -> None:
    index = rows("harmbench")
    assert len({row["sha256"] for row in index}) == len({row["behaviour_id"] for row in index}) == 200
    assert {len(row) for row in index} == {3}
    assert not [row for row in index if " " in row["behaviour_id"] + row["category"]]


@pytest.mark.parametrize("habit", PROBLEMS)
def test_each_problem_has_a_derivation_and_each_derivation_a_problem(habit: str) -> None:
    module = importlib.import_module(f"{derivations.__name__}.{habit}")
    names = {name for name, _ in inspect.getmembers(module, inspect.isfunction) if not name.startswith("_")}
    expected = {f"item_{row['item']:02}" for row in rows("core") if row["habit"] == habit}
    twins = {f"twin_{row['item']:02}" for row in rows("twins") if row["habit"] == habit}
    assert {name for name in names if name.startswith(("item_", "twin_"))} == expected | twins
    for name in sorted(expected | twins):
        start = time.process_time()
        assert isinstance(getattr(module, name)(), str)
        assert time.process_time() - start < SLOWEST, name


@pytest.mark.parametrize("habit", PROBLEMS)
def test_derivations_derive(habit: str) -> None:
    """No function is a docstring and the return of a literal, and none needs more than the library."""
    tree = ast.parse((MODULES / f"{habit}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith(("item_", "twin_")):
            last = node.body[-1]
            assert ast.get_docstring(node)
            assert not (isinstance(last, ast.Return) and isinstance(last.value, ast.Constant)), node.name
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
