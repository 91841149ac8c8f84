"""Tables of what calls took, or would take, for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..models.prices import how_to_add
from .estimate import StepEstimate, total

_WIDTH = 80
_HEAD = ("step", "model", "calls", "tokens in", "tokens out", "cost")
_GAP = "  "


def ledger_lines(account: Mapping[str, Any]) -> list[str]:
    """Calls, tokens and cost of each step of a run, and what became of its rows."""
    calls, counted = account["calls"], ("calls", "prompt_tokens", "completion_tokens")
    rows = [
        _cells(each["step"], each["model"], [each[name] for name in counted], each["usd"]) for each in calls
    ]
    costs = [each["usd"] for each in calls]
    sums = [sum(each[name] for each in calls) for name in counted]
    lines = [*_table([*rows, _cells("total", "", sums, None if None in costs else sum(costs))]), ""]
    lines += [f"dropped {each['rows']:>9,}  {each['step']}: {each['reason']}" for each in account["dropped"]]
    lines += [f"missing {e['samples']:>9,}  {e['step']}: {e['reason']}" for e in account["missing"]]
    lines += [f"kept    {rows:>9,}  {split}" for split, rows in account["kept"].items()]
    return [_cut(line, _WIDTH) for line in lines]


def estimate_lines(estimates: Sequence[StepEstimate]) -> list[str]:
    """Calls, tokens and cost as expected, and at most."""
    whole = total(estimates)
    lines = _table(
        [
            _cells(each.step, each.model, (each.calls, each.prompt, each.completion), each.usd)
            for each in (*estimates, whole)
        ]
    )
    bound = "" if whole.most_usd is None else f" and {usd(whole.most_usd)}"
    lines += ["", f"at most {whole.most:,} tokens out{bound}, if no answer ends early"]
    unpriced = dict.fromkeys(each.model for each in estimates if each.usd is None)
    lines += [f"{model}: no price is known; {how_to_add(model)}" for model in unpriced]
    return lines


def usd(amount: float | None) -> str:
    """An amount, to the cent or, if it is small, to a hundredth of it."""
    if amount is None:
        return "?"
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.4f}"


def _cells(step: str, model: str, numbers: Sequence[int], cost: float | None) -> tuple[str, ...]:
    """A row of a table; a model's name goes without its provider."""
    return step, model.partition("/")[2] or model, *(f"{number:,}" for number in numbers), usd(cost)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; where they would be too wide, names are cut and numbers are not."""
    step, model, *numbers = (max(map(len, column)) for column in zip(_HEAD, *rows, strict=True))
    room = _WIDTH - sum(numbers) - len(_GAP) * (len(_HEAD) - 1)
    step = min(step, max(room // 2, room - model))
    model = min(model, room - step)
    lines: list[str] = []
    for name, asked, *cells in (_HEAD, *rows):
        texts = [_cut(name, step).ljust(step), _cut(asked, model).ljust(model)]
        texts += [cell.rjust(width) for cell, width in zip(cells, numbers, strict=True)]
        lines.append(_GAP.join(texts))
    return lines


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
