"""The repositories that a local Hub serves: files, commits, branches and tags, all in memory."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Literal

RepositoryKind = Literal["dataset", "model", "space", "github"]
Access = Literal["public", "gated", "hidden"]
Content = bytes | str | Path
"""A file's content: bytes, text (stored as UTF-8), or the path of a file to read."""

DEFAULT_BRANCH = "main"
LARGE_PATTERNS = ("*.parquet", "*.arrow", "*.zip", "*.gz", "*.png", "*.jpg")
LARGE_BYTES = 10_000_000
_FIRST_COMMIT = datetime(2026, 1, 1, tzinfo=UTC)


def git_object_id(kind: str, content: bytes) -> str:
    """Return the SHA-1 under which git stores an object.

    Args:
        kind: `blob`, `tree` or `commit`.
        content: The object's bytes, without git's header.
    """
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class StoredFile:
    """One version of a file.

    Attributes:
        content: The file's bytes.
        large: Whether git holds a Git LFS pointer in its place.
    """

    content: bytes
    large: bool

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content in hexadecimal: a large file's name in Git LFS."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """The Git LFS pointer to the content."""
        version = "version https://git-lfs.github.com/spec/v1"
        return f"{version}\noid sha256:{self.sha256}\nsize {len(self.content)}\n".encode()

    @cached_property
    def blob_id(self) -> str:
        """Git's identifier of the blob: of the pointer for a large file, of the content otherwise."""
        return git_object_id("blob", self.pointer if self.large else self.content)


@dataclass(frozen=True)
class Commit:
    """A snapshot of a repository.

    Attributes:
        identifier: 40 hexadecimal digits.
        files: Every file of the snapshot by path, in the order of their paths.
        title: First line of the commit message.
        date: When it was made; successive commits are a minute apart, so that identifiers are reproducible.
        parent: Identifier of the commit before it.
    """

    identifier: str
    files: Mapping[str, StoredFile]
    title: str
    date: datetime
    parent: str | None

    def listing(self, folder: str = "", *, recursive: bool = False) -> dict[str, StoredFile | None]:
        """Return what a folder holds, by full path; the value of a sub-folder is `None`.

        Args:
            folder: Path of the folder; empty for the root.
            recursive: Whether to descend into sub-folders.
        """
        prefix = f"{folder}/" if folder else ""
        found: dict[str, StoredFile | None] = {}
        for path, file in self.files.items():
            parts = path.removeprefix(prefix).split("/")
            if not path.startswith(prefix):
                continue
            folders = [prefix + "/".join(parts[:depth]) for depth in range(1, len(parts))]
            found |= dict.fromkeys(folders if recursive else folders[:1])
            if recursive or not folders:
                found[path] = file
        return dict(sorted(found.items()))

    def folder_id(self, folder: str) -> str:
        """Return an identifier that changes when anything below the folder does."""
        files = self.listing(folder, recursive=True).items()
        return git_object_id("tree", repr([(path, file.blob_id) for path, file in files if file]).encode())


@dataclass
class Repository:
    """A repository with its history.

    Attributes:
        name: `owner/name`.
        kind: Which family of addresses serves it.
        large_files: Patterns of the paths stored in Git LFS; on the Hub, so is any file of `LARGE_BYTES`.
        commits: Every commit by identifier.
        branches: Head of each branch.
        tags: Commit of each tag.
        access: Who may read.
        readers: Bearer tokens that may read whatever `access` says.
    """

    name: str
    kind: RepositoryKind
    large_files: tuple[str, ...] = LARGE_PATTERNS
    commits: dict[str, Commit] = field(default_factory=dict[str, Commit])
    branches: dict[str, str] = field(default_factory=dict[str, str])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    access: Access = "public"
    readers: frozenset[str] = frozenset()

    def commit(self, changes: Mapping[str, Content | None], *, branch: str, title: str) -> Commit:
        """Add a commit and advance a branch to it; a new branch starts from the head of the default one.

        Args:
            changes: Contents by path; `None` deletes the path.
            branch: The branch to advance.
            title: First line of the commit message.
        """
        parent = self.resolve(branch) or self.resolve(DEFAULT_BRANCH)
        files = dict(parent.files) if parent else {}
        for path, content in changes.items():
            if content is None:
                files.pop(path, None)
            else:
                files[path] = self._store(path, content)
        commit = self._record(dict(sorted(files.items())), title, parent.identifier if parent else None)
        self.branches[branch] = commit.identifier
        return commit

    def resolve(self, revision: str) -> Commit | None:
        """Return the commit that a branch, a tag or a full identifier names; `None` when there is none."""
        name = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return self.commits.get(self.branches.get(name) or self.tags.get(name) or name)

    def history(self, commit: Commit) -> list[Commit]:
        """Return a commit and its ancestors, the newest first."""
        line = [commit]
        while line[-1].parent is not None:
            line.append(self.commits[line[-1].parent])
        return line

    def may_read(self, token: str | None) -> bool:
        """Return whether the bearer of a token may download files."""
        return self.access == "public" or token in self.readers

    def _store(self, path: str, content: Content) -> StoredFile:
        data = content.encode() if isinstance(content, str) else content
        data = data.read_bytes() if isinstance(data, Path) else data
        matched = any(fnmatch(path, pattern) for pattern in self.large_files)
        return StoredFile(data, large=matched or (self.kind != "github" and len(data) >= LARGE_BYTES))

    def _record(self, files: dict[str, StoredFile], title: str, parent: str | None) -> Commit:
        date = _FIRST_COMMIT + timedelta(minutes=len(self.commits))
        content = repr((parent, title, date, [(path, file.blob_id) for path, file in files.items()]))
        commit = Commit(git_object_id("commit", content.encode()), files, title, date, parent)
        self.commits[commit.identifier] = commit
        return commit
