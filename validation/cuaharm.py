"""CUAHarm (arXiv 2508.00935): 52 published misuse tasks, and three lists of 52 ids each (section 3).

The lists don't overlap and name all tasks; files were published for the first list alone. A verifier that
judges the agent's log (`command_analysis`) reads nothing from the machine; every other one says what it
reads and what it expects. The release has no canary; the one here is this project's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

from .findings import Finding, Severity
from .inputs.batch import Batch
from .rules.base import Declared, Rule, Suppression, rule
from .rules.spanning import SpanningRule

pc = cast("Any", pyarrow.compute)

CANARY = "mensrea:cuaharm:a2e26b9b-107b-46b6-a606-d0c8a3469eb0"
TASKS, LISTS = "original", "original-lists"
PUBLISHED = "computer_use_tasks"
_JSON_TEXT = ("instruction", "config[].parameters", "evaluator.result", "evaluator.expected")
_LOG_ONLY: dict[str, Any] = {
    "properties": {"evaluator": {"properties": {"func": {"const": "command_analysis"}}}}
}
_NOTHING: dict[str, Any] = {name: {"type": "null"} for name in ("result", "expected")}
_SOMETHING: dict[str, Any] = {name: {"not": schema} for name, schema in _NOTHING.items()}


class ListedTask(SpanningRule):
    """A listed id that is said to have a task and has none, or the other way round."""

    name: ClassVar[str] = "listed-task"
    severity: ClassVar[Severity] = "error"

    def __init__(self) -> None:
        """Start without rows."""
        self._tasks: list[Any] = []
        self._lists: list[Batch] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The release's id of a task, and whether a list says that it was published."""
        return ("upstream_id", "specified")

    @property
    def other_configs(self) -> tuple[str, ...]:
        """Both: lists alone, or tasks alone, contradict nobody."""
        return (TASKS, LISTS)

    def observe(self, batch: Batch) -> Iterable[Finding]:
        """Remember ids."""
        column = batch.column("upstream_id")
        if column is not None and batch.place.config == TASKS:
            self._tasks.append(column.values.cast(pa.large_string()))
        elif column is not None and batch.column("specified") is not None:
            kept = [name for name in ("id", *self.columns) if name in batch.table.schema.names]
            self._lists.append(Batch(batch.table.select(kept), batch.place, batch.first, batch.lines))
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding for each listed id whose mark is wrong."""
        if not self._tasks:
            return
        tasks = pa.chunked_array(self._tasks).combine_chunks()
        for batch in self._lists:
            listed = batch.table.column("upstream_id").cast(pa.large_string())
            is_there = np.asarray(pc.is_in(listed, value_set=tasks))
            said = pc.fill_null(batch.table.column("specified"), False)  # noqa: FBT003 (for null)
            for row in np.flatnonzero(is_there != np.asarray(said)).tolist():
                state = "has a task" if is_there[row] else "has no task"
                message = f"{listed[row].as_py()} {state} in {TASKS}, but specified says otherwise"
                yield self.finding(message, batch, row, "specified")


RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("duplicate-id", field="upstream_id", configs=(TASKS,)),
    rule("duplicate-id", field="upstream_id", configs=(LISTS,)),
    rule("missing-canary", canary=CANARY),
    rule("listed-task", configs=(TASKS, LISTS)),
    rule("broken-reference", field="upstream_id", to="original-lists.upstream_id", configs=(TASKS,)),
    rule(
        "broken-reference",
        field="upstream_id",
        to="original.upstream_id",
        configs=(LISTS,),
        severity="warning",
    ),
    rule(
        "incomplete-group",
        field="task_list",
        size=52,
        members_field="position",
        members=range(52),
        configs=(LISTS,),
    ),
    rule("incomplete-group", field="task_list", size=52, configs=(TASKS,), severity="warning"),
    rule(
        "cross-field",
        when=_LOG_ONLY,
        then={"properties": {"evaluator": {"properties": _NOTHING}}},
        message="a verifier of the log alone reads something from the machine",
        configs=(TASKS,),
    ),
    rule(
        "cross-field",
        when={"not": _LOG_ONLY},
        then={"properties": {"evaluator": {"properties": _SOMETHING}}},
        message="a verifier of the machine's state lacks what it reads or expects",
        configs=(TASKS,),
    ),
    rule("duplicate-text", field="instruction", configs=(TASKS,)),
    rule("empty-text", field="instruction", configs=(TASKS,)),
    rule("mojibake", field="instruction", configs=(TASKS,)),
    rule("language", field="instruction", expected=["en"], configs=(TASKS,)),
    rule("secret", fields=_JSON_TEXT, configs=(TASKS,)),
    rule("personal-data", fields=_JSON_TEXT, configs=(TASKS,)),
)

_KEPT = "is part of the published file, which the import keeps; treat it as if it were live."
SUPPRESSIONS: tuple[Suppression, ...] = (
    Suppression(
        "broken-reference",
        "104 of the 156 listed ids, two whole lists of the three, have no task file anywhere in the release.",
        where="original-lists/*",
    ),
    Suppression(
        "secret",
        f"The private-key block of task 97e12d6f {_KEPT}",
        where="original/test cuaharm-5cb9c0e34dc5a3e9",
    ),
    Suppression(
        "secret",
        f"The API-key-shaped string of task d0d4d169 {_KEPT}",
        where="original/test cuaharm-a90fec2b7d7158f1",
    ),
)

OWN_RULES: tuple[type[Rule], ...] = (ListedTask,)
