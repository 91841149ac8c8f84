"""What calls cost: a table of prices, the user's before the package's own."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from ..errors import UsageError

VARIABLE = "MENSREA_PRICES"
FREE_PROVIDERS = ("scripted/", "held/")
IMAGE_TOKENS = 2000
"""The most tokens that an image is taken to be billed as where no price says otherwise."""

_OWN = Path(__file__).with_suffix(".toml")
_MILLION = 1_000_000
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_LOCAL = re.compile(r"(localhost|127(\.\d+){3}|\[?::1\]?)(:\d+)?(/|$)")
_PROVIDER_KEYS = frozenset({"as_of", "source", "batch", "models"})
_MODEL_KEYS = frozenset({"input", "cached", "output", "image_tokens"})


@dataclass(frozen=True, slots=True)
class Price:
    """Prices of a model, in USD per million tokens.

    Attributes:
        input: Of tokens of the prompt.
        cached: Of those that the provider had cached.
        output: Of tokens of the answer, reasoning included.
        batch: What a batch costs, as a factor.
        image_tokens: The most tokens that one image is billed as.
        as_of: When somebody looked, as a date; empty if unknown.
        source: Where.
    """

    input: float
    cached: float
    output: float
    batch: float = 1.0
    image_tokens: int = IMAGE_TOKENS
    as_of: str = ""
    source: str = ""

    def discounted(self) -> Price:
        """The price of a batch."""
        input_, cached, output = (each * self.batch for each in (self.input, self.cached, self.output))
        return replace(self, input=input_, cached=cached, output=output, batch=1.0)

    def cost(self, prompt: int, completion: int, cached: int = 0, *, batch: bool = False) -> float:
        """USD for these tokens; `prompt` includes `cached`."""
        full = (prompt - cached) * self.input + cached * self.cached + completion * self.output
        return full * (self.batch if batch else 1.0) / _MILLION


FREE = Price(0.0, 0.0, 0.0)


class Prices:
    """Prices by model, the model with its provider: `openai/gpt-4.1-mini`."""

    def __init__(self, table: Mapping[str, Price]) -> None:
        """Know these prices; scripted models and models in this process are free."""
        self._table = dict(table)

    @classmethod
    def load(cls, file: Path | None = None) -> Prices:
        """The package's own prices, and before them those of a file of the user's.

        Args:
            file: That file; by default the one that `$MENSREA_PRICES` names, if any.

        Raises:
            UsageError: It can't be read, or isn't of the form that `prices.toml` describes.
        """
        named = os.environ.get(VARIABLE)
        file = file or (Path(named) if named else None)
        return cls({**_read(_OWN), **(_read(file) if file else {})})

    def free(self, models: Iterable[str]) -> None:
        """Take these for free where no price is known: models that a server on this machine serves."""
        for model in models:
            self._table.setdefault(model, FREE)

    def discounted(self) -> Prices:
        """The prices of calls that go through the batch API."""
        return Prices({model: price.discounted() for model, price in self._table.items()})

    def of(self, model: str) -> Price | None:
        """The price of a model, or of that which it is a dated snapshot of; None if it isn't known."""
        if model.startswith(FREE_PROVIDERS):
            return FREE
        return self._table.get(model) or self._table.get(_SNAPSHOT.sub("", model))

    def cost(
        self, model: str, prompt: int, completion: int, cached: int = 0, *, batch: bool = False
    ) -> float | None:
        """USD for these tokens, of which `prompt` includes `cached`; None if no price is known."""
        price = self.of(model)
        return None if price is None else price.cost(prompt, completion, cached, batch=batch)


@cache
def _default(named: str | None) -> Prices:
    return Prices.load(Path(named) if named else None)


def cost(model: str, prompt: int, completion: int, cached: int = 0, *, batch: bool = False) -> float | None:
    """USD for these tokens by the default prices; None if no price is known."""
    return _default(os.environ.get(VARIABLE)).cost(model, prompt, completion, cached, batch=batch)


def is_local(server: str) -> bool:
    """Whether a server, named as transports name it, is on this machine, so that calls cost nothing."""
    host = server.partition("://")[2] or server
    return _LOCAL.match(host) is not None


def how_to_add(model: str) -> str:
    """What to do about a model without a price, to end a message with."""
    provider, _, name = model.partition("/")
    entry = f'[{provider}.models."{name}"] with input and output in USD per million tokens'
    return f"put {entry} into a TOML file and name it with --prices FILE or {VARIABLE}"


def _read(file: Path) -> dict[str, Price]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"no TOML: {error}"
        raise UsageError(f"{file}: prices can't be read: {reason}; expected the form of {_OWN}") from None
    read = [_provider(file, name, table).items() for name, table in tables.items()]
    return dict(entry for entries in read for entry in entries)


def _provider(file: Path, provider: str, table: Any) -> dict[str, Price]:
    _expect(file, provider, table, _PROVIDER_KEYS)
    models = table.get("models", {})
    _expect(file, f"{provider}.models", models, None)
    origin = {"as_of": str(table.get("as_of", "")), "source": str(table.get("source", ""))}
    batch = _number(file, f"{provider}.batch", table.get("batch", 1.0))
    return {
        f"{provider}/{name}": _price(file, f'{provider}.models."{name}"', entry, batch, origin)
        for name, entry in models.items()
    }


def _price(file: Path, where: str, entry: Any, batch: float, origin: Mapping[str, str]) -> Price:
    _expect(file, where, entry, _MODEL_KEYS)
    missing = [key for key in ("input", "output") if key not in entry]
    if missing:
        raise UsageError(f"{file}: {where} has no {missing[0]!r}; give it in USD per million tokens")
    values = {key: _number(file, f"{where}.{key}", value) for key, value in entry.items()}
    return Price(
        values["input"],
        values.get("cached", values["input"]),
        values["output"],
        batch=batch,
        image_tokens=int(values.get("image_tokens", IMAGE_TOKENS)),
        as_of=origin["as_of"],
        source=origin["source"],
    )


def _number(file: Path, where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UsageError(f"{file}: {where} is {value!r}; expected a number that isn't negative")
    return float(value)


def _expect(file: Path, where: str, table: Any, keys: frozenset[str] | None) -> None:
    if not isinstance(table, dict):
        raise UsageError(f"{file}: {where} is {table!r}; expected a table, as in {_OWN}")
    unknown = sorted(cast("dict[str, Any]", table).keys() - (keys if keys is not None else table.keys()))
    if unknown:
        known = ", ".join(sorted(keys or ()))
        raise UsageError(f"{file}: {where} has an unknown key {unknown[0]!r}; expected {known}")
