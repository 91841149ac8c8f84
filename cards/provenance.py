"""Where a release's rows came from, by upstream repository rather than by file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .manifest import Manifest, SourceEntry

_ROOTS: Mapping[str, str] = {
    "github": "https://github.com/",
    "hub": "https://huggingface.co/datasets/",
}


@dataclass(frozen=True, slots=True)
class Upstream:
    """A repository at a revision, and the files of it that configs of a release were built from."""

    repository: str
    revision: str
    url: str
    configs: tuple[str, ...]
    files: tuple[SourceEntry, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def pinned(self) -> bool:
        """Whether every file's revision and hash were recorded before the build, and matched."""
        return all(file.pinned for file in self.files)


def upstreams(manifest: Manifest) -> tuple[Upstream, ...]:
    """The repositories that a release was built from, in the order of its configs."""
    users: dict[tuple[str, str, str], dict[str, None]] = {}
    files: dict[tuple[str, str, str], dict[str, SourceEntry]] = {}
    for name, config in manifest.configs.items():
        for source in config.sources:
            key = (source.host, source.repository, source.revision)
            users.setdefault(key, {})[name] = None
            files.setdefault(key, {})[source.path] = source
    return tuple(
        Upstream(
            repository=key[1],
            revision=key[2],
            url=f"{_ROOTS.get(key[0], '')}{key[1]}" + (f"/tree/{key[2]}" if key[2] else ""),
            configs=tuple(users[key]),
            files=tuple(files[key].values()),
        )
        for key in users
    )
