"""One line for each way in which an upstream file can't be had."""

from __future__ import annotations

import errno
import os
import re
from http import HTTPStatus
from typing import Any, cast

from ..errors import (
    MensreaError,
    SourceAccessError,
    SourceHashError,
    SourceMovedError,
    SourceUnavailableError,
    StorageError,
)
from .download import Content, asked_wait, status_of
from .sources import Source, SourceFile

DAMAGED = "run it again, and if that doesn't help, check the record with `mensrea pin STEM`"
_DISABLED = "Access to this resource is disabled."
_GONE = frozenset({404, 410, 451})
_UNWRITABLE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG}
)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def at(source: Source) -> str:
    """The repository's page and revision, as messages name them."""
    return f"{source.url} at revision {source.revision}" if source.revision else source.url


def differs(file: SourceFile, content: Content) -> bool:
    """Whether a file isn't the recorded one; what isn't recorded isn't compared."""
    other_hash = file.sha256 is not None and file.sha256.lower() != content.sha256
    return other_hash or (file.bytes is not None and file.bytes != content.bytes)


def hash_error(where: object, file: SourceFile, content: Content, advice: str) -> SourceHashError:
    """A file that isn't the recorded one.

    Args:
        where: The file, as the user knows it.
        file: What is recorded.
        content: What was found.
        advice: What to do about it.
    """
    recorded = f"{file.sha256 or 'unknown'} ({file.bytes if file.bytes is not None else 'unknown'} bytes)"
    message = f"{where}: sha256 is {content.sha256} ({content.bytes} bytes), recorded is {recorded}; {advice}"
    return SourceHashError(message)


def offline(source: Source, path: str) -> SourceUnavailableError:
    """The network is switched off, and nothing in the cache will do."""
    lack = "this revision isn't cached" if source.revision else "no revision is recorded"
    return _unavailable(source, path, f"HF_HUB_OFFLINE is set and {lack}", "go online")


def explain(error: Exception, source: Source, path: str) -> MensreaError:
    """The package's exception for a failure of a request or of storing its answer.

    Args:
        error: What `httpx2`, `huggingface_hub` or the operating system raised.
        source: The source asked for, with the revision asked for.
        path: The file asked for.
    """
    error = _cause(error)
    status = status_of(error)
    if status is None:
        return _storage(error, path) or _unavailable(source, path, _reason(error))
    if status in _GONE or _code(error) == "RepoNotFound" or _header(error, "X-Error-Message") == _DISABLED:
        return _moved(error, source, path)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _access(source, path, status)
    wait = asked_wait(error)
    asked = f", it asks to wait {wait:.0f} s" if wait else ""
    return _unavailable(source, path, f"HTTP {status} {_phrase(status)}{asked}")


def absent(source: Source, path: str) -> SourceMovedError:
    """A file that its repository doesn't have at that revision."""
    gone = "or the repository or revision is gone" if source.host == "github" else "it was moved or removed"
    message = f"{path}: not in {at(source)}, {gone}; find it there, or pass a copy with `--source DIR`"
    return SourceMovedError(message)


def _moved(error: Exception, source: Source, path: str) -> SourceMovedError:
    if _code(error) == "RevisionNotFound":
        what, advice = f"{source.url} has no revision {source.revision}", "its history was rewritten"
    elif _code(error) == "EntryNotFound" or source.host == "github":
        return absent(source, path)
    elif _header(error, "X-Error-Message") == _DISABLED:
        what, advice = f"{source.url} was disabled", "its page may say why"
    else:
        what = f"{source.url} doesn't exist, or is private"
        advice = "look for its new name, or run `hf auth login`"
    return SourceMovedError(f"{path}: {what}; {advice}; or pass a copy with `--source DIR`")


def _access(source: Source, path: str, status: int) -> SourceAccessError:
    advice = f"request access at {source.url}, then run `hf auth login`"
    if source.host == "github":
        advice = "fetch it with an account that may read it"
    message = f"{path}: {at(source)} refuses access ({status}); {advice}, or pass a copy with `--source DIR`"
    return SourceAccessError(message)


def _unavailable(
    source: Source, path: str, reason: str, advice: str = "try again later"
) -> SourceUnavailableError:
    advice = f"{advice}, or fetch it elsewhere and pass its folder with `--source DIR`"
    return SourceUnavailableError(f"{path}: can't be fetched from {at(source)}: {reason}; {advice}")


def _storage(error: Exception, path: str) -> StorageError | None:
    number = error.errno if isinstance(error, OSError) else None
    where = getattr(error, "filename", None) or path
    advice = "or choose another folder with MENSREA_CACHE"
    if number in _FULL:
        return StorageError(f"{where}: no space left on the disk; free some, {advice}")
    if number in _UNWRITABLE:
        return StorageError(f"{where}: can't be written ({os.strerror(number)}); change that, {advice}")
    return None


def _cause(error: Exception) -> Exception:
    """What happened, where `huggingface_hub` says only that the file isn't cached."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    cause = error.__cause__ if isinstance(error, LocalEntryNotFoundError) else None
    return cause if isinstance(cause, Exception) else error


def _reason(error: Exception) -> str:
    """The first line of an exception, without addresses: they can hold credentials."""
    line = re.sub(r"\S+://\S+", "(address)", str(error).strip().partition("\n")[0])
    return line or type(error).__name__


def _header(error: Exception, name: str) -> str:
    return str(cast("Any", error).response.headers.get(name, ""))


def _code(error: Exception) -> str:
    return _header(error, "X-Error-Code")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
