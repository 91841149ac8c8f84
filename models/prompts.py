"""Prompts: Jinja templates in files of their own, rendered to chat messages.

A file begins with TOML between lines of `+++` (`name`, `version`, `purpose`, for a judge a table `judge`),
and has one part for each message, under a line such as `--- system ---`. Templates run in a sandbox, and a
variable that isn't there is an error, not an empty string.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import PromptError

_FAILURES = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_FRONT = re.compile(r"\A\+\+\+\n(.*?)\n\+\+\+\n(.*)\Z", re.DOTALL)
_PART = re.compile(r"^--- (\w+) ---[ \t]*(?:\n|\Z)", re.MULTILINE)
_ROLES = ("system", "user", "assistant")


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which nothing depends on chance, and a member comes before a method of its name."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _plain(value: Any) -> Any:
    if callable(value):
        raise TypeError(f"{getattr(value, '__name__', value)} is a function, not a value")
    return value


_ENVIRONMENT = _Environment(
    undefined=StrictUndefined,
    autoescape=False,
    keep_trailing_newline=False,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_plain,
)
del _ENVIRONMENT.globals["lipsum"], _ENVIRONMENT.filters["random"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, compiled.

    Attributes:
        name: Its name, as provenance gives it.
        version: Counted up whenever its wording changes.
        purpose: What it is for, in one line.
        digest: sha256 of the file's text.
        paths: Every variable that it reads, with the members read of it, such as `("habit", "gloss")`.
        judge: How a judge's answers are read; empty for a prompt that isn't a judge's.
    """

    name: str
    version: int
    purpose: str
    digest: str
    paths: frozenset[tuple[str, ...]]
    parts: tuple[tuple[str, Template], ...] = field(repr=False, compare=False)
    judge: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False)

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it reads."""
        return frozenset(path[0] for path in self.paths)

    def render(self, values: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
        """The chat messages for these values.

        Raises:
            PromptError: A variable or a member isn't there, or the template fails.
        """
        try:
            return tuple({"role": role, "content": part.render(values).strip()} for role, part in self.parts)
        except _FAILURES as error:
            raise PromptError(f"prompt {self.name}: can't be rendered: {_line(error)}") from error


@cache
def load_prompt(path: Path) -> Prompt:
    """Read and compile a prompt.

    Raises:
        PromptError: The file is missing, or isn't a prompt; the message says what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: the prompt can't be read ({error})") from error
    match = _FRONT.match(text)
    if match is None:
        raise PromptError(f"{path}: a prompt begins with TOML between lines of `+++`")
    front = _front(path, match[1])
    sections = _sections(path, match[2])
    parts = tuple((role, _template(path, body)) for role, body in sections)
    return Prompt(
        digest=hashlib.sha256(text.encode()).hexdigest(),
        paths=frozenset(each for _, body in sections for each in _paths(body)),
        parts=parts,
        **front,
    )


def _front(path: Path, text: str) -> dict[str, Any]:
    try:
        front = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"{path}: its front matter isn't TOML: {error}") from error
    expected = {"name": str, "version": int, "purpose": str, "judge": dict}
    wrong = [key for key, kind in expected.items() if type(front.get(key, {})) is not kind]
    extra = sorted(set(front) - set(expected))
    if wrong or extra:
        problem = f"`{wrong[0]}` is missing or has another type" if wrong else f"`{extra[0]}` isn't known"
        raise PromptError(f"{path}: front matter: {problem}; expected name, version (an integer) and purpose")
    return front


def _sections(path: Path, text: str) -> list[tuple[str, str]]:
    before, *pieces = _PART.split(text)
    sections = list(zip(pieces[::2], pieces[1::2], strict=True))
    unknown = [role for role, _ in sections if role not in _ROLES]
    if unknown:
        raise PromptError(f"{path}: a part `--- {unknown[0]} ---`, expected one of {', '.join(_ROLES)}")
    if before.strip() or not any(role == "user" and body.strip() for role, body in sections):
        raise PromptError(
            f"{path}: expected parts under `--- system ---` and `--- user ---`, and no other text"
        )
    return sections


def _template(path: Path, body: str) -> Template:
    try:
        return _ENVIRONMENT.from_string(body)
    except TemplateError as error:
        raise PromptError(f"{path}: not a template: {_line(error)}") from error


def _paths(body: str) -> set[tuple[str, ...]]:
    """The variables of a template, each with the members read of it."""
    tree = _ENVIRONMENT.parse(body)
    given = meta.find_undeclared_variables(tree)
    local = {name.name for name in tree.find_all(nodes.Name) if name.ctx in {"store", "param"}}
    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    found: set[tuple[str, ...]] = {(name,) for name in given & local}
    inner: set[int] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        root, *members = _path(node, called, inner)
        if id(node) not in inner and root in given - local:
            found.add((root, *members))
    return found


def _path(node: nodes.Node, called: set[int], inner: set[int]) -> list[str]:
    """A variable and the members that an expression reads of it, without a method at the end.

    What the expression is made of goes to `inner`; the variable is empty where it reads none.
    """
    members: list[str] = []
    at = node
    while isinstance(at, nodes.Getattr | nodes.Getitem):
        member: Any = at.attr if isinstance(at, nodes.Getattr) else getattr(at.arg, "value", None)
        is_read = isinstance(member, str) and id(at) not in called
        members = [str(member), *members] if is_read else []
        inner.add(id(at.node))
        at = at.node
    return [at.name if isinstance(at, nodes.Name) and at.ctx == "load" else "", *members]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
