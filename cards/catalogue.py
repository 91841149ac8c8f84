"""The catalogue: cards' front matter as typed records."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from ..errors import SchemaError, UnknownConfigError, UnknownDatasetError
from ..schemas.records import mapping, record

Origin = Literal["upstream", "authored", "procedural", "generated"]
Tier = Literal["open", "gated"]

_FOLDER = Path(__file__).parent
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper that a dataset comes from."""

    title: str
    arxiv: str
    year: int
    authors: tuple[str, ...]

    @property
    def url(self) -> str:
        """The paper's page."""
        return f"https://arxiv.org/abs/{self.arxiv}"


@dataclass(frozen=True, slots=True)
class Config:
    """One config of a dataset.

    Attributes:
        name: The name given to `load_dataset`.
        description: One or two sentences.
        row: The entry of `$defs` in the dataset's schema.
        origin: How its rows come to be; also the value of their `source` column.
        licence: A Hub licence identifier, or `unknown`.
        splits: Rows of each split; null where the release hasn't been seen whole.
        offline: Whether it builds without a network.
        sources: Names of the entries in `<stem>.sources.toml` that it reads.
        pattern: For a family of configs, the regular expression that their names match.
    """

    name: str
    description: str
    row: str
    origin: Origin
    licence: str
    splits: Mapping[str, int | None]
    offline: bool = False
    sources: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def rows(self) -> int | None:
        """Rows over all splits, or None where a split's size isn't known."""
        sizes = list(self.splits.values())
        return None if None in sizes else sum(cast("list[int]", sizes))


@dataclass(frozen=True, slots=True)
class Card:
    """A dataset's facts (front matter) and prose.

    Attributes:
        stem: The dataset's name in every folder.
        licence: A Hub licence identifier for the card's YAML; configs may differ.
        licence_note: What a reader must know beyond the identifier.
        tier: `gated` for harm-inducing rows and misuse tasks.
        canary: The string that every row of a gated release carries.
        configs: The configs by name, the default first.
        families: Configs built on demand, by a pattern of names.
        rai: Croissant RAI members (without `rai:`) and their text.
        changes: What changed in each version of the data, newest first.
    """

    stem: str
    title: str
    summary: str
    paper: Paper
    version: str
    tier: Tier
    licence: str
    licence_note: str
    languages: tuple[str, ...]
    tasks: tuple[str, ...]
    tags: tuple[str, ...]
    configs: Mapping[str, Config]
    rai: Mapping[str, str]
    changes: Mapping[str, str]
    citation: str
    prose: str
    canary: str = ""
    content_warning: str = ""
    families: tuple[Config, ...] = field(default=())

    @property
    def default_config(self) -> str:
        """The config that is loaded when none is named: the first."""
        return next(iter(self.configs))

    def config(self, name: str | None = None) -> Config:
        """The config of this name, or the default; a family's member is made on the spot.

        Raises:
            UnknownConfigError: Neither a config nor a member of a family has this name.
        """
        name = name or self.default_config
        if name in self.configs:
            return self.configs[name]
        for family in self.families:
            if re.fullmatch(family.pattern, name):
                return replace(family, name=name)
        known = [*self.configs, *(family.name for family in self.families)]
        message = f"{self.stem} has no config {name!r}{_nearest(name, known)}; it has {', '.join(known)}"
        raise UnknownConfigError(message)


def stems() -> tuple[str, ...]:
    """The datasets' stems, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.md")))


def find_card(stem: str) -> Card:
    """The card of a dataset.

    Raises:
        UnknownDatasetError: No dataset has this stem.
    """
    if stem not in stems():
        message = f"there is no dataset {stem!r}{_nearest(stem, stems())}; `mensrea list` names them"
        raise UnknownDatasetError(message)
    return load_card(_FOLDER / f"{stem}.md")


@cache
def load_card(path: Path) -> Card:
    """Read a card.

    Raises:
        SchemaError: The front matter is missing, isn't YAML, or lacks or misnames a member.
    """
    match = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    if match is None:
        message = f"{path.name}: the card must open with YAML front matter between `---` lines"
        raise SchemaError(message)
    try:
        front = yaml.load(match[1], Loader=_loader())  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        message = f"{path.name}: the front matter isn't YAML: {' '.join(str(error).split())}"
        raise SchemaError(message) from error
    return _card(path, mapping(front, path.name), match[2].strip())


def _loader() -> type[Any]:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _card(path: Path, front: dict[str, Any], prose: str) -> Card:
    configs = _configs(front.pop("configs", {}), f"{path.name}: configs")
    families = _configs(front.pop("families", {}), f"{path.name}: families")
    paper = record(Paper, front.pop("paper", {}), f"{path.name}: paper")
    front["changes"] = mapping(front.get("changes"), f"{path.name}: changes")
    parts = {"stem": path.stem, "configs": configs, "families": tuple(families.values()), "paper": paper}
    card = record(Card, {**front, **parts, "prose": prose}, path.name)
    _check(card, path.name)
    return card


def _configs(value: object, where: str) -> dict[str, Config]:
    configs: dict[str, Config] = {}
    for name, entry in mapping(value, where).items():
        place = f"{where}: {name}"
        configs[name] = record(Config, {"name": name, **mapping(entry, place)}, place)
    return configs


def _check(card: Card, where: str) -> None:
    problems = {
        "`configs` is empty": not card.configs,
        f"`paper.arxiv` {card.paper.arxiv!r} needs quotes": type(card.paper.arxiv) is not str,
        f"`version` {card.version!r} isn't MAJOR.MINOR.PATCH": not _VERSION.fullmatch(str(card.version)),
        f"`changes` says nothing of version {card.version}": card.version not in card.changes,
        f"`tier` {card.tier!r} is neither open nor gated": card.tier not in ("open", "gated"),
        "a gated dataset needs a `canary` and a `content_warning`": card.tier == "gated"
        and not (card.canary and card.content_warning),
    }
    for problem, holds in problems.items():
        if holds:
            message = f"{where}: {problem}"
            raise SchemaError(message)


def _nearest(name: str, known: tuple[str, ...] | list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
