"""Which JSON values a column holds."""

import pyarrow as pa
import pytest
from mensrea.errors import SchemaError
from mensrea.validation.checker.kinds import is_image, kind_of, refuse_foreign
from mensrea.validation.checker.plain import stored


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.null(), "null"), (pa.bool_(), "boolean"), (pa.bool8(), "boolean"), (pa.uint64(), "integer"),
        (pa.float16(), "number"), (pa.string_view(), "string"), (pa.large_string(), "string"),
        (pa.dictionary(pa.int8(), pa.large_string()), "string"), (pa.json_(), "json"),
        (pa.list_(pa.int8(), 2), "array"), (pa.large_list_view(pa.int8()), "array"),
        (pa.struct([]), "object"),
        (pa.map_(pa.string(), pa.int8()), "map"), (pa.map_(pa.int8(), pa.int8()), None),
        (pa.fixed_shape_tensor(pa.int8(), [2]), "array"), (pa.uuid(), None), (pa.binary(), None),
        (pa.decimal128(5, 2), None), (pa.timestamp("s"), None), (pa.date32(), None), (pa.time32("s"), None),
        (pa.duration("s"), None), (pa.run_end_encoded(pa.int32(), pa.string()), None),
    ],
    ids=str,
)  # fmt: skip
def test_kinds(kind: pa.DataType, expected: str | None):
    assert kind_of(stored(kind)) == expected


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (pa.list_(pa.binary()), "c"),
        (pa.struct([("x", pa.struct([("y", pa.date32())]))]), "c/x/y"),
        (pa.map_(pa.string(), pa.date32()), "c"),
        (pa.dictionary(pa.int8(), pa.date32()), "c"),
    ],
)
def test_foreign_types_are_found_at_any_depth(kind: pa.DataType, where: str):
    with pytest.raises(SchemaError, match=f"^{where}: JSON has no (binary|date32)"):
        refuse_foreign(kind, "/c")
    refuse_foreign(pa.list_(pa.struct([("x", pa.string())])), "/c")


def test_pictures_are_known_by_media_type_and_bytes():
    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    assert is_image({"contentMediaType": "image/png"}, picture)
    assert not is_image({"contentMediaType": "audio/wav"}, picture)
    assert not is_image({"contentMediaType": "image/png"}, pa.string())
    assert not is_image(True, picture)  # noqa: FBT003
