"""A folder that is replaced whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import StorageError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def replacing(target: Path) -> Generator[Path]:
    """A new, empty sibling folder that takes the place of `target` when the block ends well.

    On an error the sibling is removed and `target` stays as it was. What a killed process left is
    removed by the next one. Where the system can exchange two folders in one step (Linux), there
    is no moment without a release; elsewhere the old folder is set aside and put back if needed.
    A link is followed: what it points to is replaced.

    Raises:
        StorageError: Another process is building there, or the folder can't be written.
    """
    with explained(target):
        place = Path(os.path.realpath(target))
        place.parent.mkdir(parents=True, exist_ok=True)
    building = place.parent / f".{place.name}.building"
    aside = place.parent / f".{place.name}.previous"
    with _locked(place, target):
        with explained(target):
            _recover(place, building, aside)
            building.mkdir()
        try:
            with explained(target):
                yield building
                _sync(building)
                _swap(building, place, aside)
        finally:
            shutil.rmtree(building, ignore_errors=True)


@contextmanager
def explained(target: Path) -> Generator[None]:
    """Turn an operating-system error of writing into one line.

    Raises:
        StorageError: The disk is full, or the folder can't be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        if error.errno in _FULL:
            message = f"{target}: no space left on the disk; free some, or choose another --out"
        else:
            message = f"{target}: can't be written ({_reason(error, target)}); choose another --out"
        raise StorageError(message) from error


def _reason(error: OSError, target: Path) -> str:
    reason = os.strerror(error.errno or 0)
    name = error.filename
    known = not isinstance(name, str) or Path(name).absolute().is_relative_to(target.parent.absolute())
    return reason if known else f"{name}: {reason}"


@contextmanager
def _locked(place: Path, target: Path) -> Generator[None]:
    lock = FileLock(place.parent / f".{place.name}.lock")
    with explained(target):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            Path(lock.lock_file).touch()  # says why, where no file can be made at all
            message = f"{target}: another process is building it; wait for it to end, or choose another --out"
            raise StorageError(message) from error
    try:
        yield
    finally:
        # While it is held: a process that opened the file before sees that it is gone and tries again.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _recover(place: Path, building: Path, aside: Path) -> None:
    if aside.exists() and not place.exists():
        aside.rename(place)
    for litter in (building, aside):
        if litter.exists():
            shutil.rmtree(litter)


def _sync(folder: Path) -> None:
    """Make the files durable before the rename that makes them visible."""
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _swap(building: Path, place: Path, aside: Path) -> None:
    if not place.exists():
        building.rename(place)
    elif not _exchange(building, place):
        place.rename(aside)
        try:
            building.rename(place)
        except BaseException:
            aside.rename(place)
            raise
        shutil.rmtree(aside)
    _sync_one(place.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system can."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(other))
