"""What isn't vectorised: the values of one column, as Python objects, through the row engine."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import orjson
import pyarrow as pa

from .checks import Check, Show
from .kinds import kind_of
from .plain import stored
from .rowwise import RowEngine
from .sink import Sink
from .values import Indices, Mask, Picked, Values, pc
from .violations import BatchResult, Violation

Converter = Callable[[Any], Any]
_MOST_AT_ONCE = 10_000
_LONG_NUMBER = re.compile(r"[0-9]{19}")


class _Broken:
    """A text that should be JSON and isn't."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


@dataclass(frozen=True)
class RowByRow(Check):
    """A schema, or one keyword of it, applied to each element by `jsonschema-rs`.

    Attributes:
        engine: The schema.
        convert: From what `to_pylist` gives to JSON values; None if these are the same.
        repeats: Whether elements are texts, of which each distinct one need be looked at once.
    """

    engine: RowEngine
    convert: Converter | None
    repeats: bool = False

    def fails(self, values: Values) -> Mask | None:
        """Elements that the schema refuses."""
        indices = self._invalid(values)
        if not len(indices):
            return None
        mask = np.zeros(len(values), np.bool_)
        mask[indices] = True
        return mask

    def tell(self, values: Values, sink: Sink) -> None:
        """The engine's errors, with their pointers below the element's."""
        indices = self._invalid(values)
        for start in range(0, len(indices), _MOST_AT_ONCE):
            self._tell_part(values, indices[start : start + _MOST_AT_ONCE], sink)

    def _tell_part(self, values: Values, invalid: Indices, sink: Sink) -> None:
        objects = self._objects(values.elements.take(pa.array(invalid)))
        rows = values.frame.rows(invalid)
        # Each element is wrong in one way at least; all of a row's are described if one is.
        last = rows[min(sink.most, len(rows)) - 1]
        described = int(np.searchsorted(rows, last, "right")) if sink.most else 0
        for first, end, most in ((0, described, sys.maxsize), (described, len(invalid), 0)):
            result = self._result(objects[first:end], most)
            places = np.arange(end - first, dtype=np.int64)
            sink.tell(Picked(values.frame, invalid[first:end]), places, result)

    def _invalid(self, values: Values) -> Indices:
        chosen = np.arange(len(values)) if values.chosen is None else np.flatnonzero(values.chosen)
        if self.repeats and len(chosen):
            return chosen[self._invalid_texts(values.elements.take(pa.array(chosen)))]
        parts = [
            part[self._engine_invalid(self._objects(values.elements.take(pa.array(part))))]
            for start in range(0, len(chosen), _MOST_AT_ONCE)
            for part in [chosen[start : start + _MOST_AT_ONCE]]
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _invalid_texts(self, array: Any) -> Mask:
        encoded = pc.dictionary_encode(array, null_encoding="encode")
        bad = np.zeros(len(encoded.dictionary), np.bool_)
        bad[self._engine_invalid(encoded.dictionary.to_pylist())] = True
        return bad[encoded.indices.to_numpy(zero_copy_only=False)]

    def _engine_invalid(self, objects: list[Any]) -> Indices:
        broken = [index for index, each in enumerate(objects) if isinstance(each, _Broken)]
        whole = [None if isinstance(each, _Broken) else each for each in objects] if broken else objects
        invalid = set(self.engine.invalid(whole)) | set(broken)
        return np.array(sorted(invalid), np.int64)

    def _objects(self, array: Any) -> list[Any]:
        objects = cast("list[Any]", array.to_pylist())
        convert = self.convert
        return objects if convert is None else [convert(each) for each in objects]

    def _result(self, objects: list[Any], most: int) -> BatchResult:
        broken = [(index, each) for index, each in enumerate(objects) if isinstance(each, _Broken)]
        places = [index for index, each in enumerate(objects) if not isinstance(each, _Broken)]
        result = self.engine.check([objects[index] for index in places], most)
        told = [
            Violation(places[each.row], each.pointer, each.keyword, each.message)
            for each in result.violations
        ]
        told += [Violation(index, "", "json", f"not JSON: {each.reason}") for index, each in broken]
        counts = result.counts + Counter({"json": len(broken)})
        return BatchResult(len(objects), len(objects), counts, told)


def converter(kind: pa.DataType, *, null_is_absent: bool) -> Converter | None:
    """From the Python objects of a type to the JSON values they stand for; None if nothing changes."""
    kind = stored(kind)
    found = kind_of(kind)
    if found == "json":
        return _decoded
    if found == "array":
        return _listed(converter(kind.value_type, null_is_absent=null_is_absent))
    if found == "map":
        return _mapped(converter(kind.item_type, null_is_absent=null_is_absent))
    if found == "object":
        members = {member.name: converter(member.type, null_is_absent=null_is_absent) for member in kind}
        return _membered(members, null_is_absent=null_is_absent)
    return None


def shower(kind: pa.DataType, *, null_is_absent: bool) -> Show:
    """From an element, as an Arrow scalar, to the JSON value that it stands for."""
    convert = converter(kind, null_is_absent=null_is_absent)
    if convert is None:
        return lambda scalar: scalar.as_py()

    def show(scalar: Any) -> Any:
        shown = convert(scalar.as_py())
        return scalar.as_py() if isinstance(shown, _Broken) else shown

    return show


def _decoded(text: str | None) -> Any:
    if text is None:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _Broken(str(error))
    return value if _LONG_NUMBER.search(text) is None else _exact(text, value)


def _exact(text: str, otherwise: Any) -> Any:
    """The value with integers as they are written; orjson makes doubles of those beyond 64 bits."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # more digits than Python reads, or nested deeper
        return otherwise


def _listed(convert: Converter | None) -> Converter | None:
    if convert is None:
        return None
    return lambda value: None if value is None else _unbroken([convert(each) for each in value])


def _mapped(convert: Converter | None) -> Converter:
    def mapped(value: Any) -> Any:
        if value is None:
            return None
        return {key: each if convert is None else convert(each) for key, each in value}

    return mapped


def _membered(members: dict[str, Converter | None], *, null_is_absent: bool) -> Converter | None:
    changed = {name: convert for name, convert in members.items() if convert is not None}
    if not changed and not null_is_absent:
        return None

    def membered(value: Any) -> Any:
        if value is None:
            return None
        if null_is_absent:
            value = {name: each for name, each in value.items() if each is not None}
        made = {name: changed[name](each) if name in changed else each for name, each in value.items()}
        broken = next((each for each in made.values() if isinstance(each, _Broken)), None)
        return made if broken is None else broken

    return membered


def _unbroken(values: list[Any]) -> Any:
    return next((each for each in values if isinstance(each, _Broken)), values)
