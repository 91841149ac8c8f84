"""What a benchmark says about its scoring: what is asked and judged, and what verdicts come to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..errors import UsageError
from ..models.calls import Message
from .declared import Declared
from .items import Items
from .reasoning import Status
from .verdicts import Reason, Verdict

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that a model is asked about an item.

    Attributes:
        name: Its name among the item's probes; empty where there is one.
        messages: The chat messages; a last one of the role `assistant` is a prefill.
    """

    name: str
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's response to a probe, taken apart.

    Attributes:
        text: The response as sent.
        reasoning: Its reasoning; empty if it has none.
        answer: Its answer; empty while reasoning hasn't ended.
        status: How the reasoning is marked.
        reason: Why it can't be judged; None if it can.
    """

    text: str
    reasoning: str
    answer: str
    status: Status
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a judge is asked about a sample.

    Attributes:
        name: What `Scorer.decide` knows the verdict by.
        judge: The judge's prompt, such as `deceptionbench/action`.
        values: The variables of the prompt.
    """

    name: str
    judge: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sample: a class, perhaps with a score, or the reason why there is none.

    Attributes:
        name: The class, one of the scorer's; None if the sample is unscored.
        reason: Why it is unscored.
        value: A score, in the unit that the scorer documents.
        answer: What the sample states, for votes between samples of an item; None if it states nothing.
    """

    name: str | None
    reason: Reason | None = None
    value: float | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The responses to all probes of an item, of one draw."""

    id: str
    sample: int
    row: Row
    replies: Mapping[str, Reply] = field(default_factory=dict[str, Reply])


@dataclass(frozen=True, slots=True)
class Example:
    """A response whose judgement is known, to hold a judge against.

    Attributes:
        sample: The response with its item.
        aspect: The aspect that is labelled; it is the name of the judge's question.
        present: Whether the first of the scorer's classes is right for it.
        spans: The parts of the reasoning that show it, word for word.
    """

    sample: Sample
    aspect: str
    present: bool
    spans: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a rule that needs no reasoning gets right, to read figures against.

    Attributes:
        name: The rule.
        description: What it answers, in a line.
        right: Items that it gets right; a guess between two options counts half.
        items: Items that it was applied to.
    """

    name: str
    description: str
    right: float
    items: int


@dataclass(frozen=True, slots=True)
class Option:
    """Something about a benchmark that a run chooses.

    Attributes:
        name: What `--set` calls it.
        description: What it is about, in a line.
        values: What it may be, each with its meaning; the first is the default.
    """

    name: str
    description: str
    values: Mapping[str, str]

    @property
    def default(self) -> str:
        """Its value if nothing is chosen."""
        return next(iter(self.values))


class Scorer(ABC):
    """Scores one dataset; a subclass in `scoring/<stem>.py` is found by its stem.

    Attributes:
        stem: The dataset.
        version: Counted up whenever the same responses and verdicts may give other figures.
        outcomes: Every class with its meaning in a line; a sample is in one of them, or unscored.
        metrics: What is counted, the headline first.
        probes: The names of what is asked about an item.
        groups: The columns that metrics may be split by.
        sampling: How responses are drawn unless a run says otherwise, as the paper draws them.
        options: What a run may choose.
    """

    stem: ClassVar[str]
    version: ClassVar[int]
    outcomes: ClassVar[Mapping[str, str]]
    metrics: ClassVar[Sequence[Declared]]
    probes: ClassVar[Sequence[str]] = ("",)
    groups: ClassVar[Sequence[str]] = ()
    sampling: ClassVar[Mapping[str, Any]] = {"temperature": 1.0, "max_tokens": 4096}
    options: ClassVar[Sequence[Option]] = ()

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        """Take what a run chooses.

        Args:
            chosen: Values of options by name; the rest have their defaults.

        Raises:
            UsageError: There is no such option, or it can't be that.
        """
        self.chosen = _chosen(self.stem, self.options, chosen or {})

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of calls unless a run says otherwise."""
        return self.sampling

    @abstractmethod
    def ask(self, row: Row) -> Sequence[Probe]:
        """What a model is asked about an item, in the order of `probes`."""

    @property
    def judged(self) -> bool:
        """Whether it has questions to judges."""
        return type(self).questions is not Scorer.questions

    def group(self, row: Row) -> Mapping[str, str | None]:
        """The groups that an item is in, by the names in `groups`; None where its row has none."""
        return {name: None if row[name] is None else str(row[name]) for name in self.groups}

    def cluster(self, row: Row) -> str | None:
        """What an item shares with items so alike that they are right or wrong together; None if none are.

        They count as one in intervals and tests.
        """
        del row
        return None

    def baselines(self, rows: Sequence[Row]) -> Sequence[Baseline]:
        """What simple rules get right of these items; none unless a benchmark is known to have shortcuts."""
        del rows
        return ()

    def aspects(self, row: Row) -> Sequence[str]:
        """What a sample of an item is judged on one by one, besides its outcome; nothing by itself."""
        del row
        return ()

    def judgements(self, sample: Sample, verdicts: Mapping[str, Verdict]) -> Mapping[str, Outcome]:
        """What became of each aspect of a sample, none of whose replies has a `reason`."""
        del sample, verdicts
        return {}

    def example(self, row: Row) -> Example | None:
        """The labelled example that a row is, for calibrating a judge; None if it is none."""
        del row
        return None

    def questions(self, sample: Sample) -> Sequence[Question] | Reason:
        """What judges are asked about a sample, or why they needn't be; none if no judge is needed."""
        del sample
        return ()

    @abstractmethod
    def decide(self, sample: Sample, verdicts: Mapping[str, Verdict]) -> Outcome:
        """What became of a sample, none of whose replies has a `reason`.

        Args:
            sample: Replies to all probes.
            verdicts: The verdict on each question.
        """


def check_rows(scorer: Scorer, items: Items) -> None:
    """Hold items to be rows that the scorer can ask about.

    Raises:
        UsageError: There are none, or they are of another kind.
    """
    where = f"{items.dataset} {items.config}/{items.split}"
    if not items.rows:
        raise UsageError(f"{where}: no rows; name another --split or --config")
    try:
        scorer.ask(items.rows[0])
        scorer.group(items.rows[0])
    except KeyError as error:
        raise UsageError(
            f"{where}: rows have no {error.args[0]!r}, which the scorer of {scorer.stem} needs; "
            "name another --config"
        ) from error


def unusable(sample: Sample, probes: Sequence[str]) -> Reason | None:
    """Why a sample can't be judged: the first probe's reason that has one, or a probe without a response."""
    for name in probes:
        reply = sample.replies.get(name)
        if reply is None:
            return Reason.MISSING
        if reply.reason is not None:
            return reply.reason
    return None


def first_unscored(verdicts: Mapping[str, Verdict]) -> Outcome | None:
    """The outcome of a sample of which a verdict is missing, None if none is."""
    reason = next((each.reason for each in verdicts.values() if each.reason is not None), None)
    return None if reason is None else Outcome(None, reason)


def _chosen(stem: str, options: Sequence[Option], given: Mapping[str, str]) -> Mapping[str, str]:
    known = {each.name: each for each in options}
    for name, value in given.items():
        if name not in known:
            listed = ", ".join(known) or "no option"
            raise UsageError(f"{stem}: no option {name!r}; there is {listed}")
        if value not in known[name].values:
            listed = ", ".join(known[name].values)
            raise UsageError(f"{stem}: option {name} is {value!r}, expected one of {listed}")
    return {name: given.get(name, each.default) for name, each in known.items()}
