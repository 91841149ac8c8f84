"""What was trained and how, in words."""

from __future__ import annotations

from collections.abc import Sequence

from .report import TrainingReport
from .settings import Arm, Policy, Training


def facts(report: TrainingReport) -> list[tuple[str, str]]:
    """What was trained and how: names, and a line for each; a name may repeat."""
    recipe, machine = report.recipe, report.machine
    threads = f"{machine.threads} thread{'' if machine.threads == 1 else 's'}"
    return [
        ("recipe", recipe.name),
        ("problems", _problems(report)),
        ("models", models_line(report)),
        ("seeds", ", ".join(map(str, recipe.seeds))),
        *(("training", line) for line in _trainings(recipe.arms)),
        *(("policy", _policy(each)) for each in recipe.policies),
        ("machine", f"{machine.device} ({machine.name}), {threads}, torch {machine.torch}"),
        ("mensrea", report.mensrea),
    ]


def models_line(report: TrainingReport) -> str:
    """The sizes of models."""
    recipe = report.recipe
    widths = sorted({each.width for each in report.results} or {*recipe.widths})
    blocks = f"{recipe.layers} layer{'' if recipe.layers == 1 else 's'}"
    heads = f"{recipe.heads} head{'' if recipe.heads == 1 else 's'}"
    return f"{blocks}, {heads}, d = {', '.join(map(str, widths))}"


def _problems(report: TrainingReport) -> str:
    sizes = {name: each.total for result in report.results[:1] for name, each in result.splits.items()}
    told = ", ".join(f"{name} {total:,}" for name, total in sorted(sizes.items()))
    version = f" {report.version}" if report.version else ""
    return f"{report.recipe.config}{version}{f'; {told}' if told else ''}"


def _trainings(arms: Sequence[Arm]) -> list[str]:
    """A line for each way of training, with the arms that are trained so."""
    found: dict[Training, list[Arm]] = {}
    for arm in arms:
        found.setdefault(arm.training, []).append(arm)
    return [
        f"{', '.join(arm.name for arm in alike)}: {_training(each)}{_feeding(each, alike)}"
        for each, alike in found.items()
    ]


def _training(training: Training) -> str:
    prompt = ", prompts predicted too" if training.on_prompt else ""
    return (
        f"AdamW, rate {training.rate:g} ({training.schedule}), decay {training.decay:g}, dropout "
        f"{training.dropout:g}, batch {training.batch}, {_epochs(training.epochs)}{prompt}"
    )


def _feeding(training: Training, arms: Sequence[Arm]) -> str:
    """What CoT2 reads as thoughts in training; other methods leave no choice."""
    if all(arm.method != "cot2" for arm in arms):
        return ""
    return {"teacher": ", targets fed as thoughts", "self": ", own mixtures fed as thoughts"}[
        training.feeding
    ]


def _policy(policy: Policy) -> str:
    thought = f"K = {policy.tokens}" if policy.thought == "mts" else f"Dirichlet, scale {policy.scale:g}"
    return (
        f"{policy.name}: GRPO from {policy.start}, {thought}, {policy.rollouts} rollouts, "
        f"clip {policy.clip:g}, KL {policy.penalty:g}, AdamW, rate {policy.rate:g}, decay {policy.decay:g}, "
        f"dropout {policy.dropout:g}, batch {policy.batch}, {_epochs(policy.epochs)}"
    )


def _epochs(count: int) -> str:
    return f"{count:,} epoch{'' if count == 1 else 's'}"
