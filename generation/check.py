"""What must hold of a recipe before it runs: names, fields that prompts read, and their types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .recipe import Recipe, broken, every_step
from .steps import Ask, Branch, Derive, Distinct, Draw, Expand, Step
from .structured import Schema

_WORD = "one "  # a token, as estimates count them
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_NAME = 64


def check_recipe(recipe: Recipe) -> None:
    """Check a recipe without running it.

    Raises:
        RecipeError: Two steps have one name, a prompt reads what no step before it gives, a step has a number
            that makes no sense, or a file is missing.
    """
    missing = [path for path in recipe.files if not path.is_file()]
    if missing:
        raise broken(recipe, None, f"its file {missing[0]} is missing")
    names = [step.name for step in every_step(recipe.steps)]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise broken(recipe, None, f"two steps are called {twice[0]!r}")
    for step in every_step(recipe.steps):
        _check_step(recipe, step)
    _check_steps(recipe, recipe.steps, dict(recipe.fields))


def _check_step(recipe: Recipe, step: Step) -> None:
    """What must hold of a step by itself; servers know it by its name."""
    if not _NAME.fullmatch(step.name) or len(step.name) > _LONGEST_NAME:
        raise broken(recipe, step, f"its name must be kebab-case, of at most {_LONGEST_NAME} characters")
    match step:
        case Ask() if step.samples < 1 or step.most_tokens < 1:
            raise broken(recipe, step, "`samples` and `most_tokens` must be at least 1")
        case Ask() if step.output is not None and step.output.get("type") != "object":
            raise broken(recipe, step, "`output` must be the schema of an object")
        case Distinct() if not 0 < step.threshold <= 1:
            raise broken(recipe, step, f"`threshold` is {step.threshold}, expected more than 0, at most 1")
        case Draw() if step.count is not None and step.count < 1:
            raise broken(recipe, step, f"`count` is {step.count}, expected 1 or more")
        case _:
            return


def _check_steps(recipe: Recipe, steps: Sequence[Step], fields: dict[str, Schema]) -> dict[str, Schema]:
    for step in steps:
        if isinstance(step, Ask):
            _check_ask(recipe, step, fields)
        if isinstance(step, Branch):
            fields = _check_routes(recipe, step, fields)
        elif isinstance(step, Ask | Derive | Expand) and not _is_partial(step, fields):
            fields[step.into] = step.schema
    return fields


def _check_routes(recipe: Recipe, step: Branch, before: Mapping[str, Schema]) -> dict[str, Schema]:
    """The fields that a row has whichever route it takes; one in `shares` alone leaves it as it is."""
    routes = [_check_steps(recipe, route, dict(before)) for route in step.routes.values()]
    if not routes or set(step.shares) - set(step.routes):
        return dict(before)
    shared = [name for name in routes[0] if all(name in route for route in routes)]
    return {name: routes[0][name] for name in shared}


def _is_partial(step: Step, fields: Mapping[str, Schema]) -> bool:
    """Whether it gives a new field to some rows only."""
    return isinstance(step, Ask) and step.when is not None and step.into not in fields


def _check_ask(recipe: Recipe, step: Ask, fields: Mapping[str, Schema]) -> None:
    for path in sorted(recipe.prompt(step).paths):
        at: Mapping[str, Any] = {"type": "object", "properties": fields}
        for depth, member in enumerate(path):
            known = cast("Mapping[str, Any]", at.get("properties", {}))
            if member not in known:
                name, there = ".".join(path[: depth + 1]), ", ".join(sorted(known)) or "no members"
                raise broken(
                    recipe,
                    step,
                    f"prompt {step.prompt} reads `{name}`, which not every row has; there are {there}",
                )
            at = known[member]


def sample_value(schema: Schema, tokens: int) -> Any:
    """A made-up value of a schema; the members of an object, and the items of a list, share the tokens."""
    if fixed := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return fixed[0]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next((each for each in kinds if each != "null"), "null")
    if kind == "object":
        properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
        share = max(1, tokens // max(1, len(properties)))
        return {name: sample_value(each, share) for name, each in properties.items()}
    if kind == "array":
        count = max(1, schema.get("minItems", 1))
        return [sample_value(schema.get("items", {}), max(1, tokens // count)) for _ in range(count)]
    plain = {
        "integer": schema.get("minimum", 1),
        "number": schema.get("minimum", 1),
        "boolean": True,
        "null": None,
    }
    return plain[kind] if kind in plain else (_WORD * tokens).strip()
