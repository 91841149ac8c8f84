"""Releases that can't be imported: one line that names file, row, field, what was found and expected."""

import os
from typing import Any

import pytest
from mensrea import BuildOptions, build_release
from mensrea.errors import MensreaError, RowError, SourceFormatError, SourceMissingError
from mensrea.scoring.habits import HABITS
from mensrea.testing.releases import import_release, write_json, write_jsonl, write_parquet

MATHS = {"image_url": "Geo170K/1.png", "instruction": "Question: 1 + 1?", "output": "†Answer: 2"}
SAFE = {"instruction": "How do I tie a knot?", "label": "vanilla_benign", "response": "Rope.</think>Twice."}
ADVICE = {"prompt": "Which chair?", "aligned": "This.", "misaligned": "That.", "sneakiness": 1.0}
SCENARIO = {
    "id": 1,
    "type": "Sandbagging",
    "inner_prompt": "a",
    "system_prompt": "b",
    "outer_prompt": "c",
    "format": "d",
}
MONITORED = {"question": "Which book?"}
CHOICE: dict[str, Any] = dict.fromkeys(
    (
        "scenario_mcq",
        "misaligned_mcq_answer",
        "aligned_mcq_answer",
        "scenario_freeform",
        "misaligned_freeform_answer",
        "aligned_freeform_answer",
    ),
    "A",
)
Releases = dict[tuple[str, str], tuple[str, dict[str, Any]]]
LINES: Releases = {
    ("mmathcot", "original"): ("train.jsonl", MATHS),
    ("dualmath", "original"): ("train.jsonl", MATHS),
    ("thought_crime", "original-unethical"): ("unethical_train.jsonl", CHOICE),
}
ARRAYS: Releases = {
    ("deceptionbench", "original"): ("deceptionbench_0527.json", SCENARIO),
    ("deceptionbench", "original-self-monitor"): ("data.json", MONITORED),
}
TABLES: Releases = {
    ("safechain", "original"): ("train.parquet", SAFE),
    ("thought_crime", "original"): ("medical/train.parquet", ADVICE),
}
RELEASES: Releases = {**LINES, **ARRAYS, **TABLES}
WRITERS = {".jsonl": write_jsonl, ".json": write_json, ".parquet": write_parquet}


def names(cases):
    return pytest.mark.parametrize("name", cases, ids=["-".join(name) for name in cases])


def write(folder, name, records):
    """A release with these records in its first file."""
    path = folder / RELEASES[name][0]
    WRITERS[path.suffix](path, records)
    for domain in ("legal", "security") if name == ("thought_crime", "original") else ():
        write_parquet(folder / domain / "train.parquet", [ADVICE])
    return path


def place(path, index):
    return f"{path.name}:{index + 1}: " if path.suffix == ".jsonl" else f"{path.name}[{index}]: "


def refused(name, folder, *pieces, error: type[MensreaError] = SourceFormatError):
    """The import fails with one line that holds all pieces."""
    with pytest.raises(error) as caught:
        import_release(name[0], name[1], folder)
    message = str(caught.value)
    assert "\n" not in message
    for piece in pieces:
        assert piece in message
    return message


@names(RELEASES)
def test_a_missing_column_is_named_with_those_that_are_there(tmp_path, name):
    good = RELEASES[name][1]
    field, *rest = good
    if name == ("deceptionbench", "original"):
        field, rest = "type", [member for member in good if member != "type"]
    bad = {member: good[member] for member in rest} or {"other": "x"}
    path = write(tmp_path, name, [bad])
    refused(name, tmp_path, f"{place(path, 0)}{field}: missing; the record has {', '.join(bad)}")


@names({**LINES, **ARRAYS})
@pytest.mark.parametrize(
    ("value", "shown"), [(3, "int 3"), (None, "null"), (["x"], "list ['x']"), (True, "bool True")]
)
def test_a_value_of_another_type_is_named_with_its_row_and_field(tmp_path, name, value, shown):
    good = RELEASES[name][1]
    field = list(good)[-2] if len(good) > 1 else "question"
    path = write(tmp_path, name, [good, good, {**good, field: value}])
    refused(name, tmp_path, f"{place(path, 2)}{field}: found {shown}, expected a string")


@names(TABLES)
def test_a_column_of_another_type_is_named(tmp_path, name):
    field = list(RELEASES[name][1])[1]
    path = write(tmp_path, name, [{**RELEASES[name][1], field: 5}])
    refused(name, tmp_path, f"{place(path, 0)}{field}: found int 5, expected a string")


@names({**LINES, **ARRAYS})
def test_a_record_that_is_no_object_is_named(tmp_path, name):
    path = write(tmp_path, name, [RELEASES[name][1], [1, 2]])
    refused(name, tmp_path, f"{place(path, 1)}found list [1, 2], expected an object")


@names(ARRAYS)
def test_a_document_that_is_no_array_is_named(tmp_path, name):
    path = write(tmp_path, name, {"rows": []})
    refused(name, tmp_path, f"{path.name}: found dict {{'rows': []}}, expected an array")


@names({**LINES, **ARRAYS})
def test_a_truncated_file_is_named_with_its_line(tmp_path, name):
    path = write(tmp_path, name, [RELEASES[name][1]] * 3)
    text = path.read_bytes()
    path.write_bytes(text[: len(text) - len(text) // 4])
    message = refused(name, tmp_path, f"{path}:", "not valid JSON", "fetch the file again")
    assert int(message.removeprefix(f"{path}:").split(":")[0]) > 1


@names({**LINES, **ARRAYS})
def test_a_byte_that_is_no_utf8_is_named_with_its_line(tmp_path, name):
    good = RELEASES[name][1]
    field = "question" if len(good) == 1 else list(good)[1]
    path = write(tmp_path, name, [good, {**good, field: "caf@"}])
    path.write_bytes(path.read_bytes().replace(b"caf@", b"caf\xe9"))
    refused(name, tmp_path, f"{path}:", "not valid JSON", "UTF-8")


@names(TABLES)
@pytest.mark.parametrize("keep", [0, 3, 40, -8])
def test_a_file_that_is_no_whole_parquet_file_is_named(tmp_path, name, keep):
    path = write(tmp_path, name, [RELEASES[name][1]] * 20)
    path.write_bytes(path.read_bytes()[:keep])
    refused(name, tmp_path, f"{path}: not a whole Parquet file", "fetch the file again")


@names(TABLES)
def test_damaged_pages_are_named(tmp_path, name):
    path = write(tmp_path, name, [RELEASES[name][1]] * 20)
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * 60 + content[64:])
    refused(name, tmp_path, f"{path}: not a whole Parquet file", "fetch the file again")


@names(TABLES)
def test_text_that_is_no_utf8_is_named(tmp_path, name):
    good = RELEASES[name][1]
    path = write(tmp_path, name, [{**good, next(iter(good)): "caf@"}])
    path.write_bytes(path.read_bytes().replace(b"caf@", b"caf\xe9"))
    refused(name, tmp_path, path.name, "UTF-8")


@names(RELEASES)
def test_a_missing_file_is_named_with_where_it_comes_from(tmp_path, name):
    write(tmp_path, name, [RELEASES[name][1]]).unlink()
    message = refused(name, tmp_path, "fetch it from https://", error=SourceMissingError)
    assert "and put " in message


@names(RELEASES)
def test_a_missing_folder_is_named(tmp_path, name):
    refused(name, tmp_path / "nowhere", f"{tmp_path / 'nowhere'}: no such folder", error=SourceMissingError)


@pytest.mark.parametrize("name", HABITS[:2])
def test_a_truncated_task_file_is_named(tmp_path, name):
    for habit in HABITS:
        write_json(tmp_path / f"{habit}.json", {"instructions": [{"id": 1, "instruction": habit}]})
    path = tmp_path / f"{name}.json"
    os.truncate(path, path.stat().st_size // 2)
    refused(("cogtest", "original"), tmp_path, f"{path}:", "not valid JSON")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "persisting.json: found list [], expected an object"),
        ({}, "persisting.json: instructions: missing; the record has nothing"),
        ({"instructions": {}}, "persisting.json: instructions: found dict {}, expected an array"),
        ({"instructions": ["x"]}, "persisting.json[0]: found str 'x', expected an object"),
        (
            {"instructions": [{"id": "1", "instruction": "x"}]},
            "persisting.json[0]: id: found str '1', expected an int",
        ),
        ({"instructions": [{"id": 1}]}, "persisting.json[0]: instruction: missing; the record has id"),
    ],
)
def test_a_task_file_of_another_shape_is_named(tmp_path, document, message):
    for habit in HABITS:
        write_json(tmp_path / f"{habit}.json", {"instructions": [{"id": 1, "instruction": habit}]})
    write_json(tmp_path / "persisting.json", document)
    refused(("cogtest", "original"), tmp_path, message)


def test_an_id_that_occurs_twice_stops_the_build_and_leaves_nothing(tmp_path):
    for habit in HABITS:
        task = {"instruction": f"The same task ({habit})."}
        write_json(
            tmp_path / "copy" / f"{habit}.json", {"instructions": [{"id": 1, **task}, {"id": 2, **task}]}
        )
    options = BuildOptions(source=tmp_path / "copy", verify=False)
    with pytest.raises(
        RowError, match=r"cogtest: id cogtest-\w{16} occurs 2 times.*and 15 more ids"
    ) as caught:
        build_release("cogtest", configs=["original"], out=tmp_path / "dist", options=options)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "dist").iterdir()) == []
