"""Policy optimisation of thoughts by rewards: GRPO for discrete, averaged and Dirichlet thoughts (CoT2).

Each problem is followed several times; a rollout's advantage is its reward against the others of its problem.
The reward is 1 for the right answer and 0 otherwise. The ratio of a step is that of its probabilities under
the policy that is trained and the one that drew it: for averaged tokens the geometric mean over the K tokens,
for Dirichlet thoughts the ratio of densities, for the answer that of its token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ..generation.seeds import stream
from .course import order
from .ensemble import Ensemble
from .loop import Loop, Point
from .measures import Measured, measure
from .settings import Policy
from .task import Task
from .thoughts import Dirichlet, Sampled, follow

_STABLE = 1e-6


@dataclass(frozen=True, eq=False)
class Rollouts:
    """What a policy did.

    Attributes:
        prompts: Tokens, int64, (members, rollouts, prompt).
        visible: Where a prompt isn't padded.
        fed: The weights of the thoughts, (members, rollouts, steps - 1, vocabulary).
        drawn: For averaged tokens the tokens, int64, (members, rollouts, steps - 1, K).
        kept: For Dirichlet thoughts the tokens that took part, the shape of `fed`.
        answers: The drawn answers, int64, (members, rollouts).
        advantages: (members, rollouts).
    """

    prompts: Tensor
    visible: Tensor | None
    fed: Tensor
    drawn: Tensor | None
    kept: Tensor | None
    answers: Tensor
    advantages: Tensor


class Improvement(Loop):
    """An ensemble whose thoughts are improved by rewards.

    All members have the same settings; they start from the weights of a trained ensemble. The curve has the
    epoch's mean reward in place of the loss, and begins at epoch 0, where the reward is that of validation.

    Attributes:
        policy: The settings.
    """

    def __init__(
        self, policy: Policy, model: Ensemble, seeds: Sequence[int], train: Task, validation: Task
    ) -> None:
        """Start with the model's weights, on the device where the problems are."""
        self.policy, self.seeds, self.device = policy, list(seeds), train.prompts.device
        self.train = train
        placed = model.to(self.device)
        optimiser = torch.optim.AdamW(placed.parameters(), policy.rate, weight_decay=policy.decay, fused=True)
        random = torch.Generator(self.device).manual_seed(seeds[0])
        super().__init__(placed, optimiser, policy.epochs, validation, random)
        self._start = {name: each.detach().clone() for name, each in model.state_dict().items()}

    def run(self, every: int, between: Callable[[], None] = lambda: None) -> None:
        """Improve to the end, or on from where the state that was loaded ended; as `Loop.run`."""
        if not self.curve:
            before = self.measured(self.validation).accuracy.tolist()
            self.curve.append(Point(0, before, before))
        super().run(every, between)

    def one_epoch(self) -> Tensor:
        """One pass over the training split.

        Returns:
            Each member's mean reward, (members,).
        """
        size = min(self.policy.batch, len(self.train))
        orders = [order(seed, self.epoch, len(self.train)) for seed in self.seeds]
        whole = torch.stack(orders).to(self.device)[:, : len(self.train) // size * size]
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            # Dropout draws from the global generator, the thoughts from this policy's own.
            torch.manual_seed(int(torch.randint(2**62, (1,), generator=self._random, device=self.device)))
            rewards = [self._step(rows) for rows in whole.split(size, 1)]
        self.epoch += 1
        return torch.stack(rewards).mean(0).cpu()

    def measured(self, task: Task) -> Measured:
        """Thoughts are drawn as in training, the answer is the likeliest token.

        The draws belong to the epoch: measuring again finds the same, and training goes on as without it.
        """
        word = int(stream(self.seeds[0], "measured", self.epoch).random_raw()) >> 1
        random = torch.Generator(self.device).manual_seed(word)
        targets = task.one_hot_traces().expand(self.model.members, -1, -1, -1)
        return measure(self.model, task, targets, lambda: self._thought(random))

    def state(self) -> dict[str, Any]:
        """As of `Loop`, with the weights that it started from."""
        return {**super().state(), "start": self._start}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        super().load(state)
        self._start = state["start"]

    def _thought(self, random: torch.Generator) -> Sampled | Dirichlet:
        if self.policy.thought == "mts":
            return Sampled(self.policy.tokens, 1.0, random)
        return Dirichlet(self.policy.scale, random)

    def _step(self, rows: Tensor) -> Tensor:
        """One update; the policy that draws is the one before it."""
        rollouts, rewards = self.roll_out(rows)
        with torch.no_grad():
            self.model.eval()
            before = self.log_probabilities(rollouts)
            reference = self._reference(rollouts) if self.policy.penalty else None
        self.model.train()
        self.optimiser.zero_grad()
        now = self.log_probabilities(rollouts)
        loss = clipped(now, before, rollouts.advantages, self.policy.clip)
        if reference is not None:
            loss = loss + self.policy.penalty * _divergence(now, reference)
        loss.sum().backward()
        self.optimiser.step()
        return rewards

    @torch.no_grad()
    def roll_out(self, rows: Tensor) -> tuple[Rollouts, Tensor]:
        """Follow each problem `rollouts` times.

        Args:
            rows: Problems, int64, (members, batch).

        Returns:
            What the policy did, and each member's mean reward, (members,).
        """
        self.model.eval()
        count, task = self.policy.rollouts, self.train
        repeated = rows.repeat_interleave(count, 1)
        prompts = task.prompts[repeated]
        visible = None if task.visible is None else task.visible[repeated]
        thought = self._thought(self._random)
        fed: list[Tensor] = []
        logits, _ = follow(self.model, prompts, visible, task.steps, _Recorded(thought, fed))
        answer = Sampled(1, 1.0, self._random)
        answer.weights(logits[:, :, -1])
        answers = answer.drawn[0][..., 0]
        rewards = (answers == task.answers[repeated]).to(logits.dtype)
        advantages = advantages_of(rewards.view(*rows.shape, count)).flatten(1)
        drawn = torch.stack(thought.drawn, 2) if isinstance(thought, Sampled) else None
        kept = torch.stack(thought.kept, 2) if isinstance(thought, Dirichlet) else None
        made = Rollouts(prompts, visible, torch.stack(fed, 2), drawn, kept, answers, advantages)
        return made, rewards.mean(1)

    def log_probabilities(self, rollouts: Rollouts) -> Tensor:
        """The logarithm of what each step's ratio is made of, (members, rollouts, steps)."""
        steps = rollouts.fed.shape[2] + 1
        read = torch.cat([self.model.embed(rollouts.prompts), self.model.mix(rollouts.fed)], 2)
        visible = rollouts.visible
        seen = None if visible is None else functional.pad(visible, (0, steps - 1), value=True)
        scores = self.model.logits(self.model(read, seen)[:, :, -steps:]).log_softmax(-1)
        thoughts = scores[:, :, :-1]
        if rollouts.drawn is not None:
            told = thoughts.gather(-1, rollouts.drawn).mean(-1)
        else:
            assert rollouts.kept is not None  # noqa: S101  # one of both is there
            told = dirichlet_log_density(rollouts.fed, thoughts, rollouts.kept, self.policy.scale)
        answer = scores[:, :, -1].gather(-1, rollouts.answers[..., None])
        return torch.cat([told, answer], 2)

    def _reference(self, rollouts: Rollouts) -> Tensor:
        current = {name: each.clone() for name, each in self.model.state_dict().items()}
        self.model.load_state_dict(self._start)
        found = self.log_probabilities(rollouts)
        self.model.load_state_dict(current)
        return found


@dataclass
class _Recorded:
    """A thought whose weights are kept."""

    thought: Sampled | Dirichlet
    fed: list[Tensor]

    def weights(self, logits: Tensor) -> Tensor:
        self.fed.append(self.thought.weights(logits))
        return self.fed[-1]


def advantages_of(rewards: Tensor) -> Tensor:
    """Rewards against the others of their problem: (r - mean) / std, and 0 where all are equal.

    Args:
        rewards: (…, rollouts of a problem).
    """
    spread = rewards.std(-1, keepdim=True, unbiased=False)
    return (rewards - rewards.mean(-1, keepdim=True)) / (spread + _STABLE)


def clipped(now: Tensor, before: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """The clipped surrogate of PPO with the same advantage at each step, negated: (members,).

    Args:
        now: Log-probabilities under the policy that is trained, (members, rollouts, steps).
        before: Under the policy that drew, of the same shape.
        advantages: (members, rollouts).
        clip: How far a ratio counts from 1.
    """
    ratio = (now - before).exp()
    gain = advantages[..., None]
    return -torch.minimum(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain).mean((1, 2))


def dirichlet_log_density(mixtures: Tensor, scores: Tensor, kept: Tensor, scale: float) -> Tensor:
    """The log-density of mixtures under Dir(scale * softmax) over the tokens that took part.

    Args:
        mixtures: On the simplex of the kept tokens, (…, vocabulary).
        scores: Log-probabilities of the model, of the same shape.
        kept: The tokens that took part when the mixtures were drawn, of the same shape.
        scale: The concentration.

    Returns:
        The shape without the last dimension.
    """
    shape = torch.where(kept, scale * scores.exp(), 0.0)
    tiny = torch.finfo(mixtures.dtype).tiny
    inside = (shape - 1) * mixtures.clamp_min(tiny).log() - torch.lgamma(shape.clamp_min(tiny))
    return torch.lgamma(shape.sum(-1)) + torch.where(kept, inside, 0.0).sum(-1)


def _divergence(now: Tensor, reference: Tensor) -> Tensor:
    """The unbiased estimate of KL(now || reference) that is never negative, (members,)."""
    difference = reference - now
    return (difference.exp() - difference - 1).mean((1, 2))
