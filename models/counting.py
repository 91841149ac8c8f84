"""The counts of calls, as people and programs read them."""

from __future__ import annotations

from typing import Protocol

from tqdm import tqdm

_THOUSAND = 1_000
_ONE_DIGIT = 9.95
_DAY = 86_400
_LONG = 100 * 3_600


class Counters(Protocol):
    """What is counted of calls, as `desk` does."""

    calls: int
    replayed: int
    in_flight: int
    limited: int
    retried: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    usd: float


def counts(counters: Counters) -> dict[str, float]:
    """The counts as JSON."""
    return {
        "calls": counters.calls,
        "replayed": counters.replayed,
        "in_flight": counters.in_flight,
        "limited": counters.limited,
        "retried": counters.retried,
        "failed": counters.failed,
        "prompt_tokens": counters.prompt_tokens,
        "completion_tokens": counters.completion_tokens,
        "usd": round(counters.usd, 6),
    }


def line(counters: Counters) -> str:
    """The counts in at most 46 characters: calls, those in flight, rejections, and cost or else tokens."""
    tokens = counters.prompt_tokens + counters.completion_tokens
    usd = f"{counters.usd:.2f}" if counters.usd < _THOUSAND else short(counters.usd)
    spent = f"${usd}" if counters.usd else f"{short(tokens)} tokens"
    calls = f"{short(counters.calls)} calls ({short(counters.in_flight)} open)"
    return f"{calls}, {short(counters.limited)} 429s, {spent}"


def left(seconds: float | None) -> str:
    """A time in at most eight characters: 04:10, 26:03:00, 41 d."""
    if seconds is None:
        return "?"
    return f"{short(seconds / _DAY)} d" if seconds >= _LONG else tqdm.format_interval(seconds)


def short(number: float) -> str:
    """A number in at most four characters: 950, 1.2k, 34k, 5.6M."""
    for unit in ("", "k", "M", "G"):
        if round(number) < _THOUSAND or unit == "G":
            break
        number /= _THOUSAND
    return f"{number:.1f}{unit}" if unit and number < _ONE_DIGIT else f"{number:.0f}{unit}"
