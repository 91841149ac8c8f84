"""A schema over the batches of one source: counts, findings, and what ran where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .checker.table import TableChecker
from .checker.violations import BatchResult, Violation
from .findings import Finding
from .inputs.batch import Batch
from .report import KeywordPlan

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class SchemaOptions:
    """How a schema is read.

    Attributes:
        document: The schema; None if rows are checked against none.
        resources: Other schemas by URI.
        base_uri: Its own URI.
        formats: Whether `format` asserts.
        null_is_absent: Whether null members of table rows stand for absent ones.
        strict: Whether an unknown keyword is an error.
        name: The schema's name, for the report.
    """

    document: Mapping[str, Any] | bool | None = None
    resources: Mapping[str, Any] = field(default_factory=dict[str, Any])
    base_uri: str = ""
    formats: bool = False
    null_is_absent: bool = False
    strict: bool = False
    name: str = ""

    def table_checker(self, columns: pa.Schema, *, null_is_absent: bool | None = None) -> TableChecker | None:
        """The schema compiled for columns."""
        if self.document is None:
            return None
        absent = self.null_is_absent if null_is_absent is None else null_is_absent
        return TableChecker(
            self.document,
            columns,
            resources=self.resources,
            base_uri=self.base_uri,
            formats=self.formats,
            null_is_absent=absent,
        )


@dataclass
class Tally:
    """What the schema check of a run has seen.

    Attributes:
        most: How many violations are kept in full.
        plan: Which keyword ran where.
    """

    most: int
    plan: dict[str, KeywordPlan] = field(default_factory=dict[str, KeywordPlan])
    kept: int = 0

    @property
    def wanted(self) -> int:
        """How many more violations are to be kept."""
        return max(self.most - self.kept, 0)

    def learn(self, plan: Sequence[KeywordPlan]) -> None:
        """Remember where keywords ran; of several engines a costlier one is told."""
        ranks = {"row by row": 3, "vectorised": 2, "constant": 1, "annotation": 0}
        for each in plan:
            known = self.plan.get(each.pointer)
            if known is None or ranks[each.engine] > ranks[known.engine]:
                self.plan[each.pointer] = each

    def findings(self, result: BatchResult, batch: Batch) -> Iterator[Finding]:
        """The findings of a batch's violations, as many as are still wanted."""
        shown = result.violations[: self.wanted] if self.wanted else ()
        self.kept += len(shown)
        for violation in shown:
            yield finding_of(violation, batch)


def finding_of(violation: Violation, batch: Batch) -> Finding:
    """A violation at its place in a file or split."""
    row = violation.row
    return Finding(
        "schema-violation",
        violation.message,
        "error",
        batch.where(row),
        violation.pointer or "/",
        violation.keyword,
        batch.place.file,
        None if batch.lines is None else int(batch.lines[row]),
        batch.first + row if batch.lines is None else None,
    )
