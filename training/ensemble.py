"""Many small transformers of one shape, trained side by side as one (GPT-2's design, as the paper's models).

Each parameter has a leading dimension of members. Their losses are added, so every member gets the gradient
that it would get alone, and one batched matrix product does the work of many small ones: seeds, budgets and
methods of a table train together.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

_INIT_STD = 0.02
_MLP_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """What the members of an ensemble have in common.

    Attributes:
        layers: Blocks.
        heads: Attention heads of a block.
        width: The embedding's dimension d.
        vocabulary: Tokens; embeddings are tied with the output head.
        positions: The longest sequence.
        dropout: Of embeddings, attention and residual branches, as in GPT-2.
    """

    layers: int
    heads: int
    width: int
    vocabulary: int
    positions: int
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Check that heads divide the width."""
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads don't divide the width {self.width}")


class Ensemble(nn.Module):
    """Transformers with pre-layer-norm blocks, learned positions and a tied head.

    Attributes:
        shape: What the members have in common.
        members: How many there are.
    """

    def __init__(self, shape: Shape, seeds: Sequence[int]) -> None:
        """Draw each member's weights from its own seed, so that they don't depend on the other members."""
        super().__init__()
        self.shape, self.members = shape, len(seeds)
        width = shape.width
        self.tokens = normal(seeds, "tokens", shape.vocabulary, width)
        self.places = normal(seeds, "places", shape.positions, width)
        self.blocks = nn.ModuleList(Block(shape, seeds, number) for number in range(shape.layers))
        self.norm = Norm(len(seeds), width)
        causal = torch.ones(shape.positions, shape.positions, dtype=torch.bool).tril()
        self.register_buffer("causal", causal, persistent=False)
        self.causal: Tensor

    def taken(self, members: slice, dropout: float | None = None) -> Ensemble:
        """A copy of some members, with another dropout if one is given."""
        alone = copy.deepcopy(self)
        for module in alone.modules():
            for name, each in [*module.named_parameters(recurse=False)]:
                setattr(module, name, nn.Parameter(each.detach()[members].clone()))
            if dropout is not None and isinstance(module, Ensemble | Block):
                module.shape = replace(module.shape, dropout=dropout)
        alone.members = len(alone.tokens)
        return alone

    def embed(self, tokens: Tensor) -> Tensor:
        """Embeddings of tokens: int64 (members, rows, length) to (members, rows, length, width)."""
        offsets = torch.arange(self.members, device=tokens.device) * self.shape.vocabulary
        return functional.embedding(tokens + offsets[:, None, None], self.tokens.flatten(0, 1))

    def mix(self, weights: Tensor) -> Tensor:
        """Mixtures of token embeddings, E^T alpha: (members, rows, length, vocabulary) to (…, width)."""
        flat = weights.flatten(1, 2)
        return torch.bmm(flat, self.tokens).unflatten(1, weights.shape[1:3])

    def forward(self, embedded: Tensor, visible: Tensor | None = None) -> Tensor:
        """Hidden states after the last norm.

        Args:
            embedded: (members, rows, length, width), positions not yet added.
            visible: Where there is a token rather than padding, (members, rows, length); None for everywhere.

        Returns:
            The shape of `embedded`.
        """
        members, rows, length, width = embedded.shape
        allowed = self.causal[:length, :length]
        if visible is not None:
            # Padding sees itself, so that its softmax isn't empty; nothing else sees it.
            itself = torch.eye(length, dtype=torch.bool, device=embedded.device)
            allowed = (allowed & visible.reshape(members * rows, 1, 1, length)) | itself
        state = embedded + self.places[:, None, :length]
        state = functional.dropout(state, self.shape.dropout, self.training).view(
            members, rows * length, width
        )
        for block in self.blocks:
            state = block(state, rows, length, allowed)
        return self.norm(state).view(members, rows, length, width)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of tokens by the tied head: (members, rows, length, width) to (…, vocabulary)."""
        flat = torch.bmm(hidden.flatten(1, 2), self.tokens.transpose(1, 2))
        return flat.unflatten(1, hidden.shape[1:3])


class Block(nn.Module):
    """Attention and a feed-forward layer, each behind a norm and on a residual branch."""

    def __init__(self, shape: Shape, seeds: Sequence[int], number: int) -> None:
        """Draw the weights; `number` is the block's place."""
        super().__init__()
        width, hidden, members = shape.width, _MLP_FACTOR * shape.width, len(seeds)
        scaled = _INIT_STD / math.sqrt(2 * shape.layers)
        self.shape = shape
        self.first, self.second = Norm(members, width), Norm(members, width)
        self.attend = Linear(seeds, f"{number}.attend", width, 3 * width)
        self.attended = Linear(seeds, f"{number}.attended", width, width, scaled)
        self.widen = Linear(seeds, f"{number}.widen", width, hidden)
        self.narrow = Linear(seeds, f"{number}.narrow", hidden, width, scaled)

    def forward(self, state: Tensor, rows: int, length: int, allowed: Tensor) -> Tensor:
        """The state after the block, (members, rows * length, width); `allowed` says who sees whom."""
        rate = self.shape.dropout
        branch = self.attended(self._attention(self.first(state), rows, length, allowed))
        state = state + functional.dropout(branch, rate, self.training)
        branch = self.narrow(functional.gelu(self.widen(self.second(state)), approximate="tanh"))
        return state + functional.dropout(branch, rate, self.training)

    def _attention(self, state: Tensor, rows: int, length: int, allowed: Tensor) -> Tensor:
        members, _, width = state.shape
        heads = self.shape.heads
        parts = self.attend(state).view(members * rows, length, 3, heads, width // heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / math.sqrt(width // heads)
        weights = scores.masked_fill(~allowed, -math.inf).softmax(-1)
        weights = functional.dropout(weights, self.shape.dropout, self.training)
        return (weights @ value).transpose(1, 2).reshape(members, rows * length, width)


class Linear(nn.Module):
    """An affine map of each member's own."""

    def __init__(
        self, seeds: Sequence[int], label: str, inputs: int, outputs: int, std: float = _INIT_STD
    ) -> None:
        """Draw the weights; biases are zero."""
        super().__init__()
        self.weight = normal(seeds, label, inputs, outputs, std=std)
        self.bias = nn.Parameter(torch.zeros(len(seeds), 1, outputs))

    def forward(self, state: Tensor) -> Tensor:
        """(members, n, inputs) to (members, n, outputs)."""
        return torch.baddbmm(self.bias, state, self.weight)


class Norm(nn.Module):
    """A layer norm of each member's own."""

    def __init__(self, members: int, width: int) -> None:
        """Start as a norm without scale and shift."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(members, 1, width))
        self.bias = nn.Parameter(torch.zeros(members, 1, width))

    def forward(self, state: Tensor) -> Tensor:
        """The shape of `state`, (members, n, width)."""
        return torch.addcmul(self.bias, functional.layer_norm(state, state.shape[-1:]), self.weight)


def normal(seeds: Sequence[int], label: str, *size: int, std: float = _INIT_STD) -> nn.Parameter:
    """A parameter of normal weights, each member's from a generator of its own."""
    drawn = [torch.normal(0.0, std, size, generator=_generator(seed, label)) for seed in seeds]
    return nn.Parameter(torch.stack(drawn))


def _generator(seed: int, label: str) -> torch.Generator:
    from ..generation.seeds import stream

    words = stream(seed, "weights", label).random_raw()
    return torch.Generator().manual_seed(int(words) >> 1)
