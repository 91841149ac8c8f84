"""A transformer of one layer, attention and then a mixture of experts, that is fed its own thoughts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy.typing as npt  # noqa: TC002 (used in annotations that tools evaluate)
import torch
from torch import Tensor

_CHUNK: Final = 2_048


@dataclass(frozen=True, eq=False)
class Expert:
    """A ReLU network with one hidden layer.

    Attributes:
        inner: Shape (hidden, width).
        bias: Shape (hidden,).
        outer: Shape (width, hidden).
    """

    inner: Tensor
    bias: Tensor
    outer: Tensor

    def __call__(self, stream: Tensor) -> Tensor:
        """What is added to the residual stream; both have the shape (n, width)."""
        return torch.relu(stream @ self.inner.T + self.bias) @ self.outer.T


@dataclass(frozen=True, eq=False)
class OneLayer:
    """A transformer of one layer: one head of softmax attention, then the expert that a router puts first.

    Both parts have a residual connection, there is no normalisation, and the output head is the embedding.
    The tokens are, in order, BOS, the digits `lowest` to `highest`, and the states -`reach` to `reach`.

    Attributes:
        length: Digits of an input, m.
        lowest: The smallest digit.
        highest: The largest digit.
        embedding: Of the tokens, and the output head; shape (vocabulary, width).
        positions: Added to the embedding; shape (2 m, width).
        query: Shape (2 m, width).
        key: Shape (2 m, width).
        value: Shape (width, width).
        router: A row of scores for each expert; shape (experts, width).
        experts: In the order of `router`.
    """

    length: int
    lowest: int
    highest: int
    embedding: Tensor
    positions: Tensor
    query: Tensor
    key: Tensor
    value: Tensor
    router: Tensor
    experts: tuple[Expert, ...]

    @property
    def reach(self) -> int:
        """The largest state, `highest` times `length`."""
        return self.highest * self.length

    @property
    def states(self) -> int:
        """The number of states, which stand last in the vocabulary."""
        return 2 * self.reach + 1

    @property
    def width(self) -> int:
        """The size of an embedding."""
        return self.embedding.shape[1]

    @property
    def hidden(self) -> int:
        """The ReLUs of the widest expert."""
        return max(len(expert.bias) for expert in self.experts)

    @property
    def parameters(self) -> int:
        """The number of weights, zeros included."""
        whole = (self.embedding, self.positions, self.query, self.key, self.value, self.router)
        parts = (part for each in self.experts for part in (each.inner, each.bias, each.outer))
        return sum(weights.numel() for weights in (*whole, *parts))

    def logits(self, inputs: Tensor) -> Tensor:
        """The logits of the next token after a sequence.

        Args:
            inputs: Embeddings of tokens, or mixes of them, without positions; shape (n, places, width).

        Returns:
            Shape (n, vocabulary).
        """
        stream = inputs + self.positions[: inputs.shape[1]]
        last = stream[:, -1]
        scores = torch.einsum("nh,nph->np", last @ self.query.T, stream @ self.key.T)
        attended = torch.einsum("np,npw->nw", scores.softmax(dim=-1), stream @ self.value.T)
        return self._mixed(last + attended) @ self.embedding.T

    def thoughts(self, digits: npt.ArrayLike | Tensor) -> Tensor:
        """The distributions over states that the model thinks when it is fed its own thoughts.

        A thought is the softmax over the whole vocabulary times the embedding, so a mix of token embeddings.

        Args:
            digits: Whole numbers in `lowest` to `highest`, shape (n, m).

        Returns:
            Shape (n, m, states), from state -`reach` on; what is missing from 1 lies on other tokens.

        Raises:
            ValueError: The digits have another shape or range.
        """
        found = [self._thoughts(chunk) for chunk in self._checked(digits).split(_CHUNK)]
        return torch.cat(found)

    def answers(self, digits: npt.ArrayLike | Tensor) -> Tensor:
        """The likeliest state of the last thought, shape (n,); arguments and errors of `thoughts`."""
        found = [self._thoughts(chunk)[:, -1].argmax(-1) for chunk in self._checked(digits).split(_CHUNK)]
        return torch.cat(found) - self.reach

    def _thoughts(self, digits: Tensor) -> Tensor:
        bos = torch.zeros(len(digits), 1, dtype=torch.int64)
        inputs = self.embedding[torch.cat([bos, digits - self.lowest + 1], dim=1)]
        thoughts: list[Tensor] = []
        for _ in range(self.length):
            chances = self.logits(inputs).softmax(dim=-1)
            thoughts.append(chances[:, -self.states :])
            inputs = torch.cat([inputs, (chances @ self.embedding)[:, None]], dim=1)
        return torch.stack(thoughts, dim=1)

    def _mixed(self, stream: Tensor) -> Tensor:
        """Add what the expert with the highest score makes of each row."""
        chosen = (stream @ self.router.T).argmax(dim=-1)
        result = stream.clone()
        for number in chosen.unique().tolist():
            rows = chosen == number
            result[rows] += self.experts[number](stream[rows])
        return result

    def _checked(self, digits: npt.ArrayLike | Tensor) -> Tensor:
        rows: Any = torch.as_tensor(digits, dtype=torch.int64)
        if rows.ndim != 2 or rows.shape[1] != self.length:  # noqa: PLR2004 (a matrix)
            raise ValueError(f"digits must have the shape (n, {self.length}), not {tuple(rows.shape)}")
        if len(rows) and not self.lowest <= int(rows.min()) <= int(rows.max()) <= self.highest:
            found = f"{int(rows.min())}..{int(rows.max())}"
            raise ValueError(f"digits must be in {self.lowest}..{self.highest}, not {found}")
        return rows
