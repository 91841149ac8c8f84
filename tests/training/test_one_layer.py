"""The one-layer construction: exact thoughts and answers, on every input and at random ones."""

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.generation.signed_sums import answers
from mensrea.generation.soft_targets import targets

torch = pytest.importorskip("torch")
from mensrea.training.one_layer import Basis, OneLayer, one_layer_mnns  # noqa: E402 (needs torch)

Digits = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


def every(length: int, lowest: int, highest: int) -> Digits:
    return np.array(list(itertools.product(range(lowest, highest + 1), repeat=length)))


def expected(digits: Digits, reach: int) -> Shares:
    """The full-budget targets, with all of the last step on the answer."""
    found = targets(digits)
    dense = np.zeros((*digits.shape, 2 * reach + 1))
    dense[found.row, found.step - 1, found.state.astype(int) + reach] = found.count / 2.0**found.step
    dense[:, -1] = 0
    dense[np.arange(len(digits)), -1, answers(digits).astype(int) + reach] = 1
    return dense


def check(model: OneLayer, digits: Digits) -> None:
    for part in np.array_split(digits, math.ceil(len(digits) / 5_000)):
        thoughts = model.thoughts(part)
        assert np.abs(thoughts.numpy() - expected(part, model.reach)).max() < 1e-9
        assert (thoughts[:, -1].argmax(dim=-1) - model.reach).tolist() == answers(part).tolist()
    assert model.answers(digits[:500]).tolist() == answers(digits[:500]).tolist()


@pytest.mark.parametrize("basis", ["one-hot", "fourier"])
@pytest.mark.parametrize("length", [2, 3, 4])
def test_every_input_of_digits_from_1_to_9_is_solved_exactly(length: int, basis: Basis) -> None:
    digits = every(length, 1, 9)
    assert len(digits) == 9**length
    check(one_layer_mnns(length, 9, basis=basis), digits)


@pytest.mark.slow
def test_every_input_of_five_digits_from_5_to_13_is_solved_exactly() -> None:
    check(one_layer_mnns(5, 13, 5), every(5, 5, 13))


def brute_force(digits: list[int]) -> tuple[int, list[dict[int, float]]]:
    """The answer and the share of sign prefixes that end in each state, after each step."""
    shares: list[dict[int, float]] = []
    for step in range(1, len(digits) + 1):
        ends = [sum(map(int.__mul__, digits, signs)) for signs in itertools.product((1, -1), repeat=step)]
        shares.append({end: ends.count(end) / 2**step for end in ends})
    return min(end for end in shares[-1] if end >= 0), shares


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_other_families_are_solved_too(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 6))
    lowest = data.draw(st.integers(1, 30))
    highest = data.draw(st.integers(lowest, lowest + 4))
    digits = data.draw(st.lists(st.integers(lowest, highest), min_size=length, max_size=length))
    model = one_layer_mnns(length, highest, lowest)
    answer, shares = brute_force(digits)
    assert model.answers([digits]).tolist() == [answer]
    for thought, share in zip(model.thoughts([digits])[0, :-1].tolist(), shares[:-1], strict=True):
        wanted = [share.get(state, 0) for state in range(-model.reach, model.reach + 1)]
        assert np.abs(np.subtract(thought, wanted)).max() < 1e-9


@pytest.mark.parametrize("basis", ["one-hot", "fourier"])
def test_an_error_in_a_thought_below_a_quarter_of_a_stair_is_removed(basis: Basis) -> None:
    model = one_layer_mnns(4, 9, basis=basis)
    # After the digits 1 and 8 the third thought reads multiples of 1/8.
    sequence = torch.cat([model.embedding[[0, 1, 8, 3, 6]], torch.zeros(2, model.width, dtype=torch.float64)])
    masses = torch.zeros(model.states, dtype=torch.float64)
    masses[[model.reach + state for state in (-9, -7, 7, 9)]] = 0.25
    noise = torch.rand(model.states, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found: list[Any] = []
    for size in (0, 0.99 / 32, 4 / 32):
        sequence[-1] = (masses + size * noise * (1 - 8 * masses)) @ model.embedding[-model.states :]
        found.append(model.logits(sequence[None]).softmax(dim=-1))
    assert (found[0] - found[1]).abs().max() < 1e-9
    assert (found[0] - found[2]).abs().max() > 1e-2


def test_among_sines_and_cosines_a_digit_multiplies_each_coordinate() -> None:
    model = one_layer_mnns(4, 9, basis="fourier")
    coordinates = model.thoughts([[3, 7, 2, 9]])[0] @ model.embedding[-model.states :, : model.states]
    waves = torch.arange(model.reach + 1, dtype=torch.float64) * 2 * math.pi / model.states
    for step, digit in enumerate([7, 2], start=1):
        factors = torch.cat([waves, waves[1:]]).mul(digit).cos()
        assert torch.allclose(coordinates[step], coordinates[step - 1] * factors, atol=1e-9)


def test_a_digit_counts_at_its_own_step() -> None:
    thoughts = one_layer_mnns(3, 9).thoughts([[9, 1, 4], [1, 9, 4]])
    assert not torch.allclose(thoughts[0, 0], thoughts[1, 0], atol=0.1)
    assert torch.allclose(thoughts[0, 1], thoughts[1, 1], atol=1e-9)


@pytest.mark.parametrize(("length", "highest", "lowest"), [(1, 4, 2), (2, 9, 1), (4, 9, 1), (5, 13, 5)])
def test_its_sizes_are_those_of_the_formulas(length: int, highest: int, lowest: int) -> None:
    model = one_layer_mnns(length, highest, lowest)
    assert model.width == 2 * highest * length + 1 + highest - lowest + 1 + 2 * length
    assert model.hidden == (2 * highest * length + 1) * max(3, 2 ** (length - 1) + 1)
    assert len(model.experts) == length * (highest - lowest + 1)
    assert model.embedding.dtype == torch.float64
    assert model.parameters > len(model.experts) * model.width


def test_no_inputs_have_no_answers() -> None:
    model = one_layer_mnns(2, 3)
    empty = np.zeros((0, 2), int)
    assert model.answers(empty).shape == (0,)
    assert model.thoughts(empty).shape == (0, 2, model.states)


@pytest.mark.parametrize("sizes", [(0, 9, 1), (9, 9, 1), (4, 9, 0), (4, 2, 3)])
def test_a_family_outside_its_range_is_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="expected 1"):
        one_layer_mnns(*sizes)


@pytest.mark.parametrize(
    ("digits", "message"),
    [
        ([[1, 2, 3]], r"digits must have the shape \(n, 2\), not \(1, 3\)"),
        ([1, 2], r"digits must have the shape \(n, 2\), not \(2,\)"),
        ([[1, 2], [0, 3]], r"digits must be in 1\.\.4, not 0\.\.3"),
        ([[1, 5]], r"digits must be in 1\.\.4, not 1\.\.5"),
    ],
)
def test_digits_of_another_shape_or_range_are_refused(digits: object, message: str) -> None:
    model = one_layer_mnns(2, 4)
    for ask in (model.thoughts, model.answers):
        with pytest.raises(ValueError, match=message):
            ask(digits)  # type: ignore[arg-type]
