"""Mojibake: found wherever it stands, and never in text that is right."""

# ruff: noqa: RUF001 (the characters are what is tested)

import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.inputs.batch import Batch
from mensrea.validation.rules.encoding import Mojibake

RIGHT = (
    "plain",
    "L'élève naïf dîne à l’hôtel « Été » — où ? ÉTÉ…",
    "É» né– passé… CAFÉ”",
    "AMANHÃ É DIA; “MAÇÃ” NÃO, IRMÃ”",
    "São Paulo – Conceição, às três",
    "Tiếng Việt: đã “được” nghỉ…",
    "Straße, Ähre, Öl, Ü°",
    "5×² ≥ 3×“a”, x² ± ½, 20 °C, µm",
    "πØ²/4, 120 Å³, 3 Å² and Å·mol",
    "∀x∈ℝ: ∑ √2 ∞",
    "👍🏽 🇫🇷 😀",
    "日本語「文」",
    "Привет, мир",
    "ÀÁÂÃÄÅ ñ",
    "tab\tand\r\nline",
)
WORDS = (
    "café",
    "don’t",
    "naïve",
    "“quote”",
    "Übergröße",
    "piñata",
    "你好世界",
    "привет",
    "5 µs",
    "à la",
    "€100",
    "été…",
)
ASCII = st.text("abc XYZ.,\n", max_size=30)


def batch(*texts):
    return Batch(pa.record_batch({"x": pa.array(texts, pa.large_string())}))


def remarks(*texts):
    return [(found.row, found.message) for found in Mojibake(field="x").observe(batch(*texts))]


def misread(text):
    return text.encode().decode("latin-1")


@settings(deadline=None)
@given(st.lists(st.sampled_from(RIGHT), max_size=6))
def test_text_that_is_right_is_left_alone(texts):
    assert not remarks(*texts, " ".join(texts), "\n".join(texts))


@settings(deadline=None)
@given(ASCII, st.sampled_from(WORDS), ASCII)
def test_utf8_read_as_latin_1_is_found_wherever_it_stands(before, word, after):
    ((row, message),) = remarks("fine", f"{before} {misread(word)} {after}")
    assert row == 1
    assert "UTF-8 read as Latin-1 or Windows-1252" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "un cafÃ© noir",
            "'cafÃ©' at character 6 was probably 'café': UTF-8 read as Latin-1 or Windows-1252",
        ),
        ("donâ€™t", "'donâ€™t' at character 3 was probably 'don’t': UTF-8 read as Latin-1 or Windows-1252"),
        ("ÃƒÂ©tÃ©", "'ÃƒÂ©tÃ©' at character 0 was probably 'été': UTF-8 read as Latin-1 or Windows-1252"),
        ("日本 cafÃ©", "'cafÃ©' at character 6 was probably 'café': UTF-8 read as Latin-1 or Windows-1252"),
        (
            "a\ufffdb\ufffd",
            "replacement character U+FFFD: what stood there is lost; at character 1 (2 in all)",
        ),
        ("a\ufeff", "byte-order mark U+FEFF inside the text; at character 1"),
        ("a\x1b[0m\x00", "control character U+001B at character 1 (2 in all)"),
        ("é\x85", "control character U+0085 at character 1"),
        ("\x7f", "control character U+007F at character 0"),
    ],
)
def test_what_the_finding_says(text, message):
    assert remarks(None, text) == [(1, message)]


def test_one_remark_of_each_kind():
    assert len(remarks("cafÃ© \ufffd\ufffd \ufeff \x07 donâ\x80\x99t")) == 4


@settings(deadline=None)
@given(st.lists(st.text("aé\x00\x85Ã©â€™\ufffd\ufeff ×²Å", max_size=8), max_size=5))
def test_the_prefilter_misses_nothing(texts):
    rule = Mojibake(field="x")
    assert remarks(*texts) == [
        (row, remark) for row, text in enumerate(texts) for remark in rule.examine(text)
    ]


def test_many_suspects_are_taken_a_few_at_a_time():
    assert [row for row, _ in remarks(*(["fine", "cafÃ©"] * 600))] == list(range(1, 1200, 2))


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.raises(UsageError, match=r"the rule mojibake needs ftfy: pip install 'mensrea\[checks\]'"):
        Mojibake(field="x")
