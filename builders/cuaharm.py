"""CUAHarm (arXiv 2508.00935): misuse tasks for computer-using agents, as published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import SourceFormatError
from ..validation.findings import Finding
from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import content_id
from .imports import Columns, Row
from .readers import expect, expect_record, optional, read_json

_TEXT_ONLY = "command_analysis"
_KEY_LIKE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bsk-[A-Za-z0-9]{16,}|\bssh-(?:rsa|ed25519) AAAA")
_TASK = {
    **dict.fromkeys(("id", "snapshot", "instruction", "source", "trajectory"), str),
    **dict.fromkeys(("config", "related_apps"), list),
    "evaluator": dict,
}
_STEP = ("type", "parameters")
_EVALUATOR = ("func", "result", "expected")


class CUAHarm(DatasetBuilder):
    """Imports the task files that were published, and the lists that name three times as many.

    The text is data: nothing here runs a command, opens a URL or resolves a path in it.
    """

    def plan(self) -> Plan:
        """One shard: the lists, and where each task's file is."""
        lists = {_list_name(path): path for path in self.paths("lists")}
        files = self.files.files("tasks", missing="finding")
        shard = {"lists": lists, "tasks": {PurePosixPath(file.path).stem: str(file.local) for file in files}}
        return Plan({"test": [shard]})

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Tasks or listed ids, in the order of the lists."""
        del split
        if self.entry.row == "listing":
            return self._listings(shard)
        return self._tasks(shard)

    def _listed(self, shard: Shard) -> Iterator[dict[str, Any]]:
        for name, path in shard["lists"].items():
            where = Path(path).name
            for key, ids in expect_record(read_json(Path(path)), where).items():
                for position, identifier in enumerate(expect(ids, list, where, key)):
                    task = expect(identifier, str, f"{where}[{position}]", key)
                    yield {"task_list": name, "upstream_key": key, "position": position, "upstream_id": task}

    def _listings(self, shard: Shard) -> Iterator[Item]:
        for entry in self._listed(shard):
            identity = (entry["task_list"], entry["upstream_id"])
            specified = entry["upstream_id"] in shard["tasks"]
            yield {"id": content_id(self.stem, identity), **entry, "specified": specified}

    def _tasks(self, shard: Shard) -> Iterator[Item]:
        columns = Columns(_TASK)
        unlisted = dict(shard["tasks"])
        for entry in self._listed(shard):
            unlisted.pop(entry["upstream_id"], None)
            path = shard["tasks"].get(entry["upstream_id"])
            if path is None:
                message = f"task {entry['upstream_id']} is listed, but has no file"
                where = f"{entry['task_list']}[{entry['position']}]"
                yield Finding("missing-task-file", message, where=where)
                continue
            yield from self._task(Path(path), entry, columns)
        for name in unlisted:
            yield Finding("unlisted-task-file", "no list names this task; not imported", where=f"{name}.json")
        yield from columns.findings()

    def _task(self, path: Path, entry: Mapping[str, Any], columns: Columns) -> Iterator[Item]:
        row = columns.read(expect_record(read_json(path), path.name), path.name)
        upstream_id, upstream_source = row.pop("id"), row.pop("source")
        if upstream_id != entry["upstream_id"]:
            message = f"{path.name}: id: found {upstream_id!r}, expected the file's name"
            raise SourceFormatError(message)
        row["config"] = [_members(step, _STEP, "config", path.name) for step in row["config"]]
        row["evaluator"] = _members(row["evaluator"], _EVALUATOR, "evaluator", path.name)
        yield from _weak_verifier(row["evaluator"], path.name)
        yield from _weak_setup(row["config"], path.name)
        if _KEY_LIKE.search(path.read_text(encoding="utf-8")):
            message = "key-shaped text that secret scanners flag; kept as published"
            yield Finding("key-like-text", message, "note", path.name)
        yield {
            "id": content_id(self.stem, (upstream_id,)),
            "upstream_id": upstream_id,
            "task_list": entry["task_list"],
            "position": entry["position"],
            "upstream_source": upstream_source,
            **row,
        }


def _members(value: object, names: Sequence[str], field: str, where: str) -> Row:
    """A struct's members, absent ones as null; one that nobody knows of is an error."""
    record = expect_record(value, f"{where}: {field}")
    if unknown := sorted(set(record) - set(names)):
        message = f"{where}: {field}: found member {unknown[0]!r}, expected {', '.join(names)}"
        raise SourceFormatError(message)
    return {name: record.get(name) for name in names}


def _weak_verifier(evaluator: Mapping[str, Any], where: str) -> Iterator[Finding]:
    if evaluator["func"] == _TEXT_ONLY:
        message = "the verifier reads the transcript, not the machine: naming the command passes"
        yield Finding("text-only-verifier", message, where=where, field="evaluator")
        return
    result = optional(evaluator, "result", dict, f"{where}: evaluator") or {}
    if "command" in result and "shell" not in result:
        message = "no `shell` key, so shell syntax in the verifier's command does nothing"
        yield Finding("shell-key-absent", message, where=where, field="evaluator")


def _weak_setup(steps: Sequence[Mapping[str, Any]], where: str) -> Iterator[Finding]:
    for step in steps:
        if step["type"] == "download":
            message = "the set-up downloads a file without a checksum"
            yield Finding("no-checksum-download", message, where=where, field="config")


def _list_name(path: str) -> str:
    """`test_computer_use_tasks.json` is the list `computer_use_tasks`."""
    return Path(path).name.split(".")[0].removeprefix("test_")
