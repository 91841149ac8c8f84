"""Seed streams: independent random words for every (seed, label, ...) of a generator.

A stream is a Philox generator whose 128-bit key is the BLAKE2b digest of the seed and its labels.
Different keys are different ciphers over the same counter, so two streams neither overlap nor
shift into each other, which streams seeded with `seed + index` do: there, seed s + 1 repeats all
but one of the items of seed s.

Integers are made from the raw words here: NumPy keeps a bit generator's words stable across its
versions (NEP 19), but not what `numpy.random.Generator` makes of them.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Final

import numpy as np
import numpy.typing as npt

_HALF_BITS: Final = 32


def stream(seed: int, *labels: str | int) -> np.random.Philox:
    """The random words that belong to a seed and a path of labels, such as config, split, shard.

    Args:
        seed: Any integer, negative or large ones included.
        labels: What the stream is for. Their order, their number and their types count: the label
            `1` isn't the label `"1"`.

    Returns:
        A bit generator at its start; wrap it in `numpy.random.Generator` for other distributions.
    """
    path = json.dumps([seed, *labels]).encode()
    digest = hashlib.blake2b(path, digest_size=16).digest()
    return np.random.Philox(key=int.from_bytes(digest, "big"))


def uniform_integers(
    words: np.random.Philox, low: int, high: int, shape: tuple[int, ...]
) -> npt.NDArray[np.int64]:
    """Integers drawn uniformly from `low..high`, both included.

    A word gives two integers, the low half first, each by multiply and shift: the probability of a
    value is off by less than 2^-32.

    Args:
        words: The stream to draw from; it advances.
        low: The least value.
        high: The greatest value; `high - low` is below 2^31.
        shape: The shape of the result.

    Raises:
        ValueError: The range is empty or too wide.
    """
    if not 0 <= high - low < 2 ** (_HALF_BITS - 1):
        raise ValueError(f"can't draw from {low}..{high}: the range must hold 1 to 2^31 values")
    count = math.prod(shape)
    halves = words.random_raw((count + 1) // 2).astype("<u8", copy=False).view("<u4")[:count]
    scaled = np.multiply(halves, high - low + 1, dtype=np.uint64)
    scaled >>= np.uint64(_HALF_BITS)
    return scaled.view(np.int64).reshape(shape) + low
