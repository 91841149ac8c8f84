"""Looking for quotes in reasoning, beside `in` and RapidFuzz's `partial_ratio`.

Reasoning of 30 kB and sixteen quotes for each: three in four are sentences of it, half of these with what
copying changes; the rest are paraphrases, other numbers, cut words and stitched sentences. A check is
preparing the reasoning, shared by so many quotes, and locating one. `in` takes the texts as they are.
`partial_ratio` counts a quote as found at 90 or more of 100; it runs over a part of the texts, and only if
`--peer` names a Python with `rapidfuzz`. Each side gets the same quotes in processes of its own that take
turns; figures are medians. `wrong` counts quotes that a side finds and shouldn't, and `missed` the other way
round. Then the time that a megabyte of hostile text takes, at best. Prints one JSON line.

    python benchmarks/evidence.py [--texts 200] [--repeats 5] [--peer PYTHON]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

SIZE = 30_000
QUOTES = 16
FUZZY_TEXTS = 5
MEGABYTE = 1_000_000
PLAIN = (
    "the of and value we need then if is because user maybe should check again it other first plan driver "
    "rota half answer step assume number try instead still wrong"
)
WORDS = [*PLAIN.split(), "can't", "won't", "3.5", "1,200", "non-linear", "$x^2$", "\\frac{1}{2}"]
ENDS = (". ", ". ", ".\n", ".\n\n", "! ", "? ", "\u2026 ", " \u2014 ")

Case = tuple[str, list[tuple[str, bool]]]

HOSTILE = {
    "backslashes": ("\\" * MEGABYTE, "\\" * MEGABYTE + " one two three"),
    "quotation marks": ("\u201c" * MEGABYTE, '"' * MEGABYTE + "one two three" + '"' * MEGABYTE),
    "dots": ("." * MEGABYTE, "." * MEGABYTE + " one two three"),
    "ellipses": ("\u2026" * MEGABYTE, "\u2026" * MEGABYTE + " one two three"),
    "newlines": ("\n" * MEGABYTE, "\n" * MEGABYTE + "one two three"),
    "periods": ("ab " * (MEGABYTE // 3), "b " + "ab " * (MEGABYTE // 6) + "a"),
    "parts": ("a a a\n\n" * (MEGABYTE // 7) + "b b b", "a a a ... a a a ... a a a ... b b b"),
}


def sentence(draw: random.Random) -> str:
    words = draw.choices(WORDS, k=draw.randint(8, 24))
    return f"{words[0].capitalize()} {' '.join(words[1:])}"


def copied(draw: random.Random, quote: str) -> str:
    changes: list[Callable[[str], str]] = [
        lambda text: text.replace("'", "\u2019"),
        lambda text: text.replace("\\", "\\\\"),
        lambda text: f'"{text}."',
        lambda text: f"**{text}**",
        lambda text: text.replace(" ", "\u00a0", 1),
        lambda text: text.replace(" ", "\n", 2),
    ]
    return draw.choice(changes)(quote)


def wrong(draw: random.Random, quote: str, other: str) -> str:
    words = quote.split()
    at = draw.randrange(2, len(words) - 2)
    changes: list[Callable[[], list[str]]] = [
        lambda: [*words[:at], "indeed", *words[at:]],
        lambda: [*words[:at], *words[at + 1 :], "quoted"],
        lambda: [*words[:at], f"{words[at]}s", *words[at + 1 :]],
        lambda: [*reversed(words)],
        lambda: [*words[:4], "...", *other.split()[:4]],
        lambda: [*words[:at], "17", *words[at:]],
    ]
    return " ".join(draw.choice(changes)())


def cases(count: int) -> Iterator[Case]:
    draw = random.Random(0)
    for _ in range(count):
        sentences: list[str] = []
        text = ""
        while len(text) < SIZE:
            sentences.append(sentence(draw))
            text += sentences[-1] + draw.choice(ENDS)
        quotes: list[tuple[str, bool]] = []
        for place in range(QUOTES):
            quote, other = draw.sample(sentences, 2)
            if place % 4 == 3:
                quotes.append((wrong(draw, quote, other), False))
            else:
                quotes.append((copied(draw, quote) if place % 2 else quote, True))
        yield text, quotes


def ours(some: Sequence[Case]) -> list[bool]:
    from mensrea.scoring.evidence import Evidence

    found: list[bool] = []
    for text, quotes in some:
        evidence = Evidence.of(text)
        found += [evidence.locate(quote) is not None for quote, _ in quotes]
    return found


def ours_alone(some: Sequence[Case]) -> list[bool]:
    from mensrea.scoring.evidence import Evidence

    return [Evidence.of(text).locate(quote) is not None for text, quotes in some for quote, _ in quotes]


def plain_in(some: Sequence[Case]) -> list[bool]:
    return [quote in text for text, quotes in some for quote, _ in quotes]


def partial_ratio(some: Sequence[Case]) -> list[bool]:
    from rapidfuzz import fuzz  # pyright: ignore[reportMissingImports]

    return [fuzz.partial_ratio(quote, text) >= 90 for text, quotes in some for quote, _ in quotes]


SIDES = {"locate": ours, "prepare_and_locate": ours_alone, "in": plain_in, "partial_ratio": partial_ratio}


def measured(side: str, texts: int) -> dict[str, float]:
    """Checks a second in this process, after a run that isn't timed, and how many are wrong."""
    some = list(cases(min(texts, FUZZY_TEXTS) if side == "partial_ratio" else texts))
    truth = [there for _, quotes in some for _, there in quotes]
    found = SIDES[side](some)
    start = time.perf_counter()
    SIDES[side](some)
    spent = time.perf_counter() - start
    pairs = list(zip(found, truth, strict=True))
    return {
        "checks_per_s": round(len(truth) / spent),
        "wrong": round(pairs.count((True, False)) / truth.count(False), 3),
        "missed": round(pairs.count((False, True)) / truth.count(True), 3),
    }


def in_process(python: str, side: str, texts: int) -> dict[str, float]:
    command = [python, str(Path(__file__)), "--side", side, "--texts", str(texts)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def megabyte(name: str, repeats: int) -> float:
    """Milliseconds to prepare a hostile text and to look for a hostile quote in it, at best."""
    from mensrea.scoring.evidence import Evidence

    text, quote = HOSTILE[name]

    def once() -> float:
        start = time.perf_counter()
        Evidence.of(text).locate(quote)
        return time.perf_counter() - start

    return round(min(once() for _ in range(repeats)) * 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer", help="a Python that has rapidfuzz")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measured(given.side, given.texts)))
        return
    pythons = {side: given.peer if side == "partial_ratio" else sys.executable for side in SIDES}
    turns = [
        {side: in_process(python, side, given.texts) for side, python in pythons.items() if python}
        for _ in range(given.repeats)
    ]
    sides = {
        side: {key: statistics.median(turn[side][key] for turn in turns) for key in turns[0][side]}
        for side in turns[0]
    }
    line = {
        "benchmark": "evidence",
        "texts": given.texts,
        "characters_per_text": SIZE,
        "quotes_per_text": QUOTES,
        "sides": sides,
        "megabyte_ms": {name: megabyte(name, given.repeats) for name in HOSTILE},
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
