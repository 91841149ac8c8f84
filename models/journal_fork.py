"""A forked child must leave its parent's journals alone."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import weakref
from typing import Protocol


class Inherited(Protocol):
    """What a fork copies into the child although it belongs to the parent."""

    def abandon(self) -> list[sqlite3.Connection]:
        """Count as closed from now on; returns the connections that must not be closed."""
        ...


_open: weakref.WeakSet[Inherited] = weakref.WeakSet()


def guard(journal: Inherited) -> None:
    """Have `journal` abandoned in children that are forked from now on."""
    _open.add(journal)


def release(journal: Inherited) -> None:
    """Undo `guard`: it was closed."""
    _open.discard(journal)


def _in_child() -> None:
    """Keep inherited connections to the child's end: closing one would remove the log under the parent."""
    for journal in list(_open):
        for connection in journal.abandon():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


os.register_at_fork(after_in_child=_in_child)
