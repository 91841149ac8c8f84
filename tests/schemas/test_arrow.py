"""Arrow schemas and features: what is written by them is what `load_dataset` reads."""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Features, Image, Json, LargeList, List, Value, load_dataset
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mensrea.builders.assemble import Assembler
from mensrea.builders.parquet import SplitWriter
from mensrea.cards import find_card, stems
from mensrea.schemas import Field, RowSchema, load_row_schema, read_row_schema
from mensrea.schemas.arrow import arrow_schema, features_of, storage_schema
from mensrea.schemas.digest import digest_of
from mensrea.validation.rows import RowValidator

TOY = Path(__file__).parent.parent / "toy" / "toy.schema.json"
CARDS = [find_card(stem) for stem in stems()]
CONFIGS = [(card.stem, config.name) for card in CARDS for config in (*card.configs.values(), *card.families)]
TOYS = [("toy", name) for name in ("chat", "picture", "text")]
FEW = settings(
    max_examples=3,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def schema_of(stem: str, config: str) -> RowSchema:
    if stem == "toy":
        return read_row_schema(TOY, stem, config)
    card = find_card(stem)
    known = {**card.configs, **{family.name: family for family in card.families}}
    return load_row_schema(stem, known[config].row)


def plain(field: Field, value: Any) -> Any:
    """A loaded value as the row had it: images by their pixels, JSON and numbers by their value."""
    if value is None:
        return None
    if field.kind == "image":
        return value.size if hasattr(value, "size") else _size(value["bytes"])
    if field.kind == "list":
        return [plain(field.children[0], each) for each in value]
    if field.kind == "struct":
        return {child.name: plain(child, value[child.name]) for child in field.children}
    return rounded(value) if field.kind == "json" else value


def rounded(value: Any) -> Any:
    """JSON with its floats to 14 digits: `datasets` decodes them with an error in the last one."""
    if isinstance(value, list):
        return [rounded(each) for each in value]
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return float(f"{value:.14g}") if isinstance(value, float) else value


def _size(encoded: bytes) -> tuple[int, int]:
    from PIL import Image as Pillow

    return Pillow.open(io.BytesIO(encoded)).size


@pytest.mark.usefixtures("shipped_schemas")
@pytest.mark.parametrize(("stem", "config"), [*CONFIGS, *TOYS])
def test_what_a_build_writes_loads_with_the_derived_features(
    stem: str, config: str, tmp_path: Path, rows_of: Callable[..., st.SearchStrategy[Any]]
) -> None:
    schema = schema_of(stem, config)

    @FEW
    @given(rows_of(schema))
    def check(rows: list[dict[str, Any]]) -> None:
        assert RowValidator(schema).check(rows) == []
        tables: list[Any] = list(Assembler(schema, {}).tables(rows))
        assert [table.schema for table in tables] == [arrow_schema(schema)]
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        writer = SplitWriter(folder, "config", "train", schema)
        writer.write(tables[0])
        entry = writer.finish()
        loaded = load_dataset("parquet", data_dir=str(folder / "config"), split="train")
        assert isinstance(loaded, Dataset)
        assert loaded.features == features_of(schema)
        assert digest_of([loaded.data.table]).hexdigest() == entry.digest
        for row, expected in zip(loaded.to_list(), rows, strict=True):
            for field in schema.fields:
                assert plain(field, row[field.name]) == plain(field, expected[field.name]), field.name

    check()


def test_every_kind_of_field_has_its_feature() -> None:
    assert features_of(schema_of("toy", "chat")) == Features(
        {
            "id": Value("string"),
            "source": Value("string"),
            "canary": Value("string"),
            "messages": List({"role": Value("string"), "content": Value("string"), "arguments": Json()}),
            "grid": List(List(Value("int16"))),
            "place": {"x": Value("float64"), "tags": List(Value("string"))},
            "payload": Json(),
            "score": Value("int32"),
            "weight": Value("float32"),
            "safe": Value("bool"),
        }
    )
    picture = features_of(schema_of("toy", "picture"))
    assert picture["image"] == Image()
    assert picture["crops"] == List(Image())
    assert picture["figure"] == {"caption": Value("string"), "drawing": Image()}
    assert not any(isinstance(feature, LargeList) for feature in picture.values())


def test_the_features_travel_in_the_files_metadata() -> None:
    metadata = json.loads(arrow_schema(schema_of("toy", "chat")).metadata[b"huggingface"])
    assert Features.from_dict(metadata["info"]["features"]) == features_of(schema_of("toy", "chat"))


def test_storage_spells_json_as_text_and_is_otherwise_the_final_schema() -> None:
    schema = schema_of("toy", "chat")
    stored, final = storage_schema(schema), arrow_schema(schema)
    assert stored.names == final.names
    assert stored.field("payload").type == pa.string()
    assert isinstance(final.field("payload").type, pa.BaseExtensionType)
    for name in ("id", "grid", "place", "score", "weight", "safe"):
        assert stored.field(name).type == final.field(name).type


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_rows_survive_parquet(data: st.DataObject, rows_of: Callable[..., st.SearchStrategy[Any]]) -> None:
    schema = schema_of("toy", data.draw(st.sampled_from(["chat", "picture"])))
    rows = data.draw(rows_of(schema, size=2))
    (table,) = Assembler(schema, {}).tables(rows)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=1)
    read = pq.read_table(buffer)
    assert read.schema == arrow_schema(schema)
    for column, field in zip(read.columns, schema.fields, strict=True):
        for value, row in zip(column.to_pylist(), rows, strict=True):
            assert same(field, value, row[field.name])


def same(field: Field, stored: Any, given: Any) -> bool:
    if field.kind == "json":
        return given is None if stored is None else json.loads(stored) == given
    if stored is None or given is None:
        return stored is given
    if field.kind == "list":
        pairs = zip(stored, given, strict=True)
        return all(same(field.children[0], one, other) for one, other in pairs)
    if field.kind == "struct":
        return all(same(child, stored[child.name], given[child.name]) for child in field.children)
    if field.kind == "number":
        return math.isclose(stored, given, rel_tol=0)
    return bool(stored == given)
