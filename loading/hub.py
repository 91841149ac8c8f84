"""A published release at one version, never another."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from glob import escape
from pathlib import Path

from ..builders.fetch_errors import explain
from ..builders.sources import Source
from ..cards.manifest import read_manifest
from ..errors import MensreaError, SourceUnavailableError, UsageError
from .targets import KNOWN

_DOCUMENTS = ("README.md", "manifest.json", "croissant.json", "schema.json")
_FOUND = ("findings.jsonl",)
# Frames above the one that warns.
_CALLER_OF_LOAD = 5
_CALLER_OF_VALIDATE = 4


class CachedVersionWarning(UserWarning):
    """No version was named and the Hub couldn't be asked for the newest: the cached one was loaded."""


def snapshot(repository: str, version: str | None, config: str) -> Path:
    """The folder of one config of a published release, downloaded or cached.

    Releases are tagged `v<version>`. Without a network, or without access, the snapshot of that
    very tag is used if it is cached; `load_dataset` would take the newest cached one, whatever was
    asked for. Without a version, what `main` held when it was last seen is used with a warning,
    and only if the Hub can't be reached.

    Args:
        repository: A Hub dataset repository, such as `org/name`.
        version: The version; None for the head of `main`.
        config: The config whose files are needed.

    Raises:
        UsageError: The repository's name can't be one.
        SourceError: The repository or tag doesn't exist, is gated, or can't be reached and isn't cached.
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    revision = f"v{version}" if version else None
    try:
        return _newest(repository, config) if revision is None else _download(repository, config, revision)
    except HFValidationError as error:
        message = f"{repository!r} isn't the name of a Hub repository, such as org/name"
        raise UsageError(message) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        raise _explained(error, repository, config, revision) from error


def whole_snapshot(name: str, config: str | None) -> Path:
    """The folder of a Hub repository's documents and data, downloaded or cached.

    If the Hub can't be reached, what is cached of that revision is used, with a warning: it may be less
    than the whole.

    Args:
        name: `org/name`, or `org/name@revision`.
        config: Only this config's files, if there is a folder of its name.

    Raises:
        UsageError: The name can't be one.
        SourceError: It doesn't exist, is gated, or can't be reached and isn't cached.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository, _, revision = name.partition("@")
    data = [f"{escape(config)}/*"] if config else [f"*{ending}" for ending in KNOWN]
    failure: MensreaError | None = None
    try:
        try:
            HfApi(endpoint=os.environ.get("HF_ENDPOINT")).dataset_info(repository, revision=revision or None)
        except (httpx2.HTTPError, OSError) as error:
            failure = _refused(error, repository, revision)
            if not isinstance(failure, SourceUnavailableError):
                raise failure from error
        folder = _fetched(repository, [*data, *_FOUND], revision or None, cached=failure is not None)
    except HFValidationError as error:
        message = f"{repository!r} isn't the name of a Hub repository, such as org/name"
        raise UsageError(message) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        raise failure or _refused(error, repository, revision) from error
    if failure is not None:
        message = f"{name}: the Hub can't be reached; what is cached of it is used, and may not be all"
        warnings.warn(message, CachedVersionWarning, stacklevel=_CALLER_OF_VALIDATE)
    return folder


def discard(path: Path) -> None:
    """Remove a damaged file from the cache of `huggingface_hub`, so that it is downloaded again.

    Args:
        path: The file in a snapshot's folder: a link to the content, or the content itself.
    """
    content = path.resolve()
    path.unlink(missing_ok=True)
    content.unlink(missing_ok=True)


def _download(repository: str, config: str, revision: str | None, *, cached: bool = False) -> Path:
    return _fetched(repository, [f"{config}/*"], revision, cached=cached)


def _fetched(repository: str, data: Sequence[str], revision: str | None, *, cached: bool) -> Path:
    from huggingface_hub import snapshot_download

    folder = snapshot_download(
        repository,
        repo_type="dataset",
        revision=revision,
        allow_patterns=[*_DOCUMENTS, *data],
        endpoint=os.environ.get("HF_ENDPOINT"),
        local_files_only=cached,
    )
    return Path(folder)


def _newest(repository: str, config: str) -> Path:
    """The head of `main`; if the Hub can't be reached, the last one seen."""
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        head = HfApi(endpoint=os.environ.get("HF_ENDPOINT")).dataset_info(repository).sha
    except (httpx2.HTTPError, OSError) as error:
        failure = _explained(error, repository, config, None)
        if not isinstance(failure, SourceUnavailableError):
            raise failure from error
        try:
            folder = _download(repository, config, None, cached=True)
        except LocalEntryNotFoundError:
            raise failure from error
        _warn(repository, folder)
        return folder
    folder = _download(repository, config, None)
    if folder.name != head:  # the Hub went down in between, or `main` moved
        _warn(repository, folder)
    return folder


def _warn(repository: str, folder: Path) -> None:
    message = (
        f"{repository}: the Hub can't be asked for the newest version; {read_manifest(folder).version} from "
        "the cache is used (name a version to be sure of it)"
    )
    warnings.warn(message, CachedVersionWarning, stacklevel=_CALLER_OF_LOAD + 1)


def _explained(error: Exception, repository: str, config: str, revision: str | None) -> MensreaError:
    source = Source(config, "hub", repository, "unknown", (), revision=revision)
    failure = explain(error, source, f"{config}/*")
    # The advice is the command's; here a local copy is named with an argument.
    return type(failure)(str(failure).replace("--source DIR", "path=DIR"))


def _refused(error: Exception, repository: str, revision: str) -> MensreaError:
    """Why a repository can't be had; a folder may have been meant, too."""
    source = Source(repository, "hub", repository, "unknown", (), revision=revision or None)
    failure = explain(error, source, repository)
    text = re.sub(r"([;,]) or (pass|fetch it elsewhere and pass) .*", "", str(failure))
    return type(failure)(f"{text} (there is no file or folder of that name here either)")
