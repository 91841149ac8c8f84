"""Figures of trained models: pass@k and votes against counting by hand."""

import itertools
import math
from collections import Counter
from fractions import Fraction
from statistics import fmean
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.course import Course, Member  # noqa: E402 (needs torch)
from mensrea.training.measures import Measured  # noqa: E402
from mensrea.training.outcome import Figures, Result  # noqa: E402
from mensrea.training.results import figures_of, supervised_results  # noqa: E402
from mensrea.training.settings import Recipe, recipe_of  # noqa: E402
from mensrea.training.summary import summarise  # noqa: E402

from .made import arm, mnns, shape_of  # noqa: E402

ANSWERS = torch.tensor([[5, 5, 7, 7], [5, 6, 7, 8], [6, 6, 6, 5], [6, 6, 7, 7], [5, 5, 5, 5]])
TRUTH = 5
GROUPS = torch.tensor([7, 0, 7, 0, 3])


def measured(problems: int = 5) -> Measured:
    random = torch.Generator().manual_seed(0)
    return Measured(
        correct=torch.rand(2, problems, generator=random) < 0.5,
        valid=torch.rand(2, problems, generator=random) < 0.5,
        divergence=torch.rand(2, problems, 3, generator=random),
        entropy=torch.rand(2, problems, 3, generator=random),
    )


def pass_at(figures: Figures) -> dict[str, dict[str, float]]:
    """As a row has it, of one model."""
    splits = {"test": figures, "validation": figures}
    alone = Result("hard", "discrete", "", 1, 8, 0, 100, 1, 1.0, [(1, 0.5, 0.5)], splits)
    (row,) = summarise([alone])
    return {heat: {k: share.mean for k, share in shares.items()} for heat, shares in row.pass_at.items()}


def test_figures_are_counts_and_means_of_one_member() -> None:
    found = measured()
    figures = figures_of(found, 1, GROUPS, {})
    assert (figures.correct, figures.valid, figures.total) == (
        sum(found.correct[1].tolist()), sum(found.valid[1].tolist()), 5,
    )  # fmt: skip
    assert figures.accuracy == figures.correct / 5
    solved = [int(each) for each in found.correct[1]]
    assert figures.clusters == ((solved[1] + solved[3], 2), (solved[4], 1), (solved[0] + solved[2], 2))
    for name in ("divergence", "entropy"):
        means = [fmean(step) for step in zip(*getattr(found, name)[1].tolist(), strict=True)]
        assert getattr(figures, name) == pytest.approx(means)
    assert (figures.samples, figures.solved, figures.majority) == (0, {}, {})


def test_right_chains_are_counted_by_cluster() -> None:
    figures = figures_of(measured(), 0, GROUPS, {"1.0": ((ANSWERS == TRUTH).numpy(), ANSWERS.numpy())})
    assert (figures.samples, figures.solved) == (4, {"1.0": ((1, 0), (4,), (2, 1))})


def test_pass_at_k_is_the_share_of_choices_of_k_that_solve() -> None:
    figures = figures_of(measured(), 0, GROUPS, {"1.0": ((ANSWERS == TRUTH).numpy(), ANSWERS.numpy())})
    expected = {
        str(k): fmean(
            fmean(TRUTH in chosen for chosen in itertools.combinations(answers, k))
            for answers in ANSWERS.tolist()
        )
        for k in (1, 2, 4)
    }
    assert pass_at(figures) == {"1.0": pytest.approx(expected)}


def test_a_majority_breaks_ties_by_their_chance() -> None:
    figures = figures_of(measured(), 0, GROUPS, {"0.5": ((ANSWERS == TRUTH).numpy(), ANSWERS.numpy())})
    expected = Fraction(0)
    for answers in ANSWERS.tolist():
        votes = Counter(answers)
        commonest = [each for each, count in votes.items() if count == max(votes.values())]
        expected += Fraction(TRUTH in commonest, len(commonest) * len(ANSWERS))
    assert figures.majority == {"0.5": pytest.approx(float(expected))}


def with_chains() -> Recipe:
    return recipe_of(
        "mine",
        {
            "title": "Two arms", "config": "mnns-2x3", "layers": 1, "heads": 1, "widths": [8], "seeds": [0],
            "samples": 9, "temperatures": [0.5, 2.0],
            "training": {"rate": 1e-2, "batch": 4, "epochs": 5},
            "arm": [{"name": "hard", "method": "discrete"}],
        },
        "here",
    )  # fmt: skip


def test_chains_are_sampled_of_discrete_members_alone() -> None:
    task = mnns(2, 3)
    members = [Member(arm(name, method), 0) for name, method in (("soft", "cot2"), ("hard", "discrete"))]  # type: ignore[arg-type]
    course = Course(members, shape_of(task), task, task)
    course.run(every=5)
    recipe, tasks = with_chains(), {"validation": task, "test": task}
    soft, hard = supervised_results(recipe, course, tasks, seconds=6.0)
    assert soft.splits["test"].solved == {}
    found = pass_at(hard.splits["test"])
    assert [*found] == ["0.5", "2.0"]
    for each in found.values():
        assert [*each] == ["1", "2", "4", "8", "9"]
        shares = [*each.values()]
        assert shares == sorted(shares)
        assert shares[0] < shares[-1]
    assert (soft.seconds, soft.epochs) == (3.0, 5)
    assert soft.parameters == sum(each[0].numel() for each in course.model.parameters())
    assert supervised_results(recipe, course, tasks, seconds=6.0) == [soft, hard]


def test_a_diverged_model_is_measured_too() -> None:
    task = mnns(2, 3)
    course = Course([Member(arm("hard", "discrete", rate=1e9), 0)], shape_of(task), task, task)
    with torch.no_grad():
        next(course.model.parameters()).fill_(torch.nan)
    course.run(every=5)
    (hard,) = supervised_results(with_chains(), course, {"validation": task, "test": task}, seconds=1.0)
    figures = hard.splits["test"]
    assert figures.correct == 0
    assert {share for each in pass_at(figures).values() for share in each.values()} == {0.0}
    assert math.isnan(hard.curve[-1][1])
