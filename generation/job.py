"""A run of a recipe: its stages one after the other, whoever runs their rows, and what comes of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..models.journal import Journal
from .collect import apply_steps
from .outcome import Drop, Outcome, has_failed, kept_rows, read_outcome
from .plan import RoleModel, Segment, rows_digest, segments, source_digest
from .recipe import Recipe, Start
from .steps import Row


@dataclass(frozen=True)
class Job:
    """A recipe with what a run asks of it and the models in its roles."""

    recipe: Recipe
    start: Start
    models: Mapping[str, RoleModel]
    structured: str = "schema"

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The recipe's segments."""
        return segments(self.recipe, self.models, self.structured)


@dataclass(frozen=True, slots=True)
class Stage:
    """A segment with the rows that go into it.

    Attributes:
        segment: Its steps.
        identity: What the journal knows its outcomes by.
        rows: The rows; each has an ordinal from 0.
        total: How many rows there are, if that is known without making them.
    """

    segment: Segment
    identity: bytes
    rows: Iterable[Row]
    total: int | None

    def pending(self, journal: Journal) -> Iterator[tuple[int, Row]]:
        """The rows that have no outcome yet, with their ordinals."""
        finished = journal.finished(self.identity)
        return ((ordinal, row) for ordinal, row in enumerate(self.rows) if ordinal not in finished)


@dataclass(frozen=True, slots=True)
class Ended:
    """A stage that has ended, and what its steps of collections made of it.

    Attributes:
        stage: The stage.
        rows: The rows that its steps of collections kept; None if it has none, and its outcomes' rows stay.
        drops: The rows that they dropped.
    """

    stage: Stage
    rows: list[Row] | None
    drops: list[Drop]

    def outcomes(self, journal: Journal) -> Iterator[Outcome]:
        """The outcome of each of its rows, in order."""
        return (read_outcome(payload) for _, payload in journal.outcomes(self.stage.identity))

    def kept(self, journal: Journal) -> Iterable[Row]:
        """The rows that leave it, in order."""
        return kept_rows(self.outcomes(journal)) if self.rows is None else self.rows


Execute = Callable[[Stage], Awaitable[None]]


async def run_stages(job: Job, journal: Journal, execute: Execute) -> list[Ended]:
    """Run all stages; `execute` gives every pending row of a stage its outcome in the journal."""
    ended: list[Ended] = []
    for stage in stages(job, journal, ended):
        await execute(stage)
        ended.append(_end(job, stage, journal))
    return ended


def stages(job: Job, journal: Journal, ended: list[Ended]) -> Iterator[Stage]:
    """Each stage in turn; the caller appends the last one to `ended` before it asks for the next."""
    rows: Iterable[Row] = job.recipe.source(job.start)
    identity = source_digest(job.recipe, job.start)
    for segment in job.segments:
        if ended:
            kept = list(ended[-1].kept(journal))
            rows, identity = kept, rows_digest(kept)
        total = len(rows) if isinstance(rows, list | tuple | range) else None
        yield Stage(segment, segment.identity(identity), rows, total)


def _end(job: Job, stage: Stage, journal: Journal) -> Ended:
    after = stage.segment.after
    if not after:
        return Ended(stage, None, [])
    plain = Ended(stage, None, [])
    rows, drops = apply_steps(after, plain.kept(journal), job.start)
    return Ended(stage, rows, drops)


def forget_failed(job: Job, journal: Journal) -> int:
    """Forget failed calls and the outcomes that they led to, so that they are asked again; how many calls."""
    ended: list[Ended] = []
    for stage in stages(job, journal, ended):
        failed = [ordinal for ordinal, payload in journal.outcomes(stage.identity) if has_failed(payload)]
        if failed:
            journal.forget_outcomes(stage.identity, failed)
            break  # what comes after depends on rows that will change
        ended.append(_end(job, stage, journal))
    return journal.forget_failures()
