import copy
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import ModelError
from mensrea.models.secrets import REDACTED, Key, basic_header, redact

SECRET = "sk-proj-Q7wxk2Lr9TzP0vNa"
OPAQUE = "Zq81mNc4XtLw0RbY"


@pytest.fixture
def key():
    return Key(OPAQUE)


class TestHolding:
    def test_is_read_from_the_environment(self, monkeypatch):
        monkeypatch.setenv("SOME_KEY", f"  {OPAQUE}\n")
        key = Key.from_environment("SOME_KEY")
        assert key is not None
        assert key.header() == f"Bearer {OPAQUE}"

    @pytest.mark.parametrize("value", [None, "", "  \n"])
    def test_may_be_missing(self, monkeypatch, value):
        monkeypatch.delenv("SOME_KEY", raising=False)
        if value is not None:
            monkeypatch.setenv("SOME_KEY", value)
        assert Key.from_environment("SOME_KEY") is None

    @pytest.mark.parametrize("value", ["two words-here", "line\nbreak", "schlüssel-123", "a\x07bcdefgh"])
    def test_refuses_what_is_no_key_without_showing_it(self, monkeypatch, value):
        monkeypatch.setenv("SOME_KEY", value)
        with pytest.raises(ModelError, match="SOME_KEY holds a space, a line break") as caught:
            Key.from_environment("SOME_KEY")
        assert value not in str(caught.value)

    def test_is_shown_by_nothing(self, key):
        texts = [repr(key), str(key), f"{key!r} {key}", repr([key]), repr({"Authorization": key.header()})]
        assert not any(OPAQUE in text for text in texts)
        assert "Basic" not in repr(basic_header("user", "password"))

    def test_cannot_be_pickled_or_copied(self, key):
        for each in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="isn't pickled"):
                each(key)

    def test_hides_from_tracebacks_with_local_variables(self, key):
        def fail() -> None:
            headers = {"Authorization": key.header()}
            raise RuntimeError(len(headers))

        with pytest.raises(RuntimeError) as caught:
            fail()
        shown = "".join(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
        )
        assert "headers = " in shown
        assert OPAQUE not in shown


class TestRedaction:
    @given(st.text(max_size=50), st.text(max_size=50), st.integers(0, 8), st.integers(0, 8))
    def test_leaves_no_piece_of_the_key(self, before, after, start, end):
        piece = OPAQUE[start : len(OPAQUE) - end]
        cleaned = Key(OPAQUE).redact(f"{before}{piece}{after}")
        windows = {OPAQUE[at : at + 8] for at in range(len(OPAQUE) - 7)}
        assert not any(window in cleaned for window in windows)

    @given(st.text(alphabet="xyz .,:", max_size=60))
    def test_leaves_other_text(self, text):
        assert Key(OPAQUE).redact(text) == text

    def test_puts_one_mark_for_one_key(self, key):
        assert (
            key.redact(f"a {OPAQUE} b {OPAQUE}{OPAQUE[:9]}. c") == f"a {REDACTED} b {REDACTED}{REDACTED}. c"
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"Incorrect API key provided: {SECRET}.", f"Incorrect API key provided: {REDACTED}"),
            ("provided: sk-proj-********xyzA", f"provided: {REDACTED}"),
            ("Authorization: Bearer abc123456789", f"Authorization: {REDACTED}"),
            ("header 'Basic dXNlcjpwYXNzd29yZDEy'", f"header '{REDACTED}'"),
            ("token hf_abcdefghijklmnop", f"token {REDACTED}"),
            ("key AIzaSyA1234567890abcdef", f"key {REDACTED}"),
            ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0dXJl", REDACTED),
            ("missing bearer authentication in header", "missing bearer authentication in header"),
            ("the task-force took a risk-free basic course", "the task-force took a risk-free basic course"),
        ],
    )
    def test_knows_the_shapes_of_keys(self, text, expected):
        assert redact(text) == expected

    @pytest.mark.parametrize(
        ("placeholder", "text", "expected"),
        [
            ("EMPTY", "key EMPTY, NONEMPTY", f"key {REDACTED}, NONEMPTY"),
            ("x", "Bearer x, maximum", "Bearer x, maximum"),
        ],
    )
    def test_spares_words_that_a_placeholder_is_part_of(self, placeholder, text, expected):
        assert Key(placeholder).redact(text) == expected

    def test_scrubs_replies(self, key):
        assert key.scrub(f'{{"echo":"Bearer {OPAQUE}"}}'.encode()) == b'{"echo":"Bearer [key]"}'
        body = b'{"nothing":"here"}'
        assert key.scrub(body) is body
        assert Key("EMPTY").scrub(b'"EMPTY"') == b'"EMPTY"'
