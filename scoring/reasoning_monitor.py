"""What a model trained by CoT Monitor+ writes (arXiv 2505.18807, appendix E), by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .reasoning_answer import MONITOR, MONITOR_OPENS
from .reasoning_split import Kind, Split, split
from .reasoning_tags import BLANKS


@dataclass(frozen=True, slots=True)
class Monitored:
    """What stands in each tag, without blanks at either end; None where there is no such tag.

    Attributes:
        monitor: The model's critique of its own reasoning.
        label: Its verdict on it: `safe` or `unsafe` in the paper.
        output: The answer.
    """

    monitor: str | None = None
    label: str | None = None
    output: str | None = None


def monitored(text: str, *, prefilled: bool | None = None) -> Monitored:
    """The monitor, label and output of a response.

    The first two are looked for behind the reasoning, then in it, where some training data put them.

    Args:
        text: What the model wrote.
        prefilled: As in `split`.
    """
    parts = split(text, prefilled=prefilled)
    found = _monitor(parts, "other") or _monitor(parts, "reasoning") or Monitored()
    if parts.answered and text[: parts.answered[0]].lower().endswith("<output>"):
        return replace(found, output=parts.answer)
    return found


def _monitor(parts: Split, kind: Kind) -> Monitored | None:
    """The last monitor in pieces of a kind, with its label; a monitor may lack the tag that closes it."""
    for piece in reversed(parts.pieces):
        if piece.kind == kind and (opens := MONITOR_OPENS.search(piece.text)):
            whole = MONITOR.match(piece.text, opens.start())
            monitor, label = whole.groups() if whole else (piece.text[opens.end() :], None)
            return Monitored(monitor.strip(BLANKS), label and label.strip(BLANKS))
    return None
