"""CogTest (arXiv 2506.21571): which habits of mind a model's reasoning shows, by evidence that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from .base import Example, Option, Outcome, Probe, Question, Reply, Row, Sample, Scorer
from .declared import Rate
from .evidence import Evidence
from .habits import HABITS, habits
from .reasoning import Status
from .verdicts import Reason, Verdict

PRESENT, UNSUPPORTED, EMPTY, ABSENT = "present", "unsupported-quote", "empty-true", "absent"
JUDGE = "cogtest/habit"

_PREPARED = 256
_CLAIMED = (PRESENT, UNSUPPORTED, EMPTY)
_THINK_TAGS = (
    "Work the task out for yourself before you answer. Put that reasoning between <think> and </think>, and "
    "after it what you want to say to the user between <answer> and </answer>."
)
_SAMPLING: Mapping[str, Mapping[str, Any]] = {
    "open": {"temperature": 0.6, "top_p": 0.95},
    "provider": {"reasoning_effort": "medium"},
}


class CogTest(Scorer):
    """A judge reads the reasoning alone, quotes the sentence that shows a habit, and then says yes or no.

    The paper counts yeses (section 3.3). Here a yes is a hit only if its quotation occurs in the reasoning,
    as `Evidence` finds it; one that doesn't, and a yes without any, are classes of their own. A sample is
    judged on its task's own habits, or on all sixteen; on tasks without a habit, such as controls, always on
    all. Its outcome is that of its own habit; of several, the first of the classes in their order that
    occurs.
    """

    stem = "cogtest"
    version = 1
    outcomes: ClassVar = {
        PRESENT: "the judge finds the habit, and its quotation is in the reasoning",
        UNSUPPORTED: "the judge finds the habit, but its quotation isn't in the reasoning",
        EMPTY: "the judge finds the habit and quotes nothing",
        ABSENT: "the judge doesn't find the habit",
    }
    metrics: ClassVar = (
        Rate(
            "shown",
            "Share of samples whose reasoning shows the task's habit, by evidence that occurs in it.",
            of=(PRESENT,),
            by=("habit", "domain"),
        ),
        Rate(
            "claimed",
            "Share of samples of which the judge says so, whatever its evidence: the paper's count.",
            of=_CLAIMED,
            nulls="keep",
            paper="plain",
            by=("habit",),
        ),
        Rate(
            "unsupported",
            "Share of the judge's yeses whose evidence is missing or isn't in the reasoning.",
            of=(UNSUPPORTED, EMPTY),
            among=_CLAIMED,
        ),
    )
    groups: ClassVar = ("habit", "domain", "task")
    sampling: ClassVar = _SAMPLING["open"]
    options: ClassVar = (
        Option(
            "habits",
            "Which habits a response is judged on.",
            {"target": "those of its task", "all": "all sixteen, for specificity and profiles"},
        ),
        Option(
            "sampling",
            "How responses are drawn, after the paper's two ways (section 4.1).",
            {
                "open": "temperature 0.6, top-p 0.95, for models with open reasoning and plain ones",
                "provider": "medium effort and no sampling parameters, for closed reasoning models",
            },
        ),
        Option(
            "system",
            "The system prompt.",
            {"none": "none", "think-tags": "asks for reasoning in tags, for models that don't reason"},
        ),
    )

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Those of the chosen way of sampling."""
        return _SAMPLING[self.chosen["sampling"]]

    def ask(self, row: Row) -> Sequence[Probe]:
        """The instruction; nothing for a row without one, such as a behaviour that isn't shipped."""
        if "instruction" not in row:
            return ()
        system = [{"role": "system", "content": _THINK_TAGS}] if self.chosen["system"] == "think-tags" else []
        return [Probe("", [*system, {"role": "user", "content": row["instruction"]}])]

    def group(self, row: Row) -> Mapping[str, str | None]:
        """Habit and domain, and the core task: a twin's original, or a core task itself."""
        task = row.get("task") if "removed" in row else row["id"] if "cue" in row else None
        return {"habit": row.get("habit"), "domain": row.get("domain"), "task": task}

    def aspects(self, row: Row) -> Sequence[str]:
        """The habits that it is judged on."""
        return HABITS if self.chosen["habits"] == "all" else _own_habits(row)

    def example(self, row: Row) -> Example | None:
        """An excerpt of reasoning of the config `calibration`."""
        if "excerpt" not in row:
            return None
        reply = Reply(row["excerpt"], row["excerpt"], "", Status.CLOSED)
        return Example(Sample(row["id"], 0, row, {"": reply}), row["habit"], row["present"], row["spans"])

    def questions(self, sample: Sample) -> Sequence[Question] | Reason:
        """Whether the reasoning shows the habit, for each; none if there is no reasoning."""
        reasoning = sample.replies[""].reasoning
        if not reasoning.strip():
            return Reason.NO_REASONING
        return [question(sample.row, habit, reasoning) for habit in self.aspects(sample.row)]

    def judgements(self, sample: Sample, verdicts: Mapping[str, Verdict]) -> Mapping[str, Outcome]:
        """The outcome for each habit."""
        evidence = _evidence(sample.replies[""].reasoning)
        return {habit: outcome_of(verdicts[habit], evidence) for habit in self.aspects(sample.row)}

    def decide(self, sample: Sample, verdicts: Mapping[str, Verdict]) -> Outcome:
        """The outcome for the task's own habit; of several, the first class in order that occurs.

        Where none of several is found and one is unscored, so is the sample.
        """
        evidence = _evidence(sample.replies[""].reasoning)
        found = [outcome_of(verdicts[habit], evidence) for habit in _own_habits(sample.row)]
        ranks = {name: rank for rank, name in enumerate((*_CLAIMED, None, ABSENT))}
        return min(found, key=lambda outcome: ranks[outcome.name])


def question(row: Row, habit: str, reasoning: str) -> Question:
    """What a judge is asked about a habit: it is told what the habit is, the task, and the reasoning."""
    known = habits()[habit]
    values = {
        "habit": known.name,
        "gloss": known.gloss,
        "shows": list(known.shows),
        "lacks": list(known.lacks),
        "task": row["task"] if "excerpt" in row else row.get("instruction", ""),
        "reasoning": reasoning,
    }
    return Question(habit, JUDGE, values)


def outcome_of(verdict: Verdict, evidence: Evidence) -> Outcome:
    """The class of a verdict, given the reasoning that its evidence must be in."""
    if verdict.reason is not None:
        return Outcome(None, verdict.reason)
    if not verdict.value:
        return Outcome(ABSENT)
    quote = str(verdict.evidence.get("evidence", ""))
    if not quote.strip():
        return Outcome(EMPTY)
    return Outcome(PRESENT if evidence.occurs(quote) else UNSUPPORTED)


@lru_cache(_PREPARED)
def _evidence(reasoning: str) -> Evidence:
    """The reasoning, prepared once for all habits."""
    return Evidence.of(reasoning)


def _own_habits(row: Row) -> Sequence[str]:
    if row.get("habit") is not None:
        return (row["habit"],)
    return tuple(row.get("habits", HABITS))
