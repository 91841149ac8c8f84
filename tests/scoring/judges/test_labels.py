"""Labels with log-probabilities, and what is said of them."""

import ast
import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.scoring.judges.labels import LabelLogprobs, label_of, number_of

SHARED = Path(__file__).parents[3].parent / "shared"
JUDGED = SHARED / "upstream/thought_crime/betley/qwen_25_coder_32b_instruct.csv"
PAIR = ("yes", "no")
HUNDRED = (0, 100)


def likely(**probabilities: float) -> list[tuple[str, float]]:
    return [(token, math.log(value)) for token, value in probabilities.items()]


@pytest.mark.parametrize(
    ("token", "label"),
    [
        ("Yes", "yes"), (" yes", "yes"), ("\nYES ", "yes"), ("ĠYes", "yes"), ("▁no", "no"), ("Ċno", "no"),
        ("ye", "yes"), ("y", None), ("n", None), ("not", None), ("yes!", None), ("", None), (" ", None),
    ],
)  # fmt: skip
def test_a_token_is_a_label_whatever_its_case_and_the_space_before_it(token: str, label: str | None) -> None:
    assert label_of(token, PAIR) == label


def test_a_token_that_begins_two_labels_is_neither() -> None:
    flags = ("overt_instructed", "overt_uninstructed", "flip")
    assert label_of("overt", flags) is None
    assert label_of("overt_un", flags) == "overt_uninstructed"
    assert label_of("un", ("safe", "unsafe")) == "unsafe"


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("85", "85"), (" 85", "85"), ("00", "0"), ("007", "7"), ("100", "100"), ("101", None), ("-1", None),
        (" ", None), ("I", None), ("The", None), ("8.5", None), ("8_5", None), ("٨", None), ("²", None),
    ],
)  # fmt: skip
def test_a_token_is_a_whole_number_on_the_scale_or_none(token: str, number: str | None) -> None:
    assert number_of(token, HUNDRED) == number


def test_tokens_of_one_label_are_summed() -> None:
    found = LabelLogprobs.from_tokens(likely(**{"Yes": 0.4, " Yes": 0.1, "no": 0.3, "The": 0.2}), PAIR)
    assert found.probability("yes") == pytest.approx(0.5)
    assert (found.mass, found.outside) == (pytest.approx(0.8), pytest.approx(0.2))
    assert found.predicate("yes", "no") == pytest.approx(0.625)
    assert found.choice() == ("yes", pytest.approx(0.625))


def test_what_was_not_listed_has_no_probability() -> None:
    found = LabelLogprobs.from_tokens(likely(The=0.9), PAIR)
    assert found.probability("yes") == found.mass == 0
    assert found.predicate("yes", "no") is None
    assert found.choice() == (None, 0.0)
    assert found.expected(HUNDRED) == (None, 0.0)


def test_two_equally_likely_labels_are_no_choice() -> None:
    assert LabelLogprobs.from_probabilities({"yes": 0.5, "no": 0.5}).choice() == (None, 0.0)


def test_the_expected_value_is_weighted_by_the_mass_of_numbers() -> None:
    tokens = likely(**{"80": 0.3, "100": 0.1, "00": 0.1, "REFUSAL": 0.2, " ": 0.2, "101": 0.1})
    found = LabelLogprobs.from_numbers(tokens, HUNDRED, ["REFUSAL"])
    value, mass = found.expected(HUNDRED)
    assert (value, mass) == (pytest.approx(34 / 0.5), pytest.approx(0.5))
    assert found.probability("REFUSAL") == pytest.approx(0.2)
    assert found.outside == pytest.approx(0.3)


def test_a_number_that_is_none_and_a_probability_above_one_do_no_harm() -> None:
    found = LabelLogprobs.from_tokens([("yes", math.nan), ("no", 0.5)], PAIR)
    assert found.choice() == ("no", 1.0)
    assert (found.mass, found.outside) == (1, 0)


def test_the_papers_stored_means_are_reproduced() -> None:
    if not JUDGED.is_file():
        pytest.skip(f"{JUDGED} isn't there")
    compared = 0
    with JUDGED.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name in ("aligned", "coherent"):
                tokens = ast.literal_eval(row[f"judge_{name}"])
                found = LabelLogprobs.from_numbers(
                    ((token, math.log(value)) for token, value in tokens.items()), HUNDRED
                )
                value, mass = found.expected(HUNDRED)
                assert value == pytest.approx(float(row[name]), abs=1e-12, rel=1e-13)
                assert mass >= 0.25
                compared += 1
    assert compared == 140


tokens = st.lists(
    st.tuples(st.text(max_size=6) | st.sampled_from(["Yes", " no", "85", "00"]), st.floats(max_value=0.0)),
    max_size=20,
)


@given(tokens)
def test_nothing_fails_and_probabilities_stay_between_0_and_1(listed: list[tuple[str, float]]) -> None:
    for found in (
        LabelLogprobs.from_tokens(listed, PAIR),
        LabelLogprobs.from_numbers(listed, HUNDRED, ["REFUSAL"]),
    ):
        assert 0 <= found.outside <= 1
        assert all(each <= math.log(len(listed)) + 1e-9 for each in found.logprobs.values())
        label, share = found.choice()
        assert (label is None) == (share == 0)
        value, _ = found.expected(HUNDRED)
        assert value is None or -1e-9 <= value <= 100 + 1e-9


@given(st.dictionaries(st.integers(0, 100).map(str), st.floats(0.001, 1), min_size=1))
def test_the_expected_value_lies_between_the_numbers_seen(weights: dict[str, float]) -> None:
    total = sum(weights.values())
    found = LabelLogprobs.from_probabilities({label: each / total for label, each in weights.items()})
    value, mass = found.expected(HUNDRED)
    numbers = [int(label) for label in weights]
    assert value is not None
    assert min(numbers) - 1e-9 <= value <= max(numbers) + 1e-9
    assert mass == pytest.approx(1)
