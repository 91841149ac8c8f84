"""The one-layer transformer that solves MNNS with continuous thoughts, its weights written down.

CoT2's theory says that one layer, attention and then a mixture-of-experts MLP, solves the minimum
non-negative sum. How wide that layer has to be couldn't be recovered from the paper, so the sizes here are
those of this construction.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import torch
from torch import Tensor

from .one_layer_model import Expert, OneLayer

__all__ = ["CERTAINTY", "MAX_LENGTH", "Basis", "Expert", "OneLayer", "one_layer_mnns"]

Basis = Literal["one-hot", "fourier"]

MAX_LENGTH: Final = 8
"""The experts' hidden layers double with each digit."""

CERTAINTY: Final = 64.0
"""By how much the logit of a state that can be reached exceeds those of others: e^-64 is below 2^-92."""

_LOUDNESS: Final = 3.0


def one_layer_mnns(length: int, highest: int, lowest: int = 1, *, basis: Basis = "one-hot") -> OneLayer:
    """A one-layer transformer that solves every MNNS input of a family with continuous thoughts, untrained.

    With m digits d1 ... dm from l to h the width is `2 h m + 1` (a coordinate a state) `+ h - l + 1` (one
    a digit) `+ 2 m` (one a position), and there are `m (h - l + 1)` experts. The thought of step t is
    read after position `m + t - 1`, counted from BOS at 0. Proof, by induction over t, that it is the
    share of the 2^t sign prefixes that end in each state:

    1. Attention. At position m + t - 1, position t scores ln(20 m) and at most 2 m - 1 others score 0, so
       it gets the weight w > 10/11. The coordinate of dt then holds 3 w > 2.7, that of another digit at
       most 1 + 3 (1 - w) < 1.3, the last digit's own 1 included. With the position, the router picks
       expert (t, dt).
    2. Shift. The state coordinates hold the thought of step t - 1 (none at step 1, where a bias stands
       for state 0). The expert reads x(s), the mean of its masses at s - dt and s + dt: a multiple of
       2^-t, and at most 1/2.
    3. Logarithm. Two ReLUs a multiple make a staircase f with f(0) = 0 and f(k / 2^t) = 64 + ln(k / 2^t),
       level for a quarter of 2^-t around each multiple. Further ReLUs take the old thought out of the
       residual stream.
    4. Softmax. Tokens without a mass, fewer than e^10, have logits of at most 4, so the thought is x(s) to
       within e^-50, rounding aside. That is less than a quarter of 2^-t, so the next staircase removes it:
       errors don't add up.

    At step m the staircase has one stair, of height 64 (h m + 1 - s) for s >= 0, so that the softmax is
    one at the least non-negative state that a signed sum reaches.

    Args:
        length: Digits of an input, m, 1 to 8.
        highest: The largest digit.
        lowest: The smallest digit.
        basis: Coordinates of the states: one each, or sines and cosines at all frequencies, in which a shift
            multiplies each coordinate by cos(2 pi f d / (2 h m + 1)). Both take `2 h m + 1` coordinates.

    Returns:
        The model, in double precision on the CPU.

    Raises:
        ValueError: The length isn't in 1..8, or the digits aren't in 1 <= lowest <= highest.
    """
    if not 1 <= length <= MAX_LENGTH:
        raise ValueError(f"length is {length}, expected 1 to {MAX_LENGTH}")
    if not 1 <= lowest <= highest:
        raise ValueError(f"digits are {lowest}..{highest}, expected 1 <= lowest <= highest")
    return _Blocks(length, lowest, highest, basis).model()


class _Blocks:
    """Where states, digits and positions stand in the residual stream."""

    def __init__(self, length: int, lowest: int, highest: int, basis: Basis) -> None:
        self.length, self.lowest, self.highest = length, lowest, highest
        self.reach = highest * length
        states = 2 * self.reach + 1
        self.digits = highest - lowest + 1
        self.state = slice(0, states)
        self.digit = slice(states, states + self.digits)
        self.place = slice(self.digit.stop, self.digit.stop + 2 * length)
        self.width = self.place.stop
        self.basis = _zeros(states, states).fill_diagonal_(1) if basis == "one-hot" else _fourier(states)

    def model(self) -> OneLayer:
        """All parts put together."""
        embedding = _zeros(1 + self.digits + self.state.stop, self.width)
        embedding[1 : 1 + self.digits, self.digit] = _identity(self.digits)
        embedding[1 + self.digits :, self.state] = self.basis
        positions = _zeros(2 * self.length, self.width)
        positions[:, self.place] = _identity(2 * self.length)
        value = _zeros(self.width, self.width)
        value[self.digit, self.digit] = _LOUDNESS * _identity(self.digits)
        steps, digits = range(1, self.length + 1), range(self.lowest, self.highest + 1)
        return OneLayer(
            self.length,
            self.lowest,
            self.highest,
            embedding,
            positions,
            query=self._query(),
            key=positions.clone(),
            value=value,
            router=torch.stack([self._route(step, digit) for step in steps for digit in digits]),
            experts=tuple(self._expert(step, digit) for step in steps for digit in digits),
        )

    def _query(self) -> Tensor:
        """From the position at which a step is made to the position of its digit."""
        query = _zeros(2 * self.length, self.width)
        for step in range(1, self.length + 1):
            query[step, self.place.start + self.length + step - 1] = math.log(20 * self.length)
        return query

    def _route(self, step: int, digit: int) -> Tensor:
        scores = _zeros(self.width)
        scores[self.place.start + self.length + step - 1] = 1
        scores[self.digit.start + digit - self.lowest] = 1
        return scores

    def _expert(self, step: int, digit: int) -> Expert:
        shift = self._shift(digit)
        read, start = shift @ self.basis, shift[:, self.reach] * (step == 1)
        stairs = self._stairs(step)
        inner: list[Tensor] = [self.basis]
        bias: list[Tensor] = [_zeros(self.state.stop)]
        outer: list[Tensor] = [-self.basis.T]
        for level, heights in enumerate(stairs, start=1):
            for side in (0, 1):
                # From (level - 3/4) / 2^step to (level - 1/4) / 2^step the stair rises from 0 to 1.
                inner.append(2 ** (step + 1) * read)
                bias.append(2 ** (step + 1) * start - 2 * level + 1.5 - side)
                outer.append(self.basis.T * heights * (1 - 2 * side))
        return Expert(self._wide(torch.cat(inner)), torch.cat(bias), self._wide(torch.cat(outer, dim=1).T).T)

    def _stairs(self, step: int) -> Tensor:
        """How much the logit of each state rises at each multiple of 2^-step; shape (stairs, states)."""
        states = torch.arange(-self.reach, self.reach + 1, dtype=torch.float64)
        if step == self.length:
            return (CERTAINTY * (self.reach + 1 - states) * (states >= 0))[None]
        shares = torch.arange(1, 2 ** (step - 1) + 1, dtype=torch.float64) / 2**step
        logits = CERTAINTY + shares.log()
        return logits.diff(prepend=_zeros(1))[:, None].expand(-1, len(states))

    def _shift(self, digit: int) -> Tensor:
        """The mean of the masses `digit` below and above each state; shape (states, states)."""
        ones = torch.ones(self.state.stop - digit, dtype=torch.float64)
        return (torch.diag(ones, digit) + torch.diag(ones, -digit)) / 2

    def _wide(self, weights: Tensor) -> Tensor:
        """Weights on the state coordinates as weights on the whole stream."""
        wide = _zeros(len(weights), self.width)
        wide[:, self.state] = weights
        return wide


def _fourier(size: int) -> Tensor:
    """Sines and cosines at the frequencies 0 to (size - 1) / 2, orthonormal; a row each state."""
    angles = 2 * math.pi / size * torch.arange(size, dtype=torch.float64)
    frequencies = torch.arange(1, size // 2 + 1, dtype=torch.float64)
    waves = angles[:, None] * frequencies
    constant = torch.full((size, 1), math.sqrt(1 / 2), dtype=torch.float64)
    return torch.cat([constant, waves.cos(), waves.sin()], dim=1) * math.sqrt(2 / size)


def _zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.float64)


def _identity(size: int) -> Tensor:
    return torch.eye(size, dtype=torch.float64)
