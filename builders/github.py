"""Upstream files of GitHub repositories, at a recorded commit."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock

from ..errors import SchemaError, SourceMovedError
from ..validation.findings import Finding
from .download import Retries, content_of, download, is_offline, status_of
from .fetch_errors import DAMAGED, absent, differs, explain, hash_error, offline
from .places import Found, commit_of, moved, refuse_pointer
from .sources import Source, SourceFile

_RAW = "https://raw.githubusercontent.com"
_MEDIA = "https://media.githubusercontent.com/media"
_NOT_FOUND = 404


class GitHub:
    """Raw files over HTTP, in a cache keyed by repository, commit and path.

    `MENSREA_GITHUB_RAW` and `MENSREA_GITHUB_MEDIA` name other servers, such as mirrors, for
    `https://raw.githubusercontent.com` and, for Git LFS objects, `https://media.githubusercontent.com/media`.
    """

    def __init__(self, cache: Path, retries: Retries, *, progress: bool) -> None:
        """Fetch into a cache.

        Args:
            cache: The cache folder.
            retries: How stubbornly to ask.
            progress: Whether to show progress bars.
        """
        self.findings: list[Finding] = []
        self._cache = cache / "github"
        self._retries = retries
        self._progress = progress

    def expand(self, source: Source, pattern: str) -> tuple[str, ...]:
        """Refuse: files can't be listed without GitHub's API.

        Raises:
            SchemaError: Always.
        """
        advice = "record the paths, or use `--source DIR`"
        message = f"source {source.name!r}: files of GitHub can't be listed by {pattern!r}; {advice}"
        raise SchemaError(message)

    def find(self, source: Source, file: SourceFile) -> Found | None:
        """A file at the recorded commit, from the cache or the network; None if there is none.

        Raises:
            SchemaError: No commit is recorded.
            SourceError: It can't be fetched, or isn't the recorded one.
            StorageError: It can't be stored.
        """
        import httpx2

        commit = commit_of(source)
        if commit is None:
            advice = "record a full commit hash, or use `--source DIR`"
            message = f"source {source.name!r}: GitHub files need a revision, and none is recorded; {advice}"
            raise SchemaError(message)
        target = self._cache / source.repository / commit / file.path
        try:
            return _cached(target, file, commit) or self._fetch(target, source, file, commit)
        except (httpx2.HTTPError, OSError) as error:
            if status_of(error) == _NOT_FOUND:
                return None
            raise explain(error, source, file.path) from error

    def absent(self, source: Source, path: str) -> SourceMovedError:
        """A file that the repository doesn't have at that commit."""
        return absent(source, path)

    def _fetch(self, target: Path, source: Source, file: SourceFile, commit: str) -> Found:
        if is_offline():
            raise offline(source, file.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f"{target.name}.lock")):
            # Another process may have fetched it in the meantime.
            return _cached(target, file, commit) or self._download(target, source, file, commit)

    def _download(self, target: Path, source: Source, file: SourceFile, commit: str) -> Found:
        part = target.with_name(f"{target.name}.part")
        url = _url(source, file, commit)
        where = f"{file.path} of {source.url}"
        resumed = part.exists()
        content, final = download(url, part, retries=self._retries, progress=self._progress)
        try:
            refuse_pointer(part, where, "record it with `lfs = true`")
            if not differs(file, content):
                part.replace(target)
                self._notice_move(source, url, final)
                return Found(target, content, commit)
        finally:
            part.unlink(missing_ok=True)
        if resumed:
            # What was there before may be to blame.
            return self._download(target, source, file, commit)
        raise hash_error(where, file, content, DAMAGED)

    def _notice_move(self, source: Source, url: str, final: str) -> None:
        tail = url.partition(source.repository)[2]
        server = url.removesuffix(source.repository + tail)
        new = final.removeprefix(server).removesuffix(tail)
        if final != url and final.startswith(server) and new != source.repository:
            self.findings.append(moved(source, new))


def _cached(target: Path, file: SourceFile, commit: str) -> Found | None:
    if not target.is_file():
        return None
    content = content_of(target)
    return None if differs(file, content) else Found(target, content, commit)


def _url(source: Source, file: SourceFile, commit: str) -> str:
    variable, default = ("MENSREA_GITHUB_MEDIA", _MEDIA) if file.lfs else ("MENSREA_GITHUB_RAW", _RAW)
    server = (os.environ.get(variable) or default).rstrip("/")
    return f"{server}/{quote(f'{source.repository}/{commit}/{file.path}')}"
