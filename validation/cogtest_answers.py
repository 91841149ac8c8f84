"""CogTest's own problems: every answer is what code derives from the problem's text."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any, ClassVar, Literal

from .findings import Finding, Severity
from .inputs.batch import Batch
from .rules.base import Rule

_CODE = "validation/derivations/cogtest"
_READ = ("habit", "item", "answer")


class UnderivedAnswer(Rule):
    """An answer that isn't what the code for its row derives, or that no code derives, or that is missing."""

    name: ClassVar[str] = "underived-answer"
    severity: ClassVar[Severity] = "error"

    def __init__(self, rows: Literal["item", "twin"]) -> None:
        """Say of which rows: `item` for tasks, `twin` for twins; the code's functions begin so."""
        self._rows = rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The rows' keys and answers."""
        return _READ

    def observe(self, batch: Batch) -> Iterator[Finding]:
        """A finding for each row whose answer and code don't agree."""
        columns = [_values(batch, name) for name in _READ]
        for row, (habit, item, answer) in enumerate(zip(*columns, strict=False)):
            problem = self._problem(str(habit), item, answer)
            if problem:
                yield self.finding(problem, batch, row, "answer")

    def _problem(self, habit: str, item: Any, answer: str | None) -> str:
        name = f"{self._rows}_{item:02}" if isinstance(item, int) else ""
        module = _module(habit)
        derive: Callable[[], object] | None = getattr(module, name, None)
        place = f"{_CODE}/{habit}.py {name}"
        if derive is None:
            return f"found {answer!r}, and there is no {place} to derive it" if answer is not None else ""
        try:
            derived = derive()
        except Exception as error:  # noqa: BLE001 (whatever it is, the answer isn't derived)
            return f"{place} fails with {type(error).__name__}: {error}"
        return "" if derived == answer else f"found {answer!r}, but {place} derives {derived!r}"


def _module(habit: str) -> ModuleType | None:
    """The code for a habit's problems; None for habits that have scenes."""
    package = f"{__package__}.derivations.cogtest"
    is_known = habit.isidentifier() and find_spec(f"{package}.{habit}") is not None
    return importlib.import_module(f"{package}.{habit}") if is_known else None


def _values(batch: Batch, name: str) -> list[Any]:
    column: Any = batch.column(name)
    return [] if column is None else column.values.to_pylist()
