"""Where upstream files are looked for: what a local copy, the Hub and GitHub have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from ..errors import SchemaError, SourceError, SourceMissingError
from ..validation.findings import Finding
from .download import Content
from .sources import Source, SourceFile

_COMMIT = re.compile(r"[0-9a-f]{40}")
_POINTER = b"version https://git-lfs.github.com/spec/"
_POINTER_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Found:
    """An upstream file on this machine.

    Attributes:
        local: Where it lies.
        content: Its length and hash.
        revision: The commit that it is known to come from; empty where that isn't known.
    """

    local: Path
    content: Content
    revision: str = ""


class Place(Protocol):
    """Somewhere to look for upstream files.

    Every method raises `SourceError` or `StorageError` where the place can't be read or the answer
    can't be stored.
    """

    @property
    def findings(self) -> Sequence[Finding]:
        """What was noticed so far."""
        ...

    def expand(self, source: Source, pattern: str) -> Sequence[str]:
        """The paths of a source that match a pattern, sorted."""
        ...

    def find(self, source: Source, file: SourceFile) -> Found | None:
        """A file of a source; None if the source doesn't have it."""
        ...

    def absent(self, source: Source, path: str) -> SourceError:
        """The exception for a file that the source doesn't have."""
        ...


def commit_of(source: Source) -> str | None:
    """The recorded commit; None if none has been recorded.

    Raises:
        SchemaError: The revision can move, such as a branch or a tag.
    """
    if source.revision is not None and not _COMMIT.fullmatch(source.revision):
        message = f"source {source.name!r}: revision {source.revision!r} isn't a full commit hash (40 digits)"
        raise SchemaError(message)
    return source.revision


def matches(path: str, pattern: str) -> bool:
    """Whether a path fits a glob: `*` stays within a folder, `**` spans any number of them."""
    return _matches(path.split("/"), pattern.split("/"))


def _matches(path: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return _matches(path, pattern[1:]) or (bool(path) and _matches(path[1:], pattern))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


def moved(source: Source, new: str) -> Finding:
    """A repository that answers under another name."""
    message = f"is now called {new}; record that name before the old one stops working"
    return Finding("moved-repository", message, where=source.url)


def refuse_pointer(path: Path, name: str, advice: str) -> None:
    """Refuse the stand-in that Git keeps for a large file.

    Args:
        path: The file to look at.
        name: What the message calls it.
        advice: How to get the file itself.

    Raises:
        SourceMissingError: It is a Git LFS pointer.
    """
    if path.stat().st_size > _POINTER_BYTES:
        return
    with path.open("rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            message = f"{name}: only a Git LFS pointer, not the file that it stands for; {advice}"
            raise SourceMissingError(message)
