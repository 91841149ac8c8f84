"""Training: what it teaches each member, and that a stop changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.course import Course, Member, Targets, order  # noqa: E402 (needs torch)
from mensrea.training.settings import Arm  # noqa: E402
from mensrea.training.supervised import forced  # noqa: E402
from mensrea.training.task import Task  # noqa: E402

from .made import arm, mnns, same, shape_of, stored  # noqa: E402

TASK = mnns(2, 4, budget="nonneg2")
ARMS = [arm("soft"), arm("budget", supervision="nonneg2"), arm("hard", "discrete"), arm("none", "no-cot")]


def changed(given: Arm, **training: Any) -> Arm:
    return replace(given, training=replace(given.training, **training))


def course(*arms: Arm, seeds: tuple[int, ...] = (0, 1), dropout: float = 0.0, task: Task = TASK) -> Course:
    members = [Member(each, seed) for each in arms for seed in seeds]
    return Course(members, shape_of(task, dropout=dropout), task, task)


def finished(*arms: Arm, every: int = 2, **options: Any) -> Course:
    made = course(*arms, **options)
    made.run(every)
    return made


def test_losses_fall_epoch_by_epoch() -> None:
    made = finished(*(changed(each, epochs=8) for each in ARMS), every=2)
    assert made.is_done
    assert [point.epoch for point in made.curve] == [2, 4, 6, 8]
    losses = torch.tensor([point.loss for point in made.curve])
    assert (losses.diff(dim=0) < 0).all()
    assert (losses[-1] < losses[0] - 0.3).all()
    last = made.curve[-1]
    assert made.measured(TASK).accuracy.tolist() == last.accuracy


def test_points_are_every_few_epochs_and_at_the_end() -> None:
    assert [point.epoch for point in finished(*ARMS, every=2).curve] == [2, 4, 5]


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_the_same_seeds_give_the_same_curve(dropout: float) -> None:
    torch.manual_seed(1)
    first = finished(*ARMS, dropout=dropout)
    torch.manual_seed(2)
    again = finished(*ARMS, dropout=dropout)
    assert first.curve == again.curve
    assert same(first.model.state_dict(), again.model.state_dict())
    other = finished(*ARMS, dropout=dropout, seeds=(2, 3))
    assert first.curve[-1].loss != other.curve[-1].loss


def test_training_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    finished(*ARMS, dropout=0.2)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("kind", ["teacher", "self", "prompt", "coconut", "cosine"])
@pytest.mark.parametrize("stop", [1, 3])
def test_a_stop_changes_nothing(kind: str, stop: int) -> None:
    options: dict[str, Any] = {
        "teacher": {},
        "self": {"feeding": "self"},
        "prompt": {"on_prompt": True},
        "cosine": {"schedule": "cosine"},
        "coconut": {"method": "coconut"},
    }[kind]
    arms = [arm("one", **options)]
    whole = finished(*arms, dropout=0.2)
    stopped = course(*arms, dropout=0.2)

    def between() -> None:
        if stopped.epoch == stop:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        stopped.run(2, between)
    resumed = course(*arms, dropout=0.2)
    resumed.load(stored(stopped.state()))
    resumed.run(2)
    assert resumed.curve == whole.curve
    assert same(stored(resumed.state()), stored(whole.state()))


def test_a_finished_course_does_nothing_more() -> None:
    made = finished(*ARMS)
    state = stored(made.state())
    made.run(2)
    assert same(stored(made.state()), state)


def test_members_train_as_they_would_alone() -> None:
    together = finished(*(changed(each, epochs=2) for each in ARMS))
    for place, member in enumerate(together.members):
        alone = Course([member], shape_of(TASK), TASK, TASK)
        alone.run(2)
        weights = dict(alone.model.named_parameters())
        for name, each in together.model.named_parameters():
            assert torch.allclose(each[place], weights[name][0], rtol=1e-3, atol=1e-4), name
        assert [point.loss[place] for point in together.curve] == pytest.approx(
            [point.loss[0] for point in alone.curve], rel=1e-4
        )


def test_each_member_learns_from_its_own_supervision() -> None:
    members = [Member(each, 0) for each in ARMS]
    rows = torch.tensor([[0, 7], [1, 7], [2, 7], [3, 7]])
    made = Targets(members, TASK, torch.device("cpu")).batch(rows)
    hard = TASK.one_hot_traces()
    expected = [TASK.targets["all"], TASK.targets["nonneg2"], hard, hard]
    for place, targets in enumerate(expected):
        assert torch.equal(made.targets[place], targets[rows[place]])
        assert torch.equal(made.prompts[place], TASK.prompts[rows[place]])
    for place in range(3):
        assert torch.equal(made.fed[place], made.targets[place, :, :-1])
    assert (made.fed[3].argmax(-1) == TASK.pause).all()
    assert torch.equal(made.fed[3].sum(-1), torch.ones(2, 1))
    assert made.counted.tolist() == [[1, 1], [1, 1], [1, 1], [0, 1]]
    every = Targets(members, TASK, torch.device("cpu")).of_all()
    assert torch.equal(every, torch.stack(expected))


def test_a_point_tells_the_losses_of_its_epoch() -> None:
    """With one batch an epoch, the loss is that of the weights before it."""
    arms = [changed(each, batch=99) for each in ARMS]
    made = course(*arms)
    rows = torch.arange(len(TASK)).expand(8, -1)
    expected = forced(made.model, Targets(made.members, TASK, torch.device("cpu")).batch(rows))
    assert made.one_epoch().tolist() == pytest.approx(expected.tolist(), rel=1e-5)


def test_a_step_is_one_of_adamw() -> None:
    arms = [arm("soft", batch=99, decay=0.1)]
    made, other = course(*arms), course(*arms)
    plain = torch.optim.AdamW(other.model.parameters(), 1e-2, weight_decay=0.1)
    rows = torch.stack([order(seed, 0, len(TASK)) for seed in (0, 1)])
    forced(other.model, Targets(made.members, TASK, torch.device("cpu")).batch(rows)).sum().backward()
    plain.step()
    made.one_epoch()
    for left, right in zip(made.model.parameters(), other.model.parameters(), strict=True):
        assert torch.allclose(left, right, atol=1e-6)


def test_the_rate_falls_as_a_cosine_to_a_tenth() -> None:
    made = course(arm("soft", schedule="cosine", epochs=4))
    rates: list[float] = []
    while not made.is_done:
        made.one_epoch()
        rates.append(made.optimiser.param_groups[0]["lr"])
    assert rates == pytest.approx([0.01, 0.008681980515, 0.0055, 0.002318019485])


def test_coconut_takes_its_stages_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    from mensrea.training import course as module

    stages: list[int] = []
    whole = module.coconut
    monkeypatch.setattr(module, "coconut", lambda *given: (stages.append(given[2]), whole(*given))[1])
    finished(arm("hidden", "coconut", epochs=6, batch=99), task=mnns(3, 3))
    assert stages == [0, 0, 1, 1, 2, 2]


def test_what_is_left_of_a_batch_is_left_out() -> None:
    made = course(arm("soft", batch=5))
    batches = [*made._orders()]
    assert [each.shape for each in batches] == [(2, 5)] * 3
    assert torch.equal(torch.cat(batches, 1)[1], order(1, 0, 16)[:15])


def test_orders_are_permutations_of_a_seed_and_an_epoch() -> None:
    found = [order(seed, epoch, 50).tolist() for seed in range(3) for epoch in range(3)]
    assert all(sorted(each) == [*range(50)] for each in found)
    assert len({tuple(each) for each in found}) == 9
    torch.manual_seed(0)
    assert found[4] == order(1, 1, 50).tolist()
