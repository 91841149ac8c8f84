"""A published release at one version, never another."""

from __future__ import annotations

import os
from pathlib import Path

from ..builders.fetch_errors import explain
from ..builders.sources import Source

_DOCUMENTS = ("README.md", "manifest.json", "croissant.json", "schema.json")


def snapshot(repository: str, version: str | None, config: str) -> Path:
    """The folder of one config of a published release, downloaded or cached.

    Releases are tagged `v<version>`. Without a network the snapshot of that very tag is used if it
    is cached; `load_dataset` would take the newest cached one, whatever was asked for.

    Args:
        repository: A Hub dataset repository, such as `org/name`.
        version: The version; None for the head of `main`.
        config: The config whose files are needed.

    Raises:
        SourceError: The repository or tag doesn't exist, is gated, or can't be reached and isn't cached.
    """
    import httpx2
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    revision = f"v{version}" if version else None
    source = Source(config, "hub", repository, "unknown", (), revision=revision)
    try:
        folder = snapshot_download(
            repository,
            repo_type="dataset",
            revision=revision,
            allow_patterns=[*_DOCUMENTS, f"{config}/*"],
            endpoint=os.environ.get("HF_ENDPOINT"),
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        raise explain(error, source, f"{config}/*") from error
    return Path(folder)
