from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.generation.job import Stage
from mensrea.generation.plan import Segment
from mensrea.generation.progress import Progress
from mensrea.generation.run_folder import PROGRESS, RunFolder
from mensrea.models.counting import counts, left, line, short

MOST = 10**9


@dataclass
class Counters:
    calls: int = 0
    replayed: int = 0
    in_flight: int = 0
    limited: int = 0
    retried: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0


LARGE = Counters(9_940_000, 9_940_000, 1_024, 999_400, 1, 1, 499_000_000, 500_000_000)


def stage(total, index=0):
    return Stage(Segment(index, (), (), b""), b"", [], total)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (950, "950"),
        (999, "999"),
        (1_000, "1.0k"),
        (1_234, "1.2k"),
        (9_949, "9.9k"),
        (9_950, "10k"),
        (34_400, "34k"),
        (999_499, "999k"),
        (999_999, "1.0M"),
        (5_600_000, "5.6M"),
        (12_345_678_901, "12G"),
    ],
)
def test_short_numbers(number, text):
    assert short(number) == text


@given(st.integers(0, 999 * 10**9))
def test_a_short_number_has_four_characters_and_is_near(number):
    text = short(number)
    assert len(text) <= 4
    factor = {"k": 10**3, "M": 10**6, "G": 10**9}.get(text[-1], 1)
    assert abs(float(text.rstrip("kMG")) * factor - number) <= 0.06 * number


def test_a_line_says_what_happens():
    counters = Counters(1_234, 0, 16, 3, 0, 0, 900_000, 100_000, usd=1.234)
    assert line(counters) == "1.2k calls (16 open), 3 429s, $1.23"
    counters.usd = 12_345.6
    assert line(counters) == "1.2k calls (16 open), 3 429s, $12k"
    counters.usd = 0.0
    assert line(counters) == "1.2k calls (16 open), 3 429s, 1.0M tokens"


NUMBERS = st.integers(0, MOST)


@given(st.builds(Counters, NUMBERS, NUMBERS, st.integers(0, 9_999), NUMBERS, usd=st.floats(0, MOST)))
def test_a_line_has_at_most_46_characters(counters):
    assert len(line(counters)) <= 46


@pytest.mark.parametrize("seconds", [0.0, 1.0, 359.0, 3_600.0])
@pytest.mark.parametrize("counted", [(1_000_000, 999_000), (None, 999_000), (10_000_000, 12)])
def test_the_line_fits_a_terminal(tmp_path, capsys, monkeypatch, counted, seconds):
    total, done = counted
    now = 0.0
    monkeypatch.setattr("mensrea.generation.progress.time.monotonic", lambda: now)
    progress = Progress(RunFolder(tmp_path), LARGE, shown=True)
    progress.begin(stage(total), done)
    for _ in range(3):
        now += seconds
        progress.advance(stage(total), 1)
        assert progress._bar is not None
        progress._bar.refresh()
    progress.close()
    drawn = [re.sub(r"\x1b\[\w+", "", each).rstrip() for each in re.split(r"[\r\n]", capsys.readouterr().err)]
    assert max(map(len, drawn)) < 80
    assert any("9.9M calls (1.0k open), 999k 429s, 999M tokens, " in each for each in drawn)


def test_the_line_says_how_long_it_takes(tmp_path, capsys, monkeypatch):
    now = 50.0
    monkeypatch.setattr("mensrea.generation.progress.time.monotonic", lambda: now)
    progress = Progress(RunFolder(tmp_path), Counters(), shown=True)
    progress.begin(stage(1_000), 400)
    now += 10
    progress.advance(stage(1_000), 100)
    assert progress._bar is not None
    progress._bar.refresh()
    progress.close()
    assert "500/1.00k rows, 0 calls (0 open), 0 429s, 0 tokens, 00:50 left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "?"), (0, "00:00"), (250, "04:10"), (359_999, "99:59:59"), (360_000, "4 d"), (9e9, "104k d")],
)
def test_times(seconds, text):
    assert left(seconds) == text


def test_nothing_is_drawn_unless_asked(tmp_path, capsys):
    progress = Progress(RunFolder(tmp_path), Counters(), shown=False)
    progress.begin(stage(3), 0)
    progress.advance(stage(3), 1)
    progress.close()
    assert capsys.readouterr().err == ""


def test_the_file_says_how_far_the_run_is(tmp_path):
    folder, counters = RunFolder(tmp_path), Counters(calls=2, usd=0.1234567)
    progress = Progress(folder, counters, shown=False)
    assert folder.read(PROGRESS) is None
    progress.begin(stage(9, index=1), 4)
    state = folder.read(PROGRESS)
    assert (state["stage"], state["rows"], state["of"]) == (1, 4, 9)
    assert state["calls"] == counts(counters)
    assert state["calls"]["usd"] == 0.123457
    assert abs(state["at"] - time.time()) < 60


def test_the_file_is_written_once_a_second_and_at_the_end(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr("mensrea.generation.progress.time.monotonic", lambda: now)
    folder = RunFolder(tmp_path)
    progress = Progress(folder, Counters(), shown=False)
    progress.begin(stage(9), 0)
    progress.advance(stage(9), 2)
    assert folder.read(PROGRESS)["rows"] == 0
    now = 101.0
    progress.advance(stage(9), 1)
    assert folder.read(PROGRESS)["rows"] == 3
    progress.advance(stage(9), 4)
    progress.close()
    assert folder.read(PROGRESS)["rows"] == 7
    progress.close()


def test_a_folder_that_can_t_be_written_stops_nothing(tmp_path):
    progress = Progress(RunFolder(tmp_path / "gone"), Counters(), shown=False)
    progress.begin(stage(9), 0)
    progress.advance(stage(9), 1)
    progress.close()
