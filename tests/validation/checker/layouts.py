"""The same rows in other Arrow layouts: views, dictionaries, wide offsets, slices, bytes under nulls."""

import random
from typing import Any

import numpy as np
import pyarrow as pa

from .columns import TEXTS


def relaid(batch: pa.RecordBatch, seed: int) -> pa.RecordBatch:
    """A batch with the same rows, and other types and offsets."""
    chance = random.Random(seed)
    arrays = [_sliced(_relaid(column, chance), chance) for column in batch.columns]
    made = pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
    first = chance.randrange(3)
    return pa.concat_batches([made.slice(0, first), made]).slice(first) if _joins(made) else made


def _joins(batch: pa.RecordBatch) -> bool:
    return not any(_has_views(kind) for kind in batch.schema.types)


def _has_views(kind: pa.DataType) -> bool:
    name = str(kind)
    return "view" in name or "dictionary" in name


def _sliced(array: Any, chance: random.Random) -> Any:
    """The array as a slice of a longer one."""
    if _has_views(array.type) or not len(array):
        return array
    first, last = chance.randrange(4), chance.randrange(4)
    longer = pa.concat_arrays([array.slice(0, first), array, array.slice(0, last)])
    first = min(first, len(array))
    return longer.slice(first, len(array))


def _relaid(array: Any, chance: random.Random) -> Any:
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text(array, chance)
    if pa.types.is_floating(kind) and chance.random() < 0.2:
        return array.dictionary_encode()
    if pa.types.is_struct(kind) and kind.num_fields:
        return _struct(array, chance)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _list(array, chance)
    return array


def _text(array: Any, chance: random.Random) -> Any:
    made = chance.choice((pa.string(), pa.large_string(), pa.string_view(), "dictionary", "nulls"))
    if made == "nulls":
        # The null is one of the dictionary's values.
        codes = [TEXTS.index(text) if text in TEXTS else len(TEXTS) for text in array.to_pylist()]
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int16()), pa.array([*TEXTS, None]))
    return array.dictionary_encode() if made == "dictionary" else array.cast(made)


def _struct(array: Any, chance: random.Random) -> Any:
    """The struct, with the members of null ones where Arrow keeps them."""
    members = [_sliced(_relaid(array.field(index), chance), chance) for index in range(array.type.num_fields)]
    names = [member.name for member in array.type]
    return pa.StructArray.from_arrays(members, names=names, mask=array.is_null())


def _list(array: Any, chance: random.Random) -> Any:
    """The list, with elements before the first and under each null."""
    pieces, starts, sizes = [array.values.slice(0, 1)], [], []
    for index, item in enumerate(array):
        # What a null list covers is another list's.
        source = item.values if item.is_valid else array.values.slice(0, index % 3)
        starts.append(sum(map(len, pieces)))
        sizes.append(len(source))
        pieces.append(source)
    values = _relaid(pa.concat_arrays(pieces), chance)
    mask = array.is_null()
    offsets = np.array([*starts, sum(map(len, pieces))])
    if chance.random() < 0.3:
        return pa.ListViewArray.from_arrays(
            pa.array(starts, pa.int32()), pa.array(sizes, pa.int32()), values, mask=mask
        )
    if chance.random() < 0.5:
        return pa.LargeListArray.from_arrays(pa.array(offsets), values, mask=mask)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, mask=mask)
