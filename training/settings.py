"""What a recipe says: models, how they are trained, and what is compared."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from ..errors import SchemaError, UsageError
from ..schemas.records import mapping, record

Method = Literal["cot2", "discrete", "no-cot", "coconut"]
Feeding = Literal["teacher", "self"]
Schedule = Literal["constant", "cosine"]

RECIPES = Path(__file__).parent / "recipes"
_FROM_ZERO = ("decay", "dropout", "penalty", "samples")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,59}")
"""Of arms and policies: checkpoints are named after them, with a plus between those that train together."""
_DERIVED = {
    "name": "the file's name is the recipe's",
    "arms": "write [[arm]]",
    "policies": "write [[policy]]",
}
_LARGEST = 2**63
_GROUP = 2


@dataclass(frozen=True, slots=True)
class Training:
    """How models are trained.

    Attributes:
        rate: The learning rate of AdamW.
        batch: Problems a step.
        epochs: Passes over the training split; for COCONUT over all its stages.
        decay: The weight decay.
        dropout: As in GPT-2.
        schedule: Of the learning rate, over the epochs; `cosine` ends at a tenth.
        feeding: What is read as a thought in training: the target, or the model's own mixture.
        on_prompt: Whether the prompt's own tokens are predicted too.
    """

    rate: float
    batch: int
    epochs: int
    decay: float = 0.01
    dropout: float = 0.0
    schedule: Schedule = "constant"
    feeding: Feeding = "teacher"
    on_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Arm:
    """One thing that is compared.

    Attributes:
        name: What reports call it.
        method: `cot2` learns mixtures and feeds itself mixtures; `discrete` learns the trace and feeds itself
            tokens; `no-cot` reads pauses; `coconut` feeds itself hidden states.
        supervision: Which targets `cot2` learns: a config of the same problems, or a field of graph rows.
        training: How it is trained.
        widths: The widths it is trained at; empty for the recipe's.
    """

    name: str
    method: Method
    training: Training
    supervision: str = ""
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Policy optimisation (GRPO) that starts from an arm's weights.

    Attributes:
        name: What reports call it.
        start: The arm it starts from.
        thought: `mts` averages sampled tokens, and with one it is discrete; `dirichlet` draws mixtures.
        tokens: K of `mts`.
        scale: The concentration of `dirichlet`.
        rollouts: Of each problem, the group that rewards are compared in.
        clip: How far the ratio of policies may leave 1.
        penalty: The weight of the divergence from the starting policy.
        rate: The learning rate of AdamW.
        decay: The weight decay.
        batch: Problems a step.
        epochs: Passes over the training split.
        dropout: While the policy is trained; the policy that draws has none, so that it blurs the ratio.
    """

    name: str
    start: str
    thought: Literal["mts", "dirichlet"] = "mts"
    tokens: int = 1
    scale: float = 1.0
    rollouts: int = 8
    clip: float = 0.1
    penalty: float = 0.0
    rate: float = 5e-6
    decay: float = 0.01
    batch: int = 16
    epochs: int = 100
    dropout: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """A comparison of models, read of `recipes/<name>.toml`.

    Attributes:
        name: The file's stem.
        title: One line.
        config: The problems.
        layers: Blocks of a model.
        heads: Attention heads of a block.
        widths: Embedding dimensions; each arm is trained at each.
        seeds: Each arm is trained with each: initial weights, order of problems and dropout.
        arms: What is compared.
        policies: What is improved by rewards afterwards.
        every: Epochs between points of the learning curve.
        samples: Sampled chains a problem, for pass@k of discrete arms; 0 for none.
        temperatures: Temperatures that chains are sampled at.
    """

    name: str
    title: str
    config: str
    layers: int
    heads: int
    widths: tuple[int, ...]
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    policies: tuple[Policy, ...] = ()
    every: int = 25
    samples: int = 0
    temperatures: tuple[float, ...] = (1.0,)


def recipe_names() -> list[str]:
    """The recipes that come with the package."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def find_recipe(name: str) -> Recipe:
    """The recipe of a name, or of a path that ends in `.toml`.

    Raises:
        UsageError: There is no such recipe.
        SchemaError: The file isn't one; the message says which member is wrong.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        members = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(recipe_names())
        raise UsageError(f"there is no recipe {name!r}; there are {known}, or name a .toml file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: not TOML: {error}") from error
    return recipe_of(path.stem, members, str(path))


def recipe_of(name: str, members: Mapping[str, Any], where: str) -> Recipe:
    """The recipe that the members of a file describe; arms take what they don't say from `[training]`.

    Raises:
        SchemaError: A member is unknown, missing or impossible.
    """
    given = dict(members)
    for name_of, advice in _DERIVED.items():
        if name_of in given:
            raise SchemaError(f"{where}: unknown member {name_of!r}; {advice}")
    usual = mapping(given.pop("training", {}), f"{where}: training")
    arms = [
        _arm(each, usual, f"{where}: arm {number}")
        for number, each in enumerate(_tables(given, "arm", where), start=1)
    ]
    policies = [record(Policy, each, f"{where}: policy") for each in _tables(given, "policy", where)]
    recipe = record(Recipe, {**given, "name": name, "arms": arms, "policies": policies}, where)
    _check_members(recipe, where)
    for each in (*arms, *(arm.training for arm in arms), *policies):
        _check_members(each, f"{where}: {getattr(each, 'name', 'training')}")
    _check(recipe, where)
    return recipe


def _tables(given: dict[str, Any], name: str, where: str) -> list[Any]:
    """The tables of a name, taken out of the members."""
    found = given.pop(name, [])
    if not isinstance(found, list):
        raise SchemaError(f"{where}: {name}: found {found!r}, expected tables [[{name}]]")
    return cast("list[Any]", found)


def _arm(members: Any, usual: Mapping[str, Any], where: str) -> Arm:
    given = {**mapping(members, where)}
    if "training" in given:
        raise SchemaError(f"{where}: unknown member 'training'; write its members beside the arm's name")
    names = {each.name for each in fields(Training)}
    own = {key: given.pop(key) for key in [*given] if key in names}
    return record(Arm, {**given, "training": record(Training, {**usual, **own}, where)}, where)


def _check_members(thing: Any, where: str) -> None:
    """Each member must be of its kind, words among those known, and numbers above 0 where they count."""
    for name, kind in get_type_hints(type(thing)).items():
        value = getattr(thing, name)
        several = get_origin(kind) is tuple
        inner = get_args(kind)[0] if several else kind
        if several and not isinstance(value, tuple):
            raise SchemaError(f"{where}: {name}: found {value!r}, expected a list")
        for each in value if several else (value,):
            if expected := _expected(name, inner, each):
                raise SchemaError(f"{where}: {name}: found {each!r}, expected {expected}")


def _expected(name: str, kind: Any, value: Any) -> str:
    """What a member should be, if it isn't."""
    if get_origin(kind) is Literal:
        return "" if value in get_args(kind) else f"one of {', '.join(get_args(kind))}"
    if kind not in (int, float):
        return "" if isinstance(value, kind) else f"a {kind.__name__}"
    if isinstance(value, bool) or not isinstance(value, int | kind):
        return "a whole number" if kind is int else "a number"
    return _limits(name, value)


def _limits(name: str, value: float) -> str:
    """What a number should be, if it is out of range."""
    if not (math.isfinite(value) and abs(value) < _LARGEST):
        return "a finite number below 2**63"
    if name == "dropout":
        return "" if 0 <= value < 1 else "a share from 0 to less than 1"
    if name == "rollouts":
        return "" if value >= _GROUP else "at least 2, whose rewards are compared"
    least = value > 0 or (value == 0 and name in _FROM_ZERO) or name == "seeds"
    return "" if least else "a number above 0"


def _check(recipe: Recipe, where: str) -> None:
    names = [each.name for each in (*recipe.arms, *recipe.policies)]
    arms = {each.name: each for each in recipe.arms}
    numbers = (recipe.seeds, recipe.widths, *(arm.widths for arm in recipe.arms))
    problems = [
        ("there is no arm", not recipe.arms),
        *(
            (f"{each!r}: expected at most 60 letters, digits, spaces and any of . _ -", True)
            for each in names
            if not _NAME.fullmatch(each)
        ),
        ("two arms have one name", len(set(names)) < len(names)),
        ("there is no seed", not recipe.seeds),
        ("a seed or a width is named twice", any(len(set(each)) < len(each) for each in numbers)),
        ("an arm has no width", not all(arm.widths or recipe.widths for arm in recipe.arms)),
        *(
            (f"{each.name}: cot2 needs a supervision", each.method == "cot2" and not each.supervision)
            for each in arms.values()
        ),
        *(
            (f"{each.name}: only cot2 takes a supervision", each.method != "cot2" and bool(each.supervision))
            for each in arms.values()
        ),
        *(
            (
                f"{each.name}: only cot2 feeds itself in training",
                each.training.feeding == "self" and each.method != "cot2",
            )
            for each in arms.values()
        ),
        *(
            (
                f"{each.name}: a prompt's own tokens are predicted only where thoughts are fed by a teacher",
                each.training.on_prompt and (each.training.feeding == "self" or each.method == "coconut"),
            )
            for each in arms.values()
        ),
        *(
            (f"{each.name}: there is no arm {each.start!r} to start from", each.start not in arms)
            for each in recipe.policies
        ),
        *(
            (
                f"{each.name}: starts from {each.start}, which has no thoughts made of tokens",
                each.start in arms and arms[each.start].method in {"no-cot", "coconut"},
            )
            for each in recipe.policies
        ),
        *(
            (f"{width}: not a multiple of {recipe.heads} heads", width % recipe.heads > 0)
            for width in (*recipe.widths, *(width for arm in recipe.arms for width in arm.widths))
        ),
    ]
    for message, is_wrong in problems:
        if is_wrong:
            raise SchemaError(f"{where}: {message}")
