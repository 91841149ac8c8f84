"""Parts of a table checked where they are read, so that no batch waits for another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from .checker.table import TableChecker
from .checker.violations import BatchResult
from .findings import Finding
from .inputs.batch import Batch, Place
from .inputs.tables import TablePart
from .schema_check import finding_of


@dataclass(slots=True)
class PartResult:
    """What one part shows.

    Attributes:
        result: The counts of violations; the violations themselves are findings already.
        violations: The first of them.
        others: What else is wrong.
        damage: Why the rest couldn't be read.
    """

    result: BatchResult = field(default_factory=BatchResult)
    violations: list[Finding] = field(default_factory=list[Finding])
    others: list[Finding] = field(default_factory=list[Finding])
    damage: OSError | pa.ArrowException | None = None


@dataclass(frozen=True)
class PartChecker:
    """Reads and checks a part; may run in several threads.

    Attributes:
        place: Where the rows are.
        checker: The schema, if there is one.
        wanted: How many violations are still to be kept.
        look: What else is looked for in a batch.
        before: How many rows of the split come before those of the table.
    """

    place: Place
    checker: TableChecker | None
    wanted: Callable[[], int]
    look: Callable[[Batch], Iterable[Finding]]
    before: int = 0

    def check(self, part: TablePart) -> PartResult:
        """Everything that one part shows, up to where it is damaged."""
        found = PartResult()
        try:
            self._check(part, found)
        except (OSError, pa.ArrowException) as error:
            found.damage = error
        return found

    def _check(self, part: TablePart, found: PartResult) -> None:
        for batch in self._batches(part):
            found.others.extend(self.look(batch))
            found.result.rows += len(batch)
            if self.checker is not None:
                wanted = max(self.wanted() - len(found.violations), 0)
                result = self.checker.check(batch.table, wanted)
                found.result.invalid += result.invalid
                found.result.counts.update(result.counts)
                found.violations.extend(finding_of(each, batch) for each in result.violations[:wanted])

    def _batches(self, part: TablePart) -> Iterator[Batch]:
        first = self.before + part.first
        for rows in part.batches():
            batch = Batch(rows, self.place, first)
            yield batch
            first += len(batch)
