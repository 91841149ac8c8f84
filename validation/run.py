"""One validation: sources through the schema and the rules, into a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute

from .checker.documents import unknown_keywords
from .findings import Finding
from .inputs.batch import Batch
from .inputs.parallel import in_order
from .inputs.tables import TableSource
from .report import Checked, Report
from .rules.run import RuleRun
from .schema_check import SchemaOptions, Tally

pc = cast("Any", pyarrow.compute)
Observer = Callable[[Batch], None]
MOST_KEPT = 1_000


class Validation:
    """Collects what sources show, one after another."""

    def __init__(
        self,
        target: str,
        schema: SchemaOptions,
        rules: RuleRun | None = None,
        *,
        most: int = MOST_KEPT,
        observe: Observer | None = None,
    ) -> None:
        """Start.

        Args:
            target: What is checked, as the user named it.
            schema: The schema and how it is read.
            rules: The rules to run beside it.
            most: How many schema violations are kept in full; all are counted.
            observe: Is shown every batch, in order.
        """
        self.schema = schema
        self.rules = rules or RuleRun(())
        self.tally = Tally(most)
        self._observer = observe
        self._report = Report(target)
        self._add(self._unknown())

    @property
    def observes(self) -> bool:
        """Whether anyone is shown batches."""
        return bool(self.rules.names) or self._observer is not None

    def table(self, source: TableSource) -> None:
        """Check the rows of a table.

        Raises:
            SchemaError: The schema doesn't fit the columns.
        """
        checked = self._start(str(source.place))
        started = perf_counter()
        checker = self.schema.table_checker(source.columns)
        if checker is not None:
            self.tally.learn(checker.plan)

        def check(rows: pa.RecordBatch) -> Any:
            return None if checker is None else checker.check(rows, self.tally.wanted)

        for rows, result in in_order(check, source.batches()):
            batch = Batch(rows, source.place, checked.rows)
            checked.rows += len(batch)
            if result is not None:
                self.take(checked, result, batch)
            self.show(batch)
        checked.seconds = perf_counter() - started
        self._nothing(checked)

    def take(self, checked: Checked, result: Any, batch: Batch) -> None:
        """Count what a batch's check found, and keep the first of it."""
        checked.invalid += result.invalid
        checked.violations.update(result.counts)
        before = self.tally.kept
        self._add(self.tally.findings(result, batch))
        unseen = result.counts.total() - (self.tally.kept - before)
        self._report.findings.add_unseen("schema-violation", unseen)

    def show(self, batch: Batch) -> None:
        """Show a batch to the rules and the observer."""
        self._add(_not_finite(batch))
        if self.observes:
            self.rules.observe(batch)
            if self._observer is not None:
                self._observer(batch)

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings made elsewhere."""
        self._add(findings)

    def report(self, checked: Iterable[Checked] = ()) -> Report:
        """The report, once all sources are through."""
        self.rules.finish()
        report = self._report
        report.checked.extend(checked)
        report.findings.extend(self.rules.findings)
        report.findings.extend(self.rules.suppressor.unused())
        report.suppressed = self.rules.suppressor.counts
        report.rules = self.rules.names
        report.plan = [self.tally.plan[pointer] for pointer in sorted(self.tally.plan)]
        return report

    def _start(self, name: str) -> Checked:
        checked = Checked(name)
        self._report.checked.append(checked)
        return checked

    def _nothing(self, checked: Checked) -> None:
        if not checked.rows:
            self._add([Finding("no-rows", "there is nothing to check", "warning", checked.name)])

    def _add(self, findings: Iterable[Finding]) -> None:
        accepts = self.rules.suppressor.accepts
        self._report.findings.extend(each for each in findings if not accepts(each))

    def _unknown(self) -> Iterable[Finding]:
        if self.schema.document is None:
            return
        severity = "error" if self.schema.strict else "note"
        for pointer in unknown_keywords(self.schema.document):
            message = "no keyword of draft 2020-12, so it annotates and checks nothing; is it misspelt?"
            yield Finding("unknown-keyword", message, severity, "schema", pointer)


def _not_finite(batch: Batch) -> Iterable[Finding]:
    """Numbers that JSON doesn't have, in columns of floats."""
    for path in _float_paths(batch.table.schema):
        column = batch.column(path)
        if column is None:
            continue
        finite = pc.is_finite(column.values)
        if finite.true_count + column.values.null_count == len(column.values):
            continue
        for index in pc.indices_nonzero(pc.invert(pc.fill_null(finite, fill_value=True))).to_pylist():
            row = int(column.rows[index])
            message = f"found {column.values[index].as_py()}, expected a number that JSON has, or null"
            yield Finding(
                "not-finite", message, "error", batch.where(row), path, "", batch.place.file, row=batch.first + row
            )


def _float_paths(columns: Iterable[pa.Field], above: str = "") -> Iterable[str]:
    for column in columns:
        kind, path = column.type, f"{above}{column.name}"
        while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            kind, path = kind.value_type, f"{path}[]"
        if pa.types.is_floating(kind):
            yield path
        elif pa.types.is_struct(kind):
            yield from _float_paths(kind, f"{path}.")
