"""A report: figures with all that is needed to read, check and compare them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .base import Baseline
from .declared import Declared, check_declared
from .metrics import Metric, Settings, compute

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Release:
    """The items that responses are about.

    Attributes:
        dataset: The dataset's stem.
        config: The config.
        split: The split.
        version: The release's version.
        digest: Content digest of the rows, from the release's manifest.
    """

    dataset: str
    config: str
    split: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls that were made for a report.

    Attributes:
        calls: Those that went to a model.
        replayed: Replies that had been paid for before.
        prompt_tokens: Tokens of prompts that were sent.
        completion_tokens: Tokens of answers, reasoning included.
        usd: What they cost; None if a model has no known price.
    """

    calls: int
    replayed: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is scored, and by what.

    Attributes:
        scorer: The scorer: the dataset's stem.
        scorer_version: Its version.
        classes: Every class that it knows, with its meaning in a line.
        release: The items.
        responses: Digest of the responses.
        models: The models that responded: `model`, `parameters`, and what else tells them apart.
        judges: What judges say of themselves: prompt, version, model, parameters.
        options: What was chosen of the scorer's options.
    """

    scorer: str
    scorer_version: int
    classes: Mapping[str, str]
    release: Release
    responses: str
    models: Sequence[Mapping[str, Any]]
    judges: Sequence[Mapping[str, Any]] = ()
    options: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What `mensrea score` found.

    Attributes:
        subject: What was scored, and by what.
        settings: How intervals were computed.
        metrics: Each metric of all samples, followed by its groups.
        samples: The outcome of every sample, as `compute` takes them, ascending by id and sample.
        findings: What was odd about the responses: `code`, `message`, and `count` where it isn't 1.
        cost: Calls that were made; None if that isn't known.
        baselines: What simple rules get right of the items with a scored sample.
        mensrea: The version of this package.
        judgements: What became of each aspect of each sample, where a scorer has aspects: `id`, `sample`,
            `question` (the aspect), `outcome`, `reason`, as `JUDGEMENTS` types them, ascending by id and
            sample.
    """

    subject: Subject
    settings: Settings
    metrics: Sequence[Metric]
    samples: pl.DataFrame
    findings: Sequence[Mapping[str, Any]] = ()
    cost: Cost | None = None
    baselines: Sequence[Baseline] = ()
    mensrea: str = field(default_factory=lambda: version("mensrea"))
    judgements: pl.DataFrame | None = None

    @property
    def outcomes(self) -> dict[str, int]:
        """How many samples are in each class, in the scorer's order, also of classes that don't occur."""
        return counts_of(self.samples, self.subject.classes)

    @property
    def unscored(self) -> dict[str, int]:
        """How many samples are unscored, by reason, most first."""
        found = self.samples["reason"].drop_nulls().value_counts()
        found = found.sort(["count", "reason"], descending=[True, False])
        return dict(zip(found["reason"], found["count"], strict=True))

    @property
    def headline(self) -> list[Metric]:
        """The metrics of all samples."""
        return [metric for metric in self.metrics if not metric.group]

    @property
    def groups(self) -> dict[tuple[str, str], list[Metric]]:
        """The metrics of groups, by the names of the metric and of the column."""
        found: dict[tuple[str, str], list[Metric]] = {}
        for metric in self.metrics:
            for column in metric.group:
                found.setdefault((metric.name, column), []).append(metric)
        return found


def make_report(
    subject: Subject,
    declared: Iterable[Declared],
    outcomes: pl.DataFrame,
    *,
    settings: Settings | None = None,
    findings: Sequence[Mapping[str, Any]] = (),
    cost: Cost | None = None,
    baselines: Sequence[Baseline] = (),
    judgements: pl.DataFrame | None = None,
) -> Report:
    """Compute a scorer's metrics and put them into a report.

    Args:
        subject: What was scored, and by what.
        declared: The scorer's metrics, the headline first.
        outcomes: One row a sample, as `compute` takes them.
        settings: How intervals are computed.
        findings: What was odd about the responses.
        cost: Calls that were made.
        baselines: What simple rules get right.
        judgements: One row for each aspect of a sample, if the scorer has aspects.

    Raises:
        ValueError: A metric or an outcome names a class that the scorer hasn't, or the outcomes break their
            rules.
    """
    listed, used = list(declared), settings or Settings()
    check_declared(listed, subject.classes)
    found = [each["outcome"].drop_nulls() for each in (outcomes, judgements) if each is not None]
    strange = {name for each in found for name in each.unique()} - set(subject.classes)
    if strange:
        expected = ", ".join(subject.classes)
        raise ValueError(f"outcomes: found class {min(strange)!r}, expected one of {expected}")
    metrics = compute(listed, outcomes, seed=used.seed, resamples=used.resamples, level=used.level)
    samples = outcomes.sort("id", "sample")
    ordered = None if judgements is None else judgements.sort("id", "sample", maintain_order=True)
    return Report(subject, used, metrics, samples, findings, cost, baselines, judgements=ordered)


def counts_of(samples: pl.DataFrame, classes: Iterable[str]) -> dict[str, int]:
    """How many of the samples are in each class, in the order of the classes."""
    found = samples["outcome"].drop_nulls().value_counts()
    counts = dict(zip(found["outcome"], found["count"], strict=True))
    return {name: counts.get(name, 0) for name in classes}
