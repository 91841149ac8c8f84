"""Texts under judgement as quoted material: nothing in them can end the quotation or speak as a role."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

from ...errors import JudgeError

_MARK_BYTES = 8

# What chat templates mark turns with; servers that tokenize templated text take it for the real thing.
_CONTROL = re.compile(
    r"""<(?=(?:\|[^<>\n]{1,40}\||\uff5c[^<>\n]{1,40}\uff5c|/?s|(?:start|end)_of_turn|</?SYS>)>)
      | \[(?=/?INST\])""",
    re.VERBOSE,
)


def quoted(values: Mapping[str, Any], plain: Collection[str] = ()) -> dict[str, Any]:
    """The variables of a judge's prompt, with each text between two lines that no text can forge.

    A text `answer` becomes the line `<answer 1f0c2d3e4f5a6b7c>`, the text, and the line
    `</answer 1f0c2d3e4f5a6b7c>`. The mark is a digest of the text, and occurs in none of the texts. In what
    chat templates mark turns with, such as `<|im_end|>`, a space follows the first character. An empty text
    stays empty.

    Args:
        values: The variables.
        plain: The variables that are the caller's own words, and go into the prompt as they are.

    Raises:
        JudgeError: A variable that isn't plain isn't text.
    """
    texts = {name: _text(name, value) for name, value in values.items() if name not in plain}
    others = "\n".join(texts.values())
    return {**values, **{name: _quote(name, text, others) for name, text in texts.items()}}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise JudgeError(
            f"the variable {name!r} is {type(value).__name__}, not text; expected a text to judge, "
            "or its name in `plain` of the judge's table"
        )
    return _CONTROL.sub(r"\g<0> ", value)


def _quote(name: str, text: str, others: str) -> str:
    if not text.strip():
        return ""
    mark = _mark(text)
    while mark in others:
        mark = _mark(mark)
    return f"<{name} {mark}>\n{text}\n</{name} {mark}>"


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_MARK_BYTES).hexdigest()
