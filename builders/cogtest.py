"""CogTest (arXiv 2506.21571): tasks on which sixteen cognitive habits may show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

from ..scoring.habits import HABITS
from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .cogtest_own import own_rows
from .fetch import FetchedFile
from .identity import content_id
from .imports import Columns, Row
from .readers import expect_record, member, read_json

_ITEMS_PER_HABIT = 25
_GUIDE_EXAMPLES = {"finding_humor": (1, 2)}
_FIGURE_CODE = "[asy]"


class CogTest(DatasetBuilder):
    """Tasks written for this project, and the sixteen published files as pairs or as distinct prompts."""

    def plan(self) -> Plan:
        """One shard, since prompts are shared between files."""
        if self.entry.origin == "authored":
            return Plan({"test": [{}]})
        files = self.files.files("instructions")
        paths = {PurePosixPath(file.path).stem: str(file.local) for file in files}
        shard = {"paths": {habit: paths[habit] for habit in HABITS}}
        answers = Finding("missing-answers", "the release has no answers, even for its maths items", "note")
        return Plan({"test": [shard]}, [*_identical_files(files), answers])

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Own rows as in their file, pairs by habit and item, prompts in the order of their first pair."""
        del split
        if self.entry.origin == "authored":
            return own_rows(self.entry.name)
        columns = Columns({"id": int, "instruction": str})
        pairs = [
            pair
            for number, habit in enumerate(HABITS, 1)
            for pair in self._pairs(habit, number, shard, columns)
        ]
        items = _prompts(pairs) if self.entry.row == "prompt" else _with_findings(pairs)
        return chain(items, columns.findings())

    def _pairs(self, habit: str, number: int, shard: Shard, columns: Columns) -> Iterator[Row]:
        path = Path(shard["paths"][habit])
        tasks = member(expect_record(read_json(path), path.name), "instructions", list, path.name)
        for index, task in enumerate(tasks):
            where = f"{path.name}[{index}]"
            record = columns.read(expect_record(task, where), where)
            yield {
                "id": content_id(self.stem, (habit, record["instruction"])),
                "habit": habit,
                "habit_number": number,
                "item": record["id"],
                "prompt_id": content_id(self.stem, (record["instruction"],)),
                "instruction": record["instruction"],
            }


def _identical_files(files: Sequence[FetchedFile]) -> Iterator[Finding]:
    """A finding for each file that has the same bytes as another."""
    groups: dict[str, list[str]] = defaultdict(list)
    for file in files:
        groups[file.sha256].append(PurePosixPath(file.path).name)
    for sha256, names in groups.items():
        for name in names if len(names) > 1 else ():
            others = ", ".join(each.removesuffix(".json") for each in names if each != name)
            message = f"the same bytes (sha256 {sha256[:12]}…) as {len(names) - 1} other files: {others}"
            yield Finding("identical-files", message, where=name)


def _with_findings(pairs: Sequence[Row]) -> Iterator[Item]:
    counts: dict[str, int] = defaultdict(int)
    for pair in pairs:
        counts[pair["habit"]] += 1
        where = f"{pair['habit']}.json item {pair['item']}"
        if pair["item"] in _GUIDE_EXAMPLES.get(pair["habit"], ()):
            message = "an example of the prompt that the tasks were generated with"
            yield Finding("guide-example-in-data", message, where=where, field="instruction")
        if _FIGURE_CODE in pair["instruction"]:
            yield Finding(
                "embedded-figure-code", "a figure as Asymptote code", "note", where=where, field="instruction"
            )
        yield pair
    for habit, count in counts.items():
        if count != _ITEMS_PER_HABIT:
            message = f"{count} tasks, expected {_ITEMS_PER_HABIT}"
            yield Finding("task-count", message, where=f"{habit}.json")


def _prompts(pairs: Sequence[Row]) -> Iterator[Item]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for pair in pairs:
        groups[pair["prompt_id"]].append(pair)
    for identifier, group in groups.items():
        if len(group) > 1:
            message = f"one prompt for {len(group)} habits: {', '.join(pair['habit'] for pair in group)}"
            yield Finding("shared-prompt", message, where=identifier)
        yield {
            "id": identifier,
            "instruction": group[0]["instruction"],
            "habits": [pair["habit"] for pair in group],
            "items": [pair["item"] for pair in group],
        }
