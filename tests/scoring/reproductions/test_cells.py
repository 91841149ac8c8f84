"""When a recomputed figure is the published one."""

import pytest
from mensrea.scoring.intervals import Interval
from mensrea.scoring.reproductions.cells import Cell, in_percent, nearest_percent


@pytest.mark.parametrize(
    ("published", "recomputed", "digits", "equal"),
    [
        (36.4, 36.42, 1, True),
        (36.4, 36.46, 1, False),
        (18, 17.5, 0, True),
        (17, 17.5, 0, True),
        (14, 13.125, 0, False),
        (0.25, 0.25 + 5e-13, None, True),
        (0.25, 0.25 + 5e-12, None, False),
        (None, 3.0, 0, True),
        (1.0, float("nan"), 1, False),
    ],
)
def test_a_figure_is_equal_as_printed(published, recomputed, digits, equal):
    assert Cell("", published, recomputed, digits).equal is equal


def test_json_has_the_figure_unrounded():
    cell = Cell("rate", 36.4, 36.42, 1, Interval(30.0, 42.0, 0.95, "wilson"))
    interval = {"low": 30.0, "high": 42.0, "level": 0.95, "method": "wilson"}
    expected = {"name": "rate", "published": 36.4, "recomputed": 36.42, "equal": True, "interval": interval}
    assert cell.as_dict() == expected


def test_an_interval_in_percent():
    assert in_percent(Interval(0.25, 0.5, 0.95, "exact")) == Interval(25.0, 50.0, 0.95, "exact")


@pytest.mark.parametrize(("percent", "trials", "count"), [(36.4, 313, 114), (0.0, 60, 0), (100.0, 60, 60)])
def test_the_nearest_share(percent, trials, count):
    assert nearest_percent(percent, trials) == (count, pytest.approx(100 * count / trials))
