"""What a model reads after a step: how the next thought is made of the distribution over tokens.

In CoT2 a continuous thought is a mixture of token embeddings.
Base uses the whole softmax; MTS averages K sampled tokens, and with one it is a discrete chain of thought;
Dirichlet draws the mixture itself. COCONUT feeds the hidden state back instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from .ensemble import Ensemble

_SMALLEST = 1e-3


class Thought(Protocol):
    """Makes the weights of the next thought."""

    def weights(self, logits: Tensor) -> Tensor | None:
        """Weights over tokens, like `logits` (members, rows, vocabulary); None for the hidden state."""
        ...


@dataclass(frozen=True)
class Mixture:
    """All tokens with their probabilities: CoT2's deterministic decoding."""

    def weights(self, logits: Tensor) -> Tensor:
        """The softmax."""
        return logits.softmax(-1)


@dataclass(frozen=True)
class Greedy:
    """The likeliest token: a discrete chain of thought at temperature 0."""

    def weights(self, logits: Tensor) -> Tensor:
        """One token a row."""
        return functional.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)


@dataclass(frozen=True)
class Pause:
    """The same token whatever the model says: no chain of thought."""

    token: int

    def weights(self, logits: Tensor) -> Tensor:
        """The pause token in every row."""
        weights = torch.zeros_like(logits)
        weights[..., self.token] = 1
        return weights


@dataclass(frozen=True)
class Hidden:
    """The model's own last hidden state: COCONUT (arXiv 2412.06769)."""

    def weights(self, logits: Tensor) -> None:
        """None, which stands for the hidden state."""
        del logits


@dataclass
class Sampled:
    """K tokens drawn with replacement, averaged (MTS); with one token, sampled discrete thoughts.

    Attributes:
        tokens: K.
        temperature: Of the softmax that is drawn from.
        generator: Where randomness comes from.
        drawn: The tokens of each step so far, int64, (members, rows, K) each.
    """

    tokens: int = 1
    temperature: float = 1.0
    generator: torch.Generator | None = None
    drawn: list[Tensor] = field(default_factory=list[Tensor])

    def weights(self, logits: Tensor) -> Tensor:
        """The share of the draws that each token got."""
        flat = _finite((logits.flatten(0, -2) / self.temperature).softmax(-1))
        drawn = torch.multinomial(flat, self.tokens, replacement=True, generator=self.generator)
        self.drawn.append(drawn.view(*logits.shape[:-1], self.tokens))
        counts = torch.zeros_like(flat).scatter_add_(1, drawn, torch.ones_like(drawn, dtype=flat.dtype))
        return counts.view_as(logits) / self.tokens


@dataclass
class Dirichlet:
    """A mixture drawn from Dir(scale * softmax); tokens below 1e-3 take no part.

    Attributes:
        scale: The concentration, gamma in the paper.
        generator: Where randomness comes from.
        drawn: The mixtures of each step so far, (members, rows, vocabulary) each.
        kept: The tokens that took part, of the same shape.
    """

    scale: float = 1.0
    generator: torch.Generator | None = None
    drawn: list[Tensor] = field(default_factory=list[Tensor])
    kept: list[Tensor] = field(default_factory=list[Tensor])

    def weights(self, logits: Tensor) -> Tensor:
        """A draw, by normalised gamma variates."""
        probabilities = logits.softmax(-1)
        # Of many tokens that are alike, none may reach it: the likeliest always takes part.
        kept = probabilities >= probabilities.amax(-1, keepdim=True).clamp_max(_SMALLEST)
        shape = torch.where(kept, self.scale * probabilities, torch.ones_like(probabilities))
        # `torch.distributions` takes no generator, and this is what its Dirichlet draws from.
        draw: Any = getattr(torch, "_standard_gamma")  # noqa: B009
        gamma: Tensor = draw(shape.double(), generator=self.generator)
        gamma = torch.where(kept, gamma.clamp_min(torch.finfo(torch.float32).tiny), 0.0)
        drawn = (gamma / gamma.sum(-1, keepdim=True)).to(logits.dtype)
        self.drawn.append(drawn)
        self.kept.append(kept)
        return drawn


@dataclass(frozen=True)
class ByMember:
    """Each run of members has a rule of its own.

    Attributes:
        parts: The rule, and how many members it is for; in the members' order.
    """

    parts: Sequence[tuple[Thought, int]]

    def weights(self, logits: Tensor) -> Tensor:
        """The weights of all members.

        Raises:
            ValueError: A rule feeds hidden states, which can't stand beside mixtures of tokens.
        """
        pieces = logits.split([count for _, count in self.parts])
        made = [rule.weights(piece) for (rule, _), piece in zip(self.parts, pieces, strict=True)]
        if any(each is None for each in made):
            raise ValueError("hidden states can't be fed beside mixtures of tokens")
        return torch.cat([each for each in made if each is not None])


def follow(
    model: Ensemble, prompts: Tensor, visible: Tensor | None, steps: int, thought: Thought
) -> tuple[Tensor, Tensor]:
    """Let models feed themselves.

    Args:
        model: The models.
        prompts: Tokens, int64, (members, rows, prompt).
        visible: Where a prompt isn't padded, of the same shape.
        steps: Steps, the answer's included.
        thought: What is read after each step but the last.

    Returns:
        The logits of every step, (members, rows, steps, vocabulary), and the hidden states that they were
        read from, (members, rows, steps, width).
    """
    read = model.embed(prompts)
    logits: list[Tensor] = []
    hidden: list[Tensor] = []
    for step in range(steps):
        state = model(read, _seen(visible, step))[:, :, -1:]
        hidden.append(state)
        logits.append(model.logits(state))
        if step + 1 < steps:
            weights = thought.weights(logits[-1][:, :, 0])
            fed = state if weights is None else model.mix(weights[:, :, None])
            read = torch.cat([read, fed], 2)
    return torch.cat(logits, 2), torch.cat(hidden, 2)


def _finite(probabilities: Tensor) -> Tensor:
    """The first token, which answers nothing, where a model has diverged: a draw from NaN is an error."""
    first = torch.zeros_like(probabilities)
    first[..., 0] = 1
    return torch.where(probabilities.isfinite().all(-1, keepdim=True), probabilities, first)


def _seen(visible: Tensor | None, thoughts: int) -> Tensor | None:
    return None if visible is None else functional.pad(visible, (0, thoughts), value=True)
