"""Text, tokens and log-probabilities that depend on what was asked and on nothing else."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b, shake_128
from typing import Any

import orjson

_WORDS = (
    "after", "all", "answer", "because", "before", "both", "bridge", "careful", "change", "check",
    "clear", "count", "day", "decide", "door", "each", "early", "either", "end", "even", "every",
    "fair", "far", "few", "field", "first", "follow", "form", "four", "garden", "give", "green", "half",
    "hand", "hold", "house", "idea", "keep", "large", "late", "learn", "left", "light", "line", "many",
    "measure", "more", "much", "near", "need", "never", "next", "night", "often", "open", "order",
    "other", "part", "people", "place", "plain", "point", "quite", "reason", "right", "river", "same",
    "second", "simple", "small", "start", "step", "still", "stone", "take", "their", "then", "third",
    "time", "tree", "under", "until", "value", "water", "way", "well", "while", "whole", "window",
    "word", "work", "year",
)  # fmt: skip
_OF_BYTE = [_WORDS[byte % len(_WORDS)] for byte in range(256)]
_TOKEN = re.compile(r"\s*\S+|\s+$")
_SHORTEST, _SPREAD = 8, 24
_TOKENS_PER_MESSAGE, _TOKENS_PER_IMAGE = 3, 85


def body_key(body: Mapping[str, Any]) -> str:
    """Return what a request's body is counted under: 16 hexadecimal digits, in any order of its keys."""
    return blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def prompt_texts(body: Mapping[str, Any]) -> list[str]:
    """Return the texts that a model reads, in order: each role, then its content; images by their address.

    Chat messages, and `instructions` and `input` of a response, give the same list for the same conversation.
    """
    texts: list[str] = []
    if isinstance(body.get("instructions"), str):
        texts += ["system", body["instructions"]]
    messages = body.get("messages", body.get("input", ()))
    if isinstance(messages, str):
        return [*texts, "user", messages]
    for message in messages:
        texts.append(str(message.get("role", "")))
        texts.extend(_content_texts(message.get("content")))
    return texts


def _content_texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if "text" in part:
            yield part["text"]
        else:
            yield orjson.dumps(part.get("image_url")).decode()


def prompt_tokens(body: Mapping[str, Any], texts: Sequence[str]) -> int:
    """Count the tokens of a prompt: its words, three for each message, 85 for each image."""
    messages = body.get("messages", body.get("input", ""))
    count = 1 if isinstance(messages, str) else len(messages)
    images = sum(text.startswith(('"data:', '{"url"', '"http')) for text in texts)
    return sum(map(_word_count, texts)) + count * _TOKENS_PER_MESSAGE + images * _TOKENS_PER_IMAGE


def _word_count(text: str) -> int:
    return text.count(" ") + 1


def answer_seed(body: Mapping[str, Any], texts: Sequence[str], choice: int) -> bytes:
    """Return what an answer varies with: the model, the prompt, the seed and the number of the choice."""
    return orjson.dumps([body.get("model"), texts, body.get("seed"), choice])


def words(seed: bytes, count: int | None = None) -> str:
    """Return English words that depend on a seed; 9 to 32 of them if no count is given."""
    digest = shake_128(seed).digest(count or _SHORTEST + _SPREAD)
    if count is None:
        digest = digest[digest[0] % _SPREAD :]
    return " ".join([_OF_BYTE[byte] for byte in digest])


def tokens(text: str) -> list[str]:
    """Split a text into tokens, each a word with the white space before it; joined they are the text."""
    return _TOKEN.findall(text)


def top_tokens(seed: bytes, chosen: Sequence[str], most: int) -> list[dict[str, float]]:
    """Return the likeliest tokens at each place with natural log-probabilities, the chosen one first.

    Args:
        seed: What they vary with.
        chosen: The tokens of the answer.
        most: How many to give at each place; the chosen one is always there.
    """
    digest = shake_128(seed).digest(len(chosen))
    return [_ranking(token, byte, most) for token, byte in zip(chosen, digest, strict=True)]


def _ranking(token: str, byte: int, most: int) -> dict[str, float]:
    first = 0.5 + byte / 512
    others = (" " + _WORDS[(byte + step) % len(_WORDS)] for step in range(most))
    ranking = {token: math.log(first)}
    for rank, other in enumerate((other for other in others if other != token), start=1):
        if rank >= most:
            break
        # Halved each time: sorted, and the probabilities of one place sum to less than one.
        ranking[other] = math.log((1 - first) * 0.5**rank)
    return ranking
