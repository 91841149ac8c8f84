"""Openings and texts that are alike, against plain Python, within configs and across them."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.findings import Finding
from mensrea.validation.inputs.batch import Batch, Place
from mensrea.validation.rules.base import rule
from mensrea.validation.rules.likeness import RULES, LikenessRule, RepeatedOpening, SimilarText
from mensrea.validation.rules.run import RuleRun

Configs = Mapping[str, Sequence[str | None]]
SCHEMA = pa.schema({"id": pa.string(), "text": pa.string()})


def batches(config: str, texts: Sequence[str | None], size: int = 2) -> list[Batch]:
    rows = [{"id": f"{config}-{number}", "text": text} for number, text in enumerate(texts)]
    made: list[Batch] = []
    for part in pa.Table.from_pylist(rows, SCHEMA).to_batches(size):
        made.append(Batch(part, Place(config, "test"), sum(map(len, made))))
    return made


def run(made: LikenessRule, configs: Configs) -> list[Finding]:
    found: list[Finding] = []
    for config, texts in configs.items():
        for batch in batches(config, texts):
            if config in made.other_configs:
                made.look_up(batch)
            else:
                found += made.observe(batch)
    assert not found
    return list(made.finish())


def told(found: Sequence[Finding]) -> list[tuple[str, str]]:
    assert all(each.field == "text" for each in found)
    return [(each.where, each.message) for each in found]


def test_the_rules_of_the_module() -> None:
    assert {each.name: each.severity for each in RULES} == {
        "repeated-opening": "warning",
        "similar-text": "warning",
    }


def test_an_opening_that_an_earlier_row_has() -> None:
    texts = [
        "You are a baker in Rome.",
        "you  are a BAKER today",
        "You are a cook.",
        None,
        "You are",
        "YOU ARE a baker",
    ]
    message = "opens like core/test core-0: 'you are a baker'; expected another opening"
    assert told(run(RepeatedOpening("text"), {"core": texts})) == [
        ("core/test core-1", message),
        ("core/test core-5", message),
    ]
    assert len(run(RepeatedOpening("text", words=3), {"core": texts})) == 3
    assert len(run(RepeatedOpening("text", words=2), {"core": texts})) == 4


def test_configs_are_compared_where_that_is_asked_for() -> None:
    configs = {"core": ["One two three four."], "controls": ["One two three four!", "One two three four."]}
    within = run(SimilarText("text"), configs)
    assert [each.where for each in within] == ["controls/test controls-1"]
    across = run(SimilarText("text", across=True), configs)
    assert [(each.where, "core/test core-0" in each.message) for each in across] == [
        ("controls/test controls-0", True),
        ("controls/test controls-1", True),
    ]


@pytest.mark.parametrize("order", [("core", "old"), ("old", "core")])
def test_rows_to_compare_with_are_never_reported_themselves(order: Sequence[str]) -> None:
    configs = {"core": ["a b c d", "e f g h"], "old": ["a b c d", "a b c d", "x y z w"]}
    made = SimilarText("text", against=["old"])
    found = run(made, {name: configs[name] for name in order})
    message = "much like old/test old-0: runs of 3 words have similarity 1.000, expected below 0.5"
    assert told(found) == [("core/test core-0", message)]


def test_the_most_similar_earlier_row_is_named() -> None:
    texts = ["a b c d e f g h i j", "a b c d e f g h x y", "a b c d e f g h i k"]
    found = told(run(SimilarText("text"), {"core": texts}))
    assert found == [
        (
            "core/test core-1",
            "much like core/test core-0: runs of 3 words have similarity 0.600, expected below 0.5",
        ),
        (
            "core/test core-2",
            "much like core/test core-0: runs of 3 words have similarity 0.778, expected below 0.5",
        ),
    ]


words = st.lists(st.sampled_from("abc"), min_size=1, max_size=7).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(st.lists(words, min_size=1, max_size=8), st.sampled_from([0.1, 0.3, 0.5, 1.0]))
def test_similarities_are_those_of_sets_in_plain_python(texts: list[str], threshold: float) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        split = text.split()
        return set(zip(split, split[1:], split[2:], strict=False)) or {tuple(split)}

    best: dict[int, float] = {}
    for early, late in combinations(range(len(texts)), 2):
        one, other = runs(texts[early]), runs(texts[late])
        shorter = min(len(texts[early].split()), len(texts[late].split()))
        similarity = len(one & other) / len(one | other) if shorter >= 3 else 0.0
        similarity = 1.0 if texts[early] == texts[late] else similarity
        if similarity >= threshold:
            best[late] = max(best.get(late, 0.0), similarity)
    found = run(SimilarText("text", threshold), {"core": texts})
    expected = {f"core/test core-{row}": f"similarity {value:.3f}," for row, value in best.items()}
    assert {each.where for each in found} == set(expected)
    assert all(expected[each.where] in each.message for each in found)


@settings(deadline=None, max_examples=40)
@given(st.lists(words, max_size=8), st.integers(1, 4), st.integers(1, 3))
def test_batches_make_no_difference(texts: list[str], words: int, size: int) -> None:
    def finish(size: int) -> list[Finding]:
        made = RepeatedOpening("text", words)
        for batch in batches("core", texts, size):
            made.observe(batch)
        return list(made.finish())

    whole = finish(100)
    assert finish(size) == whole
    openings = [tuple(text.split()[:words]) for text in texts]
    assert [each.row for each in whole] == [
        row for row in range(len(texts)) if openings[row] in openings[:row]
    ]


@pytest.mark.parametrize("threshold", [0, -1, 1.5])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold is"):
        SimilarText("text", threshold)
    with pytest.raises(UsageError, match=r"repeated-opening: words is 0, expected a number from 1"):
        RepeatedOpening("text", 0)


def test_a_run_shows_the_rule_what_it_compares_with() -> None:
    declared = rule("similar-text", field="text", configs=("core",), against=["old"], severity="error")
    made = RuleRun([declared])
    for config in ("core", "other", "old"):
        for batch in batches(config, ["a b c d"]):
            made.observe(batch)
    made.finish()
    (finding,) = made.findings
    assert (finding.severity, finding.where) == ("error", "core/test core-0")
    assert "old/test old-0" in finding.message


def test_blank_texts_are_like_nothing() -> None:
    for made in (SimilarText("text"), RepeatedOpening("text")):
        assert run(made, {"core": ["", " ", None, "", "\n"]}) == []
