"""Checking a release: every kind of damage has its finding, and a whole release has none."""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from mensrea.builders.parquet import file_sha256
from mensrea.builders.verify import verify_release
from mensrea.cards import find_card
from mensrea.cards.manifest import read_manifest
from mensrea.cards.render import render_card
from mensrea.errors import ReleaseCorruptError, ReleaseNotFoundError
from mensrea.schemas.digest import combine_digests, digest_of
from mensrea.validation.findings import Finding

TRAIN = "text/train-00000-of-00001.parquet"
TEST = "text/test-00000-of-00001.parquet"
CHAT = "chat/train-00000-of-00001.parquet"


@pytest.fixture
def release(toy: Any) -> Path:
    toy.build("text", "chat", "pictures")
    return toy.release


def check(release: Path) -> list[Finding]:
    findings = list(verify_release(release))
    assert all(finding.severity == "error" for finding in findings)
    assert all("\n" not in str(finding) for finding in findings)
    return findings


def codes(release: Path) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in check(release)]


def edit(release: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest."""
    path = release / "manifest.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def replace(release: Path, name: str, table: pa.Table, **options: Any) -> None:
    """Write other rows, and have the manifest vouch for the file and its rows."""
    path = release / name
    pq.write_table(table, path, **options)
    vouch(release, name, table)


def vouch(release: Path, name: str, table: pa.Table) -> None:
    config, _, rest = name.partition("/")
    split = rest.partition("-")[0]

    def change(document: dict[str, Any]) -> None:
        entry = document["configs"][config]
        digest = digest_of([table])
        path = release / name
        file = {"path": name, "rows": len(table), "bytes": path.stat().st_size, "sha256": file_sha256(path)}
        rows = {
            "rows": len(table),
            "digest": digest.hexdigest(),
            "columns": digest.columns(),
            "files": [file],
        }
        entry["splits"][split] = rows
        entry["digest"] = combine_digests({key: each["digest"] for key, each in entry["splits"].items()})

    edit(release, change)
    render(release)


def render(release: Path) -> None:
    """Have the card say what the manifest says."""
    (release / "README.md").write_text(render_card(find_card("toy"), read_manifest(release)))


def amend(release: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the YAML of the card."""
    path = release / "README.md"
    _, front, prose = path.read_text(encoding="utf-8").split("---\n", 2)
    document = yaml.safe_load(front)
    change(document)
    path.write_text(f"---\n{yaml.safe_dump(document, sort_keys=False)}---\n{prose}", encoding="utf-8")


def test_a_whole_release_has_no_findings(release: Path) -> None:
    assert check(release) == []


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda path: path.unlink(), "missing-file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "file-changed"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "file-changed"),
        (lambda path: path.write_bytes(b"X" + path.read_bytes()[1:]), "file-changed"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"X"), "file-changed"),
    ],
    ids=["missing", "shorter", "longer", "first byte", "last byte"],
)
def test_a_file_that_is_not_the_one_that_was_built(
    release: Path, damage: Callable[[Path], object], code: str
) -> None:
    damage(release / TRAIN)
    damage(release / CHAT)
    assert codes(release) == [(code, TRAIN), (code, CHAT)]


@pytest.mark.parametrize(
    "name", ["text/train-extra.parquet", "text/more.parquet", "stray.parquet", "x/y/z.parquet"]
)
def test_a_stray_file(release: Path, name: str) -> None:
    (release / name).parent.mkdir(parents=True, exist_ok=True)
    (release / name).write_bytes((release / TRAIN).read_bytes())
    findings = check(release)
    assert (findings[0].code, findings[0].where) == ("stray-file", name)
    assert {finding.code for finding in findings} <= {"stray-file", "not-loadable"}


@pytest.mark.parametrize("name", ["README.md", "croissant.json", "schema.json", "findings.jsonl"])
def test_a_missing_document(release: Path, name: str) -> None:
    (release / name).unlink()
    assert ("missing-document", name) in codes(release)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("README.md", "---\n", ""),
        ("README.md", "---\n", "\n---\n"),
        ("README.md", "pretty_name:", "pretty_name: ["),
        ("croissant.json", "{", ""),
        ("schema.json", "{", "["),
    ],
)
def test_a_damaged_document(release: Path, name: str, old: str, new: str) -> None:
    path = release / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert ("damaged-document", name) in codes(release)


@pytest.mark.parametrize("name", ["README.md", "croissant.json", "schema.json", "findings.jsonl"])
def test_a_document_that_is_no_text(release: Path, name: str) -> None:
    (release / name).write_bytes(b"\xff\xfe\x00")
    assert ("damaged-document", name) in codes(release)


def test_a_schema_that_another_one_was_put_in_place_of(release: Path) -> None:
    path = release / "schema.json"
    path.write_text(path.read_text().replace('"Some text."', '"Any text."'))
    assert ("schema-differs", "text") in codes(release)


def test_a_schema_with_an_impossible_keyword(release: Path) -> None:
    path = release / "schema.json"
    path.write_text(path.read_text().replace('"minimum": 0', '"minimum": "0"'))
    assert ("schema-unreadable", "schema.json") in codes(release)


def test_a_schema_without_the_rows_definition(release: Path) -> None:
    edit(release, lambda document: document["configs"]["text"].update(row="texts"))
    assert codes(release)[0] == ("schema-unreadable", "schema.json")


def test_counts_of_the_manifest_that_are_wrong(release: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        split = document["configs"]["text"]["splits"]["train"]
        split["rows"] = 4
        split["files"][0]["rows"] = 4

    edit(release, change)
    findings = check(release)
    assert ("row-count", TRAIN, "3 rows, the manifest says 4") in [
        (each.code, each.where, each.message) for each in findings
    ]
    assert ("row-count", "text/train") in [(each.code, each.where) for each in findings]


def test_digests_of_the_manifest_that_are_wrong(release: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        text = document["configs"]["text"]
        text["splits"]["train"]["digest"] = "0" * 64
        text["splits"]["test"]["columns"]["text"] = "1" * 64
        document["configs"]["chat"]["digest"] = "2" * 64

    edit(release, change)
    render(release)
    assert codes(release) == [
        ("digest-differs", "text/train"),
        ("digest-differs", "text/test"),
        ("digest-differs", "text"),
        ("not-loadable", "text/train"),
        ("digest-differs", "chat"),
    ]


def test_an_id_that_occurs_again(release: Path) -> None:
    table = pq.read_table(release / TRAIN)
    replace(release, TRAIN, pa.concat_tables([table, table.slice(0, 1)]))
    replace(release, TEST, table.slice(1, 1))
    found = [finding for finding in check(release) if finding.code == "duplicate-id"]
    assert [(finding.where, finding.message) for finding in found] == [
        ("text/train text-0", "the id occurs again, first in text/train"),
        ("text/test text-1", "the id occurs again, first in text/train"),
    ]


@pytest.mark.parametrize(
    ("change", "piece"),
    [
        (lambda table: table.drop(["text"]), "column text is missing, expected string"),
        (
            lambda table: table.append_column("more", pa.array([1, 2, 3])),
            "columns ['id', 'source', 'text', 'more']",
        ),
        (lambda table: table.select(["source", "id", "text"]), "columns ['source', 'id', 'text']"),
        (
            lambda table: table.set_column(2, "text", pa.array([1, 2, 3])),
            "column text is int64, expected string",
        ),
        (
            lambda table: table.set_column(2, "text", table["text"].cast(pa.large_string())),
            "column text is large_string, expected string",
        ),
    ],
)
def test_columns_that_are_not_the_schemas(
    release: Path, change: Callable[[pa.Table], pa.Table], piece: str
) -> None:
    replace(release, TRAIN, change(pq.read_table(release / TRAIN)))
    (finding, *_) = check(release)
    assert (finding.code, finding.where) == ("column-types", TRAIN)
    assert piece in finding.message


def test_a_row_that_violates_the_schema(release: Path) -> None:
    table = pq.read_table(release / TRAIN)
    column = pa.array(["authored", "generated", "authored"])
    replace(release, TRAIN, table.set_column(1, "source", column))
    (finding,) = check(release)
    assert (finding.code, finding.where, finding.field) == (
        "schema-violation",
        "text/train text-1",
        "/source",
    )


def test_many_rows_that_violate_the_schema_are_cut_short_and_counted(release: Path) -> None:
    table = pq.read_table(release / TRAIN)
    ids = [f"text-{number}" for number in range(1_000)]
    columns = {"id": ids, "source": ["generated"] * 1_000, "text": ["x"] * 1_000}
    replace(release, TRAIN, pa.table(columns, schema=table.schema))
    found = [finding for finding in check(release) if finding.code == "schema-violation"]
    assert len(found) == 101
    assert (found[-1].where, found[-1].message) == ("text/train", "and 900 more findings of this kind")


def test_json_and_pictures_are_checked_as_what_they_stand_for(release: Path) -> None:
    table = pq.read_table(release / CHAT)
    index = table.schema.get_field_index("payload")
    broken = pa.ExtensionArray.from_storage(table.schema.field("payload").type, pa.array(["{", "1", "2"]))
    replace(release, CHAT, table.set_column(index, table.schema.field("payload"), broken))
    assert ("schema-violation", "chat/train chat-0") in codes(release)


@pytest.mark.parametrize("content", [b"no Parquet", b"", b"PAR1PAR1"])
def test_a_file_that_is_no_parquet_though_the_manifest_vouches_for_it(release: Path, content: bytes) -> None:
    table = pq.read_table(release / TRAIN)
    (release / TRAIN).write_bytes(content)
    vouch(release, TRAIN, table)
    assert codes(release)[0] == ("unreadable-file", TRAIN)


def test_a_page_that_is_damaged_though_the_manifest_vouches_for_it(release: Path) -> None:
    table = pq.read_table(release / TRAIN)
    content = (release / TRAIN).read_bytes()
    start = pq.read_metadata(release / TRAIN).row_group(0).column(0).dictionary_page_offset
    (release / TRAIN).write_bytes(content[: start + 20] + bytes(30) + content[start + 50 :])
    vouch(release, TRAIN, table)
    assert codes(release)[0][0] in {"unreadable-file", "digest-differs"}


def test_a_card_that_load_dataset_stumbles_over(release: Path) -> None:
    path = release / "README.md"
    path.write_text(path.read_text().replace("num_examples: 1", "num_examples: 2"))
    assert codes(release) == [("card-differs", "README.md"), ("not-loadable", "text")]


def test_a_card_whose_features_are_others(release: Path) -> None:
    path = release / "README.md"
    text = path.read_text()
    assert "dtype: int32" in text
    path.write_text(text.replace("dtype: int32", "dtype: int64"))
    assert codes(release) == [("card-differs", "README.md"), ("not-loadable", "chat")]


def test_a_card_that_swaps_the_files_of_two_splits(release: Path) -> None:
    table = pq.read_table(release / TRAIN)
    replace(release, TRAIN, table.slice(0, 1))  # as many rows as the other split has
    assert check(release) == []

    def swap(front: dict[str, Any]) -> None:
        first, second = front["configs"][0]["data_files"]
        first["path"], second["path"] = second["path"], first["path"]

    amend(release, swap)
    assert codes(release) == [
        ("card-differs", "README.md"),
        ("not-loadable", "text/train"),
        ("not-loadable", "text/test"),
    ]


EDITS = [
    (lambda front: front.pop("extra_gated_prompt"), "`extra_gated_prompt` is missing"),
    (lambda front: front.pop("extra_gated_fields"), "`extra_gated_fields` is missing"),
    (lambda front: front["tags"].remove("not-for-all-audiences"), "`tags`"),
    (lambda front: front["configs"][1].update(version="1.0.1"), "version"),
    (lambda front: front["configs"][0].update(description="Plain text."), "descri"),
    (lambda front: front["configs"].pop(), "`configs`"),
]


@pytest.mark.parametrize(
    ("change", "piece"),
    [
        *EDITS,
        (lambda front: front.update(license="apache-2.0"), "`license` is 'apache-2.0', expected 'mit'"),
        (lambda front: front.update(gated=False), "`gated` doesn't belong there"),
        (lambda front: front["configs"][0].update(default="true"), "`configs[0].default` is 'true'"),
    ],
)
def test_a_card_whose_front_matter_was_edited(
    release: Path, change: Callable[[dict[str, Any]], object], piece: str
) -> None:
    amend(release, change)
    finding = check(release)[0]
    assert (finding.code, finding.where) == ("card-differs", "README.md")
    assert piece in finding.message


@pytest.mark.parametrize(("change", "piece"), EDITS)
def test_a_card_of_a_version_that_is_not_the_installed_one(
    toy: Any, release: Path, change: Callable[[dict[str, Any]], object], piece: str
) -> None:
    toy.version("2.0.0")
    amend(release, lambda front: front.update(license="apache-2.0"))
    assert check(release) == []
    amend(release, change)
    finding = check(release)[0]
    assert (finding.code, finding.where) == ("card-differs", "README.md")
    assert piece in finding.message


def test_a_release_of_a_dataset_that_is_not_installed(toy: Any, release: Path) -> None:
    toy.card.unlink()
    assert check(release) == []
    amend(release, lambda front: front.update(tags=3))
    assert codes(release) == [("card-differs", "README.md")]
    amend(release, lambda front: front.update(configs=[3, {"config_name": [1]}]))
    assert codes(release)[0] == ("card-differs", "README.md")


@pytest.mark.parametrize(
    ("stated", "piece"),
    [
        ({"license": None}, "`license` is missing or empty"),
        ({"license": ""}, "`license` is missing or empty"),
        ({"license": "unknown"}, "`license` is unknown and"),
        ({"license": "other", "license_name": "see-card", "license_details": " "}, "`license` is other and"),
        ({"license": "unknown", "license_details": "The release states none."}, None),
        ({"license": ["mit", "apache-2.0"]}, None),
    ],
)
def test_a_card_that_states_no_licence(
    toy: Any, release: Path, stated: dict[str, Any], piece: str | None
) -> None:
    toy.version("2.0.0")  # so that the card isn't compared with the installed one
    amend(release, lambda front: front.update(stated))
    assert codes(release) == [("licence-missing", "README.md")] * (piece is not None)
    assert all(str(piece) in finding.message for finding in check(release))


def test_a_licence_that_was_taken_out_of_the_card(release: Path) -> None:
    amend(release, lambda front: front.pop("license"))
    assert codes(release) == [("card-differs", "README.md"), ("licence-missing", "README.md")]


def test_a_dataset_whose_own_card_does_not_say_why_its_licence_is_unknown(toy: Any) -> None:
    toy.edit(toy.card, "licence: mit\nlicence_note: Made up.", "licence: unknown\nlicence_note: None found.")
    toy.build()
    assert check(toy.release) == []
    toy.edit(toy.card, "None found.", '""')
    render(toy.release)
    assert codes(toy.release) == [("licence-missing", "README.md")]


SOURCE = {
    "name": "chats",
    "host": "hub",
    "repository": "lab/toy",
    "revision": "0" * 40,
    "path": "chats.jsonl",
    "bytes": 1,
    "sha256": "f" * 64,
    "pinned": True,
}


def imported(release: Path, *sources: dict[str, Any]) -> list[Finding]:
    """Have the manifest say that the chats were imported from these; what is found."""
    edit(release, lambda document: document["configs"]["chat"].update(origin="upstream", sources=sources))
    return check(release)


def test_an_import_from_nowhere(release: Path) -> None:
    (finding,) = imported(release)
    assert (finding.code, finding.where) == ("source-missing", "manifest.json")
    assert "chat is imported, but lists no source" in finding.message


@pytest.mark.parametrize(
    ("lacking", "piece"),
    [
        ({"sha256": ""}, "chats.jsonl has no sha256;"),
        ({"repository": ""}, "chats.jsonl has no repository;"),
        ({"revision": ""}, "chats.jsonl has no revision;"),
        ({"revision": "", "sha256": ""}, "no sha256 and no revision;"),
        ({"revision": "", "sha256": "", "pinned": False}, "no sha256;"),
    ],
)
def test_a_source_that_is_not_told_whole(release: Path, lacking: dict[str, Any], piece: str) -> None:
    (finding,) = imported(release, SOURCE, {**SOURCE, **lacking})
    assert (finding.code, finding.where) == ("source-missing", "manifest.json")
    assert piece in finding.message


def test_a_copy_of_no_known_commit_is_a_source(release: Path) -> None:
    assert imported(release, SOURCE, {**SOURCE, "revision": "", "pinned": False}) == []


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", "", "latest", 1])
def test_a_version_that_is_none(release: Path, version: Any) -> None:
    edit(release, lambda document: document.update(version=version))
    assert codes(release)[0] == ("bad-version", "manifest.json")


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("# Toy\n")])
def test_nothing_is_loaded_without_a_card(
    release: Path, damage: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    damage(release / "README.md")
    assert [where for _, where in codes(release)] == ["README.md"]
    assert capfd.readouterr().err == ""


LINE = '{"config": "text", "code": "odd", "message": "It is."}'


@pytest.mark.parametrize("line", ["{", "[]", "null", '{"config": "text"}', '{"code": "odd"}'])
def test_a_line_that_is_no_finding(release: Path, line: str) -> None:
    path = release / "findings.jsonl"
    path.write_text(f"{path.read_text()}{line}\n")
    (finding,) = check(release)
    assert (finding.code, finding.where) == ("damaged-document", "findings.jsonl")
    assert finding.message.startswith("line ")


@pytest.mark.parametrize(("counted", "listed"), [(2, 1), (0, 1), (1, 0), (10_000, 10_001), (10_001, 9_999)])
def test_findings_that_are_not_those_the_manifest_counts(release: Path, counted: int, listed: int) -> None:
    count_findings(release, counted, listed)
    (finding,) = check(release)
    assert (finding.code, finding.where) == ("findings-differ", "findings.jsonl")
    assert "odd of text" in finding.message


@pytest.mark.parametrize(("counted", "listed"), [(2, 2), (10_000, 10_000), (12_345, 10_000)])
def test_of_many_findings_the_first_are_listed(release: Path, counted: int, listed: int) -> None:
    count_findings(release, counted, listed)
    assert check(release) == []


def count_findings(release: Path, counted: int, listed: int) -> None:
    edit(release, lambda document: document["configs"]["text"]["findings"].update(odd=counted))
    path = release / "findings.jsonl"
    path.write_text(path.read_text() + f"{LINE}\n" * listed)


def test_what_is_no_release(toy: Any, tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotFoundError):
        check(tmp_path / "nowhere")
    toy.build()
    (toy.release / "manifest.json").write_text("{")
    with pytest.raises(ReleaseCorruptError):
        check(toy.release)


def test_several_damages_are_all_named(release: Path) -> None:
    (release / TRAIN).unlink()
    (release / "stray.parquet").touch()
    (release / "croissant.json").write_text("{")
    found = {code for code, _ in codes(release)}
    assert found == {"missing-file", "stray-file", "damaged-document"}


def test_checking_changes_nothing(release: Path, hashes: Callable[[Path], dict[str, str]]) -> None:
    before = hashes(release)
    disabled = datasets.are_progress_bars_disabled()
    check(release)
    assert hashes(release) == before
    assert datasets.are_progress_bars_disabled() == disabled
    datasets.disable_progress_bars()
    check(release)
    still = datasets.are_progress_bars_disabled()
    datasets.enable_progress_bars()
    assert still


def test_progress_bars_that_the_environment_forbids_are_no_trouble(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["datasets.utils.tqdm"]
    for value in (True, False):
        monkeypatch.setattr(module, "HF_DATASETS_DISABLE_PROGRESS_BARS", value)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert check(release) == []


def test_a_release_of_several_shards_is_whole(release: Path) -> None:
    tables = [pq.read_table(release / TRAIN).slice(start, 1) for start in range(3)]
    names = [f"text/train-{number:05d}-of-00003.parquet" for number in range(3)]
    (release / TRAIN).unlink()
    files = []
    for name, table in zip(names, tables, strict=True):
        path = release / name
        pq.write_table(table, path)
        files.append({"path": name, "rows": 1, "bytes": path.stat().st_size, "sha256": file_sha256(path)})
    edit(release, lambda document: document["configs"]["text"]["splits"]["train"].update(files=files))
    render(release)
    assert check(release) == []
    assert read_manifest(release).configs["text"].splits["train"].rows == 3
