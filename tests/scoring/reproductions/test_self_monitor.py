"""The headline of DeceptionBench: a mean of two relative cuts."""

import pytest
from mensrea.scoring.reproductions import self_monitor as claims
from mensrea.scoring.reproductions.files import shipped_facts

FACTS = shipped_facts("deceptionbench")
COUNTS = {"Llama": [[46, 123], [37, 180]], "Qwen": [[49, 180], [28, 180]]}
MODELS = [
    ["Llama-3.1-8B-Instruct w CoT", "SELF-MONITOR-8B"],
    ["Qwen2.5-7B-Instruct w CoT", "SELF-MONITOR-7B"],
]


def test_the_headline_is_the_mean_of_two_cuts():
    (cell,) = claims.headline(FACTS, 43.8, MODELS, COUNTS)
    assert cell.recomputed == pytest.approx((44.9197860963 + 42.6470588235) / 2)
    assert cell.equal
    assert cell.interval is not None
    assert (cell.interval.low, cell.interval.high) == pytest.approx((24.9, 57.2), abs=1)


def test_counts_give_another_decimal():
    (cell,) = claims.headline_of_counts(FACTS, 43.8, COUNTS)
    assert cell.recomputed == pytest.approx(43.94669, abs=1e-5)
    assert not cell.equal


def test_each_cut_has_a_wide_interval():
    cells = list(claims.cuts(FACTS, COUNTS))
    assert [cell.name for cell in cells] == ["Llama", "Qwen"]
    ends = [end for cell in cells if cell.interval for end in (cell.interval.low, cell.interval.high)]
    assert ends == pytest.approx([20, 62, 14, 63], abs=2)


def test_win_rates_of_the_plain_models():
    models = ["Llama-3.1-8B-Instruct", "Qwen2.5-7B-Instruct"]
    cells = list(claims.win_rates(FACTS, models, helpful=65, harmless=67))
    assert [cell.recomputed for cell in cells] == pytest.approx([65.35, 67.25])
    assert all(cell.equal for cell in cells)
