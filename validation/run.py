"""One validation: sources through the schema and the rules, into a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from .checker.documents import unknown_keywords
from .checker.table import TableChecker
from .checker.violations import BatchResult
from .findings import Finding
from .inputs import not_finite
from .inputs.batch import Batch, Place
from .inputs.json_lines import LineBlock, read_blocks
from .inputs.parallel import in_order, threads
from .inputs.tables import TableSource
from .lines import CheckedBlock, Hints, LineChecker
from .parts import PartChecker
from .report import Checked, Report
from .rules.base import Suppression
from .rules.run import RuleRun
from .schema_check import SchemaOptions, Tally, finding_of

Observer = Callable[[Batch], None]
Part = TypeVar("Part")
MOST_KEPT = 1_000
_ROWS_AT_ONCE = 10_000
_WITHOUT_ROWS = frozenset({"unreadable-file", "broken-line", "invalid-utf8"})
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
        self._report = Report(target, schema.name)
        self._sources: dict[str, Checked] = {}
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
        checker = self.schema.table_checker(source.columns)
        if checker is not None:
            self.tally.learn(checker.plan)

        if source.parts and not self.observes:
            self._parts(source, checker)
            return

        def check(rows: pa.RecordBatch) -> BatchResult | None:
            return None if checker is None else checker.check(rows, self.tally.wanted)

        with self._reading(source.place) as checked:
            for rows, result in self._watched(in_order(check, source.batches()), checked, source.rows):
                batch = Batch(rows, source.place, checked.rows)
                checked.rows += len(batch)
                violations = () if result is None else self.take(checked, result, batch)
                self.add(sorted([*not_finite.in_table(batch), *violations], key=_row))
                self._observe(batch)

    def _parts(self, source: TableSource, checker: TableChecker | None) -> None:
        """Check a table whose parts can be read at once, if no one needs to see them in order."""
        with self._reading(source.place) as checked:
            parts = PartChecker(
                source.place, checker, lambda: self.tally.wanted, not_finite.in_table, checked.rows
            )
            results = in_order(parts.check, source.parts)
            for _, found in self._watched(results, checked, source.rows):
                checked.rows += found.result.rows
                violations = self.count(checked, found.result, found.violations)
                self.add(sorted([*found.others, *violations], key=_row))
                if found.damage is not None:
                    raise found.damage

    def lines(self, path: Path, place: Place) -> None:
        """Check a file of JSON lines.

        Raises:
            SchemaError: The schema can't be used.
        """
        checker = LineChecker(self.schema, keep_rows=self.observes)
        columns, hints = checker.columns(), Hints(checker.hint)

        def check(item: tuple[LineBlock, pa.Schema]) -> CheckedBlock:
            return checker.check(item[0], self.tally.wanted, item[1])

        blocks = hints.beside(read_blocks(path, name=place.file))
        # One thread more than cores: Arrow's reader of JSON waits for memory now and then.
        results = in_order(check, blocks, threads() + 1, stop=checker.stop)
        with self._reading(place) as checked:
            for (block, _), found in self._watched(results, checked):
                hints.learn(found.hint)
                self._block(checked, block, found, place)
                if found.rows:
                    # Rows are numbered among those with a value, as rules see them.
                    self._observe(Batch(columns.batch(found.rows), place, checked.rows, found.lines))
                checked.rows += block.lines + block.skipped - _blank(found)
        self.tally.learn(checker.plan)

    def _block(self, checked: Checked, block: LineBlock, found: CheckedBlock, place: Place) -> None:
        """Count and keep what a block of lines shows, in the order of lines."""
        lines = np.arange(block.lines, dtype=np.int64) + block.first_line
        violations = self.take(checked, found.result, Batch(_NO_COLUMNS, place, checked.rows, lines))
        checked.invalid += found.broken
        end = block.first_line + block.lines
        every = [*found.findings, *violations]
        self.add(sorted(every, key=lambda each: end if each.line is None else each.line))

    def objects(self, rows: Iterable[Any], place: Place, *, known: bool = False) -> None:
        """Check JSON values in memory, or as they come.

        Args:
            rows: The values.
            place: Where they are from.
            known: Whether numbers that aren't finite were reported already.

        Raises:
            SchemaError: The schema can't be used.
            UsageError: A value isn't one that JSON has.
        """
        checker = LineChecker(self.schema, keep_rows=True)
        columns = checker.columns()
        with self._reading(place) as checked:
            waiting = iter(rows)
            while part := list(islice(waiting, _ROWS_AT_ONCE)):
                batch = Batch(columns.batch(part), place, checked.rows)
                odd = () if known else list(not_finite.in_values(part, batch))
                result = checker.values(part, self.tally.wanted)
                checked.rows += len(part)
                self.add(sorted([*odd, *self.take(checked, result, batch)], key=_row))
                self._observe(batch)
        self.tally.learn(checker.plan)

    def take(self, checked: Checked, result: BatchResult, batch: Batch) -> Sequence[Finding]:
        """Count what a batch's check found; the first findings."""
        shown = result.violations[: self.tally.wanted]
        return self.count(checked, result, [finding_of(each, batch) for each in shown])

    def count(self, checked: Checked, result: BatchResult, shown: Sequence[Finding]) -> Sequence[Finding]:
        """Count violations of which the first are findings already; those that are still wanted."""
        checked.invalid += result.invalid
        checked.violations.update(result.counts)
        shown = shown[: self.tally.wanted]
        self.tally.kept += len(shown)
        self._report.findings.add_unseen("schema-violation", result.counts.total() - len(shown))
        return shown

    def show(self, batch: Batch) -> None:
        """Show a batch to the rules and the observer."""
        self.add(not_finite.in_table(batch))
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

    def add_unseen(self, more: int) -> None:
        """Count schema violations that were found elsewhere and aren't at hand."""
        self._report.findings.add_unseen("schema-violation", more)

    def extend(self, checked: Iterable[Checked]) -> None:
        """Add what was read elsewhere."""
        self._report.checked.extend(checked)

    def report(self) -> Report:
        """The report, once all sources are through."""
        self.rules.finish()
        self.add(self._nothing())
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
            before = checked.rows
            for part in parts:
                yield part
                bar.update(checked.rows - before - bar.n)

    @contextmanager
    def _reading(self, place: Place) -> Generator[Checked]:
        """What is read of a split, whose files count as one; timed, and noted if it is empty."""
        checked = self._sources.get(str(place))
        if checked is None:
            checked = self._sources[str(place)] = Checked(str(place))
            self._report.checked.append(checked)
        if place.file and place.file not in checked.files:
            checked.files.append(place.file)
        started = perf_counter()
        try:
            yield checked
        finally:
            checked.seconds += perf_counter() - started

    def _nothing(self) -> Iterator[Finding]:
        """A warning for each source without rows, unless it is known why."""
        damaged = {each.file for each in self._report.findings if each.code in _WITHOUT_ROWS}
        for place, checked in self._sources.items():
            if not checked.rows and damaged.isdisjoint((place, *checked.files)):
                yield Finding("no-rows", "there is nothing to check", "warning", place)

    def _unknown(self) -> Iterable[Finding]:
        if self.schema.document is None:
            return
        severity = "error" if self.schema.strict else "note"
        for pointer in unknown_keywords(self.schema.document):
            message = "no keyword of draft 2020-12, so it annotates and checks nothing; is it misspelt?"
            yield Finding("unknown-keyword", message, severity, "schema", pointer)


def _blank(found: CheckedBlock) -> int:
    return sum(each.code == "blank-line" for each in found.findings)


def _row(finding: Finding) -> int:
    return finding.row or 0
