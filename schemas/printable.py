"""Text from data, made safe for terminals and for logs of CI."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def printable(text: str) -> str:
    r"""The text with everything that doesn't print, such as control characters, spelled as `\x1b`.

    What is left is on one line, can't steer a terminal, and is allowed in XML 1.0.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def without_commands(text: str) -> str:
    """The text with nothing that a runner of GitHub Actions would take for a command."""
    return _COMMAND.sub(r"\1: ", text).replace("##[", "## [")


def _spelled(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
