"""MNNS as tokens: what a model reads, what it learns, and which chains are valid."""

import itertools
from collections import Counter
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.task import Task  # noqa: E402 (needs torch)

from .made import mnns  # noqa: E402


def words(task: Task, tokens: Any) -> list[str]:
    return [task.vocabulary[token] for token in tokens.tolist()]


def numbers(task: Task, row: int) -> list[int]:
    return [int(word[1:]) for word in words(task, task.prompts[row])[1:]]


def test_a_token_stands_for_each_digit_and_sum() -> None:
    task = mnns(2, 4, 3)
    sums = [f"S{each}" for each in range(-8, 9)]
    assert task.vocabulary == ("<pad>", "<bos>", "<pause>", "D3", "D4", *sums)
    assert [words(task, prompt) for prompt in task.prompts] == [
        ["<bos>", f"D{first}", f"D{second}"] for first, second in itertools.product((3, 4), repeat=2)
    ]
    assert (len(task), task.steps, task.positions) == (4, 2, 4)
    assert task.visible is None
    assert task.vocabulary[task.pause] == "<pause>"


def test_the_papers_examples() -> None:
    digits = [[2, 1, 1, 4], [9, 9, 9, 9], [1, 2, 3, 4], [9, 1, 1, 1]]
    task = mnns(4, 9, digits=torch.tensor(digits).numpy())
    assert [words(task, trace) for trace in task.traces] == [
        ["S2", "S3", "S4", "S0"],
        ["S9", "S18", "S9", "S0"],
        ["S1", "S-1", "S-4", "S0"],
        ["S9", "S8", "S7", "S6"],
    ]
    assert words(task, task.answers) == ["S0", "S0", "S0", "S6"]
    assert task.positions == 8


@pytest.mark.parametrize("budget", ["minabs1", "minabs4", "nonneg1", "nonneg3"])
def test_targets_are_distributions_and_end_with_the_answer(budget: str) -> None:
    task = mnns(3, 4, budget=budget)
    for targets in task.targets.values():
        assert targets.shape == (64, 3, len(task.vocabulary))
        assert torch.allclose(targets.sum(-1), torch.ones(64, 3))
        assert torch.equal(targets[:, -1].argmax(-1), task.answers)
        assert (targets[:, -1].amax(-1) == 1).all()
        assert (targets[:, :, : task.vocabulary.index("S-12")] == 0).all()
    if budget.endswith("1"):
        assert torch.equal(task.targets[budget], task.one_hot_traces())


def test_full_targets_are_the_shares_of_sign_prefixes() -> None:
    task = mnns(3, 4)
    for row in (0, 17, 42):
        digits = numbers(task, row)
        for step in (1, 2):
            ends = [sum(map(int.__mul__, digits, signs)) for signs in itertools.product((1, -1), repeat=step)]
            found = task.targets["all"][row, step - 1]
            told = {task.vocabulary[place]: found[place].item() for place in found.nonzero().flatten()}
            assert told == {f"S{end}": count / 2**step for end, count in Counter(ends).items()}


def test_traces_are_valid_and_end_with_the_answer() -> None:
    task = mnns(4, 5)
    assert task.follows(task.traces, torch.arange(len(task))).all()
    assert torch.equal(task.traces[:, -1], task.answers)
    assert task.one_hot_traces().argmax(-1).equal(task.traces)


def test_exactly_chains_of_signed_sums_follow() -> None:
    task = mnns(2, 3)
    every = torch.cartesian_prod(*[torch.arange(len(task.vocabulary))] * 2)
    for row in range(len(task)):
        first, second = numbers(task, row)
        valid = {
            (f"S{sign * first}", f"S{sign * first + other * second}")
            for sign, other in itertools.product((1, -1), repeat=2)
        }
        follows = task.follows(every, torch.full((len(every),), row))
        assert {tuple(words(task, chain)) for chain in every[follows]} == valid


def test_orders_of_the_same_digits_are_one_group() -> None:
    task = mnns(3, 4)
    digits = [tuple(sorted(numbers(task, row))) for row in range(len(task))]
    pairs = set(zip(digits, task.groups.tolist(), strict=True))
    assert len(pairs) == len(set(digits)) == len(set(task.groups.tolist())) == 20
