"""The faults still to come, and which request each strikes."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from .openai_faults import OpenAIFault, Operation

Condition = Callable[[Mapping[str, Any]], bool]
_SPAN = 2**64


@dataclass
class Strike:
    """A fault and when it strikes.

    Attributes:
        fault: What goes wrong.
        left: Strikes still to come; None for ever.
        every: Of the requests that fit, strike each one whose number is a multiple of this.
        probability: Of those, strike this share: by a hash of the seed, the request and how often it came.
        seed: The seed of that hash.
        when: Whether a request's body fits.
    """

    fault: OpenAIFault
    left: int | None = 1
    every: int = 1
    probability: float = 1.0
    seed: int = 0
    when: Condition | None = None
    _fitting: int = 0
    _seen: Counter[str] = field(default_factory=Counter[str])

    def fits(self, operation: Operation, key: str, body: Mapping[str, Any]) -> bool:
        """Return whether it strikes a request, and count the request."""
        if operation not in self.fault.on or (self.when is not None and not self.when(body)):
            return False
        self._fitting += 1
        if self._fitting % self.every:
            return False
        return self.probability >= 1 or self._drawn(key) < self.probability

    def _drawn(self, key: str) -> float:
        self._seen[key] += 1
        text = f"{self.seed} {key} {self._seen[key]}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / _SPAN


class Strikes:
    """The faults still to come; the oldest that fits a request strikes."""

    def __init__(self) -> None:
        """Start with none."""
        self._pending: list[Strike] = []

    def add(self, strike: Strike, on: Collection[Operation] | None = None) -> None:
        """Queue a fault.

        Args:
            strike: The fault and when it strikes.
            on: The operations that it strikes; by default those that the fault is about.

        Raises:
            ValueError: `times` or `every` is less than one, or the probability isn't one.
        """
        if (strike.left is not None and strike.left < 1) or strike.every < 1:
            raise ValueError(f"times and every must be at least 1, not {strike.left} and {strike.every}")
        if not 0 <= strike.probability <= 1:
            raise ValueError(f"a probability is between 0 and 1, not {strike.probability}")
        if on is not None:
            strike.fault = replace(strike.fault, on=frozenset(on))
        self._pending.append(strike)

    def clear(self) -> None:
        """Forget every fault."""
        self._pending = []

    def take(self, operation: Operation, key: str, body: Mapping[str, Any]) -> OpenAIFault | None:
        """Return the fault that strikes a request, and use it up once.

        Args:
            operation: What the request is for.
            key: The key of its body.
            body: Its body; empty where it has none.
        """
        for strike in self._pending:
            if strike.fits(operation, key, body):
                self._use(strike)
                return strike.fault
        return None

    def _use(self, strike: Strike) -> None:
        if strike.left is None:
            return
        strike.left -= 1
        if strike.left == 0:
            self._pending = [other for other in self._pending if other is not strike]
