"""A judge: a prompt with a `[judge]` table, the calls that ask it, and the verdict in the replies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from ...errors import JudgeError
from ...models.calls import Request, Response
from ...models.failures import CallError
from ...models.prompts import Prompt, load_prompt
from ..verdicts import Verdict
from .quoting import quoted
from .readers import read_reply
from .settings import Settings, read_settings
from .votes import settle

PROMPTS = Path(__file__).parent.parent / "prompts"
"""The folder of the judges that come with the package."""

Call = Callable[[Request], Awaitable[Response]]

# A few tokens more than a verdict has, so that a word or a number that a tokenizer splits is seen whole.
_LIKELY = {"max_tokens": 5, "logprobs": True, "top_logprobs": 20}
_TEXT = {"max_tokens": 16}
_LINES = {"max_tokens": 1024}


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge, without the model that it asks.

    Attributes:
        prompt: Its prompt.
        settings: How answers are read.
    """

    prompt: Prompt
    settings: Settings

    @classmethod
    def load(cls, name: str | Path) -> Self:
        """A judge of the package, or of a file of one's own.

        Args:
            name: Such as `deceptionbench/action`, or the path of a prompt that ends with `.md`.

        Raises:
            JudgeError: There is no such judge, or its `[judge]` table breaks the rules.
            PromptError: The file isn't a prompt.
        """
        return cls(*_load(name))

    @property
    def name(self) -> str:
        """Its name, as its prompt gives it; the step of its calls."""
        return self.prompt.name

    @property
    def version(self) -> int:
        """The version of its wording."""
        return self.prompt.version

    @property
    def digest(self) -> str:
        """sha256 of its file."""
        return self.prompt.digest

    @property
    def kind(self) -> str:
        """What a verdict is: `choice`, `predicate` or `score`."""
        return self.settings.kind

    @property
    def votes(self) -> int:
        """How often the question is asked."""
        return self.settings.votes

    @property
    def variables(self) -> frozenset[str]:
        """The variables of its prompt."""
        return self.prompt.variables

    def requests(
        self, values: Mapping[str, Any], model: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[Request, ...]:
        """The calls that ask the question, one for each vote.

        Args:
            values: The prompt's variables, texts to judge as they are: they get quoted here.
            model: The model, as transports know it.
            parameters: The chat API's parameters that replace the judge's own; None takes one away, and
                `logprobs = False` has a verdict read from the text, where the judge allows that.

        Raises:
            JudgeError: A variable isn't text, or log-probabilities are left out that the judge needs.
            PromptError: A variable is missing.
        """
        known = {name: value for name, value in values.items() if name in self.variables}
        messages = self.prompt.render(quoted(known, self.settings.plain))
        whole = self._parameters(parameters or {})
        return tuple(
            Request(model, messages, whole, sample=vote, step=self.name) for vote in range(self.votes)
        )

    def verdict(self, replies: Sequence[Response | CallError]) -> Verdict:
        """The verdict in the replies to `requests`, in that order.

        Pure: the same replies give the same verdict, so stored ones can be read again at no cost.
        """
        return settle([read_reply(each, self.settings) for each in replies])

    def identity(self, model: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What a report says about the judge: two verdicts compare if it is the same.

        Args:
            model: The model.
            parameters: What was given to `requests`.

        Raises:
            JudgeError: As `requests` raises it.
        """
        whole = self._parameters(parameters or {})
        whole.pop("response_format", None)  # the digest stands for the schema
        return {
            "name": self.name,
            "version": self.version,
            "digest": self.digest,
            "kind": self.kind,
            "reads": _reads(self.settings, parameters or {}),
            "model": model,
            "parameters": whole,
            "votes": self.votes,
        }

    def _parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        settings = self.settings
        reads = _reads(settings, given)
        own: dict[str, Any] = {"temperature": 0 if settings.votes == 1 else 1}
        if reads == "logprobs":
            own |= _LIKELY
        elif reads == "text" and not settings.final_line:
            own |= _TEXT
        else:
            own |= _LINES
        if reads == "schema":
            own["response_format"] = _response_format(self.name, settings)
        whole = {**own, **settings.parameters, **given}
        unset = {"logprobs", "top_logprobs"} if reads == "text" else set[str]()
        return {name: value for name, value in whole.items() if value is not None and name not in unset}


async def ask(
    judge: Judge,
    call: Call,
    values: Mapping[str, Any],
    model: str,
    parameters: Mapping[str, Any] | None = None,
) -> Verdict:
    """Ask a judge.

    Args:
        judge: The judge.
        call: Where calls go, such as `Caller.call`.
        values: The prompt's variables.
        model: The model.
        parameters: The chat API's parameters that replace the judge's own.

    Returns:
        The verdict. A call that failed for good is a vote without one.

    Raises:
        JudgeError: As `Judge.requests` raises it.
        PromptError: The same.
        MensreaError: What stops a run, as `Caller.call` raises it.
    """
    requests = judge.requests(values, model, parameters)
    return judge.verdict(await asyncio.gather(*(reply_to(request, call) for request in requests)))


@cache
def judges() -> tuple[str, ...]:
    """The names of the judges that come with the package."""
    return tuple(sorted(str(path.relative_to(PROMPTS).with_suffix("")) for path in PROMPTS.glob("*/*.md")))


@cache
def _load(name: str | Path) -> tuple[Prompt, Settings]:
    own = isinstance(name, Path) or name.endswith(".md")
    path = Path(name).expanduser() if own else PROMPTS / f"{name}.md"
    if not own and name not in judges():
        raise JudgeError(f"{name}: no judge; there are {', '.join(judges())}, or write the path of a file")
    prompt = load_prompt(path)
    return prompt, read_settings(prompt.judge, str(path))


async def reply_to(request: Request, call: Call) -> Response | CallError:
    """The reply to a call, or how it failed for good; what stops a run is raised."""
    try:
        return await call(request)
    except CallError as error:
        return error


def _reads(settings: Settings, parameters: Mapping[str, Any]) -> str:
    """Where the verdict will be read, given the parameters of the call."""
    wanted = settings.reads[0]
    if wanted != "logprobs" or parameters.get("logprobs", True):
        return wanted
    if "text" in settings.reads:
        return "text"
    raise JudgeError("the judge reads log-probabilities, and `logprobs` is false; leave the parameter out")


def _response_format(name: str, settings: Settings) -> dict[str, Any]:
    wire = {"name": name.replace("/", "_"), "strict": True, "schema": settings.schema}
    return {"type": "json_schema", "json_schema": wire}
