"""A response as a tool recorded it, and reading values out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ...errors import ResponseError
from ...models.wire_json import parse
from ..line_files import chunks
from ..row_rules import shown


@dataclass(frozen=True, slots=True)
class Record:
    """A response as a tool recorded it.

    Attributes:
        where: Its place, for messages.
        source: What the tool wrote, into which paths such as `doc.id` lead.
        fields: What it means: fields of a response row, perhaps with values of other types.
    """

    where: str
    source: Mapping[str, Any]
    fields: Mapping[str, Any]


def at(source: Mapping[str, Any], path: str, where: str) -> Any:
    """The value that a path such as `metadata.question_id` leads to.

    A name may hold dots itself; numbers lead into arrays, from 0.

    Raises:
        ResponseError: It leads nowhere.
    """
    value: Any = source
    done: list[str] = []
    rest = path.split(".")
    while rest:
        taken = _step(value, rest)
        if taken is None:
            raise ResponseError(f"{where}: {path}: no {rest[0]!r} {_in(value, done)}")
        value, length = taken
        done += rest[:length]
        del rest[:length]
    return value


def _step(value: Any, names: list[str]) -> tuple[Any, int] | None:
    """The value under the longest of the names, and of how many parts that is."""
    if isinstance(value, list):
        elements = cast("list[Any]", value)
        index = int(names[0]) if names[0].isdecimal() else len(elements)
        return (elements[index], 1) if index < len(elements) else None
    if not isinstance(value, Mapping):
        return None
    members = cast("Mapping[str, Any]", value)
    lengths = range(len(names), 0, -1)
    return next(
        ((members[name], each) for each in lengths if (name := ".".join(names[:each])) in members), None
    )


def objects_of(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of JSON lines with their places; what Python writes beyond JSON is read too.

    Raises:
        ResponseError: A line isn't an object.
    """
    for first, lines in chunks(path):
        for number, line in enumerate(lines, first):
            if not line.isspace():
                yield f"{path}:{number}", json_object(line, f"{path}:{number}")


def json_object(text: bytes, where: str) -> Mapping[str, Any]:
    """The JSON object of a text; `NaN` and halves of surrogate pairs are no obstacle.

    Raises:
        ResponseError: It is something else.
    """
    try:
        value = parse(text)
    except ValueError as error:
        raise ResponseError(f"{where}: not valid JSON ({error}); copy or fetch the file again") from error
    if not isinstance(value, dict):
        raise ResponseError(f"{where}: found {shown(value)}, expected an object")
    return cast("dict[str, Any]", value)


def _in(value: Any, done: list[str]) -> str:
    place = f"in {'.'.join(done)}" if done else "in the record"
    if isinstance(value, Mapping):
        return f"{place}; it has {', '.join(map(str, cast('Mapping[str, Any]', value))) or 'nothing'}"
    return f"{place}, which is {shown(value)}"
