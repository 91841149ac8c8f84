"""`mensrea run STEM --recipe NAME`: reference models, trained and measured."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .cli_printing import Printed, is_coloured, page_of, print_result, width, write_report
from .errors import MissingLibraryError, RunStoppedError, UsageError

if TYPE_CHECKING:
    from .training.settings import Recipe

_TRAINED = ("cot2",)
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the options of a run name.

    Attributes:
        recipe: A recipe's name, or the path of one.
        device: Where models are trained.
        out: The run's folder.
        seeds: Instead of the recipe's, such as `1,2,3`.
        widths: Instead of the recipe's.
        arms: The names of those that are trained; None for all.
    """

    recipe: str
    device: str
    out: Path | None
    seeds: str | None = None
    widths: str | None = None
    arms: str | None = None


def train(
    stem: str,
    chosen: Chosen,
    *,
    version: str | None,
    path: Path | None,
    repository: str | None,
    output: Printed,
) -> None:
    """Train what a recipe names, or go on with it; write `report.json` and, with matplotlib, `report.html`.

    Raises:
        UsageError: The dataset has no reference models, there is no such recipe or device, or an option's
            value is none.
        MissingLibraryError: torch isn't installed.
    """
    if stem not in _TRAINED:
        raise UsageError(f"{stem}: has no reference models; there are some for {', '.join(_TRAINED)}")
    if find_spec("torch") is None:
        raise MissingLibraryError("training needs torch, which isn't installed: pip install 'mensrea[gpu]'")
    from .cards import find_card
    from .cards.manifest import read_manifest
    from .loading.place import find_release
    from .scoring.base import Baseline
    from .training.report import Machine, TrainingReport
    from .training.session import TrainingFolder, run_recipe
    from .training.settings import find_recipe

    recipe = narrowed(find_recipe(chosen.recipe), chosen)
    folder = TrainingFolder(chosen.out or Path("runs") / f"{stem}-{recipe.name}")
    device = _device(chosen.device)
    try:
        results = run_recipe(
            recipe,
            folder,
            device=device,
            say=lambda line: typer.echo(line, err=True),
            version=version,
            path=path,
            repository=repository,
        )
    except RunStoppedError as error:
        raise RunStoppedError(f"{error}; the same command again goes on from there") from error
    place = find_release(find_card(stem), recipe.config, version, path, repository)
    manifest = read_manifest(place.folder)
    counted = tuple(
        Baseline(name, each.rule, each.splits["test"].right, each.splits["test"].rows)
        for name, each in manifest.configs[recipe.config].shortcuts.items()
    )
    machine = Machine.of(device)
    report = TrainingReport(recipe, tuple(results), machine, manifest.version, baselines=counted)
    write_report(folder.path / "report.json", report.as_bytes())
    if output is Printed.JSON:
        typer.echo(report.as_bytes().decode(), nl=False)
    else:
        print_result(report.as_text(width(), colour=is_coloured()))
    page = page_of(folder.path / "report.html")
    if page is not None:
        write_report(page, report.as_html().encode())
    if output is Printed.TEXT:
        for written in (folder.path / "report.json", page):
            if written is not None:
                typer.echo(f"wrote {written}")


def narrowed(recipe: Recipe, chosen: Chosen) -> Recipe:
    """The recipe with the seeds, widths and arms that options name.

    An arm with widths of its own keeps those among the named ones; without any it is left out, and so are the
    policies that start from it. A policy that is named brings the arm that it starts from.

    Raises:
        UsageError: A seed or width isn't a number, no arm has such a width, or the recipe has no such arm.
    """
    if chosen.seeds is not None:
        recipe = replace(recipe, seeds=_numbers(chosen.seeds, "--seeds"))
    if chosen.widths is not None:
        recipe = _of_widths(recipe, _numbers(chosen.widths, "--widths"))
        if odd := [each for each in recipe.widths if not each or each % recipe.heads]:
            raise UsageError(f"--widths {odd[0]}: expected a multiple of {recipe.heads}, the recipe's heads")
    if chosen.arms is None:
        return recipe
    wanted = [each.strip() for each in chosen.arms.split(",")]
    known = [each.name for each in (*recipe.arms, *recipe.policies)]
    if strange := [each for each in wanted if each not in known]:
        raise UsageError(f"--arms: {recipe.name} has no {strange[0]!r}; it has {', '.join(known)}")
    policies = tuple(each for each in recipe.policies if each.name in wanted)
    needed = {*wanted, *(each.start for each in policies)}
    arms = tuple(each for each in recipe.arms if each.name in needed)
    return replace(recipe, arms=arms, policies=policies)


def _of_widths(recipe: Recipe, widths: tuple[int, ...]) -> Recipe:
    own = [replace(arm, widths=tuple(each for each in arm.widths if each in widths)) for arm in recipe.arms]
    arms = tuple(now for arm, now in zip(recipe.arms, own, strict=True) if now.widths or not arm.widths)
    if not arms:
        own_widths = sorted({each for arm in recipe.arms for each in arm.widths})
        raise UsageError(
            f"--widths: no arm of {recipe.name} has one; they have {', '.join(map(str, own_widths))}"
        )
    kept = {arm.name for arm in arms}
    policies = tuple(each for each in recipe.policies if each.start in kept)
    return replace(recipe, widths=widths, arms=arms, policies=policies)


def _numbers(text: str, option: str) -> tuple[int, ...]:
    parts = [each.strip() for each in text.split(",")]
    numbers = tuple(int(each) for each in parts if each.isdecimal() and each.isascii())
    if len({*numbers}) < len(parts) or max(numbers) >= _LARGEST:
        raise UsageError(f"{option} is {text!r}, expected different numbers such as 1,2,3")
    return numbers


def _device(name: str) -> str:
    """The device, which must be there.

    Raises:
        UsageError: torch doesn't know it, or this machine doesn't have it.
    """
    torch = importlib.import_module("torch")
    try:
        torch.zeros(1, device=name).cpu()
    except (RuntimeError, AssertionError) as error:
        first = str(error).strip().split("\n", maxsplit=1)[0]
        raise UsageError(f"--device {name}: can't be used here ({first}); try cpu") from error
    return name
