"""One validation: sources through the schema and the rules, into a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

from .checker.documents import unknown_keywords
from .findings import Finding
from .inputs.batch import Batch, Place
from .inputs.json_lines import LineBlock, read_blocks
from .inputs.parallel import in_order
from .inputs.tables import TableSource
from .lines import CheckedBlock, LineChecker
from .report import Checked, Report
from .rules.base import Suppression
from .rules.run import RuleRun
from .schema_check import SchemaOptions, Tally

pc = cast("Any", pyarrow.compute)
Observer = Callable[[Batch], None]
Part = TypeVar("Part")
MOST_KEPT = 1_000
_ROWS_AT_ONCE = 10_000
_NO_COLUMNS = pa.record_batch({"": pa.nulls(0)})


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
        expected: Collection[Suppression] = (),
        progress: bool = False,
    ) -> None:
        """Start.

        Args:
            target: What is checked, as the user named it.
            schema: The schema and how it is read.
            rules: The rules to run beside it.
            most: How many schema violations are kept in full; all are counted.
            observe: Is shown every batch, in order.
            expected: Suppressions that are reported if nothing was there to suppress.
            progress: Whether to show progress on standard error.
        """
        self.schema = schema
        self.rules = rules or RuleRun(())
        self.tally = Tally(most)
        self._observer = observe
        self._expected = expected
        self._progress = progress
        self._report = Report(target)
        self.add(self._unknown())

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

        for rows, result in self._watched(in_order(check, source.batches()), checked, source.rows):
            batch = Batch(rows, source.place, checked.rows)
            checked.rows += len(batch)
            if result is not None:
                self.take(checked, result, batch)
            self.show(batch)
        checked.seconds = perf_counter() - started
        self._nothing(checked)

    def lines(self, path: Path, place: Place) -> None:
        """Check a file of JSON lines.

        Raises:
            SchemaError: The schema can't be used.
            OSError: The file can't be opened.
        """
        checked = self._start(str(place))
        started = perf_counter()
        checker = LineChecker(self.schema, keep_rows=self.observes)
        columns = checker.columns()

        def check(block: LineBlock) -> CheckedBlock:
            return checker.check(block, self.tally.wanted)

        for block, found in self._watched(in_order(check, read_blocks(path, name=place.file)), checked):
            self.add(found.findings)
            lines = np.arange(block.lines, dtype=np.int64) + block.first_line
            self.take(checked, found.result, Batch(_NO_COLUMNS, place, checked.rows, lines))
            checked.invalid += found.broken
            blank = sum(each.code == "blank-line" for each in found.findings)
            checked.rows += block.lines + block.skipped - blank
            if found.rows:
                self._observe(Batch(columns.batch(found.rows), place, checked.rows, found.lines))
        self.tally.learn(checker.plan)
        checked.seconds = perf_counter() - started
        self._nothing(checked)

    def objects(self, rows: Sequence[Any], place: Place) -> None:
        """Check JSON values in memory.

        Raises:
            SchemaError: The schema can't be used.
        """
        checked = self._start(str(place))
        started = perf_counter()
        checker = LineChecker(self.schema, keep_rows=True)
        columns = checker.columns()
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[first : first + _ROWS_AT_ONCE]
            result = checker.values(part, self.tally.wanted)
            batch = Batch(columns.batch(part), place, first)
            checked.rows += len(part)
            self.take(checked, result, batch)
            self.show(batch)
        checked.seconds = perf_counter() - started
        self._nothing(checked)

    def take(self, checked: Checked, result: Any, batch: Batch) -> None:
        """Count what a batch's check found, and keep the first of it."""
        checked.invalid += result.invalid
        checked.violations.update(result.counts)
        before = self.tally.kept
        self.add(self.tally.findings(result, batch))
        unseen = result.counts.total() - (self.tally.kept - before)
        self._report.findings.add_unseen("schema-violation", unseen)

    def show(self, batch: Batch) -> None:
        """Show a batch to the rules and the observer."""
        self.add(_not_finite(batch))
        self._observe(batch)

    def _observe(self, batch: Batch) -> None:
        if self.observes:
            self.rules.observe(batch)
            if self._observer is not None:
                self._observer(batch)

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings made elsewhere, but for those that are accepted."""
        accepts = self.rules.suppressor.accepts
        self._report.findings.extend(each for each in findings if not accepts(each))

    def extend(self, checked: Iterable[Checked]) -> None:
        """Add what was read elsewhere."""
        self._report.checked.extend(checked)

    def report(self) -> Report:
        """The report, once all sources are through."""
        self.rules.finish()
        report = self._report
        report.findings.absorb(self.rules.findings)
        report.findings.extend(self.rules.suppressor.unused(self._expected))
        report.suppressed = self.rules.suppressor.counts
        report.rules = self.rules.ran
        report.plan = [self.tally.plan[pointer] for pointer in sorted(self.tally.plan)]
        return report

    def _watched(self, parts: Iterable[Part], checked: Checked, rows: int | None = None) -> Iterator[Part]:
        """The parts, with a bar that says how many rows are through."""
        from tqdm import tqdm

        with tqdm(
            total=rows, desc=checked.name, unit=" rows", unit_scale=True, leave=False, delay=1,
            disable=not self._progress,
        ) as bar:  # fmt: skip
            for part in parts:
                yield part
                bar.update(checked.rows - bar.n)

    def _start(self, name: str) -> Checked:
        checked = Checked(name)
        self._report.checked.append(checked)
        return checked

    def _nothing(self, checked: Checked) -> None:
        if not checked.rows:
            self.add([Finding("no-rows", "there is nothing to check", "warning", checked.name)])

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
                "not-finite",
                message,
                "error",
                batch.where(row),
                path,
                "",
                batch.place.file,
                row=batch.first + row,
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
