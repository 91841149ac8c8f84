"""The catalogue of codes: a number, a name, a severity and a page for everything that is ever reported."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from ...errors import SchemaError, UsageError
from ..findings import Severity

_FOLDER = Path(__file__).parent / "pages"
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_NUMBER = re.compile(r"MR\d{3}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEYS = {"code", "name", "severity", "summary"}
_ITEM = re.compile(r"([-*]|\d+\.) +")
_WIDTH = 80


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What is known about a code without running anything.

    Attributes:
        number: Such as `MR101`; it never changes its meaning.
        name: The code of findings, in kebab-case.
        severity: The severity that its findings have unless a declaration says otherwise.
        summary: One sentence.
        page: The prose of its page, as Markdown.
    """

    number: str
    name: str
    severity: Severity
    summary: str
    page: str


def find_rule(text: str) -> RuleInfo:
    """A rule by its number, in either case, or its name.

    Raises:
        UsageError: There is none.
    """
    wanted = text.strip()
    path = _FOLDER / f"{wanted.upper()}.md"
    if _NUMBER.fullmatch(wanted.upper()) and path.is_file():
        return _read(path)
    if (found := _by_name().get(wanted.lower())) is not None:
        return found
    raise UsageError(f"no rule {text!r}; {_nearest(wanted)}")


def all_rules() -> Sequence[RuleInfo]:
    """Every rule, by number."""
    return tuple(_by_name().values())


def number_of(name: str) -> str:
    """The number of a code, or an empty string if it has none."""
    found = _by_name().get(name)
    return "" if found is None else found.number


def explain(text: str) -> str:
    """A rule's page as plain text for a terminal of 80 columns; code is indented and never wrapped.

    Raises:
        UsageError: There is no such rule.
    """
    info = find_rule(text)
    head = [f"{info.number} {info.name} ({info.severity})", "", *textwrap.wrap(info.summary, _WIDTH), ""]
    return "\n".join([*head, *_rendered(info.page)]).rstrip() + "\n"


@cache
def _by_name() -> Mapping[str, RuleInfo]:
    rules: dict[str, RuleInfo] = {}
    for path in sorted(_FOLDER.glob("MR*.md")):
        info = _read(path)
        if info.name in rules:
            raise SchemaError(f"{path.name}: the name {info.name} belongs to {rules[info.name].number}")
        rules[info.name] = info
    return rules


@cache
def _read(path: Path) -> RuleInfo:
    match = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    try:
        front: Any = yaml.load(match[1], _loader()) if match else None  # noqa: S506 (it is a safe one)
    except yaml.YAMLError as error:
        raise SchemaError(f"{path.name}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(front, dict) or set(cast("dict[str, Any]", front)) != _KEYS:
        raise SchemaError(f"{path.name}: expected front matter with {', '.join(sorted(_KEYS))}")
    facts = {key: str(value) for key, value in cast("dict[str, Any]", front).items()}
    if facts["code"] != path.stem or not _NUMBER.fullmatch(path.stem):
        raise SchemaError(f"{path.name}: code: found {facts['code']!r}, expected the file's name")
    if not _NAME.fullmatch(facts["name"]):
        raise SchemaError(f"{path.name}: name: found {facts['name']!r}, expected kebab-case")
    if facts["severity"] not in get_args(Severity):
        raise SchemaError(f"{path.name}: severity: found {facts['severity']!r}")
    prose = match[2].strip() if match else ""
    return RuleInfo(path.stem, facts["name"], cast("Severity", facts["severity"]), facts["summary"], prose)


def _loader() -> Any:
    """The loader in C where PyYAML was built with it: it is six times as fast."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _nearest(text: str) -> str:
    names = _by_name()
    close = difflib.get_close_matches(text.lower(), names, n=3, cutoff=0.5)
    if close:
        return f"the nearest are {', '.join(f'{name} ({names[name].number})' for name in close)}"
    return "names are like duplicate-id, numbers like MR201"


def _rendered(page: str) -> Iterator[str]:
    """The lines of a page: headings bare, paragraphs and list items wrapped, code indented."""
    paragraph: list[str] = []
    in_code = False
    for line in page.splitlines():
        is_fence = line.lstrip().startswith("```")
        if in_code or is_fence:
            yield from _wrapped(paragraph)
            paragraph = []
            in_code = in_code != is_fence
            if not is_fence:
                yield f"    {line}".rstrip()
        elif not line.strip() or line.startswith("#"):
            yield from _wrapped(paragraph)
            paragraph = []
            yield line.lstrip("# ")
        else:
            if _ITEM.match(line):
                yield from _wrapped(paragraph)
                paragraph = []
            paragraph.append(line.strip())
    yield from _wrapped(paragraph)


def _wrapped(paragraph: Sequence[str]) -> list[str]:
    text = " ".join(paragraph)
    marker = _ITEM.match(text)
    hanging = " " * len(marker[0]) if marker else ""
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )
