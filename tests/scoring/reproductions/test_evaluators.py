"""SafeChain's evaluators: one confusion table each, with the same human labels."""

import pytest
from mensrea.scoring.reproductions import evaluators
from mensrea.scoring.reproductions.checks import declared

CHECKS = {check.compute: check for check in declared("safechain").checks}
GIVEN = CHECKS["evaluators.accuracies"].given


def test_accuracies_are_shares_of_272():
    cells = {cell.name: cell for cell in evaluators.accuracies({}, **GIVEN)}
    counts = {name: round(cell.recomputed * 272 / 100) for name, cell in cells.items()}
    assert counts == {"RS-Match": 191, "OpenAIMod": 219, "HarmBenchEval": 220, "Llama-Guard": 240}
    intervals = [cell.interval for cell in cells.values() if cell.interval]
    ends = [(round(each.low, 1), round(each.high, 1)) for each in intervals]
    assert ends == [(64.5, 75.3), (75.4, 84.8), (75.8, 85.1), (83.9, 91.5)]


def test_one_number_of_human_labels_fits_all_figures():
    assert [cell.recomputed for cell in evaluators.human_positives({}, **GIVEN)] == [128]
    cells = list(evaluators.figures_of_tables({}, **GIVEN))
    assert len(cells) == 8
    assert all(cell.equal and cell.interval is not None for cell in cells)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_figure_that_does_not_fit_is_noticed(place):
    figures = {name: list(each) for name, each in GIVEN["figures"].items()}
    figures["Llama-Guard"][place] *= 0.9
    assert list(evaluators.human_positives({}, 272, figures)) == []
    assert list(evaluators.figures_of_tables({}, 272, figures)) == []
