"""Problems as a reference model sees them: prompts of tokens, answers, and how a trace is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Task:
    """The problems of one split, on one device.

    A model reads a prompt and takes `steps` steps; at each it is a distribution over tokens, and the last
    one's is over answers.

    Attributes:
        prompts: Tokens, int64, (n, prompt); padded at the front.
        visible: False where a prompt is padded, (n, prompt); None if none is.
        answers: The token of the answer, int64, (n,).
        traces: The tokens of a discrete chain of thought, int64, (n, steps); the last is the answer.
        targets: Distributions over tokens by supervision, each float32, (n, steps, vocabulary); the last
            step's is the answer alone.
        vocabulary: The name of each token.
        pause: The token that a model without thoughts reads in their place.
        follows: Tells of chosen tokens (k, steps) of problems (k,) whether each step follows from the one
            before, (k,).
        groups: Problems that are alike, such as orders of the same digits, int64, (n,): the clusters of
            intervals.
    """

    prompts: Tensor
    visible: Tensor | None
    answers: Tensor
    traces: Tensor
    targets: dict[str, Tensor]
    vocabulary: tuple[str, ...]
    pause: int
    follows: Callable[[Tensor, Tensor], Tensor]
    groups: Tensor

    def __len__(self) -> int:
        """How many problems there are."""
        return len(self.prompts)

    @property
    def steps(self) -> int:
        """Steps of a chain of thought, the answer's included."""
        return self.traces.shape[1]

    @property
    def positions(self) -> int:
        """The longest sequence that a model reads: a prompt and every thought but the answer."""
        return self.prompts.shape[1] + self.steps - 1

    def one_hot_traces(self) -> Tensor:
        """The discrete chains as targets, float32, (n, steps, vocabulary)."""
        return torch.nn.functional.one_hot(self.traces, len(self.vocabulary)).float()
