"""Rows against their schema: every violation, with its place."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mensrea.errors import SchemaError
from mensrea.schemas import RowSchema, read_row_schema
from mensrea.validation.findings import Finding
from mensrea.validation.rows import RowValidator

TOY = Path(__file__).parent.parent / "toy" / "toy.schema.json"
IMAGE = {"bytes": b"x", "path": None}
CHAT: dict[str, Any] = {
    "id": "chat-1",
    "source": "authored",
    "canary": "c",
    "messages": [{"role": "user", "content": None, "arguments": {"any": [1, None, {"x": []}]}}],
    "grid": [[1], []],
    "place": {"x": 1, "tags": ["a"]},
    "payload": {"any": "thing"},
    "score": None,
    "weight": 0.5,
    "safe": True,
}
PICTURE: dict[str, Any] = {
    "id": "picture-1",
    "source": "authored",
    "image": IMAGE,
    "thumbnail": None,
    "crops": [IMAGE],
    "figure": {"caption": "c", "drawing": IMAGE},
}


def validator(name: str, **options: Any) -> RowValidator:
    return RowValidator(read_row_schema(TOY, "toy", name), **options)


def changed(row: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The row with another value at a path; `...` removes what is there."""
    row = deepcopy(row)
    parent: Any = row
    for part in path[:-1]:
        parent = parent[part]
    if value is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return row


def check(name: str, *rows: dict[str, Any]) -> list[Finding]:
    return validator(name).check(rows)


def test_conforming_rows_have_no_findings() -> None:
    assert check("chat", CHAT, CHAT) == []
    assert check("picture", PICTURE) == []
    assert check("chat") == []


@pytest.mark.parametrize(
    ("path", "value", "pointer", "piece"),
    [
        (("id",), 1, "/id", 'not of type "string"'),
        (("id",), "", "/id", "shorter than 1"),
        (("id",), None, "/id", 'not of type "string"'),
        (("source",), "generated", "/source", "is not one of"),
        (("canary",), ..., "/", '"canary" is a required property'),
        (("extra",), 1, "/", "'extra' was unexpected"),
        (("messages",), None, "/messages", 'not of type "array"'),
        (("messages",), {}, "/messages", 'not of type "array"'),
        (("messages", 0, "role"), "system", "/messages/0/role", "is not one of"),
        (("messages", 0, "role"), ..., "/messages/0", '"role" is a required property'),
        (("messages", 0, "turn"), 1, "/messages/0", "'turn' was unexpected"),
        (("messages", 0, "content"), 3, "/messages/0/content", 'not of types "null", "string"'),
        (("messages", 0, "arguments"), [], "/messages/0/arguments", 'not of types "null", "object"'),
        (("grid", 0, 0), 1.5, "/grid/0/0", 'not of type "integer"'),
        (("grid", 0, 0), True, "/grid/0/0", 'not of type "integer"'),
        (("grid", 1), None, "/grid/1", 'not of type "array"'),
        (("place",), None, "/place", 'not of type "object"'),
        (("place", "x"), "1", "/place/x", 'not of types "null", "number"'),
        (("place", "tags", 0), None, "/place/tags/0", 'not of type "string"'),
        (("score",), -1, "/score", "less than the minimum of 0"),
        (("weight",), None, "/weight", 'not of type "number"'),
        (("weight",), float("nan"), "/weight", 'not of type "number"'),
        (("safe",), 1, "/safe", 'not of types "null", "boolean"'),
    ],
)
def test_a_violation_has_its_place_and_says_what_was_expected(
    path: tuple[str | int, ...], value: object, pointer: str, piece: str
) -> None:
    (finding,) = check("chat", CHAT, changed(CHAT, path, value))
    assert (finding.code, finding.severity, finding.field) == ("schema-violation", "error", pointer)
    assert finding.where == ("chat-1" if path != ("id",) else str(value))
    assert piece in finding.message
    assert "\n" not in finding.message


@pytest.mark.parametrize("value", [1.0, 2, -0.0, 2**31 - 1])
def test_what_json_schema_takes_for_a_number_or_an_integer_passes(value: float) -> None:
    assert check("chat", changed(CHAT, ("weight",), value)) == []
    assert check("chat", changed(CHAT, ("score",), value)) == []


@pytest.mark.parametrize(
    ("path", "fits", "over"),
    [
        (("grid", 0, 0), -(2**15), -(2**15) - 1),
        (("grid", 0, 0), 2**15 - 1, 2**15),
        (("score",), 2**31 - 1, 2**31),
        (("weight",), 3.4028234e38, 3.5e38),
        (("weight",), -3.4028234e38, -1e300),
    ],
)
def test_the_width_of_a_number_bounds_it(path: tuple[str | int, ...], fits: float, over: float) -> None:
    assert check("chat", changed(CHAT, path, fits)) == []
    (finding,) = check("chat", changed(CHAT, path, over))
    assert finding.field == "/" + "/".join(map(str, path))
    assert "than the m" in finding.message


@pytest.mark.parametrize("value", [b"x", np.int64(3), date(2025, 1, 1), {1, 2}])
@pytest.mark.parametrize(("path", "pointer"), [(("weight",), "/weight"), (("grid", 0, 0), "/grid/0/0")])
def test_a_value_that_json_does_not_have_is_a_violation(
    value: object, path: tuple[str | int, ...], pointer: str
) -> None:
    (finding,) = check("chat", CHAT, changed(CHAT, path, value))
    assert (finding.code, finding.where, finding.field) == ("schema-violation", "chat-1", pointer)
    assert finding.message == f"found {type(value).__name__}, expected a value that JSON has"


@pytest.mark.parametrize("value", [1, None, "text", [], {}, {"a": [None, 1.5, {"b": []}]}])
def test_a_column_without_a_type_takes_any_json(value: object) -> None:
    assert check("chat", changed(CHAT, ("payload",), value)) == []


def test_a_row_without_an_id_is_still_named() -> None:
    (finding,) = check("chat", changed(CHAT, ("id",), ...))
    assert (finding.where, finding.field) == ("?", "/")


def test_a_row_tells_at_most_five_findings_and_every_row_is_told() -> None:
    bad = {**CHAT, "source": 0, "canary": 0, "messages": 0, "grid": 0, "place": 0, "weight": "x", "safe": 0}
    findings = check("chat", bad, CHAT, changed(CHAT, ("weight",), None))
    assert [finding.where for finding in findings] == ["chat-1"] * 6
    assert findings[-1].field == "/weight"


@pytest.mark.parametrize(
    "bad", [{"bytes": b"", "path": None}, {"bytes": None, "path": "x.png"}, {}, "x", b"x", 3]
)
@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        (("image",), "/image"),
        (("thumbnail",), "/thumbnail"),
        (("crops", 0), "/crops/0"),
        (("figure", "drawing"), "/figure/drawing"),
    ],
)
def test_an_image_without_bytes_is_found_wherever_it_stands(
    path: tuple[str | int, ...], pointer: str, bad: object
) -> None:
    (finding,) = check("picture", PICTURE, changed(PICTURE, path, bad))
    assert (finding.code, finding.severity, finding.field) == ("missing-image", "error", pointer)
    assert finding.where == "picture-1"


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("image",), None, "/image"),
        (("image",), ..., "/"),
        (("crops", 0), None, "/crops/0"),
        (("crops",), None, "/crops"),
        (("crops",), IMAGE, "/crops/bytes"),
        (("figure", "drawing"), None, "/figure/drawing"),
        (("figure", "drawing"), ..., "/figure"),
        (("figure", "extra"), 1, "/figure"),
        (("figure",), [], "/figure"),
    ],
)
def test_a_missing_image_is_a_violation_unless_it_may_be_null(
    path: tuple[str | int, ...], value: object, pointer: str
) -> None:
    (finding,) = check("picture", changed(PICTURE, path, value))
    assert (finding.code, finding.field) == ("schema-violation", pointer)


def test_columns_that_are_added_later_are_not_asked_for() -> None:
    given = {key: value for key, value in CHAT.items() if key not in ("source", "canary")}
    assert validator("chat", without=("source", "canary")).check([given]) == []
    (finding,) = validator("chat", without=("source", "canary")).check([{**given, "source": "authored"}])
    assert "'source' was unexpected" in finding.message
    pictures = {key: value for key, value in PICTURE.items() if key != "image"}
    assert validator("picture", without=("image",)).check([pictures]) == []


@pytest.mark.parametrize("broken", [{"minimum": "x"}, {"pattern": "("}, {"enum": 3}])
def test_a_keyword_with_an_impossible_value_is_the_schemas_fault(broken: dict[str, Any]) -> None:
    document = deepcopy(dict(read_row_schema(TOY, "toy", "chat").document))
    document["properties"]["score"] = {"description": "It.", "type": "integer", **broken}
    with pytest.raises(SchemaError) as caught:
        RowValidator(RowSchema("toy", "chat", document))
    assert str(caught.value).startswith("toy.schema.json#/$defs/chat")
    assert "\n" not in str(caught.value)
