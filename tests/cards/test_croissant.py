import json
from dataclasses import replace

import mlcroissant
import pytest
from mensrea.cards.croissant import croissant
from mensrea.cards.licences import licence_url
from mlcroissant._src.core.context import Context, CroissantVersion
from mlcroissant._src.core.rdf import make_context

# Both are about how mlcroissant calls its own dependencies.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index is deprecated"),
]


@pytest.fixture
def dataset(toy):
    return mlcroissant.Dataset(jsonld=toy.folder / "croissant.json")


def first(dataset, record_set):
    return next(iter(dataset.records(record_set)))


def field(document, identifier):
    fields = [each for record_set in document["recordSet"] for each in record_set["field"]]
    fields += [child for each in fields for child in each.get("subField", [])]
    return next(each for each in fields if each["@id"] == identifier)


def test_mlcroissant_finds_neither_errors_nor_warnings(dataset):
    assert dataset.metadata.ctx.issues.report() == ""
    assert dataset.metadata.ctx.conforms_to is CroissantVersion.V_1_1


def test_the_context_is_the_standards(toy):
    document = croissant(toy.card, toy.manifest)
    standard = make_context(Context(conforms_to=CroissantVersion.V_1_1))
    assert {key: document["@context"].get(key) for key in standard} == standard


def test_the_first_record_of_every_kind_of_column_is_read(dataset):
    assert first(dataset, "chat") == {
        "chat/release_split": b"test",
        "chat/id": b"chat-0",
        "chat/source": b"upstream",
        "chat/canary": b"toy:canary",
        "chat/messages": [
            {
                "chat/messages/role": b"user",
                "chat/messages/content": b"hello 0",
                "chat/messages/tools": [b"a", b"b"],
                "chat/messages/meta.turn": 0,
            },
            {
                "chat/messages/role": b"assistant",
                "chat/messages/content": b"<think>x</think>y",
                "chat/messages/tools": [],
                "chat/messages/meta.turn": 1,
            },
        ],
        "chat/grid": [[1, 2], [3]],
        "chat/place": {"chat/place/x": 1.5, "chat/place/deep.y": b"z"},
        "chat/payload": b'{"k": [1, null]}',
        "chat/score": None,
        "chat/safe": None,
        "chat/split": b"dev",
    }


def test_images_are_opened(dataset):
    pytest.importorskip("PIL")
    record = first(dataset, "pictures")
    assert record["pictures/image"].size == (2, 3)
    assert [image.size for image in record["pictures/crops"]] == [(2, 3), (2, 3)]


def test_lists_within_lists_of_structs_are_described_by_their_path(toy, dataset):
    leaf = field(croissant(toy.card, toy.manifest), "turns/turns/calls.name")
    assert leaf["source"]["transform"] == {"jsonPath": "$.calls[*].name"}
    assert leaf["isArray"] is True
    assert first(dataset, "turns")["turns/id"] == b"turns-1"


def test_the_split_is_a_field_that_selects_files(dataset):
    records = [(each["chat/id"], each["chat/release_split"]) for each in dataset.records("chat")]
    assert records == [(b"chat-0", b"test"), (b"chat-1", b"train"), (b"chat-2", b"train")]
    train = dataset.records("chat", filters={"chat/release_split": "train"})
    assert [each["chat/id"] for each in train] == [b"chat-1", b"chat-2"]


def test_the_split_field_makes_way_for_a_column_of_its_name(toy):
    document = croissant(toy.card, toy.manifest)
    assert field(document, "chat/split")["description"] == "The upstream's own split."
    assert field(document, "pictures/split")["description"] == "The row's split."


def test_every_file_is_listed_with_its_hash(toy, dataset):
    listed = {file.content_url: file.sha256 for file in dataset.metadata.file_objects}
    splits = [split for config in toy.manifest.configs.values() for split in config.splits.values()]
    assert listed == {file.path: file.sha256 for split in splits for file in split.files}


def test_nested_lists_have_a_shape(toy):
    grid = field(croissant(toy.card, toy.manifest), "chat/grid")
    assert (grid["isArray"], grid["arrayShape"], grid["dataType"]) == (True, "-1,-1", "sc:Integer")


def test_facts_of_the_card_are_carried(dataset):
    metadata = dataset.metadata
    assert metadata.version == "1.2.0"
    assert metadata.cite_as == "@misc{toy}"
    assert metadata.data_biases == ["All of them."]
    assert metadata.data_use_cases == ["Tests."]
    assert {creator.name for creator in metadata.creators} == {"Ada Lovelace", "Alan Turing"}
    assert metadata.license == ["The release states no licence."]
    assert "toy:canary" in metadata.description
    assert metadata.ctx.is_live_dataset is False


def test_the_upstream_revision_is_recorded(toy):
    document = croissant(toy.card, toy.manifest)
    expected = "https://huggingface.co/datasets/lab/toy/tree/0123456789abcdef0123"
    assert document["prov:wasDerivedFrom"] == [{"@id": expected}]


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("mit", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("cc0-1.0", "CC0-1.0"),
        ("odc-by", "ODC-By-1.0"),
    ],
)
def test_a_licence_is_an_address(toy, identifier, expected):
    document = croissant(replace(toy.card, licence=identifier), toy.manifest)
    assert document["license"] == f"https://spdx.org/licenses/{expected}.html"


@pytest.mark.parametrize("identifier", ["unknown", "other", "cc", ""])
def test_an_identifier_of_no_one_text_has_no_address(identifier):
    assert licence_url(identifier) is None


def test_a_release_is_described_the_same_every_time(toy):
    document = croissant(toy.card, toy.manifest)
    mlcroissant.Dataset(jsonld=document)
    text = json.dumps(croissant(toy.card, toy.manifest), indent=2, ensure_ascii=False)
    assert text == (toy.folder / "croissant.json").read_text(encoding="utf-8")
