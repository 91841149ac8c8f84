"""What a rule is: it sees every batch of every split once, in order, and says what it found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ..findings import Finding, Severity
from ..inputs.batch import Batch


class Rule(ABC):
    """A check over rows. Subclasses are registered by `name` and built with keyword parameters.

    Attributes:
        name: The code of its findings, in kebab-case, and the name by which it is declared.
        severity: The severity of its findings unless the declaration says otherwise.
    """

    name: ClassVar[str]
    severity: ClassVar[Severity] = "error"

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The paths it reads, so that nothing else need be loaded; see `Batch.column`."""

    @abstractmethod
    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Look at a batch; findings that need no other batch."""

    def finish(self) -> Iterable[Finding]:
        """Findings that need all batches; called once, after the last."""
        return ()

    def finding(self, message: str, batch: Batch, row: int, field: str = "") -> Finding:
        """A finding at a row of a batch."""
        return Finding(
            self.name,
            message,
            self.severity,
            batch.where(row),
            field,
            file=batch.place.file,
            line=None if batch.lines is None else int(batch.lines[row]),
            row=batch.first + row,
        )


@dataclass(frozen=True)
class Declared:
    """A rule as a dataset declares it: by name, with parameters.

    Attributes:
        name: The rule.
        parameters: Keyword arguments of the rule.
        configs: The configs it holds for, by name or glob; empty for all.
        severity: Replaces the rule's own.
    """

    name: str
    parameters: Mapping[str, Any]
    configs: tuple[str, ...] = ()
    severity: Severity | None = None

    def adjusted(self, finding: Finding) -> Finding:
        """The finding with the declared severity."""
        return finding if self.severity is None else replace(finding, severity=self.severity)


def rule(
    name: str, *, configs: tuple[str, ...] = (), severity: Severity | None = None, **parameters: Any
) -> Declared:
    """Declare a rule for a dataset: `rule("duplicate-text", field="prompt")`."""
    return Declared(name, parameters, configs, severity)


@dataclass(frozen=True)
class Suppression:
    """A finding that is known and accepted.

    Attributes:
        rule: Its code or number: `mojibake` or `MR405`.
        reason: Why it is accepted, in a sentence. It is never empty.
        where: A glob over the finding's place or field; empty for anywhere.
    """

    rule: str
    reason: str
    where: str = ""
