"""What a user points at: files, folders of data, releases, Hub repositories, rows in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cards.manifest import MANIFEST_NAME
from ..errors import SourceFormatError, UsageError
from ..validation.inputs.batch import Place

LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst", ".jsonl.zstd")
TABLES = (".parquet",)
ARROW = (".arrow", ".feather")
OBJECTS = (".json",)
KNOWN = (*LINES, *TABLES, *ARROW, *OBJECTS)
_DOCUMENTS = frozenset({"manifest.json", "schema.json", "croissant.json", "dataset_infos.json"})
_NAMED = 10
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of rows.

    Attributes:
        path: Where it is.
        place: Its config and split, as far as folders and names tell, and its name as the user sees it.
    """

    path: Path
    place: Place

    def is_one_of(self, endings: Sequence[str]) -> bool:
        """Whether the name ends so."""
        return self.path.name.lower().endswith(tuple(endings))


def is_repository(text: str) -> bool:
    """Whether it can be a Hub repository, and no path of that name exists.

    A file's ending, and a first part of dots, say that a path was meant.
    """
    is_name = bool(_REPOSITORY.fullmatch(text)) and text.partition("/")[0].strip(".") != ""
    return is_name and not text.lower().endswith(KNOWN) and not Path(text).exists()


def is_release(path: Path) -> bool:
    """Whether it is a release folder."""
    return (path / MANIFEST_NAME).is_file()


def data_files(path: Path, config: str | None, split: str | None) -> list[DataFile]:
    """The files of rows that a path names, in the order of their names.

    Below a folder `<config>/<split>-00000-of-00002.parquet` has that config and split, and `train.jsonl`
    the split `train`. Schemas (`schema.json`, `*.schema.json`) and the documents of releases hold no rows.

    Raises:
        UsageError: There is no such path, no data in the folder, or nothing of that config and split.
        SourceFormatError: The file's ending says nothing that can be read.
    """
    if path.is_dir():
        found = _below(path)
        if not found:
            endings = ", ".join((*LINES[:3], *TABLES, *OBJECTS))
            raise UsageError(f"{path}: no data in this folder; expected files that end in {endings}")
    elif path.is_file():
        found = [DataFile(path, Place(file=str(path)))]
        if not found[0].is_one_of(KNOWN):
            expected = ", ".join(KNOWN)
            raise SourceFormatError(f"{path}: its ending says nothing that can be read; expected {expected}")
    else:
        raise UsageError(f"{path}: no such file or folder, and no Hub repository is named so (org/name)")
    chosen = [
        each for each in found if config in (None, each.place.config) and split in (None, each.place.split)
    ]
    if not chosen:
        if path.is_file():
            raise UsageError(f"{path}: a file has no configs and splits; name a folder, or leave them out")
        names = sorted({str(each.place) for each in found})
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        held = ", ".join(names[:_NAMED]) + more
        raise UsageError(
            f"{path}: no data of config {config or 'any'} and split {split or 'any'}; it has {held}"
        )
    return chosen


def _below(folder: Path) -> list[DataFile]:
    documents = _DOCUMENTS | {"findings.jsonl"} if is_release(folder) else _DOCUMENTS
    found: list[DataFile] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        ending = next((each for each in KNOWN if path.name.lower().endswith(each)), None)
        is_hidden = any(part.startswith(".") for part in inside.parts)
        is_document = path.name in documents or path.name.endswith(".schema.json")
        if ending is None or is_hidden or is_document or not path.is_file():
            continue
        config = inside.parent.as_posix().removeprefix(".")
        split = _SHARD.sub("", path.name[: -len(ending)])
        found.append(DataFile(path, Place(config, split, os.fspath(path))))
    return found


def is_dataset(target: Any) -> bool:
    """Whether it is a dataset, or several by split, of the library `datasets`, without importing it."""
    return type(target).__module__.partition(".")[0] == "datasets"
