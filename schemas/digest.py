"""A digest over rows that doesn't depend on how they are stored.

The digest is taken over values, column by column: validity, lengths and values of every leaf in
row order, integers as 64-bit and floats as IEEE doubles, little endian. So it is the same for any
chunking, row-group size, writer version and Arrow type of the same width class (`string` or
`large_string`, `int16` or `int64`), and differs when a value, a null, an order or a column differs.
Negative zero counts as zero, and one NaN as any other; NaN isn't null.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

_SCHEME = b"mensrea-rows-1\n"
# Its functions are made at import, so type checkers know none of them.
pc = cast("Any", pyarrow.compute)
_CANONICAL_NAN = np.float64("nan")


class _Leaf:
    """The running digests of one leaf or list level."""

    def __init__(self) -> None:
        self.validity = hashlib.sha256()
        self.lengths = hashlib.sha256()
        self.values = hashlib.sha256()

    def digest(self) -> bytes:
        return self.validity.digest() + self.lengths.digest() + self.values.digest()


class RowDigest:
    """Accumulates the content digest of a split, batch by batch, at memory speed."""

    def __init__(self) -> None:
        """Start with no rows."""
        self.rows = 0
        self._leaves: dict[str, dict[str, _Leaf]] = {}

    def update(self, table: pa.Table | pa.RecordBatch) -> None:
        """Add rows, in order. Every call must bring the same columns."""
        self.rows += table.num_rows
        for name, column in zip(table.schema.names, table.columns, strict=True):
            leaves = self._leaves.setdefault(name, {})
            chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
            # A column without chunks has leaves all the same, or an empty table would have several digests.
            for chunk in chunks or [pa.nulls(0, column.type)]:
                _absorb(leaves, "", chunk)

    def columns(self) -> dict[str, str]:
        """The digest of each column, in hexadecimal."""
        return {name: _combine(leaves) for name, leaves in self._leaves.items()}

    def hexdigest(self) -> str:
        """The digest of all rows; the order of columns doesn't matter, that of rows does."""
        return combine_digests({**self.columns(), "#rows": str(self.rows)})


def digest_of(tables: Iterable[pa.Table | pa.RecordBatch]) -> RowDigest:
    """The digest of tables read one after another."""
    digest = RowDigest()
    for table in tables:
        digest.update(table)
    return digest


def combine_digests(parts: Mapping[str, str]) -> str:
    """One digest over named digests, whatever their order."""
    total = hashlib.sha256(_SCHEME)
    for name in sorted(parts):
        total.update(f"{name}={parts[name]}\n".encode())
    return total.hexdigest()


def _combine(leaves: Mapping[str, _Leaf]) -> str:
    total = hashlib.sha256(_SCHEME)
    for path in sorted(leaves):
        total.update(path.encode() + b"\0" + leaves[path].digest())
    return total.hexdigest()


def _absorb(leaves: dict[str, _Leaf], path: str, array: pa.Array) -> None:
    if isinstance(array, pa.ExtensionArray):
        return _absorb(leaves, path, array.storage)
    if isinstance(array, pa.DictionaryArray):
        return _absorb(leaves, path, array.dictionary_decode())
    kind = array.type
    leaf = leaves.setdefault(f"{path}:{_type_class(kind)}", _Leaf())
    leaf.validity.update(_bytes(pc.is_valid(array).cast(pa.uint8())))
    present: Any = array.drop_null() if array.null_count else array
    if pa.types.is_struct(kind):
        for index, member in enumerate(kind):
            _absorb(leaves, f"{path}.{member.name}", pc.struct_field(present, [index]))
    elif _type_class(kind) == "list":
        leaf.lengths.update(_bytes(pc.list_value_length(present).cast(pa.int64())))
        _absorb(leaves, f"{path}[]", present.flatten())
    elif _type_class(kind) in ("text", "binary"):
        _absorb_bytes(leaf, present)
    else:
        leaf.values.update(_numbers(present))
    return None


def _absorb_bytes(leaf: _Leaf, array: Any) -> None:
    binary = array.cast(pa.large_binary())
    leaf.lengths.update(_bytes(pc.binary_length(binary)))
    offsets = np.frombuffer(binary.buffers()[1], np.int64, len(binary) + 1, binary.offset * 8)
    data = binary.buffers()[2]
    if data is not None and len(binary):
        leaf.values.update(memoryview(data)[offsets[0] : offsets[-1]])


_CLASSES: Mapping[str, tuple[Callable[[pa.DataType], bool], ...]] = {
    "text": (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    "binary": (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
    "integer": (pa.types.is_integer,),
    "float": (pa.types.is_floating,),
    "boolean": (pa.types.is_boolean,),
    "struct": (pa.types.is_struct,),
    "list": (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list),
    "null": (pa.types.is_null,),
}


def _type_class(kind: pa.DataType) -> str:
    for name, tests in _CLASSES.items():
        if any(test(kind) for test in tests):
            return name
    message = f"the digest isn't defined over {kind}, which no row schema gives"
    raise TypeError(message)


def _numbers(array: Any) -> memoryview | bytes:
    kind = array.type
    if pa.types.is_null(kind):
        return b""
    if pa.types.is_floating(kind):
        values: npt.NDArray[np.float64] = array.to_numpy(zero_copy_only=False).astype("<f8") + 0.0
        values[np.isnan(values)] = _CANONICAL_NAN
        return values.tobytes()
    return _bytes(array.cast(pa.uint8() if pa.types.is_boolean(kind) else pa.int64()))


def _bytes(array: Any) -> bytes:
    return bytes(array.to_numpy(zero_copy_only=False).tobytes())
