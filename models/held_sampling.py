"""Drawing tokens: each row from random numbers of its own, so that its neighbours in a batch don't matter.

`torch.multinomial` draws for all rows of a batch from one generator, so that an answer would depend on
what else was asked at the time.
"""

# torch comes with the extra `gpu`, and type checkers may not find it.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

_SHIFT: Final = 11
_SCALE: Final = 2.0**-53


class Uniforms:
    """A stream of uniform numbers in [0, 1) that depends on its key alone."""

    def __init__(self, key: int) -> None:
        """Start at the first number of a key of 128 bits."""
        self._key = key
        self.restart()

    def restart(self) -> None:
        """Go back to the first number."""
        self._words = np.random.Philox(key=self._key)

    def draw(self) -> float:
        """The next number."""
        return (int(self._words.random_raw()) >> _SHIFT) * _SCALE


def pick(
    logits: torch.Tensor,
    temperatures: Sequence[float],
    top_ps: Sequence[float],
    uniforms: Sequence[float],
) -> torch.Tensor:
    """Draw a token for every row by inverting its distribution function.

    Args:
        logits: `[rows, vocabulary]`.
        temperatures: One a row; 0 takes the likeliest token.
        top_ps: One a row, in (0, 1].
        uniforms: One a row, in [0, 1).

    Returns:
        Token ids, `[rows]`.
    """
    picked = logits.argmax(dim=-1)
    warm = [row for row, heat in enumerate(temperatures) if heat > 0]
    # Only a row that cuts its distribution pays for sorting it.
    for draw, rows in (
        (_draw, [row for row in warm if top_ps[row] >= 1]),
        (_draw_nucleus, [row for row in warm if top_ps[row] < 1]),
    ):
        if rows:
            columns = torch.tensor(
                [(temperatures[row], top_ps[row], uniforms[row]) for row in rows],
                dtype=torch.float64,
                device=logits.device,
            )
            place = torch.tensor(rows, device=logits.device)
            picked[place] = draw(logits[place], *columns.T.unsqueeze(2).unbind())
    return picked


def _draw(logits: torch.Tensor, heat: torch.Tensor, _: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """From the whole distribution; columns are `[rows, 1]`."""
    reached = torch.softmax(logits.double() / heat, dim=-1).cumsum(dim=-1)
    place = torch.searchsorted(reached, uniform * reached[:, -1:], right=True)
    return place.clamp(max=logits.shape[-1] - 1).squeeze(1)


def _draw_nucleus(
    logits: torch.Tensor, heat: torch.Tensor, top_p: torch.Tensor, uniform: torch.Tensor
) -> torch.Tensor:
    """From the likeliest tokens that reach a share of `top_p` together."""
    ordered, ids = torch.sort(logits, dim=-1, descending=True, stable=True)
    shares = torch.softmax(ordered.double() / heat, dim=-1)
    reached = shares.cumsum(dim=-1)
    # A token counts if those before it don't reach the share; the first always does.
    last = ((reached - shares) < top_p).sum(dim=-1, keepdim=True) - 1
    place = torch.searchsorted(reached, uniform * reached.gather(1, last), right=True)
    return ids.gather(1, torch.minimum(place, last)).squeeze(1)


def log_probabilities(
    logits: torch.Tensor, picked: torch.Tensor, top: int
) -> tuple[list[float], list[list[tuple[int, float]]]]:
    """Natural log-probabilities of the picked tokens and of the likeliest ones, before temperature and top-p.

    Args:
        logits: `[rows, vocabulary]`.
        picked: Token ids, `[rows]`.
        top: How many of the likeliest tokens.
    """
    logs = torch.log_softmax(logits.float(), dim=-1)
    own: list[float] = logs.gather(1, picked.unsqueeze(1)).squeeze(1).tolist()
    values, ids = logs.topk(min(top, logs.shape[-1]), dim=-1)
    pairs: Any = zip(ids.tolist(), values.tolist(), strict=True)
    return own, [list(zip(row, logs_of_row, strict=True)) for row, logs_of_row in pairs]
