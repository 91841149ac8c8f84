"""Recording which upstream files a dataset is imported from: revisions, lengths and hashes."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ..errors import SourceHashError, StorageError, UnknownDatasetError
from .fetch import FetchedFile, SourceFiles
from .places import matches
from .sources import Source, load_sources, sources_path

Entry = dict[str, Any]
# A comment, and the head of the table that it stands before.
_COMMENTED = re.compile(r"((?:^#.*\n)+)(^\[\[[\w.]+\]\]\n\w+ = .*$)", re.MULTILINE)
_HEADER = re.compile(r"(?:#.*\n|\n)*")
_SHOWN_DIGITS = 12


def pin(
    stem: str,
    *,
    local: Path | None = None,
    force: bool = False,
    cache_dir: Path | None = None,
    progress: bool = True,
) -> list[str]:
    """Record revision, paths, lengths and hashes of a dataset's upstream files.

    The head of a Hub repository without a revision is resolved, patterns are replaced by the paths
    that match, and every file is fetched and hashed. `builders/<stem>.sources.toml` is rewritten
    whole or not at all; comments at its top and before a source or file stay.

    Args:
        stem: The dataset.
        local: A local copy of the release: lengths and hashes are those of the files found there,
            and no revision is recorded, since a copy doesn't say where it comes from.
        force: Replace recorded hashes that differ.
        cache_dir: Folder for what is fetched.
        progress: Whether to show progress bars.

    Returns:
        Lines that say what changed, and what couldn't be recorded.

    Raises:
        UnknownDatasetError: No upstream files are listed for the dataset.
        SourceHashError: A file isn't the recorded one, and `force` isn't given.
        SourceError: A file can't be fetched; nothing is recorded then.
        SchemaError: The list breaks its rules, or a GitHub source has no revision.
        StorageError: The list can't be written.
    """
    sources = load_sources(stem)
    path = sources_path(stem)
    if not sources:
        message = f"{stem}: no upstream files to pin; there is no builders/{path.name}"
        raise UnknownDatasetError(message)
    text = path.read_text(encoding="utf-8")
    document = tomllib.loads(text)
    options = {"local": local, "cache_dir": cache_dir, "progress": progress}
    lines: list[str] = []
    for entry in cast("list[Entry]", document["source"]):
        source = sources[entry["name"]]
        files = _fetch(stem, source, options, force=force)
        lines += _pin_source(entry, source, files)
    written = _written(text, document)
    if tomllib.loads(text) != document:
        _replace(path, written)
    return lines or [f"{path.name}: nothing changed; every file is as recorded"]


def _fetch(stem: str, source: Source, options: dict[str, Any], *, force: bool) -> SourceFiles:
    strictness = "finding" if options["local"] else "error"
    files = SourceFiles({source.name: source}, **options)
    try:
        files.files(source.name, missing=strictness)
    except SourceHashError as error:
        if not force:
            message = f"{error}; `mensrea pin {stem} --force` records what is there now"
            raise SourceHashError(message) from error
        unrecorded = tuple(replace(file, bytes=None, sha256=None) for file in source.files)
        files = SourceFiles({source.name: replace(source, files=unrecorded)}, **options)
        files.files(source.name, missing=strictness)
    return files


def _pin_source(entry: Entry, source: Source, files: SourceFiles) -> Iterator[str]:
    """Complete the record of a source, and say what changed."""
    fetched = {file.path: file for file in files.fetched}
    yield from (f"{source.name}: {each}" for each in files.findings if each.code != "unpinned-source")
    yield from _pin_revision(entry, source, list(fetched.values()))
    yield from _pin_files(entry, source, fetched)


def _pin_revision(entry: Entry, source: Source, files: Sequence[FetchedFile]) -> Iterator[str]:
    if source.revision is not None:
        return
    revision = files[0].revision if files else ""
    if not revision:
        yield f"{source.name}: no revision recorded, since a local copy doesn't say which it is"
        return
    yield f"{source.name}: revision {revision}"
    items = list(entry.items())
    place = 1 + list(entry).index("repository")
    entry.clear()
    entry.update([*items[:place], ("revision", revision), *items[place:]])


def _pin_files(entry: Entry, source: Source, fetched: Mapping[str, FetchedFile]) -> Iterator[str]:
    records: list[Entry] = []
    listed = {record["path"] for record in entry.get("file", ()) if "path" in record}
    for record in entry.get("file", ()):
        if "path" in record:
            paths = [record["path"]]
        else:
            paths = [path for path in fetched if path not in listed and matches(path, record["pattern"])]
            listed.update(paths)
            yield f"{source.name}: {record['pattern']} stands for {len(paths)} files"
        rest = {key: value for key, value in record.items() if key != "pattern"}
        new = [{"path": path, **rest, **_seen(fetched.get(path))} for path in paths]
        yield from (_change(source, each) for each in new if each != record)
        records += new or [record]
    entry["file"] = records


def _seen(file: FetchedFile | None) -> Entry:
    return {"bytes": file.bytes, "sha256": file.sha256} if file else {}


def _change(source: Source, record: Entry) -> str:
    digest = record["sha256"][:_SHOWN_DIGITS]
    return f"{source.name}: {record['path']}: {record['bytes']} bytes, sha256 {digest}..."


def _written(text: str, document: Entry) -> str:
    """The document as TOML, with the comments of the text that it was."""
    import tomli_w

    header = cast("re.Match[str]", _HEADER.match(text))[0]
    written = tomli_w.dumps(document)
    for comment, head in _COMMENTED.findall(text[len(header) :]):
        before, found, after = f"\n{written}".partition(f"\n{head}\n")
        written = f"{before}\n{comment}{head}\n{after}"[1:] if found else written
    return header + written


def _replace(path: Path, text: str) -> None:
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        new = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.chmod(path.stat().st_mode)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        message = f"{path}: can't be written ({error.strerror}); pin in a checkout that is yours"
        raise StorageError(message) from error
