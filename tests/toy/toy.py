"""A dataset for tests: its rows are JSON Lines in `$TOY_ROWS/<config>/<split>-<shard>.jsonl`.

A line may also be a command: `{"!": "finding", …}` is a finding, `{"!": "wait", "touch": PATH}`
touches a file and waits for the end, `{"!": "fail"}` is a failure of the builder's own, and
`{"!": "die"}` is what a machine without memory left does to the process.
"""

import base64
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mensrea.builders.assemble import Item
from mensrea.builders.base import DatasetBuilder, Plan, Shard
from mensrea.validation.findings import Finding


class Toy(DatasetBuilder):
    """Rows as they stand in files."""

    def plan(self) -> Plan:
        """One shard a file."""
        folder = Path(os.environ["TOY_ROWS"]) / self.entry.name
        return Plan(
            {
                split: [{"path": str(path)} for path in sorted(folder.glob(f"{split}-*.jsonl"))]
                for split in self.entry.splits
            }
        )

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """The rows of a file, and what its commands ask for."""
        del split
        with Path(shard["path"]).open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                command = record.pop("!", None)
                if command == "finding":
                    yield Finding(**record)
                elif command == "wait":
                    Path(record["touch"]).touch()
                    time.sleep(120)
                elif command == "fail":
                    raise ZeroDivisionError
                elif command == "die":
                    os.kill(os.getpid(), signal.SIGKILL)
                else:
                    yield {key: _decoded(value) for key, value in record.items()}


def _decoded(value: Any) -> Any:
    """The value with encoded images, `{"base64": …}`, as the bytes they stand for."""
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if isinstance(value, dict):
        if set(value) == {"base64"}:
            return {"bytes": base64.b64decode(value["base64"]), "path": None}
        return {key: _decoded(each) for key, each in value.items()}
    return value
