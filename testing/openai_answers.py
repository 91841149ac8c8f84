"""What a local model answers: by a function, by a script, or by a hash of what it was asked."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from .openai_schema import instance
from .openai_text import answer_seed, prompt_texts, prompt_tokens, tokens, top_tokens, words

Api = Literal["chat", "responses"]
Body = Mapping[str, Any]

_EXCESS = 8
_REASONING_WORDS = 12


@dataclass(frozen=True)
class Answer:
    """One answer of a model.

    Attributes:
        text: What it says.
        reasoning: Its reasoning, handed over beside the text.
        reasoning_field: Where a chat message carries it.
        refusal: A refusal, in the field of its own; the text is then left out.
        finish: Why it ended; an answer cut at `max_tokens` ends with `length` whatever stands here.
        top: For each token the likeliest ones with natural log-probabilities, in place of made-up ones.
    """

    text: str = ""
    reasoning: str | None = None
    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    refusal: str | None = None
    finish: str = "stop"
    top: Sequence[Mapping[str, float]] | None = None


Reply = str | Mapping[str, Any] | Answer | Sequence[str | Mapping[str, Any] | Answer]
AnswerFunction = Callable[[Body], Reply]


@dataclass(frozen=True)
class Wish:
    """What a request asks for, in the words of neither API.

    Attributes:
        choices: How many answers.
        most_tokens: Their limit, in tokens.
        top: How many tokens to list at each place; None if log-probabilities aren't asked for.
        schema: JSON Schema of the answer; empty for any JSON object, None for text.
        reasons: Whether reasoning is asked for.
    """

    choices: int = 1
    most_tokens: int | None = None
    top: int | None = None
    schema: Mapping[str, Any] | None = None
    reasons: bool = False


@dataclass(frozen=True)
class Generated:
    """An answer as it was generated: cut to the limit, with its tokens and their log-probabilities."""

    answer: Answer
    tokens: Sequence[str]
    reasoning_tokens: int
    top: Sequence[Mapping[str, float]] | None


@dataclass(frozen=True)
class Generation:
    """All answers to a request, and the tokens of its prompt."""

    answers: Sequence[Generated]
    prompt_tokens: int

    @property
    def completion_tokens(self) -> int:
        """Tokens of all answers, reasoning included."""
        return sum(len(answer.tokens) for answer in self.answers) + self.reasoning_tokens

    @property
    def reasoning_tokens(self) -> int:
        """Tokens of reasoning in all answers."""
        return sum(answer.reasoning_tokens for answer in self.answers)


def wish_of(body: Body, api: Api) -> Wish:
    """Read what a request asks for from its body."""
    if api == "chat":
        form = body.get("response_format") or {}
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        top = int(body.get("top_logprobs") or 0) if body.get("logprobs") else None
        schema = (form.get("json_schema") or {}).get("schema")
        return Wish(
            int(body.get("n") or 1), most, top, _schema(form, schema), bool(body.get("reasoning_effort"))
        )
    form = (body.get("text") or {}).get("format") or {}
    asked = "message.output_text.logprobs" in (body.get("include") or ())
    top = int(body.get("top_logprobs") or 0) if asked else None
    return Wish(
        1, body.get("max_output_tokens"), top, _schema(form, form.get("schema")), bool(body.get("reasoning"))
    )


def _schema(form: Body, schema: Any) -> Mapping[str, Any] | None:
    match form.get("type"):
        case "json_schema":
            return schema or {}
        case "json_object":
            return {}
        case _:
            return None


def generate(
    body: Body,
    wish: Wish,
    function: AnswerFunction | None = None,
    *,
    dropped: Collection[str] = (),
    spoiled: Answer | None = None,
) -> Generation:
    """Answer a request.

    Args:
        body: The request's body.
        wish: What it asks for.
        function: Gives the answer; by default it comes from a hash of model, prompt and seed.
        dropped: Features to leave out although asked for: `n`, `max_tokens`, `logprobs`, `response_format`.
        spoiled: Given as the answer in place of the right one.
    """
    texts = prompt_texts(body)
    wish = _without(wish, dropped)
    replies = _replies(function(body)) if function and spoiled is None else None
    answers: list[Generated] = []
    for choice in range(wish.choices):
        seed = answer_seed(body, texts, choice)
        answer = spoiled or (replies[choice % len(replies)] if replies else _made(seed, wish))
        answers.append(_generated(seed, answer, wish, too_long="max_tokens" in dropped))
    return Generation(answers, prompt_tokens(body, texts))


def _without(wish: Wish, dropped: Collection[str]) -> Wish:
    if not dropped:
        return wish
    return replace(
        wish,
        choices=1 if "n" in dropped else wish.choices,
        top=None if "logprobs" in dropped else wish.top,
        schema=None if "response_format" in dropped else wish.schema,
    )


def _replies(reply: Reply) -> list[Answer]:
    many = reply if isinstance(reply, Sequence) and not isinstance(reply, str) else [reply]
    return [_answer(one) for one in many]


def _answer(reply: str | Mapping[str, Any] | Answer) -> Answer:
    if isinstance(reply, Answer):
        return reply
    return Answer(reply if isinstance(reply, str) else orjson.dumps(reply).decode())


def _made(seed: bytes, wish: Wish) -> Answer:
    reasoning = words(seed + b"reasoning", _REASONING_WORDS) if wish.reasons else None
    if wish.schema is None:
        return Answer(words(seed), reasoning)
    made = instance(wish.schema, seed) if wish.schema else {"answer": words(seed)}
    return Answer(orjson.dumps(made).decode(), reasoning)


def _generated(seed: bytes, answer: Answer, wish: Wish, *, too_long: bool) -> Generated:
    thought = tokens(answer.reasoning or "")
    said = tokens(answer.refusal or answer.text)
    limit = wish.most_tokens
    if too_long and limit:
        said += [f" {word}" for word in words(seed + b"more", limit + _EXCESS).split()]
        answer = replace(answer, text="".join(said))
    elif limit is not None and len(thought) + len(said) > limit:
        thought = thought[:limit]
        said = said[: limit - len(thought)]
        answer = _cut(answer, "".join(thought), "".join(said))
    top = None if wish.top is None else answer.top or top_tokens(seed, said, max(1, wish.top))
    return Generated(answer, said, len(thought), top)


def _cut(answer: Answer, reasoning: str, said: str) -> Answer:
    if answer.refusal is not None:
        return replace(answer, refusal=said, finish="length")
    return replace(answer, reasoning=reasoning or None, text=said, finish="length")
