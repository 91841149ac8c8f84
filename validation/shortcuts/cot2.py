"""CoT2 (arXiv 2505.23648): what answers MNNS without search, and graph questions without following edges."""

from __future__ import annotations

from typing import Final

from . import graphs, signed_sums
from .base import Shortcut, commonest, compared, single, thresholds

MNNS: Final = ("mnns-*",)
TWO_OPTIONS: Final = ("prosqa*",)
ONE_OPTION: Final = ("prontoqa*",)
PUBLISHED: Final = ("original",)

_MOST_EDGES: Final = 16
_MOST_SENTENCES: Final = 128

SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(
        "majority",
        "always {choice}, the commonest answer of {split}",
        commonest("answer"),
        (*MNNS, *ONE_OPTION),
    ),
    Shortcut("parity", "the sum of the digits modulo 2", single(signed_sums.parity), MNNS),
    Shortcut(
        "greedy",
        "largest digit first, each with the sign that brings the sum nearer to 0",
        single(signed_sums.greedy),
        MNNS,
    ),
    Shortcut(
        "differencing",
        "the two largest numbers replaced by their difference until one is left",
        single(signed_sums.differencing),
        MNNS,
    ),
    Shortcut(
        "position",
        "the option named {choice}",
        compared(graphs.place_in_list, "first", "last"),
        TWO_OPTIONS,
    ),
    Shortcut(
        "position",
        "the option named {choice}",
        compared(graphs.place_in_question, "first", "last"),
        PUBLISHED,
    ),
    Shortcut(
        "in-degree",
        "the option with {choice} incoming edges",
        compared(graphs.of_options(graphs.incoming), "fewer", "more"),
        (*TWO_OPTIONS, *PUBLISHED),
    ),
    Shortcut(
        "out-degree",
        "the option with {choice} outgoing edges",
        compared(graphs.of_options(graphs.outgoing), "fewer", "more"),
        TWO_OPTIONS,
    ),
    Shortcut(
        "mentions",
        "the option named in {choice} sentences",
        compared(graphs.of_options(graphs.mentions), "fewer", "more"),
        TWO_OPTIONS,
    ),
    Shortcut(
        "first-mention",
        "the option whose first mention is {choice}",
        compared(graphs.of_options(graphs.first_mention), "earlier", "later"),
        TWO_OPTIONS,
    ),
    Shortcut(
        "name-length",
        "the option with the {choice} name",
        compared(graphs.of_options(graphs.name_length), "shorter", "longer"),
        (*TWO_OPTIONS, *PUBLISHED),
    ),
    Shortcut(
        "in-degree",
        "True if the in-degree of the concept asked about is {choice}",
        thresholds(graphs.of_asked(graphs.incoming), _MOST_EDGES),
        ONE_OPTION,
    ),
    Shortcut(
        "out-degree",
        "True if the out-degree of the concept asked about is {choice}",
        thresholds(graphs.of_asked(graphs.outgoing), _MOST_EDGES),
        ONE_OPTION,
    ),
    Shortcut(
        "mentions",
        "True if the number of sentences that name the concept asked about is {choice}",
        thresholds(graphs.of_asked(graphs.mentions), _MOST_EDGES),
        ONE_OPTION,
    ),
    Shortcut(
        "first-mention",
        "True if the number of sentences before the first that names the concept asked about is {choice}",
        thresholds(graphs.of_asked(graphs.first_mention), _MOST_SENTENCES),
        ONE_OPTION,
    ),
    Shortcut(
        "name-length",
        "True if the length of the name of the concept asked about is {choice}",
        thresholds(graphs.of_asked(graphs.name_length), _MOST_EDGES),
        ONE_OPTION,
    ),
    Shortcut(
        "length",
        "True if the number of sentences is {choice}",
        thresholds(graphs.of_asked(graphs.sentences), _MOST_SENTENCES),
        ONE_OPTION,
    ),
)
"""In the order of the card's tables; a name stands twice only where the configs differ."""
