"""Responses joined with their items: what judges are asked, and the report when they have answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ..errors import ResponseError
from .base import Question, Sample, Scorer
from .declared import Declared, OfItems, PassAtK, Plurality
from .elicit import prompt_digest
from .items import Items
from .joining import JoinFinding, join
from .joining import Release as Joinable
from .judgements import judgement_table
from .judges.judge import Judge, judges
from .judging import Judged, Key, decide, questions_of
from .metrics import Settings
from .reasoning import Status
from .report import Cost, Release, Report, Subject, make_report
from .responses import Responses
from .samples import outcome_table, samples_of
from .verdicts import Reason

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Assessment:
    """A scoring under way.

    Attributes:
        scorer: The benchmark's scorer.
        items: The rows that were asked about.
        responses: What a model said.
        samples: Responses by item and draw.
        questions: What judges are asked.
        ended: Why some samples needn't be judged.
        findings: What was odd about the responses.
    """

    scorer: Scorer
    items: Items
    responses: Responses
    samples: Sequence[Sample]
    questions: Mapping[Key, Question]
    ended: Mapping[Key, Reason]
    findings: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, scorer: Scorer, items: Items, responses: Responses, samples: int | None) -> Assessment:
        """Join responses with items.

        Args:
            scorer: The benchmark's scorer.
            items: The rows that were asked about.
            responses: What a model said.
            samples: Responses that each probe of an item should have; None for as many as the one with the
                most has.

        Raises:
            ResponseError: There are no responses, or they contradict each other.
        """
        if responses.table.is_empty():
            files = ", ".join(responses.files) or "responses"
            raise ResponseError(f"{files}: no responses; expected one a line to items of {items.dataset}")
        rows = {row["id"]: row for row in items.rows}
        joined = join(
            list(rows),
            responses,
            Joinable(items.dataset, items.config, items.version),
            probes=scorer.probes,
            samples=samples,
            prompts=_prompts(scorer, items),
        )
        found = samples_of(rows, joined.rows)
        questions, ended = questions_of(scorer, found)
        findings = [*map(_finding, joined.findings), *_untagged(found)]
        return cls(scorer, items, responses, found, questions, ended, findings)

    def report(self, judged: Mapping[Key, Judged], settings: Settings, cost: Cost | None = None) -> Report:
        """The figures, given the verdicts.

        Args:
            judged: The verdict on each question.
            settings: How intervals are computed.
            cost: Calls that were made.
        """
        outcomes = decide(self.scorer, self.samples, judged, self.ended)
        table = outcome_table(self.scorer, self.samples, outcomes)
        subject = Subject(
            scorer=self.scorer.stem,
            scorer_version=self.scorer.version,
            classes=self.scorer.outcomes,
            release=_release(self.items),
            responses=self.responses.digest,
            models=_models(self.responses),
            judges=_distinct(each.identity for each in judged.values()),
            options=self.scorer.chosen,
        )
        declared = possible(self.scorer.metrics, table)
        findings = [
            *self.findings,
            *_of_judges(judged.values()),
            *_of_sampling(declared, subject.models),
        ]
        scored = set(table.drop_nulls("outcome")["id"])
        baselines = self.scorer.baselines([row for row in self.items.rows if row["id"] in scored])
        return make_report(
            subject,
            declared,
            table,
            settings=settings,
            findings=findings,
            cost=cost,
            baselines=baselines,
            judgements=judgement_table(self.scorer, self.samples, judged, self.ended),
        )


def possible(declared: Iterable[Declared], outcomes: pl.DataFrame) -> list[Declared]:
    """Metrics without those of more samples than any item has."""
    most = outcomes.group_by("id").len()["len"].max() or 0
    return [each for each in declared if not isinstance(each, OfItems) or each.k <= int(str(most))]


def _prompts(scorer: Scorer, items: Items) -> pl.DataFrame:
    """The digest of every prompt, so that responses to others are noticed."""
    import polars as pl

    asked = (
        (row["id"], probe.name, prompt_digest(probe.messages))
        for row in items.rows
        for probe in scorer.ask(row)
    )
    return pl.DataFrame(
        list(asked), {"id": pl.String, "probe": pl.String, "prompt_digest": pl.String}, orient="row"
    )


def _release(items: Items) -> Release:
    return Release(items.dataset, items.config, items.split, items.version, items.digest)


def _finding(found: JoinFinding) -> dict[str, Any]:
    return {"code": found.code, "count": found.count, "message": str(found).removeprefix(f"{found.code}: ")}


def _models(responses: Responses) -> list[dict[str, Any]]:
    found = responses.table.select("model", "parameters").unique().sort("model", "parameters")
    return [
        {"model": model, "parameters": orjson.loads(parameters or b"{}")}
        for model, parameters in found.iter_rows()
    ]


def _distinct(identities: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each judge once, in the order of their names; judges that aren't known are left out."""
    found = {_as_bytes(each): each for each in identities if each}
    return [found[key] for key in sorted(found)]


def _untagged(samples: Iterable[Sample]) -> Iterator[dict[str, Any]]:
    """Answers that may be reasoning: most others close reasoning that the prompt's template opened."""
    replies = (reply for sample in samples for reply in sample.replies.values() if reply.reason is None)
    found = Counter(reply.status for reply in replies if reply.text)
    absent, closing = found[Status.ABSENT], found[Status.CLOSE_ONLY]
    if 0 < absent < closing:
        message = (
            f"{absent:,} responses have no tags, while {closing:,} end reasoning that their prompt began; "
            "the former may be reasoning that never ended, and count as answers"
        )
        yield {"code": "untagged-reasoning", "count": absent, "message": message}


def _of_judges(judged: Iterable[Judged]) -> Iterator[dict[str, Any]]:
    """Verdicts of several judges where one was to be expected, and those from a prompt that has changed."""
    texts = Counter(_as_bytes(each.identity) for each in judged if each.identity and each.raw)
    found = [(orjson.loads(text), count) for text, count in texts.items()]
    names = Counter(identity.get("name") for identity, _ in found)
    for name in sorted(str(each) for each, count in names.items() if count > 1):
        message = f"verdicts of {name} are by {names[name]} judges that differ, see above; figures mix them"
        yield {"code": "mixed-judges", "count": names[name], "message": message}
    for identity, count in found:
        if (now := _changed(identity)) is not None:
            message = (
                f"{count:,} verdicts answer version {identity.get('version')} of {now.name}, whose prompt is "
                f"another now, version {now.version}; they are read by its rules of today"
            )
            yield {"code": "other-judge-version", "count": count, "message": message}


def _of_sampling(
    declared: Iterable[Declared], models: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Figures of several samples of an item, where models differ, or temperatures do or weren't recorded."""
    names = ", ".join(each.name for each in declared if isinstance(each, PassAtK | Plurality))
    found = {_temperature(each) for each in models}
    if names and len(asked := {str(each.get("model")) for each in models}) > 1:
        message = f"responses are of {', '.join(sorted(asked))}, and {names} mix them; score them apart"
        yield {"code": "mixed-models", "message": message}
    if names and None in found:
        message = f"the temperature, which matters to {names}, isn't recorded; say it beside the figures"
        yield {"code": "unknown-temperature", "message": message}
    known = [each for each in found if each is not None]
    if names and len(known) > 1:
        listed = ", ".join(f"{each:g}" for each in sorted(known))
        message = f"responses were drawn at temperatures {listed}, and {names} mix them; score them apart"
        yield {"code": "mixed-temperatures", "message": message}


def _temperature(model: Mapping[str, Any]) -> float | None:
    found = model["parameters"].get("temperature")
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _changed(identity: Mapping[str, Any]) -> Judge | None:
    """The judge of that name, if its prompt isn't the one that was used."""
    name = identity.get("name")
    now = Judge.load(name) if name in judges() else None
    return now if now is not None and now.digest != identity.get("digest") else None


def _as_bytes(identity: Mapping[str, Any]) -> bytes:
    return orjson.dumps(dict(identity), option=orjson.OPT_SORT_KEYS)
