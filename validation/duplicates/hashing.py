"""64-bit hashes that are the same on every machine, in every process and version of a library."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

SEED = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


def mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Every bit of a value spread over all of it (the finaliser of SplitMix64)."""
    mixed = values ^ (values >> np.uint64(30))
    mixed *= FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


def own(data: bytes) -> int:
    """The hash of one long string."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
