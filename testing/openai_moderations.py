"""Moderations: the scores of texts, by category."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
_FLAGGED = 0.5
_HARMLESS = 1e-4

Moderator = Callable[[str], Mapping[str, float]]
"""Takes a text and returns scores from 0 to 1 by category; a category left out is harmless."""


def moderation(key: str, body: Mapping[str, Any], moderate: Moderator | None) -> dict[str, Any]:
    """Return the answer to a moderation request; a score of 0.5 or more flags a text.

    Args:
        key: The request's key, for the identifier.
        body: The request's body.
        moderate: Gives scores; by default every text is harmless.
    """
    asked = body["input"]
    texts = [asked] if isinstance(asked, str) else asked
    results = [
        _result(text if isinstance(text, str) else str(text.get("text", "")), moderate) for text in texts
    ]
    return {"id": f"modr-{key}", "model": body.get("model", "omni-moderation-latest"), "results": results}


def _result(text: str, moderate: Moderator | None) -> dict[str, Any]:
    digest = blake2b(text.encode()).digest()
    scores = {name: _HARMLESS * (1 + digest[place]) for place, name in enumerate(CATEGORIES)}
    scores.update(moderate(text) if moderate else {})
    flags = {name: score >= _FLAGGED for name, score in scores.items()}
    return {
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in scores},
    }
