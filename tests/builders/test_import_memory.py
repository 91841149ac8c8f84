"""A million rows are imported as a stream: memory hardly grows with their number."""

import random
import sys

import pytest
from mensrea import BuildOptions, build_release
from mensrea.testing.memory import peak_memory
from mensrea.testing.releases import write_jsonl

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc"),
]
MEGABYTE = 10**6
FEW, MANY = 100_000, 300_000


@pytest.fixture(scope="module")
def sentence():
    """From two numbers to one of many sentences, so that text compresses as text does."""
    choose = random.Random(0).choices
    words = ["".join(choose("abcdefghijklmnopqrstuvwxyz", k=2 + number % 8)) for number in range(20_000)]
    sentences = [f"{' '.join(choose(words, k=16))}." for _ in range(50_000)]
    return lambda row, place: sentences[(row * 7919 + place * 104_729) % len(sentences)]


def instruction(number, sentence):
    """About 850 bytes, the mean of the published rows."""
    steps = "\n".join(f"Step {step}: {sentence(number, step)}" for step in range(1, 6))
    return {
        "image_url": f"Multimath/RGB_images/{number}.png",
        "instruction": f"Solve it step by step.\nQuestion:{sentence(number, 0)} {number}?",
        "output": f"{steps}\n†Answer: {number}",
    }


def solution(number, sentence):
    """About 1.9 kB, somewhat more than the mean of the published rows; one in ten has a finding."""
    steps = "\n".join(
        f"Step {step}: {' '.join(sentence(number, 3 * step + part) for part in range(3))} <pos>"
        for step in range(1, 6)
    )
    answer = f"†Answer: {number}" if number % 10 else ""
    return {**instruction(number, sentence), "output": f"{steps}\n{answer}"}


@pytest.mark.parametrize(("stem", "row"), [("mmathcot", instruction), ("dualmath", solution)])
def test_memory_hardly_grows_with_the_rows(tmp_path, sentence, stem, row):
    peaks = []
    for count in (FEW, MANY):
        write_jsonl(tmp_path / "copy" / "train.jsonl", (row(number, sentence) for number in range(count)))
        options = BuildOptions(source=tmp_path / "copy")
        peaks.append(peak_memory(build_release, stem, out=tmp_path / str(count), options=options))
    assert peaks[1] < 600 * MEGABYTE
    assert peaks[1] - peaks[0] < 100 * MEGABYTE
