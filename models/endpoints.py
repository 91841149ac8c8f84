"""From what a user writes for a model, such as `openai/gpt-4.1-mini`, to a way to call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from .calls import Transport


@dataclass(frozen=True, slots=True)
class Options:
    """How servers are reached.

    Attributes:
        base_url: The server's address; by default `$OPENAI_BASE_URL`, or else OpenAI's own.
        api_key_variable: The environment variable that holds the key.
        timeout: Seconds for a whole attempt.
        latency: Seconds that a scripted model takes.
        device: Where a model in this process runs.
    """

    base_url: str | None = None
    api_key_variable: str = "OPENAI_API_KEY"
    timeout: float = 600.0
    latency: float = 0.0
    device: str = "auto"


def connect(spec: str, options: Options | None = None) -> tuple[str, Transport]:
    """The model's name in keys and manifests, and the way to it.

    Args:
        spec: `openai/NAME` for a model behind an OpenAI-compatible server, `scripted/FILE` for a script,
            `held/PATH` for a model of `transformers` in this process.
        options: How servers are reached.

    Raises:
        UsageError: There is no such provider, no name, or no such script.
        ModelError: The key is missing, or the folder holds no model.
        MissingLibraryError: The provider needs a library that isn't installed.
    """
    provider, _, name = spec.partition("/")
    if provider not in _PROVIDERS or not name:
        known = ", ".join(f"{each}/{what}" for each, (what, _) in _PROVIDERS.items())
        raise UsageError(f"{spec!r} names no model; expected one of {known}")
    return _PROVIDERS[provider][1](name, options or Options())


def _openai(name: str, options: Options) -> tuple[str, Transport]:
    from .openai_endpoint import OpenAIEndpoint

    endpoint = OpenAIEndpoint(options.base_url, options.api_key_variable, timeout=options.timeout)
    return f"openai/{name}", endpoint


def _scripted(name: str, options: Options) -> tuple[str, Transport]:
    from .scripted import ScriptedModel

    model = ScriptedModel.from_file(Path(name).expanduser(), latency=options.latency)
    return model.name, model


def _held(name: str, options: Options) -> tuple[str, Transport]:
    from .held import HeldModel

    model = HeldModel(Path(name).expanduser(), options.device)
    return model.name, model


_PROVIDERS: dict[str, tuple[str, Callable[[str, Options], tuple[str, Transport]]]] = {
    "openai": ("NAME", _openai),
    "scripted": ("FILE", _scripted),
    "held": ("PATH", _held),
}
