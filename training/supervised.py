"""Losses of supervised training (CSFT of CoT2, and the baselines that the paper compares it with)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .ensemble import Ensemble
from .thoughts import Hidden, Mixture, follow


@dataclass(frozen=True, eq=False)
class Batch:
    """What members learn from in one step.

    Attributes:
        prompts: Tokens, int64, (members, rows, prompt).
        visible: Where a prompt isn't padded, of the same shape; None if none is.
        targets: Distributions over tokens, (members, rows, steps, vocabulary).
        fed: The weights of the thoughts that are fed, (members, rows, steps - 1, vocabulary).
        counted: How much each step's loss counts, (members, steps).
    """

    prompts: Tensor
    visible: Tensor | None
    targets: Tensor
    fed: Tensor
    counted: Tensor


def forced(model: Ensemble, batch: Batch, *, on_prompt: bool = False) -> Tensor:
    """Teacher forcing: the target of a step is fed as the thought, all steps in one pass.

    The cross-entropy to a target differs from the divergence KL(target || model) of the paper's section on
    CSFT by the target's entropy, which doesn't depend on the model.

    Args:
        model: The models.
        batch: What they learn from.
        on_prompt: Whether the prompt's own tokens are predicted too, as in the paper's discrete baseline.

    Returns:
        Each member's loss, (members,): the mean over rows and tokens.
    """
    steps = batch.targets.shape[2]
    read = torch.cat([model.embed(batch.prompts), model.mix(batch.fed)], 2)
    hidden = model(read, _seen(batch, steps - 1))
    loss = _cross_entropy(model.logits(hidden[:, :, -steps:]), batch)
    if not on_prompt:
        return loss
    told, tokens = _of_prompts(model, batch, hidden)
    counted = batch.counted.sum(1)
    return (loss * counted + told) / (counted + tokens)


def self_fed(model: Ensemble, batch: Batch) -> Tensor:
    """The model's own mixture is fed as the thought, and gradients flow through it."""
    logits, _ = follow(model, batch.prompts, batch.visible, batch.targets.shape[2], Mixture())
    return _cross_entropy(logits, batch)


def coconut(model: Ensemble, batch: Batch, stage: int) -> Tensor:
    """COCONUT's curriculum: the first `stage` thoughts are hidden states, the others tokens.

    Steps that hidden states stand for aren't supervised.

    Args:
        model: The models.
        batch: What they learn from.
        stage: Hidden thoughts, 0 to steps - 1.
    """
    steps = batch.targets.shape[2]
    read, visible = model.embed(batch.prompts), batch.visible
    if stage:
        _, hidden = follow(model, batch.prompts, visible, stage, Hidden())
        read = torch.cat([read, hidden], 2)
    read = torch.cat([read, model.mix(batch.fed[:, :, stage:])], 2)
    logits = model.logits(model(read, _seen(batch, steps - 1))[:, :, stage - steps :])
    later = Batch(batch.prompts, visible, batch.targets[:, :, stage:], batch.fed, batch.counted[:, stage:])
    return _cross_entropy(logits, later)


def _of_prompts(model: Ensemble, batch: Batch, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """A prompt's loss and its number of predicted tokens, each the mean over rows, (members,)."""
    tokens = batch.prompts[:, :, 1:]
    scores = model.logits(hidden[:, :, : tokens.shape[2]]).log_softmax(-1)
    losses = -scores.gather(-1, tokens[..., None])[..., 0]
    # What comes first isn't predicted, whether padding or nothing is before it.
    told = torch.ones_like(losses) if batch.visible is None else batch.visible[:, :, :-1].to(losses.dtype)
    return (losses * told).sum(2).mean(1), told.sum(2).mean(1)


def _cross_entropy(logits: Tensor, batch: Batch) -> Tensor:
    """The mean over rows and counted steps, (members,)."""
    losses = -(batch.targets * logits.log_softmax(-1)).sum(-1)
    return (losses.mean(1) * batch.counted).sum(1) / batch.counted.sum(1)


def _seen(batch: Batch, thoughts: int) -> Tensor | None:
    return None if batch.visible is None else functional.pad(batch.visible, (0, thoughts), value=True)
