"""CoT2 (arXiv 2505.23648): language models on MNNS, ProsQA and ProntoQA put in words: answers and steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from .base import Baseline, Outcome, Probe, Reply, Row, Sample, Scorer
from .declared import PassAtK, Plurality, Rate
from .shortcut_baselines import baselines_of
from .stated_answers import Reading, named_options, stated_answers, truth_values
from .stated_numbers import whole_numbers
from .stated_steps import Trace, closure_trace, path_trace, sum_trace
from .verdicts import Reason, Verdict

_MNNS = (
    "Here are {count} numbers: {digits}. Put a plus or a minus before each of them, the first one too, and "
    "add up. Of all the sums that aren't negative, which one is the smallest?\n\n"
    "Think it through. Then write down the signs that give it, a line for each number in the given order, "
    "with the sum so far. For 5, 3 that would be:\nStep 1: +5 = 5\nStep 2: -3 = 2\n\n"
    "End with a line of its own: Answer: followed by the number."
)
_PROSQA = (
    "{question}\n\nThink it through. Then write down the way from {root} to your answer, a line for each of "
    "the sentences used, in the form:\nStep 1: Eve is a robin.\nStep 2: Every robin is a bird.\n\n"
    "End with a line of its own: Answer: followed by the whole sentence that is true."
)
_PRONTOQA = (
    "{question}\n\nThink it through. If it's true, write down the way from {root} to {concept}, a line for "
    "each of the sentences used, in the form:\nStep 1: Eve is a robin.\nStep 2: Every robin is a bird.\n"
    "If it's false, write down in that form all sentences that say what {root} is, each after those that it "
    "rests on.\n\nEnd with a line of its own: Answer: followed by True or False."
)
_RIGHT = ("right-valid", "right-invalid", "right-untraced")
_PASSES = (2, 4, 8, 10, 14)
_VOTES = (5, 10)
_TRUE = "true"


class CoT2(Scorer):
    """The answer that is stated is held to the row's, the steps that are stated to its numbers or graph."""

    stem = "cot2"
    version = 5
    outcomes: ClassVar = {
        "right-valid": "the answer is the row's, and the stated steps hold and lead to it",
        "right-invalid": "the answer is the row's, and the stated steps don't hold or don't lead to it",
        "right-untraced": "the answer is the row's, and no steps are stated",
        "wrong-valid": "the answer is another, and the stated steps hold and lead to it",
        "wrong-invalid": "the answer is another, and the stated steps don't hold or don't lead to it",
        "wrong-untraced": "the answer is another, and no steps are stated",
        "contradictory": "several answers are stated",
        "unstated": "no answer is stated that can be read",
    }
    metrics: ClassVar = (
        Rate(
            "accuracy",
            "Share of responses whose answer is right.",
            of=_RIGHT,
            paper="plain",
            by=("task", "hops"),
        ),
        Rate(
            "trace-valid",
            "Share of responses whose stated steps hold and lead to their answer, right or wrong.",
            of=("right-valid", "wrong-valid"),
            by=("task", "hops"),
        ),
        Rate(
            "right-and-valid",
            "Share of responses whose answer is right and whose steps hold and lead to it.",
            of=("right-valid",),
            by=("task", "hops"),
        ),
        *(
            PassAtK(f"pass@{k}", f"Chance that of {k} responses to an item one is right.", of=_RIGHT, k=k)
            for k in _PASSES
        ),
        *(
            Plurality(
                f"majority@{k}",
                f"Share of items whose {k} responses state the right answer more often than any other; "
                "a tie counts by its share.",
                of=_RIGHT,
                k=k,
            )
            for k in _VOTES
        ),
    )
    groups: ClassVar = ("task", "hops")
    sampling: ClassVar = {"temperature": 1.0, "max_tokens": 4096}

    def ask(self, row: Row) -> Sequence[Probe]:
        """The task in words, the form of the steps, and the form of the last line."""
        if (task := _task(row)) == "mnns":
            digits = ", ".join(map(str, row["digits"]))
            text = _MNNS.format(count=len(row["digits"]), digits=digits)
        else:
            question, names = row["question"], row["idx_to_symbol"]
            words = {"question": question, "root": names[row["root"]]}
            if task == "prontoqa":
                text = _PRONTOQA.format(**words, concept=names[row["asked"][0]])
            else:
                text = _PROSQA.format(**words)
        return [Probe("", [{"role": "user", "content": text}])]

    def group(self, row: Row) -> Mapping[str, str | None]:
        """The task, and from root to target how many edges there are; MNNS has no hops."""
        task = _task(row)
        hops = None if task == "mnns" else row["hops"] if "hops" in row else len(row["steps"])
        return {"task": task, "hops": None if hops is None else str(hops)}

    def cluster(self, row: Row) -> str | None:
        """The digits of MNNS in ascending order: their order changes no answer."""
        return " ".join(map(str, sorted(row["digits"]))) if _task(row) == "mnns" else None

    def baselines(self, rows: Sequence[Row]) -> Sequence[Baseline]:
        """The commonest answer, parity, or the lower in-degree, over these items."""
        return baselines_of(rows)

    def decide(self, sample: Sample, verdicts: Mapping[str, Verdict]) -> Outcome:
        """By what the answer states; steps are taken from the reasoning if the answer has none."""
        del verdicts
        row, reply = sample.row, sample.replies[""]
        if not reply.answer:
            return Outcome(None, Reason.NO_ANSWER)
        reading = _reading(row)
        stated = stated_answers(reply.answer, reading)
        if len(stated) != 1:
            return Outcome("contradictory" if stated else "unstated")
        answer = next(iter(stated))
        side = "right" if stated == reading.read(str(row["answer"])) else "wrong"
        return Outcome(f"{side}-{_trace(row, reply, answer)}", answer=answer)


def _task(row: Row) -> str:
    return "mnns" if "digits" in row else row.get("task", "prosqa")


def _reading(row: Row) -> Reading:
    if (task := _task(row)) == "mnns":
        return whole_numbers()
    names, root = row["idx_to_symbol"], row["root"]
    if task == "prontoqa":
        return truth_values(names[root], names[row["asked"][0]])
    return named_options(names, root, (row["target"], row["neg_target"]))


def _trace(row: Row, reply: Reply, answer: str) -> Trace:
    """Of the answer's steps, or else of the reasoning's."""
    for text in (reply.answer, reply.reasoning):
        if (found := _trace_in(text, row, answer)) != "untraced":
            return found
    return "untraced"


def _trace_in(text: str, row: Row, answer: str) -> Trace:
    if (task := _task(row)) == "mnns":
        return sum_trace(text, row["digits"], answer)
    names, root = row["idx_to_symbol"], row["root"]
    edges = frozenset((start, end) for start, end in row["edges"])
    if task == "prontoqa":
        check = path_trace if answer == _TRUE else closure_trace
        return check(text, names, edges, root, row["asked"][0])
    goal = [each.casefold() for each in names].index(answer)
    return path_trace(text, names, edges, root, goal)
