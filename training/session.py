"""A recipe from its first step to its results; every part can be stopped and gone on with."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

import orjson

from ..errors import RunError, UsageError
from ..models.run_folder import FORMAT, RunFolder
from ..models.run_lock import RunLock
from .checkpoints import Checkpoint
from .cot2 import load_task
from .course import Course, Member
from .ensemble import Shape
from .loop import Point
from .policy import Improvement
from .results import Result, policy_results, supervised_results
from .settings import Arm, Policy, Recipe
from .task import Task

if TYPE_CHECKING:
    import torch

RESULTS = "results.json"
LOCK = "training.lock"
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does.

    Attributes:
        recipe: The recipe's members.
        problems: A digest of the training split: a run doesn't go on with other problems.
        format: Of the folder.
    """

    recipe: dict[str, Any]
    problems: str
    format: int = FORMAT


class TrainingFolder(RunFolder[Settings]):
    """The files of a run: settings, a checkpoint for each ensemble, results, report."""

    kind: ClassVar[type[Settings]] = Settings
    go_on = "mensrea run cot2 --recipe … --out {path}"

    def begin(self, settings: Settings) -> None:
        """Record what the run does, or check that it is the run that was begun here.

        Raises:
            UsageError: Another run was begun here; the message says in what the recipe differs.
            StorageError: The folder can't be written, or holds other files.
        """
        if self.exists:
            was = self.settings()
            if not isinstance(cast("object", was.recipe), dict):
                raise RunError(f"{self.path}: run.json holds no recipe; choose another --out")
            other = [name for name, value in settings.recipe.items() if was.recipe.get(name) != value]
            if other or was.problems != settings.problems:
                differs = f"with other {', '.join(other)}" if other else "on another release's problems"
                raise UsageError(f"{self.path}: a run {differs} was begun here; choose another --out")
        super().begin(settings)


@dataclass(frozen=True, slots=True)
class Group:
    """Arms that train as one ensemble.

    Attributes:
        name: Of its checkpoint.
        width: The embedding dimension.
        arms: They have the same training, and feed themselves in ways that stand beside each other.
    """

    name: str
    width: int
    arms: tuple[Arm, ...]

    def members(self, seeds: Sequence[int]) -> list[Member]:
        """A model for each arm and seed."""
        return [Member(arm, seed) for arm in self.arms for seed in seeds]


def groups_of(recipe: Recipe) -> list[Group]:
    """The ensembles of a recipe: arms of one width with the same training, COCONUT apart."""
    found: dict[tuple[Any, ...], list[Arm]] = {}
    for arm in recipe.arms:
        for width in arm.widths or recipe.widths:
            found.setdefault((width, arm.training, arm.method == "coconut"), []).append(arm)
    return [Group(_name(width, arms), width, tuple(arms)) for (width, *_), arms in found.items()]


def _name(width: int, arms: Sequence[Arm]) -> str:
    """The name of an ensemble's checkpoint; where it is cut, a digest keeps it apart from others."""
    whole = f"d{width}-{'+'.join(arm.name for arm in arms)}"
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[:_LONGEST]}-{hashlib.blake2b(whole.encode(), digest_size=4).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Session:
    """What the parts of a run need.

    Attributes:
        recipe: What to do.
        folder: Where checkpoints and results are kept.
        tasks: The problems of each split, on the device.
        stop: Tells whether a stop was asked for.
        say: Takes a line for each point of a learning curve.
    """

    recipe: Recipe
    folder: TrainingFolder
    tasks: dict[str, Task]
    stop: Callable[[], bool]
    say: Callable[[str], None]

    @property
    def device(self) -> torch.device:
        """Where models are trained."""
        return self.tasks["train"].prompts.device

    def trained(self, group: Group) -> list[Result]:
        """Train an ensemble, measure it, and improve what policies start from it."""
        train, validation = self.tasks["train"], self.tasks["validation"]
        dropout, recipe = group.arms[0].training.dropout, self.recipe
        size = (group.width, len(train.vocabulary), train.positions)
        shape = Shape(recipe.layers, recipe.heads, *size, dropout)
        course = Course(group.members(recipe.seeds), shape, train, validation)
        seconds = self._carried_out(course, group.name, [arm.name for arm in group.arms])
        found = supervised_results(recipe, course, self.tasks, seconds)
        for policy in recipe.policies:
            for arm in group.arms:
                if arm.name == policy.start:
                    found += self._improved(policy, course, arm)
        return found

    def _improved(self, policy: Policy, course: Course, arm: Arm) -> list[Result]:
        places = [place for place, member in enumerate(course.members) if member.arm == arm]
        model = course.model.taken(slice(places[0], places[-1] + 1), policy.dropout)
        improved = Improvement(
            policy, model, self.recipe.seeds, self.tasks["train"], self.tasks["validation"]
        )
        name = f"d{model.shape.width}-{policy.name}"
        seconds = self._carried_out(improved, name, [policy.name])
        return policy_results(self.recipe, improved, arm.name, self.tasks, seconds)

    def _carried_out(self, course: Course | Improvement, name: str, arms: Sequence[str]) -> float:
        """Train to the end; the seconds that it took, over all stops."""
        saved = Checkpoint(self.folder, name, course, self.stop, self.device)
        saved.load()
        told = len(course.curve)

        def between() -> None:
            nonlocal told
            for point in course.curve[told:]:
                self.say(_line(name, arms, point))
            told = len(course.curve)
            saved()

        course.run(self.recipe.every, between)
        return saved.seconds


def run_recipe(
    recipe: Recipe,
    folder: TrainingFolder,
    *,
    device: torch.device | str = "cpu",
    say: Callable[[str], None] = lambda _: None,
    **release: str | os.PathLike[str] | None,
) -> list[Result]:
    """Train, improve and measure everything that a recipe names.

    The same call again goes on from the last checkpoint; on the same device curves are as without a stop.

    Args:
        recipe: What to do.
        folder: Where checkpoints and results are kept.
        device: Where models are trained.
        say: Takes a line for each point of a learning curve.
        release: `version`, `path` and `repository`, as `mensrea.load` takes them.

    Raises:
        UsageError: The folder holds another run.
        RunLockedError: Another process trains in the folder.
        RunStoppedError: It was interrupted; a checkpoint was written.
        StorageError: The folder can't be written.
    """
    supervisions = [arm.supervision for arm in recipe.arms if arm.supervision]
    tasks = {
        split: load_task(recipe.config, split, supervisions, device=device, **release)
        for split in ("train", "validation", "test")
    }
    folder.begin(Settings(orjson.loads(orjson.dumps(asdict(recipe))), _digest(tasks["train"])))
    with RunLock(folder.path, LOCK), _stopping() as stop:
        session = Session(recipe, folder, tasks, stop, say)
        results = [result for group in groups_of(recipe) for result in session.trained(group)]
    written = orjson.dumps([asdict(each) for each in results], option=orjson.OPT_INDENT_2)
    folder.write(RESULTS, written + b"\n")
    return results


def _digest(task: Task) -> str:
    """A digest of problems and of what is learned of them."""
    total = hashlib.blake2b(digest_size=16)
    for each in (task.prompts, task.answers, task.traces, *task.targets.values()):
        total.update(each.cpu().numpy().tobytes())
    return total.hexdigest()


def _line(name: str, arms: Sequence[str], point: Point) -> str:
    """A point of a curve: each arm's mean accuracy over its seeds."""
    seeds = len(point.accuracy) // len(arms)
    means = [sum(point.accuracy[at * seeds : (at + 1) * seeds]) / seeds for at in range(len(arms))]
    told = "  ".join(f"{arm} {100 * mean:.1f}" for arm, mean in zip(arms, means, strict=True))
    return f"{name.partition('-')[0]} epoch {point.epoch}: {told}"


@contextmanager
def _stopping() -> Generator[Callable[[], bool]]:
    """The first interrupt asks for a stop at the end of the epoch; the second one doesn't wait."""
    asked: list[int] = []

    def ask(number: int, _: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
