"""Files of lines, however they are packed, and files that are whole or not there."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.errors import ResponseError
from mensrea.scoring.line_files import chunks, is_parquet, write_whole

LINES = st.lists(st.binary(max_size=40).map(lambda text: text.replace(b"\n", b"") + b"\n"), max_size=20)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.sampled_from(["f", "f.gz", "f.zst", "f.zstd"]))
def test_lines_come_back(tmp_path: Path, lines: list[bytes], name: str) -> None:
    write_whole(tmp_path / name, lines)
    text = b"".join(lines)
    packed = text.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")) and name == "f"
    if not packed:
        found = [line for _, lines in chunks(tmp_path / name) for line in lines]
        assert b"".join(found) == text.removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["f.jsonl", "f.gz", "f.zst"])
def test_chunks_say_the_number_of_their_first_line(tmp_path: Path, name: str) -> None:
    lines = [b"%d %s\n" % (number, b"x" * 1_000) for number in range(1, 3_001)]
    write_whole(tmp_path / name, lines)
    found = list(chunks(tmp_path / name))
    assert len(found) > 2
    for first, some in found:
        assert [int(line.split()[0]) for line in some] == list(range(first, first + len(some)))
    assert sum(len(some) for _, some in found) == 3_000


def test_packing_is_told_by_content(tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    assert list(chunks(tmp_path / "f.jsonl")) == [(1, [b"a\n", b"b\n"])]
    (tmp_path / "f.gz").write_bytes(b"a\n")
    assert list(chunks(tmp_path / "f.gz")) == [(1, [b"a\n"])]


def test_parquet_is_told_by_content(tmp_path: Path) -> None:
    for text, answer in ((b"PAR1....", True), (b"{}", False), (b"", False)):
        (tmp_path / "f").write_bytes(text)
        assert is_parquet(tmp_path / "f") is answer
    with pytest.raises(ResponseError, match="can't be read"):
        is_parquet(tmp_path / "none")
