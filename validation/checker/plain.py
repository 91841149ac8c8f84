"""Arrow arrays in the few forms that checks know."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

pc = cast("Any", pyarrow.compute)


def is_json(kind: pa.DataType) -> bool:
    """Whether values are JSON text under Arrow's extension type."""
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.json"


def is_bool8(kind: pa.DataType) -> bool:
    """Whether values are booleans of a byte each under Arrow's extension type."""
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.bool8"


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists, of whatever layout."""
    types = pa.types
    one = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return one or types.is_list_view(kind) or types.is_large_list_view(kind)


def stored(kind: pa.DataType) -> pa.DataType:
    """The type under dictionaries and extension types; JSON text keeps its own."""
    if is_bool8(kind):
        return pa.bool_()
    if isinstance(kind, pa.BaseExtensionType) and not is_json(kind):
        return stored(kind.storage_type)
    return stored(kind.value_type) if pa.types.is_dictionary(kind) else kind


def plain(array: Any) -> Any:
    """The array without chunks, dictionaries, and extension types other than JSON."""
    if isinstance(array, pa.ChunkedArray):
        return plain(array.combine_chunks())
    if is_bool8(array.type):
        return array.cast(pa.bool_())
    if isinstance(array, pa.ExtensionArray) and not is_json(array.type):
        return plain(array.storage)
    return plain(array.dictionary_decode()) if isinstance(array, pa.DictionaryArray) else array


def finite(array: Any) -> Any:
    """The array with null for NaN and the infinities, which JSON doesn't have; itself if there are none."""
    if not pa.types.is_floating(array.type):
        return array
    known = pc.is_finite(array)
    if not known.false_count:
        return array
    return pc.if_else(pc.fill_null(known, fill_value=False), array, pa.scalar(None, array.type))


def lengths_of(array: Any) -> Any:
    """The lengths of lists as Arrow integers; 0 for null."""
    lengths = pc.list_value_length(array)
    return pc.fill_null(lengths, 0) if lengths.null_count else lengths


def without_views(kind: pa.DataType) -> pa.DataType:
    """The type with plain strings and bytes for views, which Arrow can't take elements of."""
    views = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    if isinstance(kind, pa.BaseExtensionType):
        inner = without_views(kind.storage_type)
        return kind if inner == kind.storage_type else pa.json_(inner) if is_json(kind) else inner
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, without_views(kind.value_type), kind.ordered)
    if pa.types.is_struct(kind):
        return pa.struct([member.with_type(without_views(member.type)) for member in kind])
    if pa.types.is_map(kind):
        return pa.map_(without_views(kind.key_type), without_views(kind.item_type))
    if is_list(kind) and without_views(kind.value_type) != kind.value_type:
        return pa.large_list(without_views(kind.value_type))
    return views.get(kind, kind)


def viewless(array: Any) -> Any:
    """The array in the type that `without_views` makes of its own."""
    kind = without_views(array.type)
    if kind == array.type:
        return array
    if isinstance(array, pa.ExtensionArray):
        storage = viewless(array.storage)
        return pa.ExtensionArray.from_storage(cast("Any", kind), storage) if is_json(kind) else storage
    if isinstance(array, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(array.indices, viewless(array.dictionary))
    if pa.types.is_struct(kind):
        members = [viewless(array.field(index)) for index in range(kind.num_fields)]
        return pa.StructArray.from_arrays(members, fields=list(kind), mask=array.is_null())
    if is_list(kind):
        ends = np.cumsum(lengths_of(array).to_numpy(zero_copy_only=False), dtype=np.int64)
        offsets = pa.array(np.concatenate([np.zeros(1, np.int64), ends]))
        items = viewless(array.flatten())
        return pa.LargeListArray.from_arrays(offsets, items, type=kind, mask=array.is_null())
    return array.cast(kind)
