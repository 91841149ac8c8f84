"""Upstream files in a folder that the user fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from ..errors import SourceMissingError
from ..validation.findings import Finding
from .download import content_of
from .fetch_errors import at
from .places import Found, refuse_pointer
from .sources import Source, SourceFile


class LocalCopy:
    """A local copy of a release, read where it lies and never changed.

    A file is looked for at its upstream path, then at that path without its first folders: a copy
    of `data/` alone will do. After that it is looked for in the same ways in `DIR/<source>`, so that
    one folder can hold copies of several sources.
    """

    def __init__(self, root: Path, sources: Mapping[str, Source]) -> None:
        """Look into a folder.

        Args:
            root: The folder.
            sources: What it should hold, for the message if it doesn't exist.

        Raises:
            SourceMissingError: It isn't a folder.
        """
        self.findings: tuple[Finding, ...] = ()
        self._root = root
        self._taken: dict[Path, tuple[str, str]] = {}
        if not root.is_dir():
            what = "a file, not a folder" if root.exists() else "no such folder"
            pages = " and ".join(dict.fromkeys(at(source) for source in sources.values()))
            message = f"{root}: {what}; pass one that holds a copy of {pages or 'the release'}"
            raise SourceMissingError(message)

    def expand(self, source: Source, pattern: str) -> tuple[str, ...]:
        """The upstream paths of the files that match a pattern, sorted."""
        for folder, rest, dropped in self._variants(source, pattern):
            found = sorted(path for path in folder.glob(rest) if path.is_file())
            if found:
                # A wildcard among the folders left out stands for names that nobody knows.
                prefix = "" if set("*?[") & set(dropped) else dropped
                return tuple(prefix + path.relative_to(folder).as_posix() for path in found)
        return ()

    def find(self, source: Source, file: SourceFile) -> Found | None:
        """A file of a source, or None.

        Raises:
            SourceMissingError: It can't be read, is a Git LFS pointer, or would be another file of
                the release as well.
        """
        for folder, rest, _ in self._variants(source, file.path):
            path = folder / rest
            if path.is_file():
                self._take(path, source, file)
                return self._read(path, source)
        return None

    def absent(self, source: Source, path: str) -> SourceMissingError:
        """Say where the file comes from and where to put it."""
        place = f"it at {self._root / path}" if "*" not in path else f"what fits it below {self._root}"
        message = f"{path}: not in {self._root}; fetch it from {at(source)} and put {place}"
        parts = PurePosixPath(path).parts
        if len(parts) > 1:
            message += f" (also looked for without its first folders, down to {parts[-1]})"
        return SourceMissingError(message)

    def _variants(self, source: Source, path: str) -> Iterator[tuple[Path, str, str]]:
        """Folder, path in it, and the upstream folders that this leaves out."""
        parts = PurePosixPath(path).parts
        for folder in (self._root, self._root / source.name):
            for start in range(len(parts)):
                yield folder, "/".join(parts[start:]), "".join(f"{part}/" for part in parts[:start])

    def _take(self, path: Path, source: Source, file: SourceFile) -> None:
        mine = (source.repository, file.path)
        other = self._taken.setdefault(path, mine)
        if other != mine:
            message = (
                f"{path}: would be both {' '.join(other)} and {' '.join(mine)};"
                f" keep the release's folders, each source's below {self._root / source.name}"
            )
            raise SourceMissingError(message)

    def _read(self, path: Path, source: Source) -> Found:
        try:
            refuse_pointer(path, str(path), f"run `git lfs pull` there, or fetch it from {at(source)}")
            return Found(path, content_of(path))
        except OSError as error:
            message = f"{path}: can't be read ({error.strerror}); it is a copy from {at(source)}"
            raise SourceMissingError(message) from error
