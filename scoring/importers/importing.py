"""From a tool's log to responses."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from ...errors import ResponseError, UsageError
from ...models.wire_json import mapping, parse
from ..line_files import opened
from ..responses import Responses, response_format
from ..row_rules import shown
from .inspect_logs import read_inspect
from .lm_eval import read_lm_eval
from .openai_batch import read_openai_batch
from .plain import read_plain
from .records import Record, at

Tool = Literal["auto", "inspect", "lm-eval", "openai-batch", "plain"]

TOOLS: Mapping[str, Callable[[Path], Iterator[Record]]] = {
    "inspect": read_inspect,
    "lm-eval": read_lm_eval,
    "openai-batch": read_openai_batch,
    "plain": read_plain,
}
"""Readers by tool."""

_SIGNS: Mapping[str, frozenset[str]] = {
    "openai-batch": frozenset({"custom_id", "response"}),
    "lm-eval": frozenset({"doc_id", "resps"}),
    "inspect": frozenset({"status", "eval"}),
}
_LOOKED_AT = 1 << 16
_GROUPS = frozenset({"id", "probe", "sample"})


def import_responses(
    path: str | Path,
    *,
    dataset: str,
    config: str,
    version: str,
    tool: Tool = "auto",
    fields: Mapping[str, str] | None = None,
    constants: Mapping[str, Any] | None = None,
    id_pattern: str = "",
) -> Responses:
    """Read responses that another tool drew.

    Args:
        path: Its log.
        dataset: The dataset that was asked about.
        config: The config.
        version: The release's version.
        tool: What wrote the log; `auto` looks into it. See `docs/responses.md` for what each one records.
        fields: Where fields of a response are found in the tool's record, such as `{"id": "doc.number"}`,
            instead of where its importer would look.
        constants: Values of fields for all responses, such as `{"model": "openai/gpt-4.1-mini"}`, instead of
            what the log says.
        id_pattern: A regular expression that ids match as a whole, with the group `id`, and perhaps `probe`
            and `sample`, for logs that put all of it into one name.

    Raises:
        ResponseError: The log can't be read, or lacks what a response needs; the message has the place.
        UsageError: There is no such tool or field, or the pattern is wrong.
    """
    place, fixed = Path(path), dict(constants or {})
    read = TOOLS.get(detect(place) if tool == "auto" else tool)
    if read is None:
        raise UsageError(f"tool: found {tool!r}, expected auto or one of {', '.join(TOOLS)}")
    _check_names({**(fields or {}), **fixed})
    pattern = _pattern(id_pattern)
    release = {"dataset": dataset, "config": config, "version": version}
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    for record in read(place):
        found = {**record.fields, **_mapped(record, fields or {}), **fixed}
        rows.append(_typed({**found, **release}, pattern, record))
        places.append(record.where)
    _name_models(rows, places)
    table = response_format().frame(rows, places.__getitem__)
    return Responses(table, (str(path),))


def detect(path: Path) -> str:
    """The tool that wrote a log, by what is in it.

    Raises:
        ResponseError: It can't be read.
    """
    with opened(path) as file:
        line = file.readline()
        head = line + file.read(_LOOKED_AT)
    if zipfile.is_zipfile(path):
        return "inspect"
    try:
        first = mapping(parse(line))
    except ValueError:
        first = {}
    for tool, names in _SIGNS.items():
        if names <= first.keys():
            return tool
    # A document of many lines, which begins with what was run.
    is_log = head.lstrip().startswith(b"{") and all(
        f'"{name}"'.encode() in head for name in _SIGNS["inspect"]
    )
    return "inspect" if is_log and not first else "plain"


def _check_names(given: Iterable[str]) -> None:
    known = response_format().schema.columns
    for name in given:
        if name not in known:
            raise UsageError(f"field: found {name!r}, expected one of {', '.join(known)}")


def _pattern(text: str) -> re.Pattern[str] | None:
    if not text:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageError(f"id pattern {text!r}: no regular expression ({error})") from error
    groups = set(pattern.groupindex)
    if "id" not in groups or groups - _GROUPS:
        raise UsageError(
            f"id pattern {text!r}: found groups {sorted(groups)}, expected (?P<id>...), perhaps with "
            "(?P<probe>...) and (?P<sample>...)"
        )
    return pattern


def _mapped(record: Record, fields: Mapping[str, str]) -> dict[str, Any]:
    return {name: at(record.source, path, record.where) for name, path in fields.items()}


def _typed(row: dict[str, Any], pattern: re.Pattern[str] | None, record: Record) -> dict[str, Any]:
    """The row with its id as text, taken apart if it holds more, and without what is null."""
    ident = row.get("id")
    if row.get("failure"):
        row["text"] = ""
    for name, value in (("id", ident), ("text", row.get("text"))):
        if value is None:
            raise ResponseError(
                f"{record.where}: no {name}; map {name} to a field that has it: {_paths(record)}"
            )
    row["id"] = str(ident) if isinstance(ident, int) else ident
    if pattern is not None:
        match = pattern.fullmatch(str(row["id"]))
        if match is None:
            raise ResponseError(
                f"{record.where}: id: found {shown(row['id'])}, expected what {pattern.pattern} matches"
            )
        row |= {name: value for name, value in match.groupdict().items() if value is not None}
    if isinstance(sample := row.get("sample"), str) and sample.isdecimal():
        row["sample"] = int(sample)
    return {name: value for name, value in row.items() if value is not None}


def _paths(record: Record) -> str:
    """Where values of a record are found; those of a document inside of it are likely meant."""
    document = mapping(record.source.get("doc"))
    return ", ".join([f"doc.{name}" for name in document] or list(record.source)) or "it has none"


def _name_models(rows: list[dict[str, Any]], places: list[str]) -> None:
    """Give failed calls, which name no model, that of the others."""
    known = {row["model"] for row in rows if row.get("model")}
    for row, where in zip(rows, places, strict=True):
        if not row.get("model"):
            if len(known) != 1:
                raise ResponseError(f"{where}: the log doesn't say which model answered; say it as `model`")
            row["model"] = next(iter(known))
