"""Text from data, made safe for terminals, logs and documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson


def encodable(text: str) -> str:
    r"""The text with lone surrogates, which UTF-8 can't hold, spelled as `\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def json_text(document: dict[str, Any]) -> str:
    """The document as JSON that UTF-8 can hold, with numbers of NumPy as numbers, and a newline."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    try:
        return orjson.dumps(document, option=options).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(_encodable(document), option=options).decode()


def _encodable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    return encodable(value) if isinstance(value, str) else value


def relative_path(file: str) -> str:
    """A file as CI names it: with forward slashes, and relative to the working directory if it lies below."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def uri(file: str) -> str:
    """A file as a URI reference, relative if it can be."""
    path = relative_path(file)
    reference = quote(path, errors="backslashreplace")
    return f"file://{reference}" if path.startswith("/") else reference


def escaped_data(text: str) -> str:
    """The message of a workflow command, as the runner of GitHub Actions reads it back."""
    return encodable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """A property of a workflow command, as the runner of GitHub Actions reads it back."""
    return escaped_data(text).replace(":", "%3A").replace(",", "%2C")
