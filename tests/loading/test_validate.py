"""`mensrea.validate`: every kind of target, the same findings from each, and one line for what can't be."""

import bz2
import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import datasets
import mensrea
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mensrea.errors import MensreaError, SchemaError, SourceError, SourceFormatError, UsageError
from mensrea.testing import LocalHub
from mensrea.validation.report import Report
from mensrea.validation.rules.base import Suppression, rule
from mensrea.validation.rules.declarations import Declarations

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "n"],
    "properties": {
        "id": {"type": "string", "pattern": "^r[0-9]+$"},
        "n": {"type": "integer", "maximum": 5},
        "turns": {"type": "array", "items": {"properties": {"role": {"enum": ["user", "bot"]}}}},
    },
}
ROWS: list[dict[str, Any]] = [
    {"id": f"r{n}" if n % 7 else "x", "n": n % 8, "turns": [{"role": "bot" if n % 5 else "dog"}]}
    for n in range(60)
]
TABLE = pa.Table.from_pylist(ROWS)


def write_lines(path: Path, rows: list[dict[str, Any]] = ROWS, opened: Any = open) -> Path:
    with opened(path, "wt") as file:
        file.write("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def write_zst(path: Path) -> Path:
    with pa.CompressedOutputStream(str(path), "zstd") as file:
        file.write("".join(f"{json.dumps(row)}\n" for row in ROWS).encode())
    return path


def write_arrow(path: Path, opened: Callable[..., Any]) -> Path:
    with opened(path, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return path


def write_parquet(path: Path, table: pa.Table = TABLE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, indent=1))
    return path


FILES: Mapping[str, Callable[[Path], Path]] = {
    "a.jsonl": write_lines,
    "a.ndjson": write_lines,
    "a.JSONL.GZ": lambda path: write_lines(path, opened=gzip.open),
    "a.jsonl.zst": write_zst,
    "a.parquet": write_parquet,
    "a.arrow": lambda path: write_arrow(path, pa.ipc.new_file),
    "stream.arrow": lambda path: write_arrow(path, pa.ipc.new_stream),
    "array.json": lambda path: write_json(path, ROWS),
    "lines.json": write_lines,
}
DATASET = datasets.Dataset.from_list(ROWS)


def generated() -> Iterator[dict[str, Any]]:
    yield from ROWS


IN_MEMORY: Mapping[str, Callable[[], Any]] = {
    "list": lambda: ROWS,
    "tuple": lambda: tuple(ROWS),
    "iterator": lambda: iter(ROWS),
    "table": lambda: TABLE.slice(0),
    "batch": lambda: TABLE.to_batches()[0],
    "reader": lambda: TABLE.to_reader(7),
    "polars": lambda: pl.DataFrame(ROWS),
    "pandas": lambda: pd.DataFrame(ROWS),
    "dataset": lambda: DATASET,
    "selected": lambda: datasets.concatenate_datasets([DATASET, DATASET]).select(range(60, 120)),
    "streaming": DATASET.to_iterable_dataset,
    "generated": lambda: datasets.IterableDataset.from_generator(generated),
}


def said(report: Report) -> list[tuple[Any, ...]]:
    places = [each.row if each.line is None else each.line - 1 for each in report.findings]
    return [
        (place, each.code, each.field, each.keyword, each.message)
        for place, each in zip(places, report.findings, strict=True)
    ]


INVALID = sum(not n % 7 or n % 8 > 5 or not n % 5 for n in range(60))
EXPECTED = said(mensrea.validate(ROWS, SCHEMA))


def line_of(error: pytest.ExceptionInfo[MensreaError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def codes(report: Report) -> Mapping[str, int]:
    return report.findings.counts


def test_what_is_expected_is_not_nothing() -> None:
    assert len(EXPECTED) == 9 + 14 + 12
    assert {each[2] for each in EXPECTED} == {"/id", "/n", "/turns/0/role"}


@pytest.mark.parametrize("name", FILES)
def test_files_give_the_same_findings(tmp_path: Path, name: str) -> None:
    path = FILES[name](tmp_path / name)
    report = mensrea.validate(path, SCHEMA)
    assert said(report) == EXPECTED
    (checked,) = report.checked
    assert (checked.name, checked.rows, checked.invalid) == (str(path), 60, INVALID)
    assert all(each.file == str(path) and each.where.startswith(str(path)) for each in report.findings)
    assert (report.target, report.ok) == (str(path), False)


@pytest.mark.parametrize("name", IN_MEMORY)
def test_rows_in_memory_give_the_same_findings(name: str) -> None:
    report = mensrea.validate(IN_MEMORY[name](), SCHEMA)
    assert said(report) == EXPECTED
    assert (report.checked[0].rows, report.checked[0].invalid) == (60, INVALID)


def test_splits_of_datasets() -> None:
    for made in (
        datasets.DatasetDict({"train": DATASET, "test": DATASET.select([5])}),
        datasets.IterableDatasetDict(
            {"train": DATASET.to_iterable_dataset(), "test": DATASET.select([5]).to_iterable_dataset()}
        ),
    ):
        report = mensrea.validate(made, SCHEMA)
        assert [(each.name, each.rows) for each in report.checked] == [("train", 60), ("test", 1)]
        assert report.findings[-1].where == "test r5"


def test_a_folder_has_configs_and_splits(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a" / "train-00000-of-00002.parquet", TABLE.slice(0, 30))
    write_parquet(tmp_path / "a" / "train-00001-of-00002.parquet", TABLE.slice(30))
    write_lines(tmp_path / "test.jsonl", ROWS[:10])
    write_json(tmp_path / "rows.schema.json", SCHEMA)
    report = mensrea.validate(tmp_path, tmp_path / "rows.schema.json")
    assert [(each.name, each.rows) for each in report.checked] == [("a/train", 60), ("test", 10)]
    assert said(report)[: len(EXPECTED)] == EXPECTED
    assert report.schema == str(tmp_path / "rows.schema.json")
    part = mensrea.validate(tmp_path, SCHEMA, config="a", split="train")
    assert said(part) == EXPECTED
    with pytest.raises(UsageError, match="it has a/train, test"):
        mensrea.validate(tmp_path, SCHEMA, split="dev")


def test_several_targets(tmp_path: Path) -> None:
    paths = [write_lines(tmp_path / "a.jsonl"), write_parquet(tmp_path / "b.parquet")]
    report = mensrea.validate([str(path) for path in paths], SCHEMA)
    assert said(report) == EXPECTED * 2
    assert report.target == f"{paths[0]}, {paths[1]}"


@pytest.mark.parametrize("null_is_absent", [False, True])
def test_nulls_in_tables(null_is_absent: bool) -> None:  # noqa: FBT001
    table = pa.table({"id": ["r1"], "n": pa.array([None], pa.int64())})
    (finding,) = mensrea.validate(table, SCHEMA, null_is_absent=null_is_absent).findings
    assert finding.keyword == ("required" if null_is_absent else "type")


def test_formats_and_unknown_keywords() -> None:
    schema = {"properties": {"d": {"format": "date"}, "e": {"maxLenght": 1}}}
    rows = [{"d": "x", "e": "x"}]
    assert mensrea.validate(rows, schema).ok
    assert codes(mensrea.validate(rows, schema, formats=True)) == {
        "schema-violation": 1,
        "unknown-keyword": 1,
    }
    assert not mensrea.validate(rows, schema, strict_schema=True).ok


@pytest.mark.parametrize("schema", [True, {}, None])
def test_schemas_that_allow_everything(schema: Any) -> None:
    assert mensrea.validate(ROWS, schema).ok


@pytest.mark.parametrize("content", ["{", "[]", '{"type": "strin"}', '{"$ref": "gone.json"}', None])
def test_a_schema_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "s.json").write_text(content)
    with pytest.raises(SchemaError) as error:
        mensrea.validate(ROWS, tmp_path / "s.json")
    assert line_of(error)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"formats": True}, "--assert-formats"),
        ({"null_is_absent": True}, "null_is_absent=True"),
        ({"strict_schema": True}, "--strict-schema"),
        ({"schema": SCHEMA, "most": 0}, "at least 1"),
        ({"schema": 5}, "a schema is a file"),
        ({"rules": Declarations(), "with_rules": False}, "--no-rules"),
        ({"target": ""}, "is empty"),
        ({"target": {"id": "r1"}}, "rows can't be read from dict"),
        ({"target": "nowhere.jsonl"}, "no such file or folder"),
        ({"target": [{"a": b"x"}]}, "row 0 /a: found a bytes"),
        ({"target": [{1: 2}], "schema": SCHEMA}, "JSON doesn't have"),
    ],
)
def test_wrong_use_is_one_line(arguments: dict[str, Any], part: str) -> None:
    given: dict[str, Any] = {"target": ROWS, **arguments}
    with pytest.raises(UsageError) as error:
        mensrea.validate(**given)
    assert part in line_of(error)


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    with pytest.raises(SourceFormatError):
        mensrea.validate(tmp_path / "a.csv")
    with pytest.raises(UsageError):
        mensrea.validate(tmp_path / "loop.jsonl")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_of_permission(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl")
    path.chmod(0)
    with pytest.raises(SourceError, match="can't be read"):
        mensrea.validate(path)


def test_a_file_that_goes_away_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mensrea.loading import validate as module

    found = module.data_files

    def gone(path: Path, *rest: Any) -> Any:
        files = found(path, *rest)
        path.unlink()
        return files

    monkeypatch.setattr(module, "data_files", gone)
    with pytest.raises(SourceError, match=r"a.jsonl: can't be read \(No such file or directory\)"):
        mensrea.validate(write_lines(tmp_path / "a.jsonl"))


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("cut", [0, 5, 100])
def test_damage_is_a_finding(tmp_path: Path, name: str, cut: int) -> None:
    makers = {**FILES, "a.jsonl.gz": FILES["a.JSONL.GZ"]}
    path = makers[name](tmp_path / name)
    path.write_bytes(path.read_bytes()[:cut] or b"no such thing")
    report = mensrea.validate(path, SCHEMA)
    assert codes(report)["unreadable-file"] == 1
    assert "no-rows" not in codes(report)
    assert not report.ok
    (finding,) = [each for each in report.findings if each.code == "unreadable-file"]
    assert (finding.file, "\n" in finding.message) == (str(path), False)


def test_other_files_are_checked_beside_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(bz2.compress(b"x"))
    write_lines(tmp_path / "b.jsonl")
    report = mensrea.validate(tmp_path, SCHEMA)
    assert codes(report) == {"schema-violation": len(EXPECTED), "unreadable-file": 1}


def test_rules_and_suppressions(tmp_path: Path) -> None:
    declared = Declarations(
        (rule("duplicate-id"), rule("duplicate-text", field="id")),
        (Suppression("schema-violation", "known", "/turns/*"), Suppression("MR405", "never", "*")),
    )
    report = mensrea.validate(ROWS, SCHEMA, rules=declared)
    assert codes(report)["schema-violation"] == len(EXPECTED) - 12
    assert codes(report)["duplicate-id"] == 8
    assert codes(report)["unused-suppression"] == 1
    assert sum(report.suppressed.values()) == 12
    (tmp_path / "rules.toml").write_text('[[rules]]\nname = "duplicate-id"\n')
    assert codes(mensrea.validate(ROWS, rules=tmp_path / "rules.toml")) == {"duplicate-id": 8}
    assert mensrea.validate(ROWS, with_rules=False).rules == ()


def test_every_violation_can_be_suppressed() -> None:
    rows = [{"id": "r1", "n": 9}] * 3000
    declared = Declarations((), (Suppression("MR101", "known"),))
    report = mensrea.validate(rows, SCHEMA, rules=declared, most=5)
    assert (report.ok, codes(report)) == (True, {})
    assert list(report.suppressed.values()) == [3000]


@pytest.mark.parametrize("older", ["a.jsonl", "a.parquet", "list"])
def test_a_baseline(tmp_path: Path, older: str) -> None:
    baseline: Any = ROWS if older == "list" else FILES[older](tmp_path / older)
    assert codes(mensrea.validate(ROWS, baseline=baseline)) == {}
    changed = [{**row, "n": row["n"] + 900} for row in ROWS * 3]
    assert "drift-numbers" in codes(mensrea.validate(changed, baseline=baseline))
    gone = [{"id": row["id"], "n": row["n"]} for row in ROWS]
    assert "drift-schema" in codes(mensrea.validate(gone, baseline=baseline))


def test_a_damaged_baseline_is_an_error(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "old.parquet")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SourceError, match="the baseline can't be read whole") as error:
        mensrea.validate(ROWS, baseline=path)
    assert line_of(error)


class TestRelease:
    def test_it_brings_its_schema_and_is_checked_whole(self, toy: Any) -> None:
        toy.build("text", "chat")
        report = mensrea.validate(toy.release)
        assert (report.ok, codes(report)) == (True, {})
        assert [(each.name, each.rows) for each in report.checked] == [
            ("text/train", 3), ("text/test", 1), ("chat/train", 3),
        ]  # fmt: skip
        assert report.plan
        alone = mensrea.validate(toy.release, config="text", split="test")
        assert [each.name for each in alone.checked] == ["text/test"]
        with pytest.raises(UsageError, match="no config 'nowhere'"):
            mensrea.validate(toy.release, config="nowhere")

    def test_damage_is_a_finding(self, toy: Any) -> None:
        toy.build("text")
        (file,) = (toy.release / "text").glob("train*.parquet")
        file.unlink()
        report = mensrea.validate(toy.release)
        assert codes(report) == {"missing-file": 1}
        with pytest.raises(SourceError, match="the baseline can't be read whole"):
            mensrea.validate(ROWS, baseline=toy.release)

    def test_with_another_schema_it_is_a_folder(self, toy: Any) -> None:
        toy.build("text")
        report = mensrea.validate(toy.release, {"properties": {"text": {"maxLength": 2}}}, with_rules=False)
        assert codes(report) == {"schema-violation": 4}
        assert [each.name for each in report.checked] == ["text/test", "text/train"]

    def test_its_rules_go_with_nothing_else(self, toy: Any, tmp_path: Path) -> None:
        toy.build("text")
        path = write_lines(tmp_path / "a.jsonl")
        with pytest.raises(UsageError, match="name it alone"):
            mensrea.validate([path, toy.release])

    def test_against_an_older_one(self, toy: Any, tmp_path: Path) -> None:
        toy.build("text", out=tmp_path / "old")
        toy.build("text")
        assert codes(mensrea.validate(toy.release, baseline=tmp_path / "old" / "toy")) == {}
        rows = [{"id": f"new-{n}", "text": "x" * 400} for n in range(300)]
        toy.write("text", rows)
        toy.build("text", overwrite=True)
        assert mensrea.validate(toy.release, baseline=tmp_path / "old" / "toy").findings.counts


CHILD = """
import json, sys, time, warnings
time.sleep = lambda seconds: None
import mensrea
outcomes = []
for arguments in json.loads(sys.argv[1]):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            report = mensrea.validate(**arguments)
            rows = {each.name: each.rows for each in report.checked}
            outcome = {"rows": rows, "codes": report.findings.counts}
        except Exception as error:
            outcome = {"error": type(error).__name__, "message": str(error)}
    outcomes.append({**outcome, "warnings": [str(each.message) for each in caught]})
print(json.dumps(outcomes))
"""


class Hub:
    """A Hub with a release, a plain repository and a gated one, and a home for its clients."""

    def __init__(self, hub: LocalHub, toy: Any, shell: Any, home: Path) -> None:
        self.hub, self._shell, self._home = hub, shell, home
        home.mkdir()
        toy.build("text", "chat")
        self._rows = toy.root / "rows"
        hub.add_repository("org/toy", toy.release, tags=("v1.0.0",))
        lines = "".join(f"{json.dumps(row)}\n" for row in ROWS)
        parquet = pa.BufferOutputStream()
        pq.write_table(TABLE, parquet)
        files = {
            "README.md": "Hello",
            "data/train.jsonl": lines,
            "main/test-00000-of-00001.parquet": parquet.getvalue().to_pybytes(),
            "script.py": "raise SystemExit",
        }
        hub.add_repository("org/plain", files)
        hub.add_repository("org/gated", files)
        hub.gate("org/gated")

    def validate(self, *arguments: dict[str, Any], **more: str) -> list[dict[str, Any]]:
        import subprocess
        import sys

        environment = self._shell.environment(self._rows, {**self.hub.environment(self._home), **more})
        child = subprocess.run(
            [sys.executable, "-c", CHILD, json.dumps(arguments)],
            env=environment, cwd=self._home, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert child.returncode == 0, child.stderr
        return json.loads(child.stdout)


@pytest.fixture
def published(toy: Any, shell: Any, tmp_path: Path) -> Iterator[Hub]:
    with LocalHub() as hub:
        yield Hub(hub, toy, shell, tmp_path / "home")


@pytest.mark.slow
def test_repositories_of_the_hub(published: Hub) -> None:
    plain = {"target": "org/plain", "schema": SCHEMA}
    release, tagged, config, whole, part, gated, missing, revision = published.validate(
        {"target": "org/toy"},
        {"target": "org/toy@v1.0.0"},
        {"target": "org/toy", "config": "text"},
        plain,
        {**plain, "config": "main"},
        {"target": "org/gated"},
        {"target": "org/nowhere"},
        {"target": "org/toy@v7"},
    )
    every = {"text/train": 3, "text/test": 1, "chat/train": 3}
    assert release == tagged == {"rows": every, "codes": {}, "warnings": []}
    assert config["rows"] == {"text/train": 3, "text/test": 1}
    assert whole["rows"] == {"data/train": 60, "main/test": 60}
    assert whole["codes"] == {"schema-violation": 2 * len(EXPECTED)}
    assert part["rows"] == {"main/test": 60}
    assert [each["error"] for each in (gated, missing, revision)] == [
        "SourceAccessError", "SourceMovedError", "SourceMovedError",
    ]  # fmt: skip
    for each in (gated, missing, revision):
        assert "\n" not in each["message"]
        assert each["message"].endswith("(there is no file or folder of that name here either)")
        assert "--source" not in each["message"]
    published.hub.stop()
    for more in ({}, {"HF_HUB_OFFLINE": "1"}):
        cached, pinned, absent = published.validate(
            plain, {"target": "org/toy@v1.0.0"}, {"target": "org/other"}, **more
        )
        assert cached["codes"] == whole["codes"]
        assert cached["warnings"] == [
            "org/plain: the Hub can't be reached; what is cached of it is used, and may not be all"
        ]
        assert pinned["rows"] == every
        assert absent["error"] == "SourceUnavailableError"
