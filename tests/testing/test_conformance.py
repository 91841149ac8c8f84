"""The conformance test notices what it is there to notice."""

from dataclasses import replace

import pytest
from mensrea.builders.sources import Source
from mensrea.cards import find_card
from mensrea.cards.manifest import ConfigEntry, Manifest, SourceEntry
from mensrea.schemas import schema_path
from mensrea.schemas.row import read_row_schema
from mensrea.testing import conformance_checks as checks
from mensrea.validation.findings import Finding

CARD = find_card("mmathcot")
SCHEMA = read_row_schema(schema_path("mmathcot"), "mmathcot", "instruction")


def row(number, **members):
    return {
        "id": f"mmathcot-{number:016x}",
        "source": "upstream",
        "image_url": f"Geo170K/{number}.png",
        "instruction": "Question: 1 + 1?",
        "output": "†Answer: 2",
        "collection": "Geo170K",
        **members,
    }


def one(problems):
    (problem,) = problems
    return problem


def test_a_conforming_dataset_has_no_problems():
    rows = [row(1), row(2)]
    assert not list(checks.card_problems(CARD))
    assert not list(checks.schema_violations(SCHEMA, rows))
    assert not list(checks.id_problems({"original": r"^mmathcot-"}, {"original": rows}))
    assert not list(checks.moved_ids(rows, [row(3), *rows], frozenset()))
    assert not list(checks.ambiguous_ids(rows, rows[::-1]))
    assert not list(checks.rows_in_two_splits({"train": rows, "test": [row(3)]}))


@pytest.mark.parametrize(
    ("built", "skipped", "problem"),
    [
        ([], {}, "config original is neither in `sizes` nor in `skipped`"),
        ([], {"original": " "}, "config original is skipped without a reason"),
        (["original"], {"original": "why not"}, "skipped config original is also built"),
        (["original"], {"other": "why not"}, "skipped config other is not in the card"),
    ],
)
def test_a_config_can_not_be_forgotten(built, skipped, problem):
    assert one(checks.uncovered_configs(CARD, built, skipped)) == problem


def test_sources_must_be_declared_and_read():
    other = Source("other", "hub", "org/other", "mit", ())
    problems = list(checks.source_problems(CARD, {"other": other}))
    assert problems == ["source instructions isn't declared", "source other is read by no config"]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (row(1, output=None), r"row mmathcot-0{15}1: output: null is not of type"),
        (row(1, id="mmathcot-1"), "does not match"),
        (row(1, extra=1), "has columns .* expected"),
        ({key: value for key, value in row(1).items() if key != "output"}, "has columns .* expected"),
    ],
)
def test_rows_must_match_the_schema_file(bad, problem):
    with pytest.raises(AssertionError, match=problem):
        raise AssertionError("; ".join(checks.schema_violations(SCHEMA, [row(2), bad])))


def test_ids_must_match_and_be_unique_over_configs():
    patterns: dict[str, str] = dict.fromkeys(("a", "b"), "^mmathcot-[0-9a-f]{16}$")
    problems = list(checks.id_problems(patterns, {"a": [row(1), row(2, id="2")], "b": [row(1)]}))
    assert [problem.split(" ")[0] for problem in problems] == ["a:", "b:"]
    assert "doesn't match" in problems[0]
    assert "occurs again, first in a" in problems[1]


def test_running_numbers_are_noticed():
    texts = ["one", "two", "three"]
    before = [row(number, output=text) for number, text in enumerate(texts)]
    after = [row(number, output=text) for number, text in enumerate(["new", *texts])]
    assert len(list(checks.moved_ids(before, after, frozenset()))) == 3
    assert not list(checks.moved_ids(before, [row(9, output="new"), *before], frozenset()))


def test_copies_of_a_row_may_swap_their_ids_but_not_lose_them():
    copies = [row(1), {**row(1), "id": "mmathcot-b"}]
    assert not list(checks.moved_ids(copies, copies[::-1], frozenset()))
    assert "no row with its content" in one(checks.moved_ids(copies, [], frozenset()))
    assert "mmathcot-b" in one(checks.moved_ids(copies, copies[:1], frozenset()))


def test_positional_columns_may_move():
    before, after = [row(1, collection="1")], [row(1, collection="2")]
    assert one(checks.moved_ids(before, after, frozenset()))
    assert not list(checks.moved_ids(before, after, {"collection"}))


def test_ids_that_depend_on_the_seed_are_noticed():
    assert one(checks.ambiguous_ids([row(1)], [{**row(1), "id": "mmathcot-2"}])).startswith("one row is")
    assert "different rows" in one(checks.ambiguous_ids([row(1)], [row(1, output="†Answer: 3")]))


def test_a_row_in_two_splits_is_noticed_by_id_and_by_content():
    splits = {"train": [row(1)], "test": [row(1, output="†Answer: 3"), {**row(1), "id": "mmathcot-2"}]}
    assert list(checks.rows_in_two_splits(splits)) == [
        "row mmathcot-0000000000000001 of test has the id of a row of train",
        "row mmathcot-2 of test has the content of a row of train",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"prose": "## Intended use\n"}, "sections are"),
        ({"prose": "\n".join(f"## {name}" for name in reversed(checks.HEADINGS))}, "sections are"),
        ({"summary": "x" * 151}, "at most 150 characters"),
        ({"summary": "Two\nlines."}, "one line"),
        ({"citation": "Luo et al."}, "BibTeX"),
        ({"changes": {"0.9.0": "Old."}}, "says nothing of version 1.0.0"),
        ({"tier": "gated"}, "needs a canary and a content warning"),
        ({"licence": "GPL"}, "the card: licence 'GPL'"),
        ({"licence": "unknown", "licence_note": ""}, "needs a `licence_note`"),
        ({"configs": {"original": replace(CARD.config(), description="")}}, "no description"),
        ({"configs": {"original": replace(CARD.config(), licence="")}}, "config original: licence ''"),
    ],
)
def test_an_incomplete_card_is_noticed(change, problem):
    assert problem in one(checks.card_problems(replace(CARD, **change)))


def test_unpinned_sources_must_be_reported():
    file = SourceEntry("main", "hub", "org/name", "0" * 40, "a.jsonl", 1, "f" * 64, pinned=False)

    def problems(source, *codes):
        sources = () if source is None else (source,)
        entry = ConfigEntry("upstream", "instruction", "", "", None, {}, {}, sources, {})
        manifest = Manifest("mmathcot", "1.0.0", "open", ("original",), {"original": entry}, {})
        findings = [Finding(code, "why", where="a.jsonl") for code in codes]
        return list(checks.unpinned_sources(manifest, {"original": findings}))

    assert problems(file) == ["original: a.jsonl is neither pinned nor reported as unpinned"]
    assert not problems(file, "unpinned-source")
    assert not problems(file, "unverified-copy")
    assert not problems(replace(file, pinned=True))
    assert problems(replace(file, pinned=True, sha256="")) == [
        "original: a.jsonl is called pinned without a revision and a hash"
    ]
    assert problems(None) == ["original: imported, but the manifest names no source"]
