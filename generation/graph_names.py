"""The words that stand for the vertices of a graph: first names, and invented nouns.

The nouns mean nothing in any language that a frequency list was at hand for, and none is of the
-umpus kind that ProntoQA and ProsQA use, so a model can't know them from there. None begins with a
letter that leaves open whether it takes "a" or "an".
"""

from __future__ import annotations

from typing import Final

_PEOPLE: Final = """
    Aiko Akira Amara Anders Anjali Ayodele Bao Beatriz Bogdan Chiara Chidi Dalia Dmitri Eilidh Elif Emeka
    Farid Fatima Freya Goran Hana Hassan Hugo Ines Ingrid Isaac Jamal Jorge Kavya Keanu Kofi Lars Leila
    Malia Mateo Mei Miriam Nadia Naoki Nikos Olga Omar Paloma Pavel Priya Rashid Ravi Sakari Sanjay Siobhan
    Soraya Tariq Thandiwe Tuan Ulla Vikram Wanjiru Xiomara Yara Yusuf Zanele Zoltan
"""
_CONCEPTS: Final = """
    agnip amblot arnosk ashgil blimmet brafnel cavorn chundret clofter crandiss drellop drungel edrask efflot
    elbrisk emblit esklor farnock flimset fundrix glorvet grolph hadrip hibbrel iblor ildrat imprel isknel
    jandrill juppin keffin klimbet krastle krundel lembrik lunfer mefflin mibbrel mornif mulgrit nabbrik
    nelvot nimfrel norgash nubbrin obbrik oddrin olfret oskrel pandrop peffrin plimber plorvet pondrix prulk
    pundrel quibbrin quorvel rabnit relfin rimbol runvig selvot shandrop skimbrel slorvet snerpin spondrel
    stribbin sundrit tabbrik tembrix timfrel trindlop trumvet tulbrick vabbit vandrip velmork vimbrel vondle
    welgrin wimfret worvel yabbrin yelvot yindrop zabbrel zandrit zimbrop zundle
"""

FIRST_NAMES: Final = tuple(_PEOPLE.split())
"""People: the vertices that no edge leads to."""

NOUNS: Final = tuple(_CONCEPTS.split())
"""Concepts: all other vertices."""


def with_article(noun: str) -> str:
    """`a glorvet`, `an agnip`."""
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"
