"""GRPO: its parts by hand, and that it raises rewards."""

import math
from dataclasses import replace
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.ensemble import Ensemble  # noqa: E402 (needs torch)
from mensrea.training.policy import (  # noqa: E402
    Improvement,
    _divergence,
    advantages_of,
    clipped,
    dirichlet_log_density,
)
from mensrea.training.settings import Policy  # noqa: E402
from mensrea.training.task import Task  # noqa: E402

from .made import rounded, same, shape_of, stored  # noqa: E402

ANSWERS = torch.tensor([2, 3, 4, 5])
TASK = Task(
    prompts=torch.tensor([[1, 2, 0], [0, 1, 3], [2, 1, 4], [0, 0, 5]]),
    visible=torch.tensor([[1, 1, 1], [0, 1, 1], [1, 1, 1], [0, 0, 1]]).bool(),
    answers=ANSWERS,
    traces=torch.stack([ANSWERS, ANSWERS, ANSWERS], 1),
    targets={},
    vocabulary=tuple("abcdef"),
    pause=0,
    follows=lambda chosen, _: (chosen == chosen[:, :1]).all(1),
    groups=torch.arange(4),
)
MTS = Policy("mts", "start", tokens=2, rollouts=6, rate=1e-2, batch=2, epochs=3)
DIRICHLET = replace(MTS, name="dirichlet", thought="dirichlet", scale=2.0)
both = pytest.mark.parametrize("policy", [MTS, DIRICHLET], ids=["mts", "dirichlet"])


def improvement(policy: Policy, model: Ensemble | None = None, *, dropout: float = 0.0) -> Improvement:
    shape = shape_of(TASK, dropout=dropout)
    return Improvement(policy, model or rounded(shape, (3, 4)), [3, 4], TASK, TASK)


def test_advantages_are_rewards_against_their_problem() -> None:
    rewards = torch.tensor([[1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 0, 0.0]])
    found = advantages_of(rewards)
    low = 0.25 / math.sqrt(3 / 16)
    assert found[0].tolist() == pytest.approx([3 * low, -low, -low, -low], rel=1e-4)
    assert found[1:3].tolist() == [[0.0] * 4] * 2
    assert found[3].tolist() == pytest.approx([1, 1, -1, -1], rel=1e-4)


def test_ratios_count_up_to_the_clip() -> None:
    ratios = torch.tensor([1.3, 1.05, 0.7, 1.0], dtype=torch.float64)
    now = ratios.log().view(1, 1, 4).repeat(1, 2, 1).requires_grad_()
    loss = clipped(now, torch.zeros_like(now), torch.tensor([[2.0, -1.0]], dtype=torch.float64), 0.1)
    gains = [1.1 * 2, 1.05 * 2, 0.7 * 2, 2, -1.3, -1.05, -0.9, -1]
    assert loss.tolist() == pytest.approx([-sum(gains) / 8])
    loss.sum().backward()
    # The gradient of a ratio's logarithm is the ratio, and none where it is clipped.
    assert (-8 * now.grad).flatten().tolist() == pytest.approx([0, 2.1, 1.4, 2, -1.3, -1.05, 0, -1])


def test_members_have_losses_of_their_own() -> None:
    now, gains = torch.randn(3, 4, 2) / 10, torch.randn(3, 4)
    found = clipped(now, torch.zeros_like(now), gains, 0.1)
    for member in range(3):
        part = slice(member, member + 1)
        alone = clipped(now[part], torch.zeros_like(now[part]), gains[part], 0.1)
        assert alone.item() == pytest.approx(found[member].item())


def test_the_penalty_is_an_estimate_of_the_divergence() -> None:
    odds, other = torch.tensor([0.5, 0.3, 0.2]).double(), torch.tensor([0.2, 0.2, 0.6]).double()
    each = [_divergence(odds[i].log().view(1, 1, 1), other[i].log().view(1, 1, 1)).item() for i in range(3)]
    assert min(each) > 0
    divergence = (odds * (odds / other).log()).sum().item()
    mean = sum(chance * value for chance, value in zip(odds.tolist(), each, strict=True))
    assert mean == pytest.approx(divergence)
    assert _divergence(odds.view(1, 3, 1), odds.view(1, 3, 1)).item() == 0


@pytest.mark.parametrize("scale", [0.5, 1.0, 30.0])
def test_dirichlet_densities_are_those_of_torch(scale: float) -> None:
    random = torch.Generator().manual_seed(0)
    scores = torch.randn(7, 5, generator=random).double().log_softmax(-1).requires_grad_()
    mixtures = torch.randn(7, 5, generator=random).double().softmax(-1)
    kept = torch.ones(7, 5, dtype=torch.bool)
    expected = torch.distributions.Dirichlet(scale * scores.exp()).log_prob(mixtures)
    found = dirichlet_log_density(mixtures, scores, kept, scale)
    assert torch.allclose(found, expected)
    gradients = [torch.autograd.grad(each.sum(), scores)[0] for each in (found, expected)]
    assert torch.allclose(*gradients)


def test_tokens_that_took_no_part_have_none_in_the_density() -> None:
    scores = torch.tensor([0.6, 0.3, 0.0999, 0.0001]).log().requires_grad_()
    mixture = torch.tensor([0.5, 0.2, 0.3, 0.0])
    found = dirichlet_log_density(mixture, scores, torch.tensor([True, True, True, False]), 2.0)
    expected = torch.distributions.Dirichlet(2 * scores[:3].exp()).log_prob(mixture[:3])
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    found.backward()
    assert scores.grad.isfinite().all()
    assert scores.grad[3] == 0


@both
def test_rollouts_of_a_problem_stand_together(policy: Policy) -> None:
    rows = torch.tensor([[0, 2], [3, 1]])
    found, rewards = improvement(policy).roll_out(rows)
    assert torch.equal(found.prompts, TASK.prompts[rows].repeat_interleave(6, 1))
    right = (found.answers == ANSWERS[rows].repeat_interleave(6, 1)).float()
    assert rewards.tolist() == pytest.approx(right.mean(1).tolist())
    assert torch.allclose(found.advantages, advantages_of(right.view(2, 2, 6)).flatten(1))
    assert torch.allclose(found.fed.sum(-1), torch.ones(2, 12, 2))
    assert (found.drawn is None) == (policy.thought == "dirichlet")
    assert (found.kept is None) == (policy.thought == "mts")
    assert found.fed.flatten(0, 1).unique(dim=0).shape[0] > 4


@both
def test_log_probabilities_are_those_of_each_step(policy: Policy) -> None:
    made = improvement(policy)
    found, _ = made.roll_out(torch.tensor([[0, 1], [3, 1]]))
    with torch.no_grad():
        told = made.log_probabilities(found)
    assert told.shape == (2, 12, 3)
    assert found.visible is not None
    for member, rollout in ((0, 0), (0, 7), (1, 3), (1, 11)):
        alone = made.model.taken(slice(member, member + 1))
        thoughts = found.fed[member, rollout] @ alone.tokens[0].detach()
        read = torch.cat([alone.tokens[0][found.prompts[member, rollout]], thoughts])
        seen = torch.cat([found.visible[member, rollout], torch.tensor([True, True])])
        hidden = alone(read[None, None], seen[None, None])[0, 0, -3:]
        odds = (hidden @ alone.tokens[0].T).detach().double().softmax(-1)
        expected = [odds[2, found.answers[member, rollout]].log().item()]
        for step in (1, 0):
            if found.drawn is not None:
                tokens = found.drawn[member, rollout, step].tolist()
                each = sum(math.log(odds[step, token]) for token in tokens) / 2
            else:
                mixture = found.fed[member, rollout, step].double()
                mixture = mixture.clamp_min(torch.finfo(torch.float32).tiny)
                kept = found.kept[member, rollout, step]
                rule = torch.distributions.Dirichlet(2 * odds[step][kept], validate_args=False)
                each = rule.log_prob(mixture[kept]).item()
            expected.insert(0, each)
        assert told[member, rollout].tolist() == pytest.approx(expected, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    "policy", [replace(MTS, tokens=1), replace(MTS, tokens=3), replace(DIRICHLET, scale=1.0)],
    ids=["one", "three", "dirichlet"],
)  # fmt: skip
def test_rewards_rise(policy: Policy) -> None:
    """From a chance of one in six."""
    model = Ensemble(shape_of(TASK, width=32), [3, 4])
    made = improvement(replace(policy, epochs=30, batch=4, rollouts=32), model)
    assert made.one_epoch().max() < 0.35
    made.run(every=10)
    assert [point.epoch for point in made.curve][-3:] == [10, 20, 30]
    assert min(made.curve[-1].loss) > 0.55
    assert min(made.curve[-1].accuracy) > 0.7


@both
def test_a_stop_changes_nothing(policy: Policy) -> None:
    policy = replace(policy, penalty=0.1)
    whole = improvement(policy, dropout=0.3)
    torch.manual_seed(1)
    whole.run(every=2)
    stopped = improvement(policy, dropout=0.3)

    def between() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        stopped.run(2, between)
    other = rounded(shape_of(TASK, dropout=0.3), (8, 9))
    resumed = improvement(policy, other)
    resumed.load(stored(stopped.state()))
    torch.manual_seed(2)
    resumed.run(every=2)
    assert resumed.curve == whole.curve
    assert same(stored(resumed.state()), stored(whole.state()))


@both
def test_measuring_changes_nothing(policy: Policy) -> None:
    often, seldom = improvement(policy), improvement(policy)
    often.run(every=1)
    seldom.run(every=3)
    assert same(often.model.state_dict(), seldom.model.state_dict())
    assert torch.equal(often.measured(TASK).correct, seldom.measured(TASK).correct)


def test_the_reference_is_the_policy_at_the_start() -> None:
    made = improvement(replace(MTS, rate=0.05))
    start = made.model.taken(slice(0, 2))
    made.one_epoch()
    found, _ = made.roll_out(torch.tensor([[0, 1], [3, 1]]))
    trained = stored(made.model.state_dict())
    with torch.no_grad():
        expected = improvement(MTS, start).log_probabilities(found)
        assert torch.allclose(made._reference(found), expected, atol=1e-5)
        assert not torch.allclose(made.log_probabilities(found), expected, atol=1e-2)
    assert same(stored(made.model.state_dict()), trained)


def test_a_penalty_keeps_a_policy_where_it_started() -> None:
    drift: list[float] = []
    for penalty in (0.0, 10.0):
        made = improvement(replace(MTS, penalty=penalty, epochs=8, batch=4, rollouts=8))
        start = made.model.taken(slice(0, 2))
        made.run(every=8)
        found, _ = improvement(MTS, start).roll_out(torch.tensor([[0, 1, 2, 3]] * 2))
        with torch.no_grad():
            now, then = (each.log_probabilities(found) for each in (made, improvement(MTS, start)))
        drift.append((now - then).abs().mean().item())
    assert drift[1] < drift[0] / 2


def test_equal_rewards_teach_nothing() -> None:
    made = improvement(replace(MTS, decay=0.0))
    made.train = replace(TASK, answers=torch.full((4,), -1))
    weights = stored(made.model.state_dict())
    assert made.one_epoch().tolist() == [0, 0]
    assert same(stored(made.model.state_dict()), weights)
