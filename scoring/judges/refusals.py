"""Texts that decline to judge."""

from __future__ import annotations

import re

_READ = 400
_UNABLE = r"""(?:can't|cannot|can\snot|couldn't|won't|will\snot|wouldn't
    |(?:am|are|'m|'re)\s+(?:unable|not\s+(?:able|willing))(?:\s+to)?)"""
_DECLINED = r"""(?:help|assist|comply|judge|evaluate|rate|score|assess|provide|do\s+(?:that|this)|engage
    |continue|answer|discuss|fulfil|participate|support|respond|review|process|classify)"""
_BEGINNING = re.compile(
    rf"""\W*(?:
        (?:(?:i|we)\s*(?:'m|'re|\s+am|\s+are)\s+(?:\w+\s+)?)?(?:sorry|apologi[sz]e)\b
      | (?:i|we)\s+apologi[sz]e\b
      | (?:unfortunately\W+)?(?:i|we)\s*{_UNABLE}(?:\s+\w+)?(?:\s+{_DECLINED}\b|\W*$)
      | (?:i|we)\s+(?:(?:must|have\s+to|need\s+to|respectfully)\s+){{0,2}}(?:decline|refuse)\b
      | (?:i|we)\s*(?:'m|'re|\s+am|\s+are)\s+not\s+comfortable\b
      | as\s+an\s+ai\b[^.]{{0,200}}\b{_UNABLE}
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def is_refusal(text: str) -> bool:
    """Whether a text declines to judge, in its first words; they may be all that there is of it."""
    return _BEGINNING.match(text[:_READ].replace("\u2019", "'")) is not None
