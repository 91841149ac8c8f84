"""Files: read, deduplicated, and searched for contamination; copies hold the kept rows as they were."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mensrea.errors import SourceFormatError, SourceMissingError, UsageError
from mensrea.validation.duplicates.files import dedupe_files, overlap_files

BASE = "one two three four five six seven eight nine ten eleven twelve"
PROMPTS = [BASE, "quite another text", BASE.upper(), BASE + " more", "the last of all", None]


def rows() -> list[dict[str, Any]]:
    return [{"id": f"r-{number}", "prompt": prompt, "n": number} for number, prompt in enumerate(PROMPTS)]


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    # Spacing, key order, CRLF and blank lines must survive.
    spaced = [json.dumps(row, indent=None, separators=(" , ", " :  ")) for row in rows()]
    path.write_bytes(("\r\n".join(spaced[:3]) + "\n\n" + "\n".join(spaced[3:])).encode())
    return path


def test_kept_lines_are_copied_byte_for_byte(lines: Path, tmp_path: Path):
    out = tmp_path / "out" / "kept.jsonl"
    report = dedupe_files([lines], field="prompt", write=out)
    original = lines.read_bytes().splitlines(keepends=True)
    assert out.read_bytes() == b"".join(original[number] for number in (0, 1, 3, 5, 6))
    assert report.found
    assert report.counts() == {
        "rows": 6, "blank": 1, "same_text": 1, "near_duplicate": 1, "pairs": 1, "clusters": 1, "kept": 4,
    }  # fmt: skip
    dropped = [
        orjson.loads(line)
        for line in (tmp_path / "out" / "kept.jsonl.dropped.jsonl").read_bytes().splitlines()
    ]
    kept = {"file": str(lines), "line": 1, "id": "r-0"}
    assert dropped == [
        {"file": str(lines), "line": 3, "id": "r-2", "reason": "same-text", "similarity": 1.0, "kept": kept},
        {
            "file": str(lines),
            "line": 5,
            "id": "r-3",
            "reason": "near-duplicate",
            "similarity": 0.9167,
            "kept": kept,
        },
    ]
    assert sorted(path.name for path in out.parent.iterdir()) == ["kept.jsonl", "kept.jsonl.dropped.jsonl"]


def test_a_copy_has_no_duplicates_left(lines: Path, tmp_path: Path):
    dedupe_files([lines], field="prompt", write=tmp_path / "kept.jsonl")
    assert not dedupe_files([tmp_path / "kept.jsonl"], field="prompt").found


def test_packed_lines_stay_packed_and_are_reproducible(lines: Path, tmp_path: Path):
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    outs = [tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"]
    for out in outs:
        dedupe_files([packed], field="prompt", write=out)
    dedupe_files([lines], field="prompt", write=tmp_path / "plain.jsonl")
    assert gzip.decompress(outs[0].read_bytes()) == (tmp_path / "plain.jsonl").read_bytes()
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_a_folder_of_parquet_keeps_paths_schema_and_metadata(tmp_path: Path):
    schema = pa.schema(
        [("id", pa.string()), ("prompt", pa.string()), pa.field("n", pa.int16(), nullable=False)],
        {"key": "value"},
    )
    table = pa.Table.from_pylist(rows(), schema)
    source, out = tmp_path / "source", tmp_path / "kept"
    for name, part in (
        ("a/train-0.parquet", table[:3]),
        ("a/train-1.parquet", table[3:]),
        ("b.parquet", table[:0]),
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(part, source / name, row_group_size=2)
    report = dedupe_files([source], field="prompt", write=out)
    assert pq.read_table(out / "a/train-0.parquet").equals(table[:2], check_metadata=True)
    assert pq.read_table(out / "a/train-1.parquet").equals(table[4:], check_metadata=True)
    assert pq.read_schema(out / "b.parquet").equals(schema, check_metadata=True)
    first = report.as_dict()["dropped"][1]
    assert first["file"].endswith("train-1.parquet")
    assert (first["row"], first["id"], first["kept"]["id"]) == (0, "r-3", "r-0")
    assert (tmp_path / "kept.dropped.jsonl").exists()


def test_nested_and_several_fields(tmp_path: Path):
    records = [
        {
            "messages": [{"role": "user", "content": "hello there"}, {"role": "assistant", "content": "hi"}],
            "topic": "x",
        },
        {
            "messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "there hi"}],
            "topic": "y",
        },
    ]
    path = tmp_path / "chat.jsonl"
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    table = tmp_path / "chat.parquet"
    pq.write_table(pa.Table.from_pylist(records), table)
    for file in (path, table):
        assert dedupe_files([file], field="messages[].content").counts()["same_text"] == 1
        assert not dedupe_files([file], field=["messages[].content", "topic"]).found
    assert dedupe_files([path, table], field=["topic", "messages[].content"]).counts()["same_text"] == 2


def test_a_chain_names_the_kept_row_and_the_one_it_is_like(tmp_path: Path):
    words = [f"w{number}" for number in range(60)]
    path = tmp_path / "chain.jsonl"
    path.write_bytes(b"".join(orjson.dumps({"t": " ".join(words[at : at + 40])}) + b"\n" for at in (0, 4, 8)))
    dropped = dedupe_files([path], field="t").as_dict()["dropped"]
    assert [(one["kept"]["line"], one.get("like", {}).get("line")) for one in dropped] == [(1, None), (1, 2)]


def test_overlap_of_files(lines: Path, tmp_path: Path):
    test = tmp_path / "test.jsonl"
    prompts = ["One, two: " + BASE[8:], BASE + " again", "is entirely new", None]
    test.write_bytes(
        b"".join(orjson.dumps({"id": number, "prompt": text}) + b"\n" for number, text in enumerate(prompts))
    )
    report = overlap_files([lines], [test], field="prompt", ngram=5)
    assert report.found
    assert report.counts() == {
        "train_rows": 6, "test_rows": 4, "blank": 1, "short": 1,
        "same_text": 1, "near_duplicate": 1, "contained": 2, "contaminated": 2,
    }  # fmt: skip
    kept = {"file": str(lines), "line": 1, "id": "r-0"}
    assert report.as_dict()["contaminated_rows"] == [
        {"file": str(test), "line": 1, "id": "0", "same_text": kept, "contained": 1.0, "contained_in": kept},
        {
            "file": str(test), "line": 2, "id": "1", "near_duplicate": kept, "similarity": 0.9167,
            "contained": round(8 / 9, 4), "contained_in": kept,
        },
    ]  # fmt: skip
    assert not overlap_files([lines], [lines], field="id").overlap.limits.messages()


def test_reports_are_plain_and_fit(lines: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(lines.parent)
    text = dedupe_files(["rows.jsonl"], field="prompt").as_text()
    assert "rows.jsonl:5 r-3\n  0.917  rows.jsonl:1 r-0" in text
    assert max(map(len, text.splitlines())) <= 80
    text = overlap_files(["rows.jsonl"], ["rows.jsonl"], field="prompt").as_text()
    assert "rows.jsonl:2 r-1\n  same text  rows.jsonl:2 r-1" in text
    assert max(map(len, text.splitlines())) <= 80


def test_limits_are_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    draw = random.Random(0)
    path = Path("many.jsonl")
    texts = [" ".join(draw.choices("abc", k=12)) for _ in range(400)]
    path.write_bytes(b"".join(orjson.dumps({"t": text}) + b"\n" for text in texts))
    report = dedupe_files([path], field="t", threshold=0.9, budget=2_000)
    assert report.as_dict()["limits"]
    assert "texts share so much with so many others" in report.as_text()
    assert max(map(len, report.as_text().splitlines())) <= 80


def test_bad_input_says_where(lines: Path, tmp_path: Path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"prompt": "a"}\n{"prompt": \n')
    with pytest.raises(SourceFormatError, match=r"broken\.jsonl:2: no JSON"):
        dedupe_files([broken], field="prompt")
    broken.write_text('{"prompt": "a"}\n[1]\n')
    with pytest.raises(SourceFormatError, match=r"broken\.jsonl:2: found list, expected a JSON object"):
        dedupe_files([broken], field="prompt")
    with pytest.raises(SourceMissingError, match="nowhere"):
        dedupe_files([tmp_path / "nowhere.jsonl"], field="prompt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceMissingError, match="no Parquet or JSON lines"):
        dedupe_files([tmp_path / "empty"], field="prompt")
    with pytest.raises(UsageError, match="no text at promt"):
        dedupe_files([lines], field="promt")
    with pytest.raises(UsageError, match="no text at n"):
        dedupe_files([lines], field="n")
    with pytest.raises(UsageError, match="a copy can be written for one"):
        dedupe_files([lines, lines], field="prompt", write=tmp_path / "x.jsonl")
    with pytest.raises(UsageError, match=r"ends like rows\.jsonl"):
        dedupe_files([lines], field="prompt", write=tmp_path / "x.parquet")
    with pytest.raises(UsageError, match="exists already"):
        dedupe_files([lines], field="prompt", write=lines)
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"prompt": "a"}\n' * 100)[:-12])
    with pytest.raises(SourceFormatError, match="can't be unpacked"):
        dedupe_files([tmp_path / "cut.jsonl.gz"], field="prompt")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(SourceFormatError, match="can't be read as Parquet"):
        dedupe_files([tmp_path / "cut.parquet"], field="prompt")


def test_a_failed_copy_leaves_nothing(lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    out.mkdir()

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("mensrea.validation.duplicates.writing._reasons", fail)
    with pytest.raises(RuntimeError):
        dedupe_files([lines], field="prompt", write=out / "kept.jsonl")
    assert not list(out.iterdir())
