"""Answers out of a file of rules."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from .openai_answers import Answer, Body
from .openai_text import body_key, prompt_texts

Rule = Mapping[str, Any]


class Script:
    """Answers by the first rule that fits.

    A rule is an object with a `reply`, a text or an object to send as JSON, or with several `replies`, one of
    which is taken by a hash of the request. It fits where every text of `contains` occurs in the prompt, and
    where `model` is the request's. `reasoning`, `refusal` and `finish` are those of an `Answer`.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Take the rules.

        Args:
            rules: In order.
        """
        self._rules = rules

    @classmethod
    def read(cls, path: Path) -> "Script":
        """Read the rules of a file, one JSON object a line.

        Args:
            path: The file.

        Raises:
            ValueError: A line isn't a JSON object.
        """
        lines = path.read_bytes().splitlines()
        rules = [
            _rule(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip()
        ]
        return cls(rules)

    def __call__(self, body: Body) -> Answer:
        """Return the answer to a request.

        Args:
            body: The request's body.

        Raises:
            ValueError: No rule fits.
        """
        prompt = "\n".join(prompt_texts(body))
        for rule in self._rules:
            wanted = rule.get("contains", ())
            wanted = [wanted] if isinstance(wanted, str) else wanted
            if rule.get("model") in (None, body.get("model")) and all(text in prompt for text in wanted):
                return _answer(rule, body_key(body))
        raise ValueError(f"no rule of the script fits: {prompt[:80]!r}")


def _rule(line: bytes, where: str) -> Rule:
    try:
        rule = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{where}: expected a JSON object, found {error}") from error
    if not isinstance(rule, dict):
        raise ValueError(f"{where}: expected a JSON object, found {type(rule).__name__}")  # noqa: TRY004 -- a file
    return rule


def _answer(rule: Rule, key: str) -> Answer:
    replies = rule.get("replies") or [rule.get("reply", "")]
    number = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
    reply = replies[number % len(replies)]
    text = reply if isinstance(reply, str) else orjson.dumps(reply).decode()
    given = {name: rule[name] for name in ("reasoning", "refusal", "finish") if name in rule}
    return Answer(text, **given)
