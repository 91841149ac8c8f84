"""From a recipe and a run's settings to segments, each with an identity that says when its results hold.

A segment is a run of steps of rows, with the steps of collections that follow it. What becomes of a row in
a segment is an outcome in the journal, under the segment's identity. Whatever results depend on is part of
that: prompts, code, models and the rows before. So a changed parser gives a new identity, and outcomes are
worked out again from stored replies; a changed prompt asks again only what it changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import orjson

from .functions import code
from .recipe import Recipe, Start, broken, every_step
from .steps import Ask, CollectionStep, Row, RowStep, Step

ENGINE = 2
"""Counted up when the engine itself gives other results for the same replies."""

IDENTITY_BYTES = 16
_ESTIMATES = {"rate", "tokens", "shares", "factor"}


@dataclass(frozen=True, slots=True)
class RoleModel:
    """The model that plays a role: its name as the journal knows it, and parameters that replace a step's.

    A parameter of None leaves the step's out.
    """

    model: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """Steps of rows, and the steps of collections that follow them.

    Attributes:
        index: Its place in the recipe, from 0.
        fingerprint: Of the steps and their models, prompts, code and data.
    """

    index: int
    steps: tuple[RowStep, ...]
    after: tuple[CollectionStep, ...]
    fingerprint: bytes

    def identity(self, rows: bytes) -> bytes:
        """What the journal knows the segment's outcomes by, for rows with this digest."""
        return digest(self.fingerprint, rows)


def segments(recipe: Recipe, models: Mapping[str, RoleModel], structured: str) -> tuple[Segment, ...]:
    """The segments of a recipe, with these models in its roles."""
    parts: list[tuple[list[RowStep], list[CollectionStep]]] = [([], [])]
    for step in recipe.steps:
        if isinstance(step, CollectionStep):
            parts[-1][1].append(step)
            continue
        if parts[-1][1]:
            parts.append(([], []))
        parts[-1][0].append(step)
    return tuple(
        Segment(index, tuple(steps), tuple(after), _fingerprint(recipe, steps, models, structured))
        for index, (steps, after) in enumerate(parts)
    )


def source_digest(recipe: Recipe, start: Start) -> bytes:
    """Identifies the rows that a run starts from."""
    asked = start.rows, start.seed, dict(start.inputs)
    return digest(recipe.stem, recipe.config, _code(recipe, "source"), _files(recipe), *asked)


def recipe_digest(recipe: Recipe) -> str:
    """sha256 over everything that is written down in a recipe, its prompts and its data."""
    steps = [_step(recipe, step) for step in recipe.steps]
    functions = [_code(recipe, name) for name in ("source", "shape", "split")]
    parts = [ENGINE, steps, _files(recipe), functions, list(recipe.identity)]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def rows_digest(rows: Iterable[Row]) -> bytes:
    """Identifies rows in their order; they aren't held in memory."""
    total = hashlib.blake2b(digest_size=IDENTITY_BYTES)
    for row in rows:
        text = orjson.dumps(row)
        total.update(len(text).to_bytes(8, "big") + text)
    return total.digest()


def digest(*parts: Any) -> bytes:
    """16 bytes over JSON values and bytes."""
    plain = [part.hex() if isinstance(part, bytes) else part for part in parts]
    return hashlib.blake2b(
        orjson.dumps(plain, option=orjson.OPT_SORT_KEYS), digest_size=IDENTITY_BYTES
    ).digest()


def _fingerprint(
    recipe: Recipe, steps: Sequence[RowStep], models: Mapping[str, RoleModel], structured: str
) -> bytes:
    roles = {step.role for step in every_step(steps) if isinstance(step, Ask)}
    used = {role: [models[role].model, dict(models[role].parameters)] for role in sorted(roles)}
    return digest(ENGINE, structured, used, _files(recipe), [_step(recipe, step) for step in steps])


def _step(recipe: Recipe, step: Step) -> Any:
    """A step as JSON: prompts by their digest, functions by the code of their module."""
    values: dict[str, Any] = {"kind": type(step).__name__}
    for name in (each.name for each in fields(step) if each.name not in _ESTIMATES):
        value: Any = getattr(step, name)
        if name == "routes":
            value = {route: [_step(recipe, inner) for inner in inside] for route, inside in value.items()}
        values[name] = _checked(recipe, step, name, value)
    if isinstance(step, Ask):
        values["prompt"] = recipe.prompt(step).digest
    return values


def _code(recipe: Recipe, name: str) -> Any:
    return _checked(recipe, None, name, getattr(recipe, name))


def _checked(recipe: Recipe, step: Step | None, name: str, value: Any) -> Any:
    """A value of a recipe as JSON."""
    try:
        value = code(value) if callable(value) else value
        orjson.dumps(value)
    except TypeError as error:
        raise broken(recipe, step, f"`{name}` can't be identified: {error}") from error
    return value


def _files(recipe: Recipe) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in recipe.files]
