from __future__ import annotations

import re

from mensrea.generation.graph_names import FIRST_NAMES, NOUNS, with_article


def test_there_are_enough_and_none_is_there_twice():
    assert len(FIRST_NAMES) >= 40
    assert len(NOUNS) >= 60
    assert len({name.lower() for name in (*FIRST_NAMES, *NOUNS)}) == len(FIRST_NAMES) + len(NOUNS)


def test_names_are_capitalised_and_nouns_are_not():
    assert all(re.fullmatch("[A-Z][a-z]{2,7}", name) for name in FIRST_NAMES)
    assert all(re.fullmatch("[a-z]{5,8}", noun) for noun in NOUNS)


def test_no_noun_is_one_of_the_published_kind():
    assert not [noun for noun in NOUNS if noun.endswith("pus")]


def test_articles():
    """No noun begins with a letter that is sounded one way or the other, such as the u of unit."""
    assert {with_article(noun).split()[0] for noun in NOUNS if noun[0] in "aeio"} == {"an"}
    assert {with_article(noun).split()[0] for noun in NOUNS if noun[0] not in "aeio"} == {"a"}
    assert not [noun for noun in NOUNS if re.match("u|eu|ew|on[ce]|h(ei|on|our)|y[^aeiou]", noun)]
