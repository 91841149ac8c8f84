"""The folder of a run: what it was asked to do, its journal, and what it made.

run.json        the settings, written once
journal.sqlite  every reply that was paid for, and what became of each row: the truth about progress
progress.json   counts for `--status`, while it runs
rows/SPLIT.jsonl, dropped.jsonl, account.json   the result, written when the run has ended
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..errors import StorageError
from ..models import run_folder
from ..models.run_folder import FORMAT

PROGRESS, ACCOUNT, DROPPED, ROWS = "progress.json", "account.json", "dropped.jsonl", "rows"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does, as `run.json` records it; how fast and for how much may change when it is resumed.

    Attributes:
        stem: The dataset.
        config: The config.
        rows: Rows in the end.
        seed: Root of what is drawn.
        inputs: What was set of the recipe's inputs.
        models: The model of each role, such as `openai/gpt-4.1-mini`.
        base_url: Where the models are served; empty for the provider's own address.
        parameters: Parameters of each role's calls that replace the recipe's.
        structured: `schema` where servers hold answers to a schema, `prompt` where they are asked in words.
    """

    stem: str
    config: str
    rows: int
    seed: int
    inputs: Mapping[str, str]
    models: Mapping[str, str]
    base_url: str = ""
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    structured: str = "schema"
    format: int = FORMAT


class RunFolder(run_folder.RunFolder[Settings]):
    """The files of a run that makes rows."""

    kind: ClassVar[type[Settings]] = Settings
    go_on = "mensrea generate --resume {path}"

    @property
    def is_finished(self) -> bool:
        """Whether the result is here."""
        return (self.path / ACCOUNT).is_file()

    def forget_result(self) -> None:
        """Remove the result, since the run goes on.

        Raises:
            StorageError: It can't be removed.
        """
        for path in (self.path / ACCOUNT, self.path / DROPPED, *sorted((self.path / ROWS).glob("*.jsonl"))):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(f"{path}: can't be removed ({error.strerror})") from error
