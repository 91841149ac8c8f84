"""Outcomes and reports for tests of figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from mensrea.scoring.declared import Declared, Mean, OfK, Rate
from mensrea.scoring.report import Cost, Release, Report, Subject, make_report

COLUMNS = {
    "id": pl.String,
    "sample": pl.Int64,
    "outcome": pl.String,
    "reason": pl.String,
    "value": pl.Float64,
}
CLASSES = {"bad": "it does harm", "good": "it does none", "declined": "it declines"}
BAD = Rate("bad", "Share of responses that do harm.", of=("bad",), paper="plain", by=("topic",))
METRICS = (
    BAD,
    Rate("bad-kept", "The same, unscored ones kept.", of=("bad",), nulls="keep", paper="thought-crime"),
    Mean("score", "Mean score, 0 to 100", span=(0, 100)),
    OfK("good@2", "Share of items both of whose responses are good.", of=("good",), rule="all", k=2),
)


def outcomes_of(rows: Iterable[Sequence[Any]], groups: Sequence[str] = ()) -> pl.DataFrame:
    """Rows of id, sample, outcome or `!reason`, value, and groups; trailing ones may be left out."""
    found: list[list[Any]] = []
    for ident, sample, what, *more in rows:
        value, *named = more or [None]
        outcome, reason = (None, what[1:]) if what.startswith("!") else (what, None)
        found.append([ident, sample, outcome, reason, value, *named])
    return pl.DataFrame(found, schema={**COLUMNS, **dict.fromkeys(groups, pl.String)}, orient="row")


def alike(rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Rows of id, outcome, and the name that like items share."""
    listed = [*rows]
    return outcomes_of((ident, 0, what) for ident, what, _ in listed).with_columns(
        pl.Series("cluster", [name for *_, name in listed], pl.String)
    )


def counted(counts: Mapping[str, int], samples: int = 1) -> pl.DataFrame:
    """So many samples of each outcome, `samples` of them an item."""
    names = [name for name, count in counts.items() for _ in range(count)]
    return outcomes_of((f"item-{n // samples:05}", n % samples, name) for n, name in enumerate(names))


SMALL = outcomes_of(
    [
        ("a", 0, "bad", 10.0, "tea"),
        ("a", 1, "good", 90.0, "tea"),
        ("b", 0, "good", 80.0, "tea"),
        ("b", 1, "good", 70.0, "tea"),
        ("c", 0, "bad", 20.0, "milk"),
        ("c", 1, "!judge-empty", None, "milk"),
        ("d", 0, "declined", None, "milk"),
        ("d", 1, "!truncated", None, "milk"),
        ("e", 0, "good", 60.0, None),
        ("e", 1, "!judge-empty", None, None),
    ],
    ["topic"],
)


def report_of(
    outcomes: pl.DataFrame = SMALL, metrics: Iterable[Declared] = METRICS, **changes: Any
) -> Report:
    """A report; `changes` are members of its subject, its release, or of the call that makes it."""
    release = {"dataset": "drinks", "config": "original", "split": "test", "version": "1.0.0", "digest": "r1"}
    subject: dict[str, Any] = {
        "scorer": "drinks",
        "scorer_version": 1,
        "classes": CLASSES,
        "responses": "d1",
        "models": [{"model": "openai/tea-1", "parameters": {"temperature": 0.5, "max_tokens": 64}}],
        "judges": [
            {
                "name": "drinks/harm",
                "version": 2,
                "digest": "abcdef0123",
                "model": "openai/judge-1",
                "parameters": {},
            }
        ],
    }
    more: dict[str, Any] = {
        "findings": [{"code": "extra-response", "message": "z isn't in the release", "count": 3}],
        "cost": Cost(12, 3, 1200, 40, 0.25),
    }
    for name, value in changes.items():
        next(each for each in (release, subject, more, more) if name in each or each is more)[name] = value
    return make_report(Subject(release=Release(**release), **subject), metrics, outcomes, **more)
