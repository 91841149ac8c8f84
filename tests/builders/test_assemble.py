"""From rows to tables: validated in batches, whole or not at all, with the columns that every row has."""

import gc
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pytest
from mensrea.builders.assemble import BATCH_ROWS, Assembler, Item, paused_gc
from mensrea.errors import RowError
from mensrea.schemas import read_row_schema
from mensrea.schemas.arrow import arrow_schema
from mensrea.validation.findings import Finding

TOY = Path(__file__).parent.parent / "toy" / "toy.schema.json"
TEXT = read_row_schema(TOY, "toy", "text")
CHAT = read_row_schema(TOY, "toy", "chat")
NOTE = Finding("note", "A note.")
ROW: dict[str, Any] = {
    "id": "chat-0",
    "messages": [{"role": "user", "content": None, "arguments": {"b": 1, "a": [None]}}],
    "grid": [],
    "place": {"x": 1, "tags": []},
    "payload": {"any": [1, 2.5, None, "é"]},
    "score": None,
    "weight": 1,
    "safe": None,
}


def text(number: int) -> dict[str, Any]:
    return {"id": f"text-{number}", "text": f"Text {number}."}


def assembled(items: Iterable[Item], **constants: str) -> list[Any]:
    return list(Assembler(TEXT, constants or {"source": "authored"}).tables(items))


def assembled_chat(constants: dict[str, str], rows: Iterable[Item]) -> list[Any]:
    return list(Assembler(CHAT, constants).tables(rows))


def refused(items: Iterable[Item], *pieces: str) -> str:
    with pytest.raises(RowError) as caught:
        assembled(items)
    message = str(caught.value)
    assert "\n" not in message
    assert all(piece in message for piece in pieces), message
    return message


def test_rows_come_in_batches_and_keep_their_order() -> None:
    tables = assembled(text(number) for number in range(2 * BATCH_ROWS + 7))
    assert [table.num_rows for table in tables] == [BATCH_ROWS, BATCH_ROWS, 7]
    assert all(table.schema == arrow_schema(TEXT) for table in tables)
    ids = [identifier for table in tables for identifier in table["id"].to_pylist()]
    assert ids == [f"text-{number}" for number in range(2 * BATCH_ROWS + 7)]


def test_nothing_gives_nothing() -> None:
    assert assembled([]) == []


def test_columns_that_every_row_has_are_added() -> None:
    (table,) = assembled([text(0), text(1)], source="upstream", canary="not in this schema")
    assert table.to_pylist() == [
        {"id": f"text-{number}", "source": "upstream", "text": f"Text {number}."} for number in (0, 1)
    ]


def test_findings_pass_through_and_tables_split_the_batches() -> None:
    table = pa.table({"text": ["Text 2.", "Text 3."], "id": ["text-2", "text-3"]})
    items = assembled([text(0), NOTE, text(1), table, NOTE, text(4)])
    assert [each for each in items if isinstance(each, Finding)] == [NOTE, NOTE]
    rows = [row["id"] for each in items if isinstance(each, pa.Table) for row in each.to_pylist()]
    assert rows == [f"text-{number}" for number in range(5)]
    assert {each.schema for each in items if isinstance(each, pa.Table)} == {arrow_schema(TEXT)}


def test_a_row_may_be_any_mapping() -> None:
    (table,) = assembled([MappingProxyType(text(0))])
    assert table["id"].to_pylist() == ["text-0"]


def test_json_is_stored_as_its_text_wherever_it_stands() -> None:
    constants = {"source": "authored", "canary": "c"}
    (table,) = assembled_chat(constants, [ROW, {**ROW, "id": "chat-1", "payload": None}])
    assert table.schema == arrow_schema(CHAT)
    assert table["payload"].to_pylist() == ['{"any":[1,2.5,null,"é"]}', None]
    assert table["messages"].to_pylist()[0][0]["arguments"] == '{"b":1,"a":[null]}'
    assert table["place"].to_pylist()[0] == {"x": 1.0, "tags": []}


@pytest.mark.parametrize(
    ("row", "pieces"),
    [
        ({"id": "a"}, ("a: /: ", '"text" is a required property')),
        ({"id": "a", "text": None}, ("a: /text: ", 'null is not of type "string"')),
        ({"id": "a", "text": "b", "more": 1}, ("a: /: ", "'more' was unexpected")),
        ({"id": "a", "text": "b", "source": "authored"}, ("a: /: ", "'source' was unexpected")),
        ({"id": "a", "text": b"b"}, ("a: /text: ", "found bytes")),
        ({"id": "a", "text": "\ud800"}, ("row a: text: ", "surrogates not allowed", "expected string")),
    ],
)
def test_a_row_that_does_not_fit_is_refused(row: dict[str, Any], pieces: tuple[str, ...]) -> None:
    refused([text(0), row, text(1)], *pieces)


def test_the_first_violations_are_shown_and_the_rest_counted() -> None:
    message = refused([{"id": str(number), "text": number} for number in range(10)], "0: /text", "2: /text")
    assert message.endswith("(and 7 more)")


def test_batches_before_a_bad_row_are_handed_over() -> None:
    items: Iterator[Any] = Assembler(TEXT, {"source": "authored"}).tables(
        [*map(text, range(BATCH_ROWS)), {"id": "bad"}]
    )
    assert next(items).num_rows == BATCH_ROWS
    with pytest.raises(RowError, match="bad"):
        next(items)


@pytest.mark.parametrize(
    ("columns", "piece"),
    [
        ({"id": ["a"]}, "the table has columns ['id'], expected ['id', 'text']"),
        ({"id": ["a"], "text": ["b"], "more": [1]}, "expected ['id', 'text']"),
        ({"id": ["a"], "text": [None]}, 'a: /text: null is not of type "string"'),
        ({"id": ["a"], "text": [3]}, 'a: /text: 3 is not of type "string"'),
    ],
)
def test_a_table_that_does_not_fit_is_refused(columns: dict[str, list[Any]], piece: str) -> None:
    refused([pa.table(columns)], piece)


def test_a_large_table_is_checked_to_its_end() -> None:
    columns = {"id": list(map(str, range(3_000))), "text": ["x"] * 2_999 + [None]}
    refused([pa.table(columns)], "2999: /text")


def test_a_number_is_what_its_width_holds() -> None:
    constants = {"source": "authored", "canary": "c"}
    (table,) = assembled_chat(constants, [{**ROW, "score": 7.0, "weight": 0.1, "grid": [[-32_768]]}])
    assert table["score"].to_pylist() == [7]
    assert table["weight"].to_pylist() == [pytest.approx(0.1)]
    assert table["grid"].to_pylist() == [[[-32_768]]]


def test_the_collector_is_paused_and_comes_back() -> None:
    assert gc.isenabled()
    with paused_gc():
        assert not gc.isenabled()
        with paused_gc():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
