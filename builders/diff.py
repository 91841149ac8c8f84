"""What moved between two releases, and the version that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from ..cards.manifest import ConfigEntry, Manifest, SplitEntry, read_manifest
from ..errors import ReleaseCorruptError, UsageError
from .parquet import read_tables

Bump = Literal["none", "patch", "minor", "major"]
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_ORDER: tuple[Bump, ...] = ("none", "patch", "minor", "major")


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Ids of one split's rows that came, changed or went; `moved` if only their order differs."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """The difference of two releases.

    Attributes:
        old: Version of the old release.
        new: Version of the new one.
        rows: Changes by `config/split`, where there are any.
        lines: What else moved, one line each.
        required: The smallest bump that says what moved.
    """

    old: str
    new: str
    rows: dict[str, RowChanges] = field(default_factory=dict[str, RowChanges])
    lines: list[str] = field(default_factory=list[str])
    required: Bump = "none"

    @property
    def actual(self) -> Bump:
        """The bump from the old version to the new; `none` for an equal or a smaller version."""
        return bump_between(self.old, self.new)

    @property
    def is_enough(self) -> bool:
        """Whether the new version says what moved."""
        return _ORDER.index(self.actual) >= _ORDER.index(self.required)

    @property
    def required_version(self) -> str:
        """The smallest version that the new release may have."""
        return bumped(self.old, self.required)


def diff_releases(old: Path, new: Path) -> ReleaseDiff:
    """Compare two release folders of one dataset.

    A config that both cards declare but only one folder holds wasn't built there, and says
    nothing. MAJOR: a row, column, split or config that existed changed or went. MINOR: some were
    added. PATCH: only metadata moved (findings, sources, seed of equal rows).

    Raises:
        UsageError: The releases are of two datasets.
        ReleaseError: One of the folders isn't a release.
    """
    before, after = read_manifest(old), read_manifest(new)
    if before.stem != after.stem:
        raise UsageError(
            f"{old} holds {before.stem}, {new} holds {after.stem}; compare two releases of one dataset"
        )
    for folder, manifest in ((old, before), (new, after)):
        if not _VERSION.fullmatch(manifest.version):
            raise ReleaseCorruptError(
                f"{folder}: version {manifest.version!r} isn't MAJOR.MINOR.PATCH; build the release again"
            )
    result = _Comparison(before, after)
    result.compare_declared()
    for name in before.configs:
        if name in after.configs:
            result.compare_config(name, old, new)
    return result.finish()


def bump_between(old: str, new: str) -> Bump:
    """Which part of the version grew; `none` where it didn't."""
    before, after = _parts(old), _parts(new)
    if after <= before:
        return "none"
    if after[0] > before[0]:
        return "major"
    return "minor" if after[1] > before[1] else "patch"


def bumped(version: str, bump: Bump) -> str:
    """The version after a bump."""
    major, minor, patch = _parts(version)
    return {
        "none": version,
        "patch": f"{major}.{minor}.{patch + 1}",
        "minor": f"{major}.{minor + 1}.0",
        "major": f"{major + 1}.0.0",
    }[bump]


class _Comparison:
    def __init__(self, before: Manifest, after: Manifest) -> None:
        self._before = before
        self._after = after
        self._diff = ReleaseDiff(before.version, after.version)
        self._rank = 0

    def finish(self) -> ReleaseDiff:
        diff = self._diff
        return ReleaseDiff(diff.old, diff.new, diff.rows, diff.lines, _ORDER[self._rank])

    def compare_declared(self) -> None:
        for name in self._before.declared:
            if name not in self._after.declared:
                self._note("major", f"config {name}: gone")
        for name in self._after.declared:
            if name not in self._before.declared:
                self._note("minor", f"config {name}: added")
        redeclared = set(self._before.declared) ^ set(self._after.declared)
        for name in sorted(set(self._before.configs) ^ set(self._after.configs)):
            if name not in redeclared:
                side = "NEW" if name in self._before.configs else "OLD"
                self._note("none", f"config {name}: not built in {side}, not compared")
        if self._before.tier != self._after.tier:
            self._note("patch", f"tier: {self._before.tier} -> {self._after.tier}")

    def compare_config(self, name: str, old: Path, new: Path) -> None:
        before, after = self._before.configs[name], self._after.configs[name]
        for split in before.splits:
            if split not in after.splits:
                self._note("major", f"{name}/{split}: gone")
        for split in after.splits:
            if split not in before.splits:
                self._note("minor", f"{name}/{split}: added")
            else:
                self._compare_split(
                    f"{name}/{split}", (old, before.splits[split]), (new, after.splits[split])
                )
        if before.digest == after.digest and _metadata(before) != _metadata(after):
            self._note(
                "patch", f"config {name}: schema text, sources, seed, options, findings or shortcuts changed"
            )

    def _compare_split(self, name: str, old: tuple[Path, SplitEntry], new: tuple[Path, SplitEntry]) -> None:
        if old[1].digest == new[1].digest:
            return
        self._compare_columns(name, old[1], new[1])
        shared = sorted(set(old[1].columns) & set(new[1].columns))
        changes = _row_changes(_hashes(*old, shared), _hashes(*new, shared))
        if changes != RowChanges():
            self._diff.rows[name] = changes
        if changes.changed or changes.removed or changes.moved:
            self._raise("major")
        elif changes.added:
            self._raise("minor")
        elif shared == sorted({*old[1].columns, *new[1].columns}):
            self._note("major", f"{name}: the digest moved, no row did; run `mensrea validate` on both")

    def _compare_columns(self, name: str, old: SplitEntry, new: SplitEntry) -> None:
        for column in sorted(set(old.columns) - set(new.columns)):
            self._note("major", f"{name}: column {column} gone")
        for column in sorted(set(new.columns) - set(old.columns)):
            self._note("minor", f"{name}: column {column} added")

    def _note(self, bump: Bump, line: str) -> None:
        self._diff.lines.append(line)
        self._raise(bump)

    def _raise(self, bump: Bump) -> None:
        self._rank = max(self._rank, _ORDER.index(bump))


def _metadata(entry: ConfigEntry) -> tuple[object, ...]:
    return (
        entry.schema_digest,
        entry.seed,
        entry.options,
        entry.sources,
        entry.findings,
        entry.generation,
        entry.shortcuts,
    )


def _parts(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def _hashes(release: Path, split: SplitEntry, columns: list[str]) -> pl.DataFrame:
    """Id, hash over the shared columns and position of every row."""
    frames = list(_hash_batches(release, split, columns))
    if not frames:
        return pl.DataFrame(schema={"id": pl.String, "hash": pl.UInt64, "position": pl.UInt32})
    return pl.concat(frames).with_row_index("position")


def _hash_batches(release: Path, split: SplitEntry, columns: list[str]) -> Iterator[pl.DataFrame]:
    for table in read_tables(release, split, columns):
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 (narrows: a table never gives a Series)
        yield pl.DataFrame({"id": frame["id"], "hash": frame.hash_rows()})


def _row_changes(old: pl.DataFrame, new: pl.DataFrame) -> RowChanges:
    joined = old.join(new, on="id", how="inner", suffix="_new")
    changed = joined.filter(pl.col("hash") != pl.col("hash_new"))
    order = joined.sort("position")["position_new"]
    return RowChanges(
        added=tuple(new.join(old, on="id", how="anti").sort("position")["id"]),
        changed=tuple(changed.sort("position")["id"]),
        removed=tuple(old.join(new, on="id", how="anti").sort("position")["id"]),
        moved=not order.is_sorted(),
    )
