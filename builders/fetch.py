"""The upstream files that a config reads, from a local copy or fetched and cached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from ..errors import SchemaError
from ..validation.caches import cache_root, chosen_cache
from ..validation.findings import Finding
from .download import Retries
from .fetch_errors import at, differs, hash_error
from .github import GitHub
from .hub import Hub
from .local_copy import LocalCopy
from .places import Found, Place
from .sources import Source, SourceFile


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """An upstream file on this machine.

    Attributes:
        source: Where it comes from.
        path: Its path there.
        local: Where it lies here.
        bytes: Its length.
        sha256: Its hash.
        revision: The commit that it is known to come from; empty where that isn't known, as for a
            local copy without a recorded hash.
        pinned: Whether revision and hash were recorded before, and the hash matches.
    """

    source: Source
    path: str
    local: Path
    bytes: int
    sha256: str
    revision: str
    pinned: bool


class SourceFiles:
    """The upstream files that one config reads, fetched when asked for, once.

    Without a local copy, files of the Hub go to `huggingface_hub`'s own cache and files of GitHub
    to `mensrea` in the user's cache folder; with `cache_dir` or `$MENSREA_CACHE`, both go there.
    Offline (`HF_HUB_OFFLINE=1`) the cached files of the recorded revision are used.

    Attributes:
        retries: How stubbornly to ask servers.
    """

    retries: ClassVar[Retries] = Retries()

    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        local: Path | None = None,
        verify: bool = True,
        cache_dir: Path | None = None,
        progress: bool = True,
    ) -> None:
        """Name the files; nothing is fetched yet.

        Args:
            sources: The sources by name.
            local: A local copy of the release; nothing is fetched then.
            verify: Whether files of the local copy must have the recorded hashes.
            cache_dir: Folder for what is fetched.
            progress: Whether to show progress bars, where standard error is a terminal.

        Raises:
            SourceMissingError: `local` isn't a folder.
        """
        self._sources = sources
        self._verify = verify
        self._places = _places(sources, local, cache_dir, self.retries, progress=progress)
        self._files: dict[str, tuple[FetchedFile, ...]] = {}
        self._missing: dict[str, tuple[str, ...]] = {}
        self._findings: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed so far.

        `unpinned-source`: no revision or hash is recorded. `unverified-copy`: a local file isn't the
        recorded one. `missing-file`: the source doesn't have a file. `moved-repository`: it answers
        under another name.
        """
        noticed = [finding for place in dict.fromkeys(self._places.values()) for finding in place.findings]
        return tuple(dict.fromkeys([*self._findings, *noticed]))

    @property
    def fetched(self) -> tuple[FetchedFile, ...]:
        """Every file handed out so far."""
        return tuple(file for files in self._files.values() for file in files)

    def missing(self, name: str) -> tuple[str, ...]:
        """The paths that a source turned out not to have."""
        return self._missing.get(name, ())

    def files(self, name: str, *, missing: Literal["error", "finding"] = "error") -> tuple[FetchedFile, ...]:
        """The files of a source, in the order recorded; those that fit a pattern by path.

        Args:
            name: The source.
            missing: What a file that the source doesn't have is.

        Raises:
            SchemaError: The source isn't recorded, or its record can't be used.
            SourceMissingError: A file isn't in the local copy; the message says where it comes from.
            SourceMovedError: The repository, its revision or a file no longer exists.
            SourceAccessError: The repository is gated or private.
            SourceUnavailableError: The server can't be reached or fails, and the file isn't cached.
            SourceHashError: A file isn't the recorded one.
            StorageError: A file can't be stored.
        """
        if name not in self._sources:
            message = f"no source {name!r} is recorded; there are {', '.join(self._sources) or 'none'}"
            raise SchemaError(message)
        source = self._sources[name]
        if missing == "error" and self.missing(name):
            raise self._places[name].absent(source, self.missing(name)[0])
        if name not in self._files:
            self._collect(source, strict=missing == "error")
        return self._files[name]

    def _collect(self, source: Source, *, strict: bool) -> None:
        place = self._places[source.name]
        files: list[FetchedFile] = []
        missing: list[str] = []
        for file in _expanded(source, place):
            found = place.find(source, file) if file.path else None
            if found is not None:
                files.append(self._accept(source, file, found))
            elif strict:
                raise place.absent(source, file.name)
            else:
                missing.append(file.name)
        for path in missing:
            self._note("missing-file", f"missing; it belongs to {at(source)}", path)
        self._files[source.name], self._missing[source.name] = tuple(files), tuple(missing)

    def _accept(self, source: Source, file: SourceFile, found: Found) -> FetchedFile:
        changed = differs(file, found.content)
        if changed:
            self._deviate(source, file, found)
        elif source.revision is None or file.sha256 is None:
            unknown = "revision" if source.revision is None else "sha256"
            message = f"{source.url}: no {unknown} is recorded for it; run `mensrea pin STEM`"
            self._note("unpinned-source", message, file.path)
        known = file.sha256 is not None and not changed
        return FetchedFile(
            source,
            file.path,
            found.local,
            found.content.bytes,
            found.content.sha256,
            revision=found.revision or (source.revision or "" if known else ""),
            pinned=known and source.revision is not None,
        )

    def _deviate(self, source: Source, file: SourceFile, found: Found) -> None:
        advice = f"fetch it again from {at(source)}, or import it anyway, as unpinned, with `--unverified`"
        error = hash_error(found.local, file, found.content, advice)
        if self._verify:
            raise error
        # Findings are part of a release: a path of this machine has no place in them.
        message = f"sha256 is {found.content.sha256}, not the recorded one; it is imported as unpinned"
        self._note("unverified-copy", message, file.path)

    def _note(self, code: str, message: str, where: str) -> None:
        self._findings[Finding(code, message, where=where)] = None


def _places(
    sources: Mapping[str, Source], local: Path | None, cache: Path | None, retries: Retries, *, progress: bool
) -> dict[str, Place]:
    if local is not None:
        return dict.fromkeys(sources, LocalCopy(local, sources))
    hub = Hub(cache or chosen_cache(), retries, progress=progress)
    github = GitHub(cache_root(cache), retries, progress=progress)
    return {name: hub if source.host == "hub" else github for name, source in sources.items()}


def _expanded(source: Source, place: Place) -> Iterator[SourceFile]:
    """The files of a source with patterns replaced by paths; an empty path where nothing fits."""
    seen = {file.path for file in source.files if file.path}
    for file in source.files:
        if file.path:
            yield file
            continue
        paths = place.expand(source, file.pattern)
        if not paths:
            yield file
        for path in paths:
            if path not in seen:
                seen.add(path)
                yield replace(file, path=path, pattern="")
