"""What two reports are about: whether their figures compare at all, and what differs besides the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from .printing import members
from .report import Report


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two reports.

    Attributes:
        models: The models that responded.
        version: The release's version.
        responses: Digest of the responses.
    """

    models: Sequence[str]
    version: str
    responses: str


def check_same(a: Report, b: Report) -> None:
    """Hold two reports to be about the same items.

    Raises:
        UsageError: They are about another dataset, config or split.
    """
    if items_of(a) != items_of(b):
        raise UsageError(
            f"compare: A is about {items_of(a)}, B about {items_of(b)}; give reports on the same items"
        )


def items_of(report: Report) -> str:
    """Dataset, config and split."""
    release = report.subject.release
    return f"{release.dataset} {release.config}/{release.split}"


def side_of(report: Report) -> Side:
    """What tells the report from the other."""
    subject = report.subject
    models = [str(each.get("model", "unknown")) for each in subject.models]
    return Side(models, subject.release.version, subject.responses)


def differences(a: Report, b: Report) -> Iterator[str]:
    """What differs besides the model and what it said: versions, judges, parameters."""
    for name, each_a, each_b in (
        ("release", a.subject.release.version, b.subject.release.version),
        ("rows", a.subject.release.digest, b.subject.release.digest),
        ("scorer version", a.subject.scorer_version, b.subject.scorer_version),
        ("mensrea", a.mensrea, b.mensrea),
        ("parameters", _parameters(a.subject.models), _parameters(b.subject.models)),
        ("judge", _judges(a.subject.judges), _judges(b.subject.judges)),
    ):
        if each_a != each_b:
            yield f"{name}: {each_a} and {each_b}"


def _parameters(models: Iterable[Mapping[str, Any]]) -> str:
    found = {members(each.get("parameters") or {}) for each in models}
    return " / ".join(sorted(each or "none" for each in found)) or "none"


def _judges(judges: Iterable[Mapping[str, Any]]) -> str:
    found = {
        f"{each.get('name', 'judge')} {each.get('version', '')} {str(each.get('digest', ''))[:8]} "
        f"by {each.get('model', 'unknown')} ({members(each.get('parameters') or {})})"
        for each in judges
    }
    return " / ".join(sorted(found)) or "none"
