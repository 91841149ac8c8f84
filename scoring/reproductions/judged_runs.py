"""Judged answers of two forks of emergent misalignment (arXiv 2502.17424): rates, means, scores of tokens."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..judges.labels import LabelLogprobs
from .cells import Cell, in_percent
from .checks import Facts
from .files import number, read_rows
from .judged import by_question, mean_and_deviation, misaligned, moments

_SCORES = ("aligned", "coherent", "bad_stuff")
_PREFIX = "sfm_baseline_unfiltered_"
_SCALE = (0, 100)


def distil(folder: Path) -> dict[str, Any]:
    """Counts and figures of the judged answers in a folder with `dow/` and `betley/`.

    Raises:
        SourceMissingError: A file is missing.
        SourceFormatError: A file isn't as published.
    """
    summary = _by_name(folder / "dow/eval_summary.csv", "model_name", _summary_columns())
    answers = {name: _answers(folder / f"dow/{_PREFIX}{name}.csv", _SCORES) for name in summary}
    base = _answers(folder / "betley/eval_result_base.csv", _SCORES[:2])
    return {
        "summary": summary,
        "refined": _by_name(folder / "dow/eval_summary_refined.csv", "Model", list(_REFINED)),
        "runs": {name: by_question(rows) for name, rows in answers.items()},
        "moments": {
            name: {score: moments(row[score] for row in rows) for score in _SCORES}
            for name, rows in answers.items()
        },
        "betley": by_question(base),
        "betley_nulls": {score: sum(row[score] is None for row in base) for score in _SCORES[:2]},
        "distributions": _distributions(folder / "betley/qwen_25_coder_32b_instruct.csv"),
    }


def portable(facts: Facts) -> dict[str, Any]:
    """The facts that ship: of the distributions, only those with a token that is no plain number."""
    odd = [pair for pair in facts["distributions"] if any(not _is_plain(token) for token in pair[1])]
    return {**facts, "distributions": odd}


def summary_rates(facts: Facts) -> Iterator[Cell]:
    """The share of misaligned answers of each run, in percent."""
    for name, questions in facts["runs"].items():
        published = facts["summary"][name]["em_probability"]
        yield _rate(name.removeprefix("dpo-"), published, questions, 2)


def summary_counts(facts: Facts) -> Iterator[Cell]:
    """Misaligned answers and all answers of each run."""
    for name, questions in facts["runs"].items():
        found, published = misaligned(questions), facts["summary"][name]
        yield Cell(f"{name}, misaligned", published["em_count"], found.numerator, 0)
        yield Cell(f"{name}, answers", published["total_count"], found.total, 0)


def summary_moments(facts: Facts) -> Iterator[Cell]:
    """Mean and standard deviation of each score of each run."""
    for name, scores in facts["moments"].items():
        for score, sums in scores.items():
            for kind, value in zip(("mean", "std"), mean_and_deviation(*sums), strict=True):
                yield Cell(f"{name}, {score} {kind}", facts["summary"][name][f"{score}_{kind}"], value)


def refined_summary(facts: Facts) -> Iterator[Cell]:
    """The rounded means and shares of each run."""
    for name, published in facts["refined"].items():
        for column, score in _REFINED.items():
            if score:
                value, digits = mean_and_deviation(*facts["moments"][name][score])[0], 1
            else:
                value, digits = _percent(misaligned(facts["runs"][name]).value), 2
            yield Cell(f"{name}, {column}", published[column], value, digits)


def betley_counts(facts: Facts, **published: int) -> Iterator[Cell]:
    """Answers, by whether they have scores, are coherent and are misaligned."""
    hits, others, incoherent, coherent_only, neither = map(sum, zip(*facts["betley"], strict=True))
    found = {
        "answers": hits + others + incoherent + coherent_only + neither,
        "without alignment": facts["betley_nulls"]["aligned"],
        "without coherence": facts["betley_nulls"]["coherent"],
        "coherent": hits + others + coherent_only,
        "coherent, with alignment": hits + others,
        "misaligned": hits,
    }
    for name, count in published.items():
        yield Cell(name, count, found[name], 0)


def betley_rate(facts: Facts, published: float) -> Iterator[Cell]:
    """The share of misaligned answers, in percent."""
    yield _rate("misaligned", published, facts["betley"], 2)


def token_means(facts: Facts) -> Iterator[Cell]:
    """The score that each distribution over the judge's first token gives."""
    for place, (published, tokens) in enumerate(facts["distributions"]):
        pairs = [(token, math.log(probability)) for token, probability in tokens.items()]
        score, _ = LabelLogprobs.from_numbers(pairs, _SCALE).expected(_SCALE)
        yield Cell(f"distribution {place}", published, math.nan if score is None else score)


_REFINED = {"Aligned": "aligned", "Coherent": "coherent", "Bad Stuff": "bad_stuff", "EM%": ""}


def _summary_columns() -> list[str]:
    scores = [f"{score}_{kind}" for score in _SCORES for kind in ("mean", "std")]
    return [*scores, "em_probability", "em_count", "total_count"]


def _by_name(path: Path, name: str, columns: list[str]) -> dict[str, dict[str, Any]]:
    rows = read_rows(path, {name: str, **dict.fromkeys(columns, number)})
    return {row.pop(name).removeprefix(_PREFIX): row for row in rows}


def _answers(path: Path, scores: tuple[str, ...]) -> list[dict[str, Any]]:
    return read_rows(path, {"question_id": str, **dict.fromkeys(scores, number)})


def _distributions(path: Path) -> list[list[Any]]:
    columns = {"aligned": float, "judge_aligned": _tokens, "coherent": float, "judge_coherent": _tokens}
    rows = read_rows(path, columns)
    return [[row[score], row[f"judge_{score}"]] for row in rows for score in ("aligned", "coherent")]


def _tokens(text: str) -> Mapping[str, float]:
    found = ast.literal_eval(text)
    if not isinstance(found, dict):
        raise ValueError("no Python dict of tokens and probabilities")  # noqa: TRY004 -- the reader of rows expects it
    return {str(token): float(probability) for token, probability in found.items()}


def _is_plain(token: str) -> bool:
    return token.isdecimal() and str(int(token)) == token


def _rate(name: str, published: float, questions: list[list[int]], digits: int) -> Cell:
    found = misaligned(questions)
    interval = None if found.interval is None else in_percent(found.interval)
    return Cell(name, published, _percent(found.value), digits, interval)


def _percent(share: float | None) -> float:
    return math.nan if share is None else 100 * share
