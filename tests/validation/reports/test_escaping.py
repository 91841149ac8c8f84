"""What data can't do to terminals, documents and runners."""

import json
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.schemas.printable import printable, without_commands
from mensrea.validation.reports.escaping import encodable, escaped_data, escaped_property, relative_path, uri

any_text = st.text(st.characters(codec=None))


def unescaped(text: str, *names: tuple[str, str]) -> str:
    """As the runner's ActionCommand.cs does it: in this order, the per cent sign last."""
    for token, spelled in (("\r", "%0D"), ("\n", "%0A"), *names, ("%", "%25")):
        text = text.replace(spelled, token)
    return text


@given(any_text)
def test_printable_text_is_printable_and_fits_into_xml(text: str):
    shown = printable(text)
    assert shown.isprintable()
    element = ET.Element("x", {"a": shown})
    element.text = shown
    back = ET.fromstring(ET.tostring(element, encoding="unicode").encode())
    assert (back.text or "", back.get("a")) == (shown, shown)


def test_printable_text_stays_and_the_rest_is_spelled():
    assert printable("é ☃ 字 ::") == "é ☃ 字 ::"
    assert printable("a\x1b[31m\n\u202e\ud800\x00") == "a\\x1b[31m\\n\\u202e\\ud800\\x00"


@given(any_text)
def test_encodable_text_encodes(text: str):
    assert encodable(text).encode() == text.encode("utf-8", "backslashreplace")


@given(st.text())
def test_the_runner_reads_back_what_was_escaped(text: str):
    data = escaped_data(text)
    assert not set(data) & {"\r", "\n"}
    assert unescaped(data) == text
    value = escaped_property(text)
    assert not set(value) & {"\r", "\n", ":", ","}
    assert unescaped(value, (":", "%3A"), (",", "%2C")) == text


@given(st.text("#[:error \n"))
def test_no_line_is_a_command(text: str):
    safe = without_commands(text)
    assert not any(line.lstrip().startswith("::") for line in safe.split("\n"))
    assert "##[" not in safe


def test_commands_are_parted_and_other_colons_stay():
    assert without_commands("  ::error::x\nstd::vector ##[group]") == "  : :error::x\nstd::vector ## [group]"


def test_a_file_below_the_working_directory_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert relative_path(str(tmp_path / "data" / "a.jsonl")) == "data/a.jsonl"
    assert relative_path("data/a.jsonl") == "data/a.jsonl"
    assert relative_path("./data//a.jsonl") == "data/a.jsonl"
    assert relative_path("/elsewhere/a.jsonl") == "/elsewhere/a.jsonl"
    assert uri("/else where/a.jsonl") == "file:///else%20where/a.jsonl"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_a_uri_is_ascii_and_names_the_path(name: str):
    written = uri(f"data/{name}")
    assert written.isascii()
    assert json.dumps(written) == f'"{written}"'
    assert unquote(written) == Path(f"data/{name}").as_posix()
