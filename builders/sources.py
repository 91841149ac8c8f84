"""The upstream files a dataset is imported from, as recorded in `<stem>.sources.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import SchemaError
from ..schemas.records import mapping, record

Host = Literal["github", "hub"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source, or a glob where the release's file names aren't known yet.

    `bytes` and `sha256` are None until they have been seen. `lfs` marks a GitHub Git-LFS object.
    """

    path: str = ""
    pattern: str = ""
    bytes: int | None = None
    sha256: str | None = None
    lfs: bool = False

    @property
    def name(self) -> str:
        """The path, or the pattern where there is none."""
        return self.path or self.pattern


@dataclass(frozen=True, slots=True)
class Source:
    """A repository at a revision, and the files of it that rows come from.

    Attributes:
        name: What a card's config calls it.
        host: `github`, or `hub` for a Hugging Face dataset repository.
        revision: A full commit hash; None until one has been seen.
        licence: A Hub licence identifier, or `unknown`.
        access: `gated` where the host asks for an agreement first.
    """

    name: str
    host: Host
    repository: str
    licence: str
    files: tuple[SourceFile, ...]
    revision: str | None = None
    access: Literal["open", "gated"] = "open"

    @property
    def url(self) -> str:
        """The repository's page."""
        root = "https://github.com/" if self.host == "github" else "https://huggingface.co/datasets/"
        return root + self.repository


def sources_path(stem: str) -> Path:
    """Where a dataset's sources are recorded."""
    return Path(__file__).parent / f"{stem}.sources.toml"


def load_sources(stem: str) -> dict[str, Source]:
    """The sources of a dataset by name; empty for one that has none.

    Raises:
        SchemaError: The file isn't TOML, or an entry lacks or misnames a member.
    """
    path = sources_path(stem)
    if not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        message = f"{path.name}: not valid TOML: {error}"
        raise SchemaError(message) from error
    sources = (_source(entry, path.name) for entry in document.get("source", ()))
    return {source.name: source for source in sources}


def _source(entry: object, name: str) -> Source:
    members = mapping(entry, name)
    where = f"{name}: source {members.get('name', '?')!r}"
    files = tuple(record(SourceFile, each, where) for each in members.pop("file", ()))
    if any(bool(file.path) == bool(file.pattern) for file in files):
        raise SchemaError(f"{where}: a file has either a `path` or a `pattern`")
    return record(Source, {**members, "files": files}, where)
