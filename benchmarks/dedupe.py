"""Near-duplicates: this package against rensa and datasketch, each fed by its usual pipeline.

Three parts, each in processes of its own that take turns; figures are medians. Prints one JSON line a figure.

- documents: 20,000 of 120 words, of which 1,999 are copies with one word edited.
- edits: copies with one kind of edit; which of them each side finds at a threshold, and what else it says.
- prompts: short prompts of 8 to 25 words, 30 % of them identical; seconds and memory.

    python benchmarks/dedupe.py [--repeats 5] [--prompts 1000000] [--part documents]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import resource
import statistics
import string
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, cast

DOCUMENTS, PLANTED, WORDS = 20_000, 1_999, 120
SHINGLE = 2
PERMUTATIONS = 128
Pairs = set[tuple[int, int]]


def vocabulary(draw: random.Random, size: int = 20_000) -> list[str]:
    return ["".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 10))) for _ in range(size)]


def one_word(words: list[str], draw: random.Random) -> list[str]:
    at = draw.randrange(len(words))
    return [*words[:at], "edited", *words[at + 1 :]]


def two_words(words: list[str], draw: random.Random) -> list[str]:
    return one_word(one_word(words, draw), draw)


def word_order(words: list[str], draw: random.Random) -> list[str]:
    at = draw.randrange(len(words) - 1)
    return [*words[:at], words[at + 1], words[at], *words[at + 2 :]]


def punctuation(words: list[str], draw: random.Random) -> list[str]:
    return [draw.choice([f"{word},", f"“{word}”", word.title(), word, word]) for word in words]


def sentence(words: list[str], draw: random.Random) -> list[str]:
    return [*words, *draw.choices(["please", "answer", "briefly", "now", "thanks", "show"], k=6)]


EDITS: dict[str, tuple[int, Callable[[list[str], random.Random], list[str]]]] = {
    "one word of 120": (120, one_word),
    "one word of 20": (20, one_word),
    "two words of 40": (40, two_words),
    "word order in 40": (40, word_order),
    "punctuation and case in 40": (40, punctuation),
    "six words added to 40": (40, sentence),
}


def planted(count: int, copies: int, length: int, edit: Callable[..., list[str]]) -> tuple[list[str], Pairs]:
    """Texts of random words; the last are edited copies of the first."""
    draw = random.Random(0)
    words = vocabulary(draw)
    originals = [draw.choices(words, k=length) for _ in range(count - copies)]
    edited = [" ".join(edit(originals[at], draw)) for at in range(copies)]
    pairs = {(at, count - copies + at) for at in range(copies)}
    return [" ".join(text) for text in originals] + edited, pairs


def prompts(count: int) -> list[str]:
    """Short prompts with words as frequent as in prose; three in ten are the same."""
    draw = random.Random(0)
    words = vocabulary(draw)
    weights = [1 / (rank + 5) for rank in range(len(words))]
    pool = draw.choices(words, weights, k=18 * count)
    texts, at = [], 0
    for _ in range(count * 7 // 10):
        length = draw.randint(8, 25)
        texts.append(" ".join(pool[at : at + length]))
        at = (at + length) % (len(pool) - 25)
    return texts + [texts[0]] * (count - len(texts))


def ours(texts: list[str], threshold: float) -> Pairs:
    from mensrea.validation.duplicates.find import find_duplicates

    found = find_duplicates(texts, threshold=threshold, shingle=SHINGLE)
    return set(zip(found.left.tolist(), found.right.tolist(), strict=True)) | {
        (group[0], row) for group in found.exact() for row in group[1:]
    }


def shingles(text: str) -> list[str]:
    """Runs of words, as their documentation makes them."""
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)] or words


def rensa(texts: list[str], threshold: float) -> Pairs:
    """Digests, the index, and candidates confirmed by their estimated similarity."""
    from rensa import RMinHash, RMinHashLSH  # pyright: ignore[reportAttributeAccessIssue]

    hashes = RMinHash.from_token_sets([shingles(text) for text in texts], PERMUTATIONS, 42)
    index = RMinHashLSH(threshold, PERMUTATIONS, 32)
    index.insert_many(hashes)
    pairs: Pairs = set()
    for row, candidates in enumerate(index.query_all(hashes)):
        pairs |= {
            (row, other)
            for other in candidates
            if row < other and hashes[row].jaccard(hashes[other]) >= threshold
        }
    return pairs


def rensa_flags(texts: list[str], threshold: float) -> Pairs:
    """The fastest of its ways: one flag a row, for both members, and nothing about which pair."""
    from rensa import RMinHash, RMinHashLSH  # pyright: ignore[reportAttributeAccessIssue]

    matrix = RMinHash.digest_matrix_from_token_sets([shingles(text) for text in texts], PERMUTATIONS, 42)
    flags = RMinHashLSH(threshold, PERMUTATIONS, 32).query_duplicate_flags_matrix_one_shot(matrix)
    return {(row, row) for row, flag in enumerate(flags) if flag}


def datasketch(texts: list[str], threshold: float) -> Pairs:
    from datasketch import MinHash, MinHashLSH

    tokens = [[shingle.encode() for shingle in shingles(text)] for text in texts]
    hashes = MinHash.bulk(tokens, num_perm=PERMUTATIONS, seed=42)
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    pairs: Pairs = set()
    for row, one in enumerate(hashes):
        near = cast("list[int]", index.query(one))
        pairs |= {(other, row) for other in near if hashes[other].jaccard(one) >= threshold}
        index.insert(row, one, check_duplication=False)
    return pairs


SIDES = {"ours": ours, "rensa": rensa, "rensa_flags": rensa_flags, "datasketch": datasketch}


def resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def timed(side: str, texts: list[str], threshold: float, repeats: int) -> tuple[Pairs, dict[str, float]]:
    """Seconds of the median run in one process, and of the first, which also asks for the memory."""
    SIDES[side](texts[:100], threshold)  # Imports, which aren't timed.
    before, seconds, pairs = resident(), list[float](), Pairs()
    for _ in range(repeats):
        start = time.perf_counter()
        pairs = SIDES[side](texts, threshold)
        seconds.append(time.perf_counter() - start)
    memory = {"mb": resident(), "more_mb": resident() - before}
    return pairs, {"seconds": statistics.median(seconds), "first_seconds": seconds[0], **memory}


def child(part: str, side: str, argument: str) -> None:
    if part == "edits":
        name, threshold = argument.rsplit("@", 1)
        texts, truth = planted(3_000, 1_000, *EDITS[name])
        found = SIDES[side](texts, float(threshold))
        right = len(found & truth)
        print(json.dumps({"recall": right / len(truth), "precision": right / max(len(found), 1)}))
        return
    texts, truth = (
        planted(DOCUMENTS, PLANTED, WORDS, one_word)
        if part == "documents"
        else (prompts(int(argument)), set())
    )
    repeats = 5 if part == "documents" and side != "datasketch" else 1
    pairs, cost = timed(side, texts, 0.8, repeats)
    print(json.dumps({"found": len(pairs & truth), "false": len(pairs - truth), **cost}))


def measure(part: str, side: str, argument: str = "") -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", part, side, argument]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rate(runs: list[dict[str, Any]], key: str) -> float:
    return DOCUMENTS / statistics.median(run[key] for run in runs)


def documents(repeats: int) -> None:
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for turn in range(repeats):
        for side, done in runs.items():
            if side != "datasketch" or not turn:
                done.append(measure("documents", side))
    rates = {side: rate(done, "seconds") for side, done in runs.items()}
    first = {side: rate(done, "first_seconds") for side, done in runs.items()}
    for peer in list(SIDES)[1:]:
        report(
            "documents_per_second", ours=round(rates["ours"]), peer=peer, peers=round(rates[peer]),
            ratio=round(rates["ours"] / rates[peer], 1),
            first_run=round(first["ours"]), peers_first_run=round(first[peer]), planted=PLANTED,
            found=runs["ours"][0]["found"], false=runs["ours"][0]["false"],
            peer_found=None if peer == "rensa_flags" else runs[peer][0]["found"],
            peer_false=None if peer == "rensa_flags" else runs[peer][0]["false"],
            mb=runs["ours"][0]["mb"], peer_mb=runs[peer][0]["mb"],
        )  # fmt: skip


def edits() -> None:
    for threshold in (0.8, 0.6):
        for name in EDITS:
            sides = {
                side: measure("edits", side, f"{name}@{threshold}") for side in SIDES if side != "rensa_flags"
            }
            report("edits", edit=name, threshold=threshold, **sides)


def many_prompts(count: int, repeats: int) -> None:
    runs = [measure("prompts", "ours", str(count)) for _ in range(repeats)]
    peer = measure("prompts", "rensa_flags", str(count // 10))
    seconds = statistics.median(run["seconds"] for run in runs)
    # Its time grows with the number of texts, so a tenth of them says enough.
    report(
        "prompts", count=count, seconds=round(seconds, 2), peer="rensa_flags on a tenth",
        peer_seconds=round(peer["seconds"], 2), ratio=round(peer["seconds"] * 10 / seconds, 1),
        mb=runs[0]["mb"], more_than_the_texts_mb=runs[0]["more_mb"],
    )  # fmt: skip


def report(figure: str, **values: Any) -> None:
    print(json.dumps({"benchmark": "dedupe", "figure": figure, **values}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=1_000_000)
    parser.add_argument("--part", choices=["documents", "edits", "prompts"])
    parser.add_argument("--child", nargs=3, metavar=("PART", "SIDE", "ARGUMENT"))
    arguments = parser.parse_args()
    if arguments.child:
        child(*arguments.child)
        return
    report("machine", processor=platform.machine(), cores=os.cpu_count(), load=round(os.getloadavg()[0], 1),
           python=platform.python_version())  # fmt: skip
    if arguments.part in (None, "documents"):
        documents(arguments.repeats)
    if arguments.part in (None, "edits"):
        edits()
    if arguments.part in (None, "prompts"):
        many_prompts(arguments.prompts, max(1, arguments.repeats // 2))


if __name__ == "__main__":
    main()
