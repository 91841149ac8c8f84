"""The folder of a run: what it was asked to do, its journal, and what it made.

run.json        the settings, written once
journal.sqlite  every reply that was paid for, and what became of each row: the truth about progress
progress.json   counts for `--status`, while it runs
rows/SPLIT.jsonl, dropped.jsonl, account.json   the result, written when the run has ended
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ..errors import RunError, SchemaError, StorageError, UsageError
from ..schemas.records import record

FORMAT = 1
SETTINGS, PROGRESS, ACCOUNT, DROPPED, ROWS = (
    "run.json",
    "progress.json",
    "account.json",
    "dropped.jsonl",
    "rows",
)
_PART = ".{}.part"


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


class RunFolder:
    """The files of a run.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is read or written yet."""
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / SETTINGS).is_file()

    @property
    def is_finished(self) -> bool:
        """Whether the result is here."""
        return (self.path / ACCOUNT).is_file()

    def begin(self, settings: Settings) -> None:
        """Record what the run does, or check that it is the run that was begun here.

        Raises:
            UsageError: Another run was begun here; the message says what differs.
            StorageError: The folder can't be written, or holds other files.
        """
        if self.exists:
            known = asdict(self.settings())
            other = [name for name, value in asdict(settings).items() if known[name] != value]
            if other:
                was, now = known[other[0]], asdict(settings)[other[0]]
                raise UsageError(
                    f"{self.path}: a run with {other[0]} {was!r} was begun here, not {now!r}; go on with "
                    f"`mensrea generate --resume {self.path}`, or choose another --out"
                )
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            others = {path.name for path in self.path.iterdir()} - {_PART.format(SETTINGS)}
        except OSError as error:
            raise StorageError(
                f"{self.path}: can't be made ({error.strerror}); choose another --out"
            ) from error
        if others:
            raise StorageError(f"{self.path}: holds other files, such as {min(others)}; choose another --out")
        self.write(SETTINGS, orjson.dumps(asdict(settings), option=orjson.OPT_INDENT_2) + b"\n")

    def settings(self) -> Settings:
        """What the run does.

        Raises:
            RunError: There is no run here, or its settings can't be read.
        """
        path = self.path / SETTINGS
        try:
            found = orjson.loads(path.read_bytes())
            form = found.get("format", FORMAT) if isinstance(found, dict) else FORMAT
            if form != FORMAT:
                raise RunError(f"{path}: has format {form}, expected {FORMAT}; use the version that wrote it")
            return record(Settings, found, SETTINGS)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(f"{self.path}: no run was begun here ({SETTINGS} is missing)") from error
        except (OSError, ValueError, SchemaError) as error:
            raise RunError(f"{path}: can't be read as a run's settings ({error})") from error

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all."""
        self.write_lines(name, [content])

    def write_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """Write a file of these pieces, whole or not at all.

        Raises:
            StorageError: The disk is full, or the folder can't be written.
        """
        path = self.path / name
        part = path.with_name(_PART.format(path.name))
        try:
            path.parent.mkdir(exist_ok=True)
            with part.open("wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync(path.parent)
        except OSError as error:
            raise StorageError(f"{path}: can't be written ({error.strerror or error})") from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def note(self, name: str, content: bytes) -> None:
        """Write a small file whole for readers; nothing is said where it can't be written, or is lost."""
        part = self.path / _PART.format(name)
        with suppress(OSError):
            part.write_bytes(content)
            part.replace(self.path / name)

    def read(self, name: str) -> Any:
        """The JSON value of a file, None if it isn't there.

        Raises:
            RunError: It can't be read.
        """
        path = self.path / name
        try:
            return orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunError(f"{path}: can't be read ({error})") from error

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


def _sync(folder: Path) -> None:
    """Have a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
