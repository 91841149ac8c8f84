"""Which graphs are the same but for names, vertex numbers and order: what decides a graph's split."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from .graph_problems import Problems
from .splits import mix

_ROUNDS: Final = 4
_HALF: Final = np.uint64(32)


def class_hashes(problems: Problems) -> npt.NDArray[np.uint64]:
    """A hash of each directed graph, equal for all that are isomorphic to it; shape (n,).

    It comes of colour refinement (Weisfeiler and Leman, 1968): a vertex's next colour is a hash of its
    own and of the multisets of colours that edges to it and from it connect it with; the graph's hash is
    one of the multiset of colours after four rounds. Integer arithmetic only, the same on every platform.

    Root and options don't count: a graph in which another person or another concept is asked about
    has the same hash, so all questions about a graph fall on one side of a split. Graphs that aren't
    isomorphic may share a hash as well, and then they too fall on one side.
    """
    start, end = problems.flat
    colour = np.zeros(len(problems) * problems.width, np.uint64)
    for _ in range(_ROUNDS):
        mixed = mix(colour)
        np.add.at(colour, end, mixed[start])
        # The same word with its halves exchanged, so that edges count differently in either direction.
        np.add.at(colour, start, ((mixed << _HALF) | (mixed >> _HALF))[end])
    colours = mix(colour).reshape(len(problems), problems.width)
    return mix((colours * problems.exists).sum(axis=1, dtype=np.uint64))
