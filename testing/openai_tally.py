"""What a local server counts, so that a test can prove what was asked and how often."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts of a server since it was made; `reset` starts again.

    Attributes:
        requests: Requests of every kind that came in, whatever became of them.
        calls: How often each request body was let in to be answered, by its key: what a provider may bill.
            A call counts when it is let in, so one whose answer was lost counts too; a refusal doesn't.
        served: Right answers; each is counted just before it is sent.
        limited: Refusals with 429, by the capacity or by a fault.
        failed: Other refusals and spoiled answers.
        in_flight: Calls let in and not yet answered.
        peak_in_flight: The most of them at once.
        submitted: How often each `custom_id` came in a batch.
        answered: How often each `custom_id` was answered with a good status in a batch.
        remembers: Whether calls are counted by key; a million of them take 150 MB.
    """

    requests: int = 0
    calls: Counter[str] = field(default_factory=Counter[str])
    served: int = 0
    limited: int = 0
    failed: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    submitted: Counter[str] = field(default_factory=Counter[str])
    answered: Counter[str] = field(default_factory=Counter[str])
    remembers: bool = True

    def let_in(self, key: str) -> None:
        """Count a call that is about to be answered."""
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        if self.remembers:
            self.calls[key] += 1

    def reset(self) -> None:
        """Forget all counts but the calls that are in flight."""
        vars(self).update(vars(Tally(remembers=self.remembers, in_flight=self.in_flight)))

    @property
    def repeated(self) -> int:
        """Calls beyond the first for the same body."""
        return self.calls.total() - len(self.calls)

    def summary(self) -> dict[str, Any]:
        """Return the counts as JSON values; those by key as totals."""
        names = ("requests", "served", "limited", "failed", "in_flight", "peak_in_flight", "repeated")
        totals = {"calls": self.calls.total(), "distinct": len(self.calls)}
        pieces = {"submitted": self.submitted.total(), "answered": self.answered.total()}
        return {**{name: getattr(self, name) for name in names}, **totals, **pieces}
