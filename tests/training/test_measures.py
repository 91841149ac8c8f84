"""What is measured of models, against the same computed one problem at a time."""

import math
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training import measures  # noqa: E402 (needs torch)
from mensrea.training.measures import by_method, measure, sampled_answers, usual_thought  # noqa: E402
from mensrea.training.thoughts import ByMember, Greedy, Hidden, Mixture, Pause, follow  # noqa: E402

from .made import mnns, rounded, shape_of  # noqa: E402


def test_methods_feed_themselves_in_their_own_ways() -> None:
    task = mnns()
    assert [usual_thought(name, task) for name in ("cot2", "discrete", "no-cot", "coconut")] == [
        Mixture(), Greedy(), Pause(task.pause), Hidden(),
    ]  # fmt: skip
    methods = ["cot2", "cot2", "discrete", "cot2"]
    assert by_method(methods, task) == [(Mixture(), 2), (Greedy(), 1), (Mixture(), 1)]


@pytest.mark.parametrize("rows", [4096, 9])
def test_figures_are_those_of_each_problem(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_ROWS", rows)
    task = mnns(2, 4)
    model = rounded(shape_of(task), spread=1.0)
    targets = torch.stack([task.targets["all"], task.one_hot_traces(), task.one_hot_traces()])
    rule = ByMember(by_method(["cot2", "discrete", "no-cot"], task))
    model.train()
    found = measure(model, task, targets, rule)
    assert model.training
    for member in range(3):
        alone = model.taken(slice(member, member + 1))
        thought = rule.parts[member][0]
        for row in range(0, 16, 5):
            logits, _ = follow(alone, task.prompts[row][None, None], None, 2, thought)
            odds = logits[0, 0].detach().double().softmax(-1)
            chosen = odds.argmax(-1)
            assert found.correct[member, row] == (chosen[-1] == task.answers[row])
            assert found.valid[member, row] == task.follows(chosen[None], torch.tensor([row]))[0]
            for step in range(2):
                mixed = [(p, q) for p, q in zip(targets[member, row, step], odds[step], strict=True) if p > 0]
                divergence = sum(float(p) * math.log(p / q) for p, q in mixed)
                entropy = -sum(float(q) * math.log(q) for q in odds[step])
                assert found.divergence[member, row, step] == pytest.approx(divergence, abs=1e-4)
                assert found.entropy[member, row, step] == pytest.approx(entropy, abs=1e-4)
    assert found.accuracy.tolist() == found.correct.double().mean(1).tolist()


@pytest.mark.parametrize("rows", [4096, 1000])
def test_sampled_answers_have_the_models_chances(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_ROWS", rows)
    task = mnns(2, 2)
    model = rounded(shape_of(task), seeds=[3], spread=1.0)
    samples = 2000
    found = sampled_answers(model, task, samples, 0.7, torch.Generator().manual_seed(0))
    assert found.shape == (1, 4, samples)
    for row in range(4):
        chances = torch.zeros(len(task.vocabulary))
        prompt = model.embed(task.prompts[row][None, None])
        first = (model.logits(model(prompt))[0, 0, -1] / 0.7).softmax(-1)
        for token, chance in enumerate(first):
            read = torch.cat([prompt, model.tokens[0][token][None, None, None]], 2)
            chances += chance * (model.logits(model(read))[0, 0, -1] / 0.7).softmax(-1)
        shares = found[0, row].bincount(minlength=len(chances)) / samples
        assert ((shares - chances).abs() < 5 * (chances / samples).sqrt() + 1e-3).all()
