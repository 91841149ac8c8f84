"""How a thought is made of a distribution over tokens, and models that feed themselves."""

import math
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.supervised import forced  # noqa: E402 (needs torch)
from mensrea.training.thoughts import (  # noqa: E402
    ByMember,
    Dirichlet,
    Greedy,
    Hidden,
    Mixture,
    Pause,
    Sampled,
    follow,
)
from torch.nn import functional  # noqa: E402

from .made import SHAPE, batch, rounded  # noqa: E402

LOGITS = torch.tensor([2.0, 0.0, 1.0, -1.0, 0.5])


def generator(seed: int = 0) -> Any:
    return torch.Generator().manual_seed(seed)


def many(rows: int, logits: Any = LOGITS) -> Any:
    """The same distribution in every row of one member."""
    return logits.expand(1, rows, -1)


def test_a_mixture_of_one_certain_token_is_that_token() -> None:
    logits = torch.full((2, 3, 5), -1e4)
    certain = torch.randint(5, (2, 3), generator=generator())
    logits.scatter_(2, certain[..., None], 0.0)
    assert torch.equal(Mixture().weights(logits), Greedy().weights(logits))
    assert torch.equal(Greedy().weights(logits).argmax(-1), certain)


def test_a_mixture_is_the_softmax_and_greedy_the_likeliest() -> None:
    logits = torch.randn(2, 3, 5, generator=generator())
    assert torch.equal(Mixture().weights(logits), logits.softmax(-1))
    assert torch.equal(Greedy().weights(logits), functional.one_hot(logits.argmax(-1), 5).float())


def test_a_pause_is_the_same_whatever_the_model_says() -> None:
    logits = torch.randn(2, 3, 5, generator=generator())
    assert torch.equal(Pause(3).weights(logits), torch.tensor([0, 0, 0, 1, 0.0]).expand(2, 3, -1))


@pytest.mark.parametrize("tokens", [1, 2, 6])
def test_sampled_weights_are_the_shares_of_the_tokens_drawn(tokens: int) -> None:
    rule = Sampled(tokens, 1.0, generator())
    for _ in range(2):
        rule.weights(torch.randn(2, 3, 5, generator=generator()))
    weights = rule.weights(torch.randn(2, 3, 5, generator=generator(1)))
    assert [each.shape for each in rule.drawn] == [(2, 3, tokens)] * 3
    shares = functional.one_hot(rule.drawn[-1], 5).float().mean(2)
    assert torch.allclose(weights, shares)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3))


@pytest.mark.parametrize(("tokens", "temperature"), [(1, 1.0), (3, 1.0), (3, 0.5), (1, 2.0)])
def test_sampled_weights_approach_the_softmax(tokens: int, temperature: float) -> None:
    weights = Sampled(tokens, temperature, generator()).weights(many(20_000))[0]
    expected = (LOGITS / temperature).softmax(-1)
    spread = (expected * (1 - expected) / tokens).sqrt()
    assert ((weights.mean(0) - expected).abs() < 5 * spread / 20_000**0.5).all()
    assert torch.allclose(weights.std(0), spread, rtol=0.1)


def test_a_generator_makes_draws_repeatable() -> None:
    for rule in (Sampled, Dirichlet):
        first, again, other = (rule(generator=generator(seed)).weights(many(50)) for seed in (0, 0, 1))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


def test_a_diverged_model_draws_the_first_token() -> None:
    logits = torch.zeros(2, 3, 5)
    logits[1, 0, 2], logits[1, 2] = math.nan, math.inf
    rule = Sampled(4, generator=generator())
    weights = rule.weights(logits)
    assert weights.isfinite().all()
    assert rule.drawn[0][1, 0].tolist() == rule.drawn[0][1, 2].tolist() == [0] * 4
    assert rule.drawn[0][[0, 0, 0, 1], [0, 1, 2, 1]].count_nonzero() > 0


@pytest.mark.parametrize("scale", [0.5, 1.0, 20.0])
def test_dirichlet_draws_have_its_mean_and_variance(scale: float) -> None:
    rule = Dirichlet(scale, generator())
    drawn = rule.weights(many(40_000))[0]
    mean = LOGITS.softmax(-1)
    variance = mean * (1 - mean) / (scale + 1)
    assert rule.kept[0].all()
    assert torch.equal(rule.drawn[0][0], drawn)
    assert torch.allclose(drawn.sum(-1), torch.ones(40_000))
    assert ((drawn.mean(0) - mean).abs() < 5 * (variance / 40_000).sqrt()).all()
    assert torch.allclose(drawn.var(0), variance, rtol=0.1)


def test_unlikely_tokens_take_no_part_in_dirichlet_draws() -> None:
    logits = torch.tensor([0.9, 0.0979, 0.0012, 0.0009]).log()
    rule = Dirichlet(1.0, generator())
    drawn = rule.weights(many(20_000, logits))[0]
    assert rule.kept[0][0, 0].tolist() == [True, True, True, False]
    assert (drawn[:, 3] == 0).all()
    mean = logits.exp()[:3] / logits.exp()[:3].sum()
    assert ((drawn.mean(0)[:3] - mean).abs() < 5 * (mean / 2 / 20_000).sqrt()).all()


def test_the_likeliest_tokens_take_part_where_all_are_unlikely() -> None:
    drawn = Dirichlet(1.0, generator()).weights(torch.zeros(1, 4, 3000))
    assert torch.allclose(drawn.sum(-1), torch.ones(1, 4))


def test_each_run_of_members_has_its_own_rule() -> None:
    logits = torch.randn(4, 3, 5, generator=generator())
    weights = ByMember([(Mixture(), 1), (Pause(0), 1), (Greedy(), 2)]).weights(logits)
    assert torch.equal(weights[:1], Mixture().weights(logits[:1]))
    assert torch.equal(weights[1:2], Pause(0).weights(logits[1:2]))
    assert torch.equal(weights[2:], Greedy().weights(logits[2:]))


def test_hidden_states_stand_beside_no_mixtures() -> None:
    with pytest.raises(ValueError, match="can't be fed beside mixtures"):
        ByMember([(Mixture(), 1), (Hidden(), 1)]).weights(torch.zeros(2, 3, 5))


class Taught:
    """Thoughts that are given, whatever the model says."""

    def __init__(self, fed: Any) -> None:
        self.left = [*fed.unbind(2)]

    def weights(self, logits: Any) -> Any:
        del logits
        return self.left.pop(0)


@pytest.mark.parametrize("padded", [(), (0, 1, 3, 0, 2)])
def test_following_a_teacher_is_teacher_forcing(padded: tuple[int, ...]) -> None:
    model, made = rounded(), batch(padded=padded)
    teacher = Taught(made.fed)
    logits, hidden = follow(model, made.prompts, made.visible, 3, teacher)
    assert not teacher.left
    assert torch.allclose(model.logits(hidden), logits)
    losses = functional.cross_entropy(
        logits.flatten(0, 2), made.targets.flatten(0, 2), reduction="none"
    ).view(3, -1)
    assert torch.allclose(losses.mean(1), forced(model, made), rtol=1e-5)


def test_what_is_fed_is_made_of_the_step_before() -> None:
    model, prompts = rounded(), batch().prompts
    read = model.embed(prompts)
    logits, hidden = follow(model, prompts, None, 3, Mixture())
    for step in range(3):
        state = model(read)[:, :, -1:]
        assert torch.allclose(hidden[:, :, step : step + 1], state, atol=1e-6)
        assert torch.allclose(logits[:, :, step : step + 1], model.logits(state), atol=1e-5)
        read = torch.cat([read, model.mix(model.logits(state).softmax(-1))], 2)


def test_hidden_thoughts_are_the_last_states() -> None:
    model, prompts = rounded(), batch().prompts
    read = model.embed(prompts)
    _, hidden = follow(model, prompts, None, 3, Hidden())
    for step in range(3):
        state = model(read)[:, :, -1:]
        assert torch.allclose(hidden[:, :, step : step + 1], state, atol=1e-6)
        read = torch.cat([read, state], 2)


def test_one_step_needs_no_thought() -> None:
    logits, hidden = follow(rounded(), batch().prompts, None, 1, Taught(torch.zeros(3, 5, 0, 11)))
    assert logits.shape == (3, 5, 1, SHAPE.vocabulary)
    assert hidden.shape == (3, 5, 1, SHAPE.width)
