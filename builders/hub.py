"""Upstream files of Hugging Face dataset repositories, all at one commit."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import SchemaError, SourceHashError, SourceMovedError
from ..validation.findings import Finding
from .download import Retries, content_of, is_offline, is_server_error
from .fetch_errors import DAMAGED, absent, differs, explain, hash_error, offline
from .places import Found, commit_of, matches, moved
from .sources import Source, SourceFile

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_TIMEOUT_SECONDS = 30.0
_SHA256_DIGITS, _SHA1_DIGITS = 64, 40


class Hub:
    """Files of the Hub, in the cache of `huggingface_hub`, at `HF_ENDPOINT` or the Hub itself.

    A cached file of that very commit is used without a request. No other revision ever stands in.
    """

    def __init__(self, cache: Path | None, retries: Retries, *, progress: bool) -> None:
        """Fetch into a cache.

        Args:
            cache: The cache folder; None for the one that `huggingface_hub` shares with everyone.
            retries: How stubbornly to ask, beyond the attempts that `huggingface_hub` makes.
            progress: Whether to show progress bars.
        """
        self.findings: list[Finding] = []
        self._cache = cache / "hub" if cache else None
        self._retries = retries
        self._progress = progress
        self._commits: dict[str, str] = {}

    def expand(self, source: Source, pattern: str) -> tuple[str, ...]:
        """The paths at the commit that match a pattern, sorted.

        Raises:
            SourceError: They can't be listed.
        """
        from huggingface_hub.errors import EntryNotFoundError
        from huggingface_hub.hf_api import RepoFile

        commit = self._reach(source, pattern)
        folder = pattern[: pattern.rfind("/", 0, _first_wildcard(pattern)) + 1].rstrip("/") or None
        with _explained(source, pattern):
            try:
                tree = _api().list_repo_tree(
                    source.repository, folder, recursive=True, revision=commit, repo_type="dataset"
                )
                paths = [entry.path for entry in tree if isinstance(entry, RepoFile)]
            except EntryNotFoundError:
                return ()
        return tuple(sorted(path for path in paths if matches(path, pattern)))

    def find(self, source: Source, file: SourceFile) -> Found | None:
        """A file at the recorded commit, or at the head's where none is; None if there is no such file.

        Raises:
            SourceError: It can't be fetched, or isn't the recorded one.
            StorageError: It can't be stored.
        """
        commit = commit_of(source) or self._reach(source, file.path)
        found = self._cached(source, file, commit) or self._download(source, file, commit)
        if found is not None and differs(file, found.content):
            raise _other_content(source, file, found)
        return found

    def absent(self, source: Source, path: str) -> SourceMovedError:
        """A file that the repository doesn't have at that commit."""
        return absent(source, path)

    def _reach(self, source: Source, path: str) -> str:
        """The commit; the first request resolves the head, and tells of renames and refusals early."""
        if source.name not in self._commits:
            if is_offline():
                raise offline(source, path)
            with _explained(source, path):
                info = self._retries.call(
                    lambda: _api().dataset_info(
                        source.repository, revision=commit_of(source), timeout=_TIMEOUT_SECONDS
                    )
                )
            if info.id != source.repository:
                self.findings.append(moved(source, info.id))
            self._commits[source.name] = cast("str", info.sha)
        return self._commits[source.name]

    def _cached(self, source: Source, file: SourceFile, commit: str) -> Found | None:
        """A whole file in the cache; a damaged one is removed."""
        from huggingface_hub import try_to_load_from_cache

        with _explained(source, file.path):
            path = try_to_load_from_cache(
                source.repository, file.path, cache_dir=self._cache, revision=commit, repo_type="dataset"
            )
            found = _found(path, commit) if isinstance(path, str) else None
            if found is None or not _is_damaged(found, file):
                return found
            _drop(found.local)
            return None

    def _download(self, source: Source, file: SourceFile, commit: str) -> Found | None:
        import huggingface_hub
        from huggingface_hub.errors import RemoteEntryNotFoundError
        from tqdm.auto import tqdm

        self._reach(source, file.path)
        fetch = partial(
            cast("Any", huggingface_hub).hf_hub_download,
            source.repository,
            file.path,
            repo_type="dataset",
            revision=commit,
            cache_dir=self._cache,
            endpoint=_endpoint(),
            tqdm_class=None if self._progress else partial(tqdm, disable=True),
        )
        with _explained(source, file.path):
            try:
                # The client itself repeats everything but a server's error while the bytes come.
                found = _found(self._retries.call(fetch, is_server_error), commit)
            except RemoteEntryNotFoundError:
                return None
        if _is_damaged(found, file):
            _drop(found.local)
            raise _other_content(source, file, found)
        return found


@contextmanager
def _explained(source: Source, path: str) -> Generator[None]:
    import httpx2
    from huggingface_hub.errors import HFValidationError

    try:
        yield
    except HFValidationError as error:
        message = f"source {source.name!r}: {source.repository!r} isn't the name of a repository"
        raise SchemaError(message) from error
    except (httpx2.HTTPError, OSError, RuntimeError) as error:
        # Xet's transfers end in a RuntimeError.
        raise explain(error, source, path) from error


def _found(path: str, commit: str) -> Found:
    return Found(Path(path), content_of(Path(path)), commit)


def _other_content(source: Source, file: SourceFile, found: Found) -> SourceHashError:
    return hash_error(f"{file.path} of {source.url}", file, found.content, DAMAGED)


def _is_damaged(found: Found, file: SourceFile) -> bool:
    """Whether a cached file isn't what the Hub sent.

    The cache names a file by its SHA-256 or by Git's hash: that also tells where none is recorded.
    """
    if file.sha256 is not None and not differs(file, found.content):
        return False
    name = found.local.readlink().name if found.local.is_symlink() else ""
    if len(name) == _SHA256_DIGITS:
        return name != found.content.sha256
    if len(name) == _SHA1_DIGITS:
        return name != _git_hash(found)
    return differs(file, found.content)


def _git_hash(found: Found) -> str:
    total = hashlib.sha1(f"blob {found.content.bytes}\0".encode(), usedforsecurity=False)
    with found.local.open("rb") as file:
        while chunk := file.read(2**20):
            total.update(chunk)
    return total.hexdigest()


def _drop(path: Path) -> None:
    """Remove a cached file, and the blob that it links to, so that neither is used again."""
    links = [path]
    while links[-1].is_symlink():
        links.append(links[-1].parent / links[-1].readlink())
    for each in links:
        each.unlink(missing_ok=True)


def _first_wildcard(pattern: str) -> int:
    return min((index for index, character in enumerate(pattern) if character in "*?["), default=len(pattern))


def _endpoint() -> str | None:
    """The Hub's address as it is now: `huggingface_hub` reads it only when it is imported."""
    return (os.environ.get("HF_ENDPOINT") or "").rstrip("/") or None


def _api() -> HfApi:
    from huggingface_hub import HfApi

    return HfApi(endpoint=_endpoint())
