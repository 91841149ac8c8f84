"""Small recipes for tests, and a stand-in for the models that they ask."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mensrea.generation.chain import Call, Chain
from mensrea.generation.outcome import Outcome
from mensrea.generation.plan import RoleModel
from mensrea.generation.recipe import Recipe, Start
from mensrea.generation.steps import Row, Step
from mensrea.generation.structured import object_of
from mensrea.models.calls import Choice, Request, Response, Usage
from mensrea.models.prompts import load_prompt

MODELS: Mapping[str, RoleModel] = {
    "writer": RoleModel("scripted/writer", {}),
    "judge": RoleModel("scripted/judge", {}),
}
INTEGER: Mapping[str, Any] = {"type": "integer"}
TEXT: Mapping[str, Any] = {"type": "string"}
WORD = object_of(word={"type": "string", "minLength": 2})
FRONT = '+++\nname = "toy"\nversion = 1\npurpose = "Try a step."\n+++\n'


def numbers(start: Start) -> list[Row]:
    """As many rows as are asked for."""
    return [{"number": number} for number in range(start.rows)]


def same(row: Row) -> Row:
    """The row as it is."""
    return row


def test_split(row: Row) -> str:
    """Every row is for tests."""
    del row
    return "test"


test_split.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]


def toy(folder: Path, *steps: Step, **changes: Any) -> Recipe:
    """A recipe of these steps, which starts from numbered rows; prompts are in `folder`."""
    settings: dict[str, Any] = {
        "stem": "toy",
        "config": "generated",
        "rows": 4,
        "fields": {"number": INTEGER},
        "source": numbers,
        "steps": steps,
        "shape": same,
        "identity": ("number",),
        "split": test_split,
        "prompts": folder,
    }
    return Recipe(**{**settings, **changes})


def write_prompt(folder: Path, name: str = "ask", body: str = "Number {{ number }}.") -> Path:
    """A prompt with one question, or with the parts that the body has."""
    path = folder / f"{name}.md"
    text = body if body.startswith("--- ") else f"--- user ---\n{body}"
    path.write_text(f"{FRONT}{text}\n", encoding="utf-8")
    load_prompt.cache_clear()
    return path


def reply(text: str, **more: Any) -> Response:
    """An answer of 10 tokens to a prompt of 100."""
    return Response("toy", (Choice(text, **more),), Usage(100, 10, 4, 2))


def answering(answer: Callable[[Request], Response | str]) -> Call:
    """Calls that this function answers, at once."""

    async def call(request: Request) -> Response:
        found = answer(request)
        return reply(found) if isinstance(found, str) else found

    return call


def question(request: Request) -> str:
    """The text of the last message."""
    return str(request.messages[-1]["content"])


def run_row(recipe: Recipe, row: Row, call: Call, **options: Any) -> Outcome:
    """What the steps of a recipe make of a row."""
    chain = Chain(recipe, [*recipe.steps], options.pop("models", MODELS), call, **options)  # pyright: ignore[reportArgumentType]
    return asyncio.run(chain.run(row))
