"""Recipes: how a config's rows come to be with language models, declared as steps over rows."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import RecipeError, UsageError
from ..models.prompts import Prompt, load_prompt
from .steps import Ask, Branch, Row, Step
from .structured import Schema

FOLDER = Path(__file__).parent / "prompts"


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a run of a recipe may set.

    Attributes:
        description: What it is, in one line.
        default: Its value if it isn't set.
        choices: The values that it may have; any text if there are none.
    """

    description: str
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """What a run asks of a recipe: how many rows in the end, the seed, the inputs."""

    rows: int
    seed: int
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Recipe:
    """How the rows of a config are made.

    Attributes:
        stem: The dataset.
        config: Its config, whose origin is `generated`.
        rows: Rows in the end, unless a run asks for another number.
        fields: The schema of each field of a row at the start.
        source: The rows at the start, the same for the same `Start`; cheap to make and never held in memory.
        steps: What happens to them.
        shape: A row in the end as the dataset's schema has it, without `id`, `source` and `canary`.
        identity: The fields of such a row that its id is derived from.
        split: The split of such a row.
        inputs: What a run may set.
        files: Data that `source` and the steps read.
        prompts: The folder that steps' prompts are in.
    """

    stem: str
    config: str
    rows: int
    fields: Mapping[str, Schema]
    source: Callable[[Start], Iterable[Row]]
    steps: Sequence[Step]
    shape: Callable[[Row], Row]
    identity: Sequence[str]
    split: Callable[[Row], str]
    inputs: Mapping[str, Input] = field(default_factory=dict[str, Input])
    files: Sequence[Path] = ()
    prompts: Path = FOLDER

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Every step that asks a model, those of branches too."""
        return tuple(step for step in every_step(self.steps) if isinstance(step, Ask))

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that models play, in the order of the steps."""
        return tuple(dict.fromkeys(step.role for step in self.asks))

    def prompt(self, step: Ask) -> Prompt:
        """The prompt of a step."""
        return load_prompt(self.prompts / f"{step.prompt}.md")

    def start(self, rows: int | None, seed: int, inputs: Mapping[str, str]) -> Start:
        """What a run asks, checked against what the recipe takes.

        Raises:
            UsageError: There is no such input, or it can't have that value; or no row is asked for.
        """
        if rows is not None and rows < 1:
            raise UsageError(f"{self.stem} {self.config}: {rows} rows, expected 1 or more")
        unknown = [name for name in inputs if name not in self.inputs]
        if unknown:
            known = ", ".join(self.inputs) or "none"
            raise UsageError(f"{self.stem} {self.config}: no input {unknown[0]!r}; it has {known}")
        for name, value in inputs.items():
            choices = self.inputs[name].choices
            if choices and value not in choices:
                raise UsageError(
                    f"{self.stem} {self.config}: {name} is {value!r}, expected {', '.join(choices)}"
                )
        given = {name: inputs.get(name, each.default) for name, each in self.inputs.items()}
        return Start(self.rows if rows is None else rows, seed, given)


def every_step(steps: Sequence[Step]) -> Iterator[Step]:
    """Steps and the steps of their routes, in order."""
    for step in steps:
        yield step
        if isinstance(step, Branch):
            for route in step.routes.values():
                yield from every_step(route)


def recipes(stem: str) -> Mapping[str, Recipe]:
    """The recipes of a dataset by config.

    Raises:
        UsageError: The dataset has no recipe.
    """
    name = f"{__package__}.{stem}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        module = None
    found: Sequence[Recipe] = getattr(module, "RECIPES", ())
    if not found:
        raise UsageError(
            f"{stem}: no recipe generates its rows; `mensrea list` shows configs of origin `generated`"
        )
    return {recipe.config: recipe for recipe in found}


def find_recipe(stem: str, config: str | None = None) -> Recipe:
    """A dataset's recipe for a config, the first if none is named; checked.

    Raises:
        UsageError: It has no recipe for this config.
        RecipeError: The recipe breaks the rules.
    """
    from .check import check_recipe

    known = recipes(stem)
    name = config or next(iter(known))
    if name not in known:
        raise UsageError(f"{stem}: no recipe for config {name!r}; there is one for {', '.join(known)}")
    check_recipe(known[name])
    return known[name]


def broken(recipe: Recipe, step: Step | None, problem: str) -> RecipeError:
    """The error that names a recipe and its step."""
    return RecipeError(f"{place(recipe, step)}: {problem}")


def place(recipe: Recipe, step: Step | None = None) -> str:
    """A recipe and its step, as messages name them."""
    return f"recipe {recipe.stem} {recipe.config}" + (f", step {step.name}" if step else "")
