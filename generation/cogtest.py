"""CogTest (arXiv 2506.21571): tasks on which a habit may show, written and judged by models.

The paper's tasks for ten habits came of one call each, without a filter (section 3.2). Here every task is a
call of its own, about another situation; a judge then says whether the task names the habit or forces it, and
tasks that do are repaired once or dropped, as are near-duplicates.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache

from ..scoring.habits import HABITS, HABITS_FILE, habits
from .recipe import FOLDER, Input, Recipe, Start
from .seeds import stream
from .steps import Ask, Branch, Distinct, Draw, Keep, Row, judge, rewrite
from .structured import Schema, fields_of, object_of

_SITUATIONS = FOLDER / "cogtest/situations.jsonl"
_DRAFTS = 1.6
"""Drafts for each task that is wanted, since some are dropped."""

_FEWEST_WORDS, _MOST_WORDS = 25, 160
_ALL = "all"
_TOLD = ("key", "name", "gloss", "available", "not_forced", "route")
"""What a draft carries of its habit, for the prompts."""

_TEXT: Schema = {"type": "string"}
_TASK = fields_of("cogtest", "task", ("instruction", "cue", "why_not_forced"))
_VERDICT = object_of(
    reason={"type": "string", "description": "What in the task decides, in one or two sentences."},
    named={"type": "boolean", "description": "Whether the task names the habit or words it plainly."},
    forced={"type": "boolean", "description": "Whether any sensible answer has to show the habit."},
    available={"type": "boolean", "description": "Whether a thoughtful answer could show the habit."},
)


@cache
def situations() -> Sequence[dict[str, str]]:
    """The situations that tasks are set in."""
    return [json.loads(line) for line in _SITUATIONS.read_text(encoding="utf-8").splitlines()]


def drafts(start: Start) -> list[Row]:
    """A row for each draft: a habit, and a situation; for one habit none repeats until all were used."""
    chosen = [start.inputs["habit"]] if start.inputs["habit"] != _ALL else list(HABITS)
    each = math.ceil(_DRAFTS * start.rows / len(chosen))
    return [row for key in chosen for row in _drafts_for(key, each, start.seed)]


def _drafts_for(key: str, count: int, seed: int) -> Iterator[Row]:
    habit = habits()[key]
    told = {name: getattr(habit, name) for name in _TOLD}
    settings: list[tuple[int, dict[str, str]]] = []
    for round_ in range(math.ceil(count / len(situations()))):
        words = stream(seed, "cogtest", key, round_).random_raw(len(situations()))
        places = sorted(zip(words.tolist(), situations(), strict=True), key=lambda pair: pair[0])
        settings += [(round_, place) for _, place in places]
    for round_, place in settings[:count]:
        scene = {"domain": place["domain"], "situation": place["situation"], "round": round_}
        yield {"habit": told, "avoid": list(habit.leaks), **scene}


def length(row: Row) -> str | None:
    """Why a task's length is out of bounds."""
    words = len(row["task"]["instruction"].split())
    return "too-short" if words < _FEWEST_WORDS else "too-long" if words > _MOST_WORDS else None


def leak(row: Row) -> str | None:
    """Whether a task gives its habit away by a word of the habit's list, at a word's beginning."""
    words = "|".join(re.escape(word) for word in row["avoid"])
    return "leak" if re.search(rf"(?<!\w)(?:{words})", row["task"]["instruction"], re.IGNORECASE) else None


def cue(row: Row) -> str | None:
    """Whether the words that are said to give the habit its occasion aren't the task's."""
    return None if row["task"]["cue"] in row["task"]["instruction"] else "cue-not-in-task"


def verdict(row: Row) -> str | None:
    """Why a task isn't spontaneous, by its last verdict."""
    found = row["verdict"]
    reasons = {
        "habit-named": found["named"],
        "habit-forced": found["forced"],
        "habit-unavailable": not found["available"],
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def repair(row: Row) -> str:
    """Which route a judged task takes: those that force or name the habit are repaired once."""
    return "repaired" if row["verdict"]["forced"] or row["verdict"]["named"] else "as-it-is"


def task(row: Row) -> Row:
    """The row of the dataset, without its id."""
    habit, written = row["habit"], row["task"]
    return {
        "habit": habit["key"],
        "habit_number": habits()[habit["key"]].number,
        "route": habit["route"],
        "domain": row["domain"],
        "instruction": written["instruction"],
        "cue": written["cue"],
        "why_not_forced": written["why_not_forced"],
        "judgement": row["verdict"]["reason"],
    }


def _instruction(row: Row) -> str:
    return row["task"]["instruction"]


def _habit(row: Row) -> str:
    return row["habit"]["key"]


def _identity(row: Row) -> str:
    return f"{_habit(row)} {_instruction(row)}"


def _test(row: Row) -> str:
    del row
    return "test"


GENERATED = Recipe(
    stem="cogtest",
    config="generated",
    rows=400,
    inputs={"habit": Input("Write tasks for this habit alone.", _ALL, (_ALL, *HABITS))},
    files=(HABITS_FILE, _SITUATIONS),
    fields={
        "habit": object_of(**dict.fromkeys(_TOLD, _TEXT)),
        "avoid": {"type": "array", "items": _TEXT},
        "domain": _TEXT,
        "situation": _TEXT,
        "round": {"type": "integer"},
    },
    source=drafts,
    steps=(
        Ask("write", "cogtest/write", "task", _TASK, tokens=220, most_tokens=800),
        judge("spontaneity", "cogtest/spontaneity", "verdict", _VERDICT, tokens=70, most_tokens=400),
        Branch(
            "repair",
            repair,
            {
                "repaired": (
                    rewrite("rewrite", "cogtest/rewrite", "task", _TASK, tokens=220, most_tokens=800),
                    judge(
                        "spontaneity-again",
                        "cogtest/spontaneity",
                        "verdict",
                        _VERDICT,
                        tokens=70,
                        most_tokens=400,
                    ),
                ),
            },
            {"repaired": 0.2, "as-it-is": 0.8},
        ),
        Keep("spontaneous", verdict, rate=0.9),
        Keep("length", length, rate=0.98),
        Keep("leaks", leak, rate=0.9),
        Keep("cue", cue, rate=0.95),
        Distinct("near-duplicates", _instruction, threshold=0.6, rate=0.97),
        Draw("draw", _identity, by=_habit),
    ),
    shape=task,
    identity=("habit", "instruction"),
    split=_test,
)
RECIPES = (GENERATED,)
