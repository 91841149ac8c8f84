"""What deduplication and the search for contamination say to a person and to a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .contamination import Overlap
from .find import Duplicates
from .places import Places, described
from .words import Indices

SHOWN = 10
WIDTH = 80


@dataclass(frozen=True)
class Dropped:
    """A row that repeats another.

    Attributes:
        row: Its number over all files.
        reason: `same-text` or `near-duplicate`.
        kept: The row that is kept of its cluster.
        like: The row that it is most like: the kept one if these are a pair themselves.
        similarity: How similar the two are, from 0 to 1.
    """

    row: int
    reason: str
    kept: int
    like: int
    similarity: float


def dropped_rows(duplicates: Duplicates) -> list[Dropped]:
    """Every row that `keep` leaves out, in order, and why."""
    rows = np.flatnonzero(~duplicates.keep())
    kept = duplicates.cluster[rows]
    same = duplicates.first[rows] != rows
    like, similarity = _most_alike(duplicates)
    like = np.where(same, duplicates.first[rows], like[rows])
    values = np.where(same, 1.0, similarity[rows])
    reasons = np.where(same, "same-text", "near-duplicate")
    columns = (rows, reasons, kept, like, values)
    return [Dropped(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def _most_alike(duplicates: Duplicates) -> tuple[Indices, Any]:
    """For each row its partner in a pair: the kept row if possible, else the most similar."""
    ends = np.concatenate([duplicates.left, duplicates.right])
    partners = np.concatenate([duplicates.right, duplicates.left])
    similarity = np.tile(duplicates.similarity, 2)
    kept = duplicates.cluster[ends] == partners
    # Later assignments win, so the best comes last.
    order = np.lexsort((-partners, similarity, kept))
    like, values = np.full(duplicates.rows, -1, np.int64), np.zeros(duplicates.rows)
    like[ends[order]], values[ends[order]] = partners[order], similarity[order]
    return like, values


@dataclass(frozen=True)
class DedupeReport:
    """The outcome of `dedupe_files`.

    Attributes:
        duplicates: The rows and pairs.
        places: Where rows are.
        fields: The fields that were compared.
        dropped: The rows that repeat another.
        written: The copy without these, or empty.
    """

    duplicates: Duplicates
    places: Places
    fields: Sequence[str]
    dropped: Sequence[Dropped]
    written: str = ""

    @property
    def found(self) -> bool:
        """Whether there is any duplicate."""
        return bool(self.dropped)

    def counts(self) -> dict[str, int]:
        """How many rows, pairs and clusters there are."""
        cluster = self.duplicates.cluster
        same = sum(one.reason == "same-text" for one in self.dropped)
        return {
            "rows": self.duplicates.rows,
            "blank": self.duplicates.blank,
            "same_text": same,
            "near_duplicate": len(self.dropped) - same,
            "pairs": len(self.duplicates.left),
            "clusters": int((np.bincount(cluster, minlength=1) > 1).sum()),
            "kept": self.duplicates.rows - len(self.dropped),
        }

    def explained(self, dropped: Dropped) -> dict[str, Any]:
        """A dropped row as it is written: its place, the reason, and what it repeats."""
        shown = {
            **self.places.of(dropped.row),
            "reason": dropped.reason,
            "similarity": round(dropped.similarity, 4),
            "kept": self.places.of(dropped.kept),
        }
        return shown if dropped.like == dropped.kept else {**shown, "like": self.places.of(dropped.like)}

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON, with every dropped row."""
        return {
            "fields": list(self.fields),
            "threshold": self.duplicates.threshold,
            "shingle": self.duplicates.shingle,
            **self.counts(),
            "limits": self.duplicates.limits.messages(),
            "written": self.written,
            "dropped": [self.explained(dropped) for dropped in self.dropped],
        }

    def as_text(self) -> str:
        """The report in 80 columns: counts, limits, and the first dropped rows."""
        lines = [f"field {', '.join(self.fields)}; similarity from {self.duplicates.threshold:g}", ""]
        lines += counted(self.counts())
        lines += [*wrapped(self.duplicates.limits.messages()), ""]
        for dropped in self.dropped[:SHOWN]:
            lines.append(described(self.places.of(dropped.row)))
            lines.append(f"  {dropped.similarity:.3f}  {described(self.places.of(dropped.like))}")
        lines += more(len(self.dropped))
        lines += [f"written: {self.written}"] if self.written else []
        return "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True)
class OverlapReport:
    """The outcome of `overlap_files`.

    Attributes:
        overlap: The rows and pairs.
        train: Where training rows are.
        test: Where test rows are.
        fields: The fields that were compared.
    """

    overlap: Overlap
    train: Places
    test: Places
    fields: Sequence[str]

    @property
    def found(self) -> bool:
        """Whether any test text is contaminated."""
        return self.overlap.found

    def counts(self) -> dict[str, int]:
        """How many test rows there are of each kind; a row can be of several."""
        overlap = self.overlap
        return {
            "train_rows": overlap.train_rows,
            "test_rows": overlap.test_rows,
            "blank": overlap.blank,
            "short": overlap.short,
            "same_text": int((overlap.exact >= 0).sum()),
            "near_duplicate": int(overlap.near().sum()),
            "contained": int((np.nan_to_num(overlap.contained) >= overlap.least).sum()),
            "contaminated": int(overlap.contaminated().sum()),
        }

    def explained(self, row: int) -> dict[str, Any]:
        """A contaminated test row: its place, and the training rows that hold it."""
        overlap = self.overlap
        shown: dict[str, Any] = self.test.of(row)
        if overlap.exact[row] >= 0:
            shown["same_text"] = self.train.of(int(overlap.exact[row]))
        first, last = np.searchsorted(overlap.test, [row, row + 1]).tolist()
        if last > first:
            best = first + int(np.argmax(overlap.similarity[first:last]))
            shown["near_duplicate"] = self.train.of(int(overlap.train[best]))
            shown["similarity"] = round(float(overlap.similarity[best]), 4)
        if overlap.contained[row] >= overlap.least:
            shown["contained"] = round(float(overlap.contained[row]), 4)
            shown["contained_in"] = self.train.of(int(overlap.contained_in[row]))
        return shown

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON, with every contaminated test row."""
        rows = np.flatnonzero(self.overlap.contaminated()).tolist()
        return {
            "fields": list(self.fields),
            "threshold": self.overlap.threshold,
            "ngram": self.overlap.ngram,
            "contained_from": self.overlap.least,
            **self.counts(),
            "limits": self.overlap.limits.messages(),
            "contaminated_rows": [self.explained(row) for row in rows],
        }

    def as_text(self) -> str:
        """The report in 80 columns: counts, limits, and the first contaminated rows."""
        overlap = self.overlap
        lines = [
            f"field {', '.join(self.fields)}",
            f"similarity from {overlap.threshold:g}, or {overlap.least:g} of the {overlap.ngram}-grams",
            "",
            *counted(self.counts()),
            *wrapped(overlap.limits.messages()),
            "",
        ]
        rows = np.flatnonzero(overlap.contaminated()).tolist()
        for row in rows[:SHOWN]:
            lines += _evidence(self.explained(row))
        return "\n".join(lines + more(len(rows))).rstrip() + "\n"


def _evidence(shown: Mapping[str, Any]) -> list[str]:
    lines = [described(dict(shown))]
    if "same_text" in shown:
        lines.append(f"  same text  {described(shown['same_text'])}")
    if "near_duplicate" in shown:
        lines.append(f"  {shown['similarity']:.3f} alike  {described(shown['near_duplicate'])}")
    if "contained" in shown:
        lines.append(f"  {shown['contained']:.3f} within  {described(shown['contained_in'])}")
    return lines


def counted(counts: Mapping[str, int]) -> list[str]:
    """A table of two columns."""
    return [f"{name.replace('_', ' '):<16}{count:>14,}" for name, count in counts.items()]


def wrapped(messages: Sequence[str]) -> list[str]:
    """Messages in lines of bounded length."""
    import textwrap

    return [line for message in messages for line in ("", *textwrap.wrap(message, WIDTH))]


def more(count: int) -> list[str]:
    """A line for what isn't shown."""
    return [f"and {count - SHOWN:,} more"] if count > SHOWN else []
