"""An ensemble computes what its members would compute alone, and what PyTorch's own layers compute."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.training.ensemble import Ensemble, Shape  # noqa: E402 (needs torch)
from mensrea.training.supervised import forced  # noqa: E402
from torch import nn  # noqa: E402

from .made import SHAPE, batch, gradients, rounded  # noqa: E402

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


class Plain(nn.Module):
    """One transformer of PyTorch's own layers, with the weights of a member."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.tokens = nn.Embedding(shape.vocabulary, width)
        self.places = nn.Embedding(shape.positions, width)
        self.blocks: Any = nn.ModuleList(
            nn.ModuleDict(
                {
                    "first": nn.LayerNorm(width),
                    "attend": nn.MultiheadAttention(width, shape.heads, batch_first=True),
                    "second": nn.LayerNorm(width),
                    "widen": nn.Linear(width, 4 * width),
                    "narrow": nn.Linear(4 * width, width),
                }
            )
            for _ in range(shape.layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, embedded: Any) -> Any:
        length = embedded.shape[1]
        hidden = torch.ones(length, length, dtype=torch.bool).triu(1)
        state = embedded + self.places.weight[:length]
        for block in self.blocks:
            normed = block["first"](state)
            state = state + block["attend"](normed, normed, normed, attn_mask=hidden, need_weights=False)[0]
            wide = nn.functional.gelu(block["widen"](block["second"](state)), approximate="tanh")
            state = state + block["narrow"](wide)
        return self.norm(state)

    def pairs(self, ensemble: Ensemble) -> Iterator[tuple[Any, str]]:
        """Each parameter, and the name of the ensemble's."""
        yield from ((self.tokens.weight, "tokens"), (self.places.weight, "places"))
        yield from ((self.norm.weight, "norm.weight"), (self.norm.bias, "norm.bias"))
        for number, block in enumerate(self.blocks):
            attend = block["attend"]
            yield from (
                (attend.in_proj_weight, f"blocks.{number}.attend.weight"),
                (attend.in_proj_bias, f"blocks.{number}.attend.bias"),
                (attend.out_proj.weight, f"blocks.{number}.attended.weight"),
                (attend.out_proj.bias, f"blocks.{number}.attended.bias"),
            )
            for name in ("first", "second", "widen", "narrow"):
                yield block[name].weight, f"blocks.{number}.{name}.weight"
                yield block[name].bias, f"blocks.{number}.{name}.bias"
        assert len([*self.parameters()]) == len([*ensemble.parameters()])


def as_plain(name: str, value: Any) -> Any:
    """A member's parameter, or its gradient, in the layout of PyTorch's layers."""
    flat = value.squeeze(0) if value.dim() == 2 and value.shape[0] == 1 else value
    return flat.T if name.split(".")[-2:-1] and flat.dim() == 2 else flat


def plain_of(ensemble: Ensemble, member: int) -> Plain:
    plain = Plain(ensemble.shape)
    weights = dict(ensemble.named_parameters())
    with torch.no_grad():
        for parameter, name in plain.pairs(ensemble):
            parameter.copy_(as_plain(name, weights[name][member]))
    return plain


def test_a_member_computes_what_plain_layers_compute() -> None:
    model, made = rounded(), batch()
    losses = forced(model, made)
    found = gradients(model, losses)
    read = torch.cat([model.embed(made.prompts), model.mix(made.fed)], 2)
    hidden = model(read)
    for member in range(3):
        plain = plain_of(model, member)
        embedded = torch.cat([plain.tokens(made.prompts[member]), made.fed[member] @ plain.tokens.weight], 1)
        state = plain(embedded)
        logits = state @ plain.tokens.weight.T
        assert torch.allclose(hidden[member], state, **CLOSE)
        assert torch.allclose(model.logits(hidden)[member], logits, **CLOSE)
        loss = nn.functional.cross_entropy(logits[:, -3:].flatten(0, 1), made.targets[member].flatten(0, 1))
        assert torch.allclose(losses[member], loss, **CLOSE)
        loss.backward()
        for parameter, name in plain.pairs(model):
            assert parameter.grad.abs().max() > 1e-4
            assert torch.allclose(as_plain(name, found[name][member]), parameter.grad, **CLOSE), name


@pytest.mark.parametrize("padded", [(), (0, 1, 3, 0, 2)])
def test_a_member_computes_what_it_computes_alone(padded: tuple[int, ...]) -> None:
    model, made = rounded(), batch(padded=padded)
    losses = forced(model, made)
    found = gradients(model, losses)
    for member in range(3):
        part = slice(member, member + 1)
        alone = model.taken(part)
        given: dict[str, Any] = {
            name: each if each is None else each[part] for name, each in vars(made).items()
        }
        loss = forced(alone, type(made)(**given))
        assert torch.allclose(loss, losses[part], **CLOSE)
        for name, each in gradients(alone, loss).items():
            assert torch.allclose(each, found[name][part], **CLOSE), name


def std_of(name: str) -> float | None:
    """The spread that a parameter's weights are drawn with, in two blocks; None for biases and norms."""
    if name in {"tokens", "places"} or name.endswith(("attend.weight", "widen.weight")):
        return 0.02
    return 0.02 / math.sqrt(2 * 2) if name.endswith(("attended.weight", "narrow.weight")) else None


def test_initial_weights_are_a_members_own() -> None:
    together = dict(Ensemble(SHAPE, [1, 2]).named_parameters())
    for name, alone in Ensemble(SHAPE, [2]).named_parameters():
        assert torch.equal(together[name][1:], alone), name
        assert torch.equal(together[name][0], together[name][1]) == (std_of(name) is None), name
    assert not torch.equal(together["blocks.0.attend.weight"], together["blocks.1.attend.weight"])


def test_initial_weights_are_those_of_gpt_2() -> None:
    for name, each in Ensemble(Shape(2, 1, 64, 200, 100), [0]).named_parameters():
        std = std_of(name)
        if std is None:
            assert torch.equal(each, torch.full_like(each, float(name.endswith("weight")))), name
        else:
            assert each.std().item() == pytest.approx(std, rel=0.05), name
            assert abs(each.mean().item()) < std / 20


def test_a_hidden_state_depends_on_what_came_before_it_alone() -> None:
    model = rounded()
    embedded = torch.randn(3, 2, 6, 8, requires_grad=True)
    for place in range(6):
        (found,) = torch.autograd.grad(model(embedded)[:, :, place].sum((0, 1)) @ torch.rand(8), embedded)
        reached = found.abs().amax((0, 1, 3)) > 0
        assert reached.tolist() == [True] * (place + 1) + [False] * (5 - place)


def test_members_and_rows_do_not_mix() -> None:
    model = rounded()
    embedded = torch.randn(3, 2, 4, 8, requires_grad=True)
    (found,) = torch.autograd.grad(model(embedded)[1, 0].sum(0) @ torch.rand(8), embedded)
    assert [[bool(row.any()) for row in member] for member in found] == [
        [False, False], [True, False], [False, False],
    ]  # fmt: skip


def test_padding_shifts_positions_and_changes_nothing_else() -> None:
    model, shifted = rounded(), rounded()
    embedded = torch.randn(3, 2, 6, 8)
    visible = torch.ones(3, 2, 6, dtype=torch.bool)
    visible[:, 1, :2] = False
    found = model(embedded, visible)
    with torch.no_grad():
        shifted.places.copy_(shifted.places.roll(-2, 1))
    assert torch.allclose(found[:, 0], model(embedded)[:, 0], **CLOSE)
    assert torch.allclose(found[:, 1, 2:], shifted(embedded[:, :, 2:])[:, 1], **CLOSE)
    assert not torch.allclose(found[:, 1, 2:], model(embedded)[:, 1, 2:], **CLOSE)
    other = embedded.clone()
    other[:, 1, :2] = torch.randn(3, 2, 8)
    again = model(other, visible)
    assert torch.equal(found[:, 1, 2:], again[:, 1, 2:])
    assert found.isfinite().all()


def test_gradients_of_padded_batches_are_finite() -> None:
    model = rounded()
    found = gradients(model, forced(model, batch(padded=(4, 1, 0, 0, 2)), on_prompt=True))
    assert all(each.isfinite().all() for each in found.values())


def test_taken_members_are_copies() -> None:
    model = rounded()
    taken = model.taken(slice(1, 3))
    tokens = torch.arange(6).view(1, 2, 3).expand(3, -1, -1)
    assert taken.members == 2
    expected = model(model.embed(tokens))
    assert torch.allclose(taken(taken.embed(tokens[1:])), expected[1:], **CLOSE)
    with torch.no_grad():
        for each in taken.parameters():
            each.zero_()
    assert torch.equal(model(model.embed(tokens)), expected)
    taken(taken.embed(tokens[1:])).sum().backward()
    assert all(each.grad is None for each in model.parameters())


def test_mixtures_of_one_token_are_its_embedding() -> None:
    model = rounded()
    tokens = torch.randint(11, (3, 2, 4))
    one_hot = nn.functional.one_hot(tokens, 11).float()
    assert torch.allclose(model.mix(one_hot), model.embed(tokens))
    assert torch.allclose(model.embed(tokens)[2], model.tokens[2][tokens[2]])
    halves = (one_hot + one_hot.roll(1, 0)) / 2
    assert torch.allclose(model.mix(halves), (model.mix(one_hot) + model.mix(one_hot.roll(1, 0))) / 2)


def test_dropout_is_for_training_alone() -> None:
    model = rounded(Shape(2, 2, 8, 11, 8, dropout=0.5))
    embedded = torch.randn(3, 2, 4, 8)
    torch.manual_seed(0)
    first = model(embedded)
    assert not torch.equal(first, model(embedded))
    torch.manual_seed(0)
    assert torch.equal(first, model(embedded))
    model.eval()
    assert torch.equal(model(embedded), rounded()(embedded))


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="3 heads don't divide the width 8"):
        Shape(layers=1, heads=3, width=8, vocabulary=5, positions=4)
