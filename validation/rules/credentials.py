"""Finding credentials in text: the detectors of detect-secrets, and a few patterns that it lacks."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential in a text.

    Attributes:
        kind: What it is, such as `GitHub token`.
        text: The credential itself: never to be shown.
        start: Where it starts, in characters from 0.
    """

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Detector:
    """One entry of `credentials.toml`, ready for use."""

    kind: str
    hint: re.Pattern[str]
    patterns: tuple[re.Pattern[str], ...]
    group: int | str
    bounded: bool
    mixed: bool
    plugin: Any = None

    def find(self, text: str) -> Iterator[Credential]:
        """The credentials of this kind, in order for each pattern."""
        if not self.hint.search(text):
            return
        for pattern in self.patterns:
            for match in pattern.finditer(text):
                group = min(self.group, pattern.groups) if isinstance(self.group, int) else self.group
                if self._believable(text, match, match[group]):
                    yield Credential(self.kind, match[group], match.start(group))

    def _believable(self, text: str, match: re.Match[str], secret: str) -> bool:
        if self.bounded and _touched(text, match):
            return False
        if self.mixed and not all(re.search(each, secret) for each in ("[0-9]", "[a-z]", "[A-Z]")):
            return False
        formally_valid = getattr(self.plugin, "is_formally_valid", None)
        return formally_valid is None or bool(formally_valid(secret))


@cache
def detectors() -> tuple[Detector, ...]:
    """All detectors.

    Raises:
        ImportError: `detect-secrets` isn't installed.
    """
    listed = _listed()
    return (
        *(_from_library(entry) for entry in listed["detector"]),
        *(_from_pattern(entry) for entry in listed["pattern"]),
    )


def hint() -> str:
    """An expression, for Rust too, that matches every text in which a detector may find something."""
    return "|".join(f"(?:{each['hint']})" for kind in ("detector", "pattern") for each in _listed()[kind])


def known() -> tuple[str, ...]:
    """Texts that are no secrets, each in the form that `Allowed` takes."""
    return tuple(f"/{entry['pattern']}/" for entry in _listed()["allow"])


def find(text: str) -> list[Credential]:
    """The credentials in a text by place; of two that overlap the one that starts first, then the longer."""
    found = [each for detector in detectors() for each in detector.find(text)]
    kept: list[Credential] = []
    for each in sorted(found, key=lambda each: (each.start, -len(each.text))):
        if not kept or each.start >= kept[-1].start + len(kept[-1].text):
            kept.append(each)
    return kept


@cache
def _listed() -> dict[str, list[dict[str, Any]]]:
    return cast(
        "Any",
        tomllib.loads(files(__name__.rpartition(".")[0]).joinpath("credentials.toml").read_text("utf-8")),
    )


def _from_library(entry: dict[str, Any]) -> Detector:
    module, _, name = entry["class"].partition(":")
    plugin = getattr(importlib.import_module(module), name)()
    patterns = tuple(plugin.denylist)
    return Detector(
        entry["kind"],
        re.compile(entry["hint"]),
        patterns,
        entry["group"],
        entry["bounded"],
        mixed=False,
        plugin=plugin,
    )


def _from_pattern(entry: dict[str, Any]) -> Detector:
    pattern = re.compile(entry["pattern"])
    group = "secret" if "secret" in pattern.groupindex else 0
    return Detector(
        entry["kind"], re.compile(entry["hint"]), (pattern,), group, entry["bounded"], mixed=entry["mixed"]
    )


def _touched(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    return any(side.isascii() and side.isalnum() for side in (before, after))
