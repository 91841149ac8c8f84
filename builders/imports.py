"""What imports of published releases share: expected columns, ids, copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..validation.findings import Finding
from .identity import RowIds
from .readers import Record, member, optional

Row = dict[str, Any]


class Columns:
    """The columns that a release's records are known to have.

    A missing or mistyped one is an error. One that nobody knew of isn't imported, and is reported
    with the number of records that have it.
    """

    def __init__(self, required: Mapping[str, type], nullable: Mapping[str, type] | None = None) -> None:
        """Say which columns are expected, and of which type."""
        self._required = required
        self._nullable = nullable or {}
        self._known = {*required, *self._nullable}
        self._unexpected: Counter[str] = Counter()

    def read(self, record: Record, where: str) -> Row:
        """The expected columns of a record.

        Raises:
            SourceFormatError: One is missing or has another type.
        """
        if len(record) > len(self._known) or not self._known.issuperset(record):
            self._unexpected.update(set(record) - self._known)
        row: Row = {name: member(record, name, kind, where) for name, kind in self._required.items()}
        for name, kind in self._nullable.items():
            row[name] = optional(record, name, kind, where)
        return row

    def findings(self) -> Iterator[Finding]:
        """What was there and wasn't imported."""
        for name, count in sorted(self._unexpected.items()):
            rows = f"{count:,} row{'s' if count > 1 else ''}"
            message = f"a column that the release isn't known to have, in {rows}; not imported"
            yield Finding("unexpected-column", message, field=name)


def identified(ids: RowIds, row: Row, identity: Sequence[str], where: str) -> Iterator[Row | Finding]:
    """The row with its id, after a finding if it is a copy of an earlier one."""
    identifier, earlier = ids.of(*(row[name] for name in identity))
    if earlier:
        message = f"equal to {earlier} earlier row{'s' if earlier > 1 else ''}; kept as {identifier}"
        yield Finding("duplicate-row", message, where=where)
    yield {"id": identifier, **row}
