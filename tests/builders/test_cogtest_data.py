"""CogTest's own tasks, before they are a config: counts, bands, leaks, likeness, derived answers."""

import importlib.util
import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import mensrea.builders
import pytest
from mensrea.builders.cogtest import HABITS
from mensrea.generation.cogtest import habits

DATA = Path(mensrea.builders.__file__).parent / "data/cogtest"
ANSWERS = Path(__file__).parent / "cogtest_answers"
DOMAINS = {
    "trades",
    "kitchen",
    "health",
    "law",
    "software",
    "home",
    "public life",
    "science",
    "farming",
    "transport",
    "arts",
    "schooling",
}
PROBLEMS = [key for key, habit in habits().items() if habit["route"] == "problem"]
MOST_ALIKE = 0.15


def rows(name: str) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


@pytest.fixture(scope="module")
def core() -> list[dict[str, Any]]:
    return rows("core")


def test_every_habit_has_25_tasks_over_all_domains(core: list[dict[str, Any]]) -> None:
    assert len({row["instruction"] for row in core}) == len(core) == 400
    for habit in HABITS:
        tasks = [row for row in core if row["habit"] == habit]
        assert [row["item"] for row in tasks] == list(range(1, 26))
        domains = Counter(row["domain"] for row in tasks)
        assert set(domains) == DOMAINS
        assert max(domains.values()) <= 4
        assert {row["route"] for row in tasks} == {habits()[habit]["route"]}


def test_tasks_are_neither_short_nor_long(core: list[dict[str, Any]]) -> None:
    for row in core:
        assert 20 <= len(row["instruction"].split()) <= 160, row["instruction"]
        assert row["cue"]
        assert row["why_not_forced"]


def test_no_task_says_its_habit(core: list[dict[str, Any]]) -> None:
    for row in [*core, *rows("twins")]:
        leaks = "|".join(map(re.escape, habits()[row["habit"]]["leaks"]))
        found = re.search(rf"\b(?:{leaks})", row["instruction"], re.IGNORECASE)
        assert found is None, (row["habit"], row["item"], found)


def test_no_two_tasks_are_alike(core: list[dict[str, Any]]) -> None:
    texts = [row["instruction"] for row in [*core, *rows("controls")]]
    openings = Counter(" ".join(text.lower().split()[:4]) for text in texts)
    assert [each for each, count in openings.items() if count > 1] == []
    sets = [shingles(text) for text in texts]
    for (place, first), (other, second) in combinations(enumerate(sets), 2):
        shared = len(first & second)
        assert shared <= MOST_ALIKE * (len(first) + len(second) - shared), (texts[place], texts[other])


def test_twins_are_of_four_tasks_a_habit(core: list[dict[str, Any]]) -> None:
    twins = rows("twins")
    assert Counter(row["habit"] for row in twins) == dict.fromkeys(HABITS, 4)
    by_key = {(row["habit"], row["item"]): row["instruction"] for row in core}
    for row in twins:
        assert row["instruction"] != by_key[row["habit"], row["item"]]
        assert row["removed"]


def test_excerpts_hold_their_spans() -> None:
    excerpts = rows("calibration")
    assert len({row["excerpt"] for row in excerpts}) == len(excerpts) == 160
    for habit in HABITS:
        assert Counter(row["present"] for row in excerpts if row["habit"] == habit) == {True: 5, False: 5}
    for row in excerpts:
        assert bool(row["spans"]) == row["present"]
        assert bool(row["trap"]) != row["present"]
        assert all(span in row["excerpt"] for span in row["spans"])


def derivations(habit: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"cogtest_answers_{habit}", ANSWERS / f"{habit}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("habit", PROBLEMS)
def test_answers_are_derived(habit: str, core: list[dict[str, Any]]) -> None:
    module = derivations(habit)
    for row in (each for each in core if each["habit"] == habit):
        assert getattr(module, f"item_{row['item']:02}")() == row["answer"], row
    for row in (each for each in rows("twins") if each["habit"] == habit):
        derive = getattr(module, f"twin_{row['item']:02}", None) or getattr(module, f"twin_{row['item']}")
        assert derive() == row["answer"], row
