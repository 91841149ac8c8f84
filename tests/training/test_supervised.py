"""Losses of supervised training against the same losses written out."""

from dataclasses import replace
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.supervised import Batch, coconut, forced, self_fed  # noqa: E402 (needs torch)
from mensrea.training.thoughts import Mixture, follow  # noqa: E402
from torch.nn import functional  # noqa: E402

from .made import batch, gradients, rounded  # noqa: E402

EVERY = range(3)


def discrete(made: Batch) -> Batch:
    """Targets of one token a step, which is fed too."""
    targets = functional.one_hot(made.targets.argmax(-1), made.targets.shape[-1]).float()
    return replace(made, targets=targets, fed=targets[:, :, :-1])


def by_hand(model: Any, made: Batch, member: int) -> list[list[float]]:
    """The cross-entropy of each row and step, one sequence at a time."""
    alone = model.taken(slice(member, member + 1))
    rows: list[list[float]] = []
    for row, targets in enumerate(made.targets[member]):
        thoughts = made.fed[member, row] @ alone.tokens[0]
        read = torch.cat([alone.tokens[0][made.prompts[member, row]], thoughts])
        seen = None
        if made.visible is not None:
            seen = torch.cat([made.visible[member, row], torch.ones(len(thoughts), dtype=torch.bool)])
            seen = seen[None, None]
        scores = (alone(read[None, None], seen)[0, 0] @ alone.tokens[0].T).log_softmax(-1)
        rows.append([-(target @ score).item() for target, score in zip(targets, scores[-3:], strict=True)])
    return rows


@pytest.mark.parametrize("padded", [(), (0, 1, 3, 0, 2)])
def test_teacher_forcing_is_the_mean_cross_entropy(padded: tuple[int, ...]) -> None:
    model, made = rounded(), batch(padded=padded)
    expected = [torch.tensor(by_hand(model, made, member)).mean().item() for member in EVERY]
    assert forced(model, made).tolist() == pytest.approx(expected, rel=1e-5)


def test_steps_that_do_not_count_are_left_out() -> None:
    model, made = rounded(), batch()
    made = replace(made, counted=torch.tensor([[1, 1, 1], [0, 0, 1], [1, 0, 0.0]]))
    every = [torch.tensor(by_hand(model, made, member)).mean(0) for member in EVERY]
    expected = [every[0].mean().item(), every[1][2].item(), every[2][0].item()]
    assert forced(model, made).tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("padded", [(), (0, 1, 3, 0, 2)])
def test_a_prompts_own_tokens_count_as_much_as_steps(padded: tuple[int, ...]) -> None:
    model, made = rounded(), batch(padded=padded)
    made = replace(made, counted=torch.tensor([[1, 1, 1], [0, 0, 1], [1, 1, 1.0]]))
    for member, loss in enumerate(forced(model, made, on_prompt=True).tolist()):
        steps = (torch.tensor(by_hand(model, made, member)) * made.counted[member]).sum().item()
        count, told = 5 * made.counted[member].sum().item(), 0.0
        alone = model.taken(slice(member, member + 1))
        for row, prompt in enumerate(made.prompts[member]):
            # A padded prompt as if it stood alone, at its places.
            first = padded[row] if padded else 0
            moved = alone.taken(slice(0, 1))
            moved.places.data = alone.places.data.roll(-first, 1)
            own = prompt[first:]
            if len(own) > 1:
                scores = moved.logits(moved(moved.embed(own[None, None])))[0, 0, :-1]
                told += functional.cross_entropy(scores, own[1:], reduction="sum").item()
                count += len(own) - 1
        assert loss == pytest.approx((steps + told) / count, rel=1e-5)


def test_a_model_that_feeds_itself_reads_its_own_mixtures() -> None:
    model, made = rounded(), batch()
    logits, _ = follow(model, made.prompts, None, 3, Mixture())
    own = replace(made, fed=logits.softmax(-1)[:, :, :-1])
    assert torch.allclose(self_fed(model, made), forced(model, own), rtol=1e-5)
    assert torch.equal(self_fed(model, replace(made, fed=made.fed * 0)), self_fed(model, made))


@pytest.mark.parametrize("stage", [None, 0, 1, 2])
def test_gradients_are_those_of_the_whole_loss(stage: int | None) -> None:
    """What the loss gains along a direction, thoughts included, is what its gradient says."""
    model = rounded().double()
    made = batch()
    made = replace(made, targets=made.targets.double(), fed=made.fed.double())

    def loss() -> Any:
        return self_fed(model, made) if stage is None else coconut(model, made, stage)

    found = gradients(model, loss())
    along = {name: torch.randn_like(each) for name, each in model.named_parameters()}
    expected = sum((each * along[name]).sum().item() for name, each in found.items())
    ends: list[float] = []
    for length in (1e-6, -2e-6):
        with torch.no_grad():
            for name, each in model.named_parameters():
                each.add_(along[name], alpha=length)
            ends.append(loss().sum().item())
    assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(expected, rel=1e-5)


def test_gradients_flow_through_a_models_own_thoughts() -> None:
    model, made = rounded(), batch()
    logits, _ = follow(model, made.prompts, None, 3, Mixture())
    detached = replace(made, fed=logits.softmax(-1)[:, :, :-1].detach())
    through, around = gradients(model, self_fed(model, made)), gradients(model, forced(model, detached))
    assert not torch.allclose(through["tokens"], around["tokens"], rtol=1e-2)


def test_coconut_begins_as_a_discrete_model() -> None:
    model, made = rounded(), discrete(batch())
    assert torch.allclose(coconut(model, made, 0), forced(model, made), rtol=1e-6)


@pytest.mark.parametrize("padded", [(), (0, 1, 3, 0, 2)])
@pytest.mark.parametrize("stage", [1, 2])
def test_later_stages_of_coconut_read_hidden_states(stage: int, padded: tuple[int, ...]) -> None:
    model, made = rounded(), discrete(batch(padded=padded))
    expected: list[float] = []
    for member in EVERY:
        alone = model.taken(slice(member, member + 1))
        losses: list[Any] = []
        for row in range(5):
            own = slice(padded[row] if padded else 0, None)
            alone.places.data = model.places.data[member : member + 1].roll(-(own.start or 0), 1)
            read = alone.embed(made.prompts[member, row, own][None, None])
            for step in range(3):
                state = alone(read)[:, :, -1:]
                if step >= stage:
                    target = made.targets[member, row, step].argmax()
                    losses.append(functional.cross_entropy(alone.logits(state)[0, 0, 0], target))
                fed = alone.mix(made.targets[member, row, step][None, None, None])
                thought = state if step < stage else fed
                read = torch.cat([read, thought], 2)
        expected.append(torch.stack(losses).mean().item())
    assert coconut(model, made, stage).tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_steps_that_hidden_states_stand_for_are_not_supervised(stage: int) -> None:
    model, made = rounded(), batch()
    before = coconut(model, made, stage)
    for step in range(3):
        other = made.targets.clone()
        other[:, :, step] = other[:, :, step].roll(1, -1)
        changed = coconut(model, replace(made, targets=other), stage)
        assert torch.equal(changed, before) == (step < stage)
        if step < 2:
            fed = made.fed.clone()
            fed[:, :, step] = fed[:, :, step].roll(1, -1)
            assert torch.equal(coconut(model, replace(made, fed=fed), stage), before) == (step < stage)
