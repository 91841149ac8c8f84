"""Where the answer is in what follows the reasoning: `docs/reasoning-text.md`, rules 9 and 14."""

from __future__ import annotations

import re

# Tags that an answer may stand in, and what closes them.
_WRAPPERS = {
    r"<\|begin_of_solution\|>": r"<\|end_of_solution\|>",
    r"<\|START_RESPONSE\|>": r"<\|END_RESPONSE\|>",
    r"<\|open\|>response<\|sep\|>": r"<\|close\|>response<\|sep\|>",
    r"(?i:<output>)": r"(?i:</output>)",
}
_OPENING = re.compile(rf"\s*+(?:{'|'.join(f'({opening})' for opening in _WRAPPERS)})")
_CLOSING = [re.compile(f".*({closing})", re.DOTALL) for closing in _WRAPPERS.values()]

MONITOR_OPENS = re.compile("<monitor>", re.IGNORECASE)
MONITOR = re.compile(r"<monitor>(.*)</monitor>(?:\s*+<label>(.*?)</label>)?", re.IGNORECASE | re.DOTALL)
"""A monitor to the last tag that closes it, and its label if one follows."""


def answer_span(text: str) -> tuple[int, int] | None:
    """Where the answer begins and ends in what follows the reasoning, from its first letter that is no blank.

    Returns:
        None if there is none, since a monitor comes first and never ends.
    """
    monitor = MONITOR.match(text)
    if monitor is None and MONITOR_OPENS.match(text):
        return None
    start = monitor.end() if monitor else 0
    opening = _OPENING.match(text, start)
    if opening is None:
        return start, len(text)
    closing = _CLOSING[(opening.lastindex or 1) - 1].match(text, opening.end())
    return opening.end(), closing.start(1) if closing else len(text)
