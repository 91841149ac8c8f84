import copy

import pytest
import yaml
from markdown_it import MarkdownIt
from mensrea.cards import catalogue
from mensrea.cards.catalogue import find_card, load_card, stems
from mensrea.errors import SchemaError, UnknownConfigError, UnknownDatasetError

FRONT = {
    "title": "Toy",
    "summary": "Rows.",
    "paper": {"title": "A Paper", "arxiv": "2501.00001", "year": 2025, "authors": ["Ada Lovelace"]},
    "version": "1.1.0",
    "tier": "open",
    "licence": "mit",
    "licence_note": "",
    "languages": ["en"],
    "tasks": ["text-generation"],
    "tags": ["ai-safety"],
    "configs": {
        "small": {
            "description": "A few.",
            "row": "item",
            "origin": "procedural",
            "licence": "mit",
            "splits": {"train": 3, "test": 2},
            "offline": True,
        },
        "published": {
            "description": "All.",
            "row": "item",
            "origin": "upstream",
            "licence": "unknown",
            "splits": {"train": 3, "test": None},
            "sources": ["main"],
        },
    },
    "families": {
        "drawn-N": {
            "description": "N rows.",
            "row": "item",
            "origin": "procedural",
            "licence": "mit",
            "splits": {"train": None},
            "pattern": r"drawn-\d+",
        }
    },
    "rai": {"dataBiases": "None."},
    "changes": {"1.1.0": "More.", "1.0.0": "First."},
    "citation": "@misc{toy}",
}


@pytest.fixture
def front():
    return copy.deepcopy(FRONT)


@pytest.fixture
def write(tmp_path):
    def write(front, prose="Prose.\n"):
        text = (
            front if isinstance(front, str) else f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n{prose}"
        )
        path = tmp_path / "toy.md"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_card_is_read_whole(write, front):
    card = load_card(write(front, "\nProse.\n\n---\n\nMore.\n"))
    assert (card.stem, card.title, card.version, card.tier) == ("toy", "Toy", "1.1.0", "open")
    assert card.paper.url == "https://arxiv.org/abs/2501.00001"
    assert card.paper.authors == ("Ada Lovelace",)
    assert list(card.configs) == ["small", "published"]
    assert card.configs["published"].sources == ("main",)
    assert card.changes == FRONT["changes"]
    assert card.prose == "Prose.\n\n---\n\nMore."


def test_rows_are_known_only_where_every_split_is(write, front):
    card = load_card(write(front))
    assert card.config("small").rows == 5
    assert card.config("published").rows is None


def test_the_first_config_is_the_default(write, front):
    card = load_card(write(front))
    assert card.default_config == "small"
    assert card.config() is card.configs["small"]


def test_a_member_of_a_family_is_made_on_the_spot(write, front):
    member = load_card(write(front)).config("drawn-12")
    assert (member.name, member.description, member.splits) == ("drawn-12", "N rows.", {"train": None})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smal", r"toy has no config 'smal' \(did you mean 'small'\?\); it has small, published, drawn-N"),
        ("drawn-x", r"did you mean 'drawn-N'\?"),
        ("zzz", "toy has no config 'zzz'; it has"),
    ],
)
def test_an_unknown_config_is_answered_with_the_nearest(write, front, name, message):
    with pytest.raises(UnknownConfigError, match=message):
        load_card(write(front)).config(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Toy\n", "toy.md: the card must open with YAML front matter"),
        ("---\ntitle: Toy\n", "toy.md: the card must open with YAML front matter"),
        ("---\ntitle: [Toy\n---\nProse.\n", "toy.md: the front matter isn't YAML: .*line 2"),
    ],
)
def test_text_that_is_no_card_is_refused(write, text, message):
    with pytest.raises(SchemaError, match=message) as caught:
        load_card(write(text))
    assert "\n" not in str(caught.value)


def without(member):
    return lambda front: front.pop(member)


def setting(**members):
    return lambda front: front.update(members)


def in_config(**members):
    return lambda front: front["configs"]["small"].update(members)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (setting(titel="Toy"), "toy.md: unknown member 'titel'; expected stem, title, summary"),
        (in_config(rows=3), "toy.md: configs: small: unknown member 'rows'"),
        (lambda front: front["paper"].update(doi="x"), "toy.md: paper: unknown member 'doi'"),
        (
            lambda front: front["families"]["drawn-N"].update(x=1),
            "toy.md: families: drawn-N: unknown member 'x'",
        ),
        (without("title"), "toy.md: member 'title' is missing"),
        (without("paper"), "toy.md: paper: member 'title' is missing"),
        (lambda front: front["configs"]["small"].pop("row"), "configs: small: member 'row' is missing"),
        (without("configs"), "toy.md: `configs` is empty"),
        (setting(version="1.1"), "toy.md: `version` '1.1' isn't MAJOR.MINOR.PATCH"),
        (setting(version="1.2.0"), "toy.md: `changes` says nothing of version 1.2.0"),
        (setting(tier="closed"), "toy.md: `tier` 'closed' is neither open nor gated"),
        (setting(tier="gated"), "toy.md: a gated dataset needs a `canary` and a `content_warning`"),
        (setting(tier="gated", canary="c"), "toy.md: a gated dataset needs a `canary`"),
        (setting(tier="gated", content_warning="w"), "toy.md: a gated dataset needs a `canary`"),
    ],
)
def test_front_matter_that_breaks_a_rule_is_refused(write, front, spoil, message):
    spoil(front)
    with pytest.raises(SchemaError, match=message):
        load_card(write(front))


def test_a_gated_card_with_canary_and_warning_is_read(write, front):
    front.update(tier="gated", canary="toy:canary", content_warning="Harmful.")
    assert load_card(write(front)).canary == "toy:canary"


def test_datasets_are_the_cards_in_the_folder(write, front, tmp_path, monkeypatch):
    write(front)
    monkeypatch.setattr(catalogue, "_FOLDER", tmp_path)
    assert stems() == ("toy",)
    assert find_card("toy").title == "Toy"
    with pytest.raises(
        UnknownDatasetError, match=r"no dataset 'toi' \(did you mean 'toy'\?\); `mensrea list`"
    ):
        find_card("toi")


@pytest.mark.parametrize("stem", stems())
def test_every_card_of_the_package_is_read(stem):
    card = find_card(stem)
    assert card.stem == stem
    assert card.prose


@pytest.mark.parametrize("stem", stems())
def test_no_card_has_text_that_a_browser_would_take_for_a_tag(stem):
    card = find_card(stem)
    for text in (card.summary, card.content_warning, card.prose):
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        inline = [child.type for token in tokens for child in token.children or ()]
        assert not {"html_inline", "html_block"} & {*inline, *(token.type for token in tokens)}
