"""Building releases for the conformance test, here and in another process."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ..builders.documents import FINDINGS_NAME
from ..builders.parquet import file_sha256, read_tables
from ..builders.release import BuildOptions, build_release
from ..cards import Config
from ..cards.manifest import Manifest, read_manifest
from ..schemas import RowSchema, load_row_schema
from ..schemas.digest import digest_of
from ..validation.findings import Finding
from .releases import Row, rows_of

_BATCH_ROWS = 1_000
_DECODED_ROWS = 20


class BuiltRelease:
    """A release folder, read back.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is read until it is asked for."""
        self.path = path
        self.rows = cache(self._rows)

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest."""
        return read_manifest(self.path)

    @property
    def sizes(self) -> dict[str, dict[str, int]]:
        """Rows of each split, by config."""
        return {
            name: {split: each.rows for split, each in config.splits.items()}
            for name, config in self.manifest.configs.items()
        }

    @property
    def digests(self) -> dict[str, dict[str, str]]:
        """The content digest of each split, by config."""
        return {
            name: {split: each.digest for split, each in config.splits.items()}
            for name, config in self.manifest.configs.items()
        }

    @property
    def schemas(self) -> dict[str, RowSchema]:
        """The row schema of each config."""
        configs = self.manifest.configs
        return {name: load_row_schema(self.manifest.stem, entry.row) for name, entry in configs.items()}

    @property
    def findings(self) -> Mapping[str, Sequence[Finding]]:
        """What the build noticed, by config."""
        found: dict[str, list[Finding]] = {}
        for line in (self.path / FINDINGS_NAME).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found.setdefault(record.pop("config"), []).append(Finding(**record))
        return found

    @property
    def hashes(self) -> dict[str, str]:
        """The sha256 of every file, by its path in the release."""
        files = sorted(path for path in self.path.rglob("*") if path.is_file())
        return {path.relative_to(self.path).as_posix(): file_sha256(path) for path in files}

    def config_rows(self, config: str) -> list[Row]:
        """The rows of a config's splits, one after another."""
        return [row for split in self.sizes[config] for row in self.rows(config, split)]

    def differences(self, config: str, split: str, whole: Any, stream: Any) -> Iterator[str]:
        """Where loaded rows aren't the release's, as Arrow and as Python values.

        Args:
            config: The config.
            split: The split.
            whole: The split as a `datasets.Dataset`.
            stream: The split as a `datasets.IterableDataset`.
        """
        entry = self.manifest.configs[config].splits[split]
        batches = stream.with_format("arrow").iter(batch_size=_BATCH_ROWS)
        for what, tables in (("loaded", [whole.data.table]), ("streamed", batches)):
            digest = digest_of(tables)
            if (digest.rows, digest.hexdigest()) != (entry.rows, entry.digest):
                yield f"{config}/{split}: {digest.rows} {what} rows aren't the release's {entry.rows}"
        head = whole.select(range(min(_DECODED_ROWS, len(whole)))).to_list()
        if list(stream.take(_DECODED_ROWS)) != head:
            yield f"{config}/{split}: the first streamed rows aren't the first loaded ones"

    def _rows(self, config: str, split: str) -> Sequence[Row]:
        tables = read_tables(self.path, self.manifest.configs[config].splits[split])
        schema = self.schemas[config]
        return [row for table in tables for row in rows_of(table, schema)]


def build(stem: str, configs: Sequence[str], out: Path, options: BuildOptions) -> BuiltRelease:
    """Build configs of a dataset into a folder of its own."""
    return BuiltRelease(build_release(stem, configs=configs, out=out, options=options).path)


def build_elsewhere(stem: str, configs: Sequence[str], out: Path, options: BuildOptions) -> BuiltRelease:
    """Build in another process, whose strings hash differently."""
    return BuiltRelease(_other_process().submit(_build_path, stem, configs, out, options).result())


def builder_options(config: Config, options: BuildOptions) -> Mapping[str, Any]:
    """The options of `mensrea.builder` with which it makes the rows that a build with these makes."""
    given: dict[str, Any] = {"verify": options.verify}
    if config.sources:
        given["data_dir"] = str(options.source)
    if config.origin == "procedural":
        given |= {"rows": options.rows, "seed": options.seed}
    return given


def _build_path(stem: str, configs: Sequence[str], out: Path, options: BuildOptions) -> Path:
    return build_release(stem, configs=configs, out=out, options=options).path


@cache
def _other_process() -> ProcessPoolExecutor:
    """One interpreter for all test cases, since starting one takes longer than most builds."""
    import pytest

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1")
        pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        pool.submit(os.getpid).result()  # it starts here, and keeps this environment
    return pool
