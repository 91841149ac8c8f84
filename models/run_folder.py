"""The folder of a run: what it was asked to do, written once, and files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, cast

import orjson

from ..errors import RunError, SchemaError, StorageError, UsageError
from ..schemas.records import record

FORMAT = 1
SETTINGS = "run.json"
_PART = ".{}.part"

T = TypeVar("T")


class RunFolder(Generic[T]):
    """The files of a run, whose settings are a dataclass with a field `format`.

    Attributes:
        kind: The dataclass.
        go_on: The command that goes on with a run, with `{path}` for its folder.
        path: The folder.
    """

    kind: ClassVar[type[Any]]
    go_on: ClassVar[str]

    def __init__(self, path: Path) -> None:
        """Nothing is read or written yet."""
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / SETTINGS).is_file()

    def begin(self, settings: T) -> None:
        """Record what the run does, or check that it is the run that was begun here.

        Raises:
            UsageError: Another run was begun here; the message says what differs.
            StorageError: The folder can't be written, or holds other files.
        """
        if self.exists:
            self._check(_members(settings))
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
        self.write(SETTINGS, orjson.dumps(_members(settings), option=orjson.OPT_INDENT_2) + b"\n")

    def settings(self) -> T:
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
            return cast("T", record(self.kind, found, SETTINGS))
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

    def _check(self, settings: dict[str, Any]) -> None:
        known = _members(self.settings())
        other = [name for name, value in settings.items() if known[name] != value]
        if other:
            was, now = known[other[0]], settings[other[0]]
            raise UsageError(
                f"{self.path}: a run with {other[0]} {was!r} was begun here, not {now!r}; go on with "
                f"`{self.go_on.format(path=self.path)}`, or choose another --out"
            )


def _members(settings: object) -> dict[str, Any]:
    return asdict(cast("Any", settings))


def _sync(folder: Path) -> None:
    """Have a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
