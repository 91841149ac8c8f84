"""MNNS as a task of a reference model: a token for each digit and each signed sum (CoT2, section 1)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .task import Task

SPECIAL = ("<pad>", "<bos>", "<pause>")


def mnns_task(
    digits: Tensor,
    answers: Tensor,
    traces: Tensor,
    targets: dict[str, Tensor],
    *,
    lowest: int,
    highest: int,
) -> Task:
    """The problems of one split.

    The vocabulary has three special tokens, the digits of the family, and a token for each sum from
    -m * highest to m * highest.

    Args:
        digits: int64, (n, m).
        answers: int64, (n,).
        traces: Partial sums, int64, (n, m).
        targets: Distributions over sums by supervision, each float32, (n, m, 2 * m * highest + 1).
        lowest: The family's smallest digit.
        highest: Its largest.
    """
    length = digits.shape[1]
    bound = length * highest
    values = range(lowest, highest + 1)
    vocabulary = (
        *SPECIAL,
        *(f"D{each}" for each in values),
        *(f"S{each}" for each in range(-bound, bound + 1)),
    )
    first = len(SPECIAL) + len(values)
    start = torch.full_like(digits[:, :1], SPECIAL.index("<bos>"))
    prompts = torch.cat([start, digits - lowest + len(SPECIAL)], 1)
    tokens = answers + bound + first

    def follows(chosen: Tensor, rows: Tensor) -> Tensor:
        sums = torch.nn.functional.pad(chosen - first - bound, (1, 0))
        return ((sums.diff(dim=1).abs() == digits[rows]) & (chosen >= first)).all(1)

    return Task(
        prompts=prompts,
        visible=None,
        answers=tokens,
        traces=traces + bound + first,
        targets={name: _placed(each, tokens, first, len(vocabulary)) for name, each in targets.items()},
        vocabulary=vocabulary,
        pause=SPECIAL.index("<pause>"),
        follows=follows,
        groups=_multisets(digits),
    )


def _placed(targets: Tensor, answers: Tensor, first: int, vocabulary: int) -> Tensor:
    """Targets over the whole vocabulary; the last step's is the answer alone, as the paper trains it."""
    placed = torch.nn.functional.pad(targets, (first, 0))
    placed[:, -1] = torch.nn.functional.one_hot(answers, vocabulary).to(placed.dtype)
    return placed


def _multisets(digits: Tensor) -> Tensor:
    _, groups = np.unique(np.sort(digits.cpu().numpy(), axis=1), axis=0, return_inverse=True)
    return torch.from_numpy(groups.reshape(-1))
