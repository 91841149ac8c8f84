"""One process at a time works on a run: a lock file that says which."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path
from types import TracebackType

from ..errors import JournalError, RunLockedError

OF_JOURNAL = "journal.lock"


class RunLock:
    """A lock on a run's folder, held from construction until `release`, `with`'s end or that of the process.

    The operating system frees it when the process dies, however it dies; what the file says is for people.
    """

    def __init__(self, folder: Path, file: str = OF_JOURNAL) -> None:
        """Lock `folder`, which must exist, by a file in it.

        Raises:
            RunLockedError: A process holds it; the message has its id and host.
            JournalError: The file can't be made, or the file system knows no locks.
        """
        path = folder / file
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise JournalError(f"{path}: can't be made ({error.strerror}); choose another folder") from error
        try:
            self._acquire()
        except BlockingIOError as error:
            message = f"{folder}: {self._holder()} works on this run; let it end or stop it"
            os.close(self._file)
            raise RunLockedError(message) from error
        except OSError as error:
            os.close(self._file)
            raise JournalError(
                f"{path}: can't be locked ({error.strerror}); put the run elsewhere"
            ) from error

    def _acquire(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)

    def _holder(self) -> str:
        text = b""
        for _ in range(20):
            text = os.pread(self._file, 1000, 0)
            if text:
                break
            time.sleep(0.01)  # it has the lock and is about to write
        pid, _, host = text.decode(errors="replace").strip().partition(" ")
        return f"process {pid} on {host}" if pid.isdecimal() and host else "another process"

    def __enter__(self) -> None:
        """The lock is held already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let other processes in."""
        self.release()

    def release(self) -> None:
        """Let other processes in."""
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def abandon(self) -> None:
        """Let go in a forked child; the parent goes on holding it."""
        os.close(self._file)
