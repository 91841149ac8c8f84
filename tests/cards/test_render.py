import re
import shutil
from dataclasses import replace

import pytest
import yaml
from datasets import Image, load_dataset
from datasets.exceptions import NonMatchingSplitsSizesError
from markdown_it import MarkdownIt
from mensrea.cards.fields import field_rows
from mensrea.cards.hub_metadata import hub_metadata, size_category
from mensrea.cards.render import render_card
from mensrea.errors import UnknownConfigError
from mensrea.schemas import load_row_schema
from mensrea.schemas.arrow import features_of
from mensrea.validation.shortcuts.baselines import Baseline, Share

SPLITS = [("chat", "train"), ("chat", "test"), ("pictures", "train"), ("turns", "train")]


def parts(text):
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def tables(body):
    """The tables of a Markdown text: lists of rows of raw cells."""
    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 4:
            found[-1][-1].append(token.content)
    return found


def opened(card):
    return replace(card, tier="open", canary="", content_warning="")


@pytest.fixture(scope="module")
def card_text(toy):
    return (toy.folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("config", "split"), SPLITS)
def test_load_dataset_reads_a_release_as_the_card_describes_it(toy, tmp_path, config, split):
    rows = load_dataset(str(toy.folder), config, split=split, cache_dir=str(tmp_path))
    entry = toy.manifest.configs[config]
    assert rows.features == features_of(load_row_schema("toy", entry.row))
    assert rows.num_rows == entry.splits[split].rows
    assert str(rows.info.version) == toy.manifest.version


def test_load_dataset_returns_nested_values(toy, tmp_path):
    row = load_dataset(str(toy.folder), "chat", split="train", cache_dir=str(tmp_path))[0]
    assert row["messages"][1]["meta"] == {"turn": 1}
    assert row["grid"] == [[1, 2], [3]]
    assert row["place"] == {"x": 1.5, "deep": {"y": "z"}}
    assert row["payload"] == {"k": [1, None]}
    assert row["safe"] is None


def test_load_dataset_takes_the_default_config(toy, tmp_path):
    rows = load_dataset(str(toy.folder), split="test", cache_dir=str(tmp_path))
    assert rows["id"][:] == ["chat-0"]


def test_load_dataset_reads_image_bytes(toy, tmp_path):
    rows = load_dataset(str(toy.folder), "pictures", split="train", cache_dir=str(tmp_path))
    raw = rows.cast_column("image", Image(decode=False)).select_columns(["image"])[0]["image"]
    assert raw["bytes"].startswith(b"\x89PNG")


def test_load_dataset_refuses_another_number_of_rows(toy, tmp_path):
    folder = tmp_path / "toy"
    shutil.copytree(toy.folder, folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(text.replace("num_examples: 2", "num_examples: 3"), encoding="utf-8")
    with pytest.raises(NonMatchingSplitsSizesError):
        load_dataset(str(folder), "chat", split="train", cache_dir=str(tmp_path / "cache"))


def test_the_front_matter_is_what_the_hub_expects(card_text):
    front, _ = parts(card_text)
    assert front["license"] == "unknown"
    assert front["license_details"] == "The release states no licence."
    assert front["language"] == ["en", "no"]
    assert front["size_categories"] == ["n<1K"]
    assert front["tags"] == ["ai-safety", "not-for-all-audiences", "mensrea"]
    assert [config["config_name"] for config in front["configs"]] == ["chat", "pictures", "turns"]
    assert [config.get("default") for config in front["configs"]] == [True, None, None]
    assert front["configs"][0]["version"] == "1.2.0"
    assert front["configs"][0]["data_files"][1] == {"split": "test", "path": "chat/test-*.parquet"}


def test_sizes_are_those_of_the_manifest(toy, card_text):
    info = parts(card_text)[0]["dataset_info"][0]
    splits = toy.manifest.configs["chat"].splits
    assert info["splits"][1] == {"name": "test", "num_bytes": splits["test"].bytes, "num_examples": 1}
    assert info["download_size"] == sum(split.bytes for split in splits.values())


def test_a_gated_card_warns_and_asks_before_anything_else(card_text):
    front, body = parts(card_text)
    assert front["extra_gated_prompt"] == "Holds harmful text. Two paragraphs."
    assert "checkbox" in front["extra_gated_fields"].values()
    warning = body.index("> **Content warning.** Holds harmful text.")
    assert warning < body.index("toy:canary") < body.index("## Load")


def test_an_open_card_has_no_gate(toy):
    front, body = parts(render_card(opened(toy.card), replace(toy.manifest, tier="open")))
    assert not [member for member in front if member.startswith("extra_gated")]
    assert "not-for-all-audiences" not in front["tags"]
    assert "Content warning" not in body


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("mit", {"license": "mit"}),
        ("other", {"license": "other", "license_name": "see-card", "license_details": "A note."}),
        ("unknown", {"license": "unknown", "license_details": "A note."}),
    ],
)
def test_a_licence_without_a_text_of_its_own_is_explained(toy, licence, expected):
    metadata = hub_metadata(replace(toy.card, licence=licence, licence_note="A note."), toy.manifest)
    assert {key: value for key, value in metadata.items() if key.startswith("license")} == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (1_141_730, "1M<n<10M"),
        (10**12, "n>1T"),
    ],
)
def test_size_categories_are_the_hubs(rows, expected):
    assert size_category(rows) == expected


def test_the_first_config_built_is_the_default_where_the_cards_is_missing(toy):
    configs = {name: toy.manifest.configs[name] for name in ("turns", "pictures")}
    front, body = parts(render_card(toy.card, replace(toy.manifest, configs=configs)))
    assert [config.get("default") for config in front["configs"]] == [True, None]
    assert "`turns` (default)" in body
    assert "Not in this release, but built by `mensrea build toy --config NAME`: `chat`, `absent`." in body


def test_no_content_breaks_a_table(card_text):
    _, body = parts(card_text)
    for rows in tables(body):
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}
    for line in body.splitlines():
        if line.startswith("|") and "`messages[].content`" in line:
            assert line.count("|") == 4
            assert "<code>a&#124;b</code> or &lt;b> and c&#124;d" in line


def test_the_field_table_holds_every_field(toy, card_text):
    listed = {row[0].strip("`") for rows in tables(parts(card_text)[1]) for row in rows}
    for config in toy.manifest.configs.values():
        for row in field_rows(load_row_schema("toy", config.row)):
            assert row.path in listed


def test_field_rows_name_nested_values():
    rows = {row.path: row for row in field_rows(load_row_schema("toy", "chat"))}
    assert list(rows)[3:6] == ["messages", "messages[].role", "messages[].content"]
    assert rows["messages"].type == "list[struct]"
    assert rows["messages[].role"].description == "Who speaks. One of `user`, `assistant`."
    assert rows["canary"].description == "The canary. Always `toy:canary`."
    assert rows["source"].description == "How the row came to be: `upstream` or `authored`."
    assert rows["score"].type == "int32 or null"
    assert rows["place.deep.y"].type == "string"
    assert rows["payload"].type == "json"
    assert "grid[]" not in rows


def test_the_body_accounts_for_the_build(card_text):
    _, body = parts(card_text)
    assert "| `chat` | `unclosed-think` | 1,234 |" in body
    assert "[lab/toy](https://huggingface.co/datasets/lab/toy/tree/0123456789abcdef0123)" in body
    assert "| `0123456789ab` | `chat` | 2 | 20 | yes |" in body
    assert "- `turns`: authored, seed 7" in body
    assert "- **1.2.0:** A column more." in body
    assert "```bibtex\n@misc{toy}\n```" in body


def test_shortcuts_are_printed_with_ties_and_intervals(toy):
    share = Share(1_233.5, 4_000, 0.294, 0.3230004)
    baseline = Baseline("the <b> | option", {"train": share, "test": share}, Share(1, 1, 0.2, 1.0))
    chat = replace(toy.manifest.configs["chat"], shortcuts={"position": baseline})
    body = parts(render_card(toy.card, replace(toy.manifest, configs={"chat": chat})))[1]
    section = body.partition("## Shortcut baselines")[2].partition("\n## ")[0]
    header, row = next(rows for rows in tables(section))
    assert header == ["shortcut", "answer", "`train`", "`test`", "whole"]
    assert row == [
        "`position`",
        "the &lt;b> &#124; option",
        *["0.308 [0.294, 0.323], 1,233.5 of 4,000"] * 2,
        "1.000 [0.200, 1.000], 1 of 1",
    ]
    assert "### `chat`" in section


def test_headings_follow_one_another(card_text):
    headings = re.findall(r"^## (.+)$", card_text, re.MULTILINE)
    assert headings == [
        "Load",
        "Configs",
        "Fields",
        "Findings",
        "About",
        "Intended use",
        "Provenance",
        "Versions",
        "Digests",
        "Citation",
    ]


def test_a_release_renders_the_same_every_time(toy, card_text):
    assert render_card(toy.card, toy.manifest) == card_text


def test_a_config_that_the_card_lacks_is_named(toy):
    configs = {"chta": toy.manifest.configs["chat"]}
    with pytest.raises(UnknownConfigError, match="'chta' \\(did you mean 'chat'\\?\\)"):
        render_card(toy.card, replace(toy.manifest, configs=configs))
