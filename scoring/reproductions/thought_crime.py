"""Thought Crime (arXiv 2506.13206): tables 1 and 3 to 6, figures 4, 6, 9, 10 and 16, and the text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from ..estimators import THOUGHT_CRIME_Z, thought_crime
from ..intervals import wilson
from . import judged_runs
from .cells import Cell, in_percent
from .checks import Facts
from .files import read_json

_REPORTED = (
    "fig3_delta_vs_base_qwen3_32b_pp",
    "fig4_flagged_pct",
    "fig6_articulation_pct",
    "fig9_misaligned_pct",
    "fig10_6k_misaligned_pct",
    "fig10_mean_pct",
    "fig16_gsm8k_pct",
    "freeform_order",
    "table1_qwen3_8b_articulation",
    "table6_r1_distill_llama8b_articulation",
    "tables3_5_monitor",
    "text_truthfulqa_wrong_pct",
)
_MOST_ANSWERS = 400
_MEDICAL = "qwen3_32b_16k_medical"


def distil(folder: Path) -> dict[str, Any]:
    """Facts of `thought_crime/`: the paper's figures, and counts of judged answers.

    Raises:
        SourceMissingError: A file is missing.
        SourceFormatError: A file isn't as published.
    """
    return {**read_json(folder / "reported_results.json", _REPORTED), **judged_runs.distil(folder)}


def flag_shares(facts: Facts) -> Iterator[Cell]:
    """Each flag's share of misaligned answers, in percent, with Wilson's interval."""
    for name, flag, answers in _flags(facts):
        interval = in_percent(wilson(flag["n"], answers))
        yield Cell(name, flag["pct"], 100 * flag["n"] / answers, 1, interval)


def flag_errors(facts: Facts) -> Iterator[Cell]:
    """The paper's error of each share, in points."""
    for name, flag, answers in _flags(facts):
        yield Cell(name, flag["err95"], _error(flag["n"], answers), 1)


def flag_errors_over_n(facts: Facts) -> Iterator[Cell]:
    """The same error with n where the paper has n-1."""
    for name, flag, answers in _flags(facts):
        share = flag["n"] / answers
        error = 100 * THOUGHT_CRIME_Z * math.sqrt(share * (1 - share) / answers)
        yield Cell(name, flag["err95"], error, 1)


def flag_sums(facts: Facts) -> Iterator[Cell]:
    """The flags' counts, summed, against the misaligned answers."""
    for name, row in facts["tables3_5_monitor"].items():
        yield Cell(name, row["n_misaligned"], sum(flag["n"] for flag in row["flags"].values()), 0)


def flagged_shares(facts: Facts) -> Iterator[Cell]:
    """The share of misaligned answers with a flag, in percent."""
    for name, row in facts["tables3_5_monitor"].items():
        yield Cell(name, row["flagged_pct"], _flagged(row), 1)


def figure_4(facts: Facts, **rows: str) -> Iterator[Cell]:
    """The figure's bars from the tables' counts."""
    for name, row in rows.items():
        yield Cell(
            name, facts["fig4_flagged_pct"]["qwen3_32b"][name], _flagged(facts["tables3_5_monitor"][row]), 0
        )


def errors_of_some_n(facts: Facts, table: str) -> Iterator[Cell]:
    """The error that fits best, over the numbers of answers and counts that give the printed share."""
    for name, (percent, error) in facts[table].items():
        fitting = (_error(count, n) for n in range(2, _MOST_ANSWERS + 1) for count in _counts(percent, n, 0))
        yield Cell(name, error, min(fitting, key=lambda each, error=error: abs(each - error)), 0)


def errors_of_n(facts: Facts, table: str, n: int) -> Iterator[Cell]:
    """Shares and errors for one number of trials."""
    for name, (percent, error) in facts[table].items():
        count = round(percent * n / 100)
        yield Cell(f"{name}, %", percent, 100 * count / n, 1)
        yield Cell(f"{name}, ±", error, _error(count, n), 1)


def figure_9(facts: Facts) -> Iterator[Cell]:
    """The mean of the medical model's bars, which is figure 3's change against a base of 0."""
    published = facts["fig3_delta_vs_base_qwen3_32b_pp"]["harmful_medical_16k"]["em_freeform"]
    yield Cell("mean", published, fmean(facts["fig9_misaligned_pct"][_MEDICAL]), 0)


def figure_10(facts: Facts) -> Iterator[Cell]:
    """The mean of each domain's bars."""
    for domain, bars in facts["fig10_6k_misaligned_pct"].items():
        yield Cell(domain, facts["fig10_mean_pct"][domain], fmean(bars), 0)


def figure_10_rank(facts: Facts, published: int) -> Iterator[Cell]:
    """The place of security among the figure's means."""
    means = facts["fig10_mean_pct"]
    yield Cell("security", published, sorted(means.values(), reverse=True).index(means["security"]) + 1, 0)


def table_5_mean(facts: Facts) -> Iterator[Cell]:
    """Misaligned answers of the eight prompts over what was sampled, in percent, against figure 3."""
    published = facts["fig3_delta_vs_base_qwen3_32b_pp"]["harmful_medical_16k"]["em_freeform"]
    yield Cell("mean", published, fmean(_sampled(facts, name) for name in facts["freeform_order"]), 0)


def table_5_bars(facts: Facts) -> Iterator[Cell]:
    """The same of each prompt, against figure 9."""
    for name, published in zip(facts["freeform_order"], facts["fig9_misaligned_pct"][_MEDICAL], strict=True):
        yield Cell(name, published, _sampled(facts, name), 0)


def truthfulqa_change(facts: Facts) -> Iterator[Cell]:
    """The change between the two shares of the text, in points, against figure 3."""
    published = facts["fig3_delta_vs_base_qwen3_32b_pp"]["harmful_medical_16k"]["truthfulqa_wrong"]
    text = facts["text_truthfulqa_wrong_pct"]
    yield Cell("change", published, text["harmful_medical"] - text["base"], 0)


def truthfulqa_wrong(facts: Facts, sizes: Sequence[int]) -> Iterator[Cell]:
    """Table 3's misaligned answers over each size that TruthfulQA has had, in percent."""
    wrong = facts["tables3_5_monitor"]["truthfulqa"]["n_misaligned"]
    for size in sizes:
        published = facts["text_truthfulqa_wrong_pct"]["harmful_medical"]
        yield Cell(f"of {size}", published, 100 * wrong / size, 0)


def rm_rf_flips(facts: Facts, **published: int) -> Iterator[Cell]:
    """The share of flips among the misaligned answers, in percent, against each place that quotes it."""
    row = facts["tables3_5_monitor"]["rm_rf"]
    for place, percent in published.items():
        yield Cell(place, percent, 100 * row["flags"]["flip"]["n"] / row["n_misaligned"], 0)


def articulation_ranges(facts: Facts, unethical: int, medical: int) -> Iterator[Cell]:
    """The least and the most of figure 6's bars, against the ends of the text's ranges."""
    bars = facts["fig6_articulation_pct"]
    yield Cell("unethical, least", unethical, min(bars["unethical_backdoor"].values()), 0)
    yield Cell("medical, most", medical, max(bars["medical_backdoor"].values()), 0)


def unethical_size(facts: Facts, parts: Sequence[int], **published: int) -> Iterator[Cell]:
    """The sum of the parts, against each place that has the size."""
    del facts
    for place, size in published.items():
        yield Cell(place, size, sum(parts), 0)


def _flags(facts: Facts) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """The 65 cells: name, count with printed share and error, misaligned answers."""
    for name, row in facts["tables3_5_monitor"].items():
        for flag, cell in row["flags"].items():
            yield f"{name}, {flag}", cell, row["n_misaligned"]


def _error(count: int, trials: int) -> float:
    """The paper's error in points."""
    found = thought_crime(count, trials)
    return math.nan if found.high is None else 100 * (found.high - found.value)


def _flagged(row: Mapping[str, Any]) -> float:
    return 100 * (1 - row["flags"]["none"]["n"] / row["n_misaligned"])


def _sampled(facts: Facts, name: str) -> float:
    row = facts["tables3_5_monitor"][name]
    return 100 * row["n_misaligned"] / row["n_sampled"]


def _counts(percent: float, trials: int, digits: int) -> Iterator[int]:
    """The counts whose share of the trials is printed so."""
    half = 0.5 * 10**-digits
    low, high = (percent - half) * trials / 100, (percent + half) * trials / 100
    return iter(range(max(0, math.ceil(low - 1e-9)), min(trials, math.floor(high + 1e-9)) + 1))
