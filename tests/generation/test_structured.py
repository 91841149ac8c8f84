from __future__ import annotations

import json

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mensrea.errors import RecipeError
from mensrea.generation.structured import (
    fields_of,
    instructions,
    object_of,
    read_object,
    response_format,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES | st.just("</think>") | st.just("```\n{}\n```"))


def test_an_object_has_all_its_members_in_order():
    schema = dict(object_of(reason={"type": "string"}, fits={"type": "boolean"}))
    assert schema["required"] == ["reason", "fits"]
    assert list(schema["properties"]) == ["reason", "fits"]
    assert not jsonschema_rs.is_valid(schema, {"reason": "x"})
    assert not jsonschema_rs.is_valid(schema, {"reason": "x", "fits": True, "more": 1})


def test_fields_come_from_the_rows_of_a_dataset():
    schema = fields_of("cogtest", "task", ("cue", "instruction"), reason={"type": "string"})
    assert schema["required"] == ["cue", "instruction", "reason"]
    assert schema["properties"]["instruction"]["description"]


def test_an_unknown_field_is_named_with_those_there_are():
    with pytest.raises(RecipeError, match=r"^cogtest task: no field 'instructions'; it has id, source, "):
        fields_of("cogtest", "task", ("instructions",))


RICH = {
    "type": "object",
    "title": "A verdict",
    "$comment": "x",
    "additionalProperties": False,
    "required": ["format", "pattern"],
    "properties": {
        "format": {"type": "string", "format": "date", "minLength": 3, "description": "A day."},
        "pattern": {
            "type": "array",
            "minItems": 2,
            "items": {"anyOf": [{"type": "integer", "minimum": 1}, {"enum": [{"title": "kept"}]}]},
        },
    },
}


def test_only_keywords_that_strict_modes_know_go_out():
    sent = response_format("near-duplicates", RICH)
    assert sent == {
        "type": "json_schema",
        "json_schema": {
            "name": "near_duplicates",
            "strict": True,
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["format", "pattern"],
                "properties": {
                    "format": {"type": "string", "description": "A day."},
                    "pattern": {
                        "type": "array",
                        "items": {"anyOf": [{"type": "integer"}, {"enum": [{"title": "kept"}]}]},
                    },
                },
            },
        },
    }


def test_what_fits_the_schema_fits_what_is_sent():
    value = {"format": "2025-01-01", "pattern": [1, {"title": "kept"}]}
    assert jsonschema_rs.is_valid(RICH, value)
    assert jsonschema_rs.is_valid(response_format("x", RICH)["json_schema"]["schema"], value)


def test_instructions_hold_the_schema_as_json():
    text = instructions(object_of(straße={"type": "string"}))
    assert json.loads(text.partition("\n")[2])["required"] == ["straße"]
    assert "straße" in text


@pytest.mark.parametrize(
    "form",
    [
        "%s",
        " \n%s\n",
        "```json\n%s\n```",
        "```\n%s```",
        "```JSON \n%s\n``` \nThat is all.",
        "Here it is:\n\n```json\n%s\n```\n",
        "<think>Is it {} or ```json\n[]\n```?</think>\n%s",
        "Well, </think> no. </think>```json\n%s\n```",
    ],
)
@given(value=st.dictionaries(st.text(), st.integers(-9, 9) | st.just("```")))
def test_an_object_is_read_in_whatever_it_comes(form, value):
    assume("</think>" not in value or form.lstrip().startswith(("%s", "```")))
    assert read_object(form % json.dumps(value)) == value


@given(OBJECTS)
def test_an_object_may_hold_the_marks_of_others(value):
    assert read_object(json.dumps(value)) == value
    assert read_object(json.dumps(value, indent=2, ensure_ascii=False)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "{'a': 1}",
        '{"a": 1} {"a": 2}',
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        '```json\n{"a": 1}\n```\nor\n```json\n{"a": 2}\n```',
        '<think>{"a": 1}',
        '{"a": 1}</think>',
        "[" * 5_000,
    ],
)
def test_what_is_no_single_value_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        read_object(text)


@given(st.text(alphabet='{}[]"`\n <>/think json1:,'))
def test_no_other_error_comes_of_any_text(text):
    try:
        read_object(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017  # it may also succeed
