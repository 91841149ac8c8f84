"""Upstream files in a local copy, and what `SourceFiles` says of them."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.builders.fetch import SourceFiles
from mensrea.builders.places import matches
from mensrea.builders.sources import Source, SourceFile
from mensrea.errors import SchemaError, SourceHashError, SourceMissingError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TEXT = b'{"a": 1}\n'
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


def recorded(path: str, content: bytes = TEXT) -> SourceFile:
    return SourceFile(path=path, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def source(*files: SourceFile, name: str = "data", revision: str | None = COMMIT) -> Source:
    return Source(name, "github", f"org/{name}", "mit", files, revision=revision)


def in_folder(local: Path, *sources: Source, verify: bool = True) -> SourceFiles:
    return SourceFiles({each.name: each for each in sources}, local=local, verify=verify)


def put(root: Path, files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def codes(files: SourceFiles) -> list[str]:
    return [finding.code for finding in files.findings]


def one_line(caught: pytest.ExceptionInfo[Exception], *pieces: object) -> None:
    message = str(caught.value)
    assert "\n" not in message
    for piece in pieces:
        assert str(piece) in message


@pytest.mark.parametrize(
    "place", ["assets/instructions/x.json", "instructions/x.json", "x.json", "data/x.json"]
)
def test_a_file_is_found_at_its_path_and_without_its_first_folders(tmp_path: Path, place: str) -> None:
    put(tmp_path, {place: TEXT})
    files = in_folder(tmp_path, source(recorded("assets/instructions/x.json")))
    (found,) = files.files("data")
    assert found.local == tmp_path / place
    assert (found.path, found.bytes, found.sha256) == (
        "assets/instructions/x.json",
        len(TEXT),
        hashlib.sha256(TEXT).hexdigest(),
    )
    assert found.pinned
    assert found.revision == COMMIT
    assert files.fetched == (found,)
    assert files.findings == ()


def test_the_full_path_wins_over_a_shorter_one(tmp_path: Path) -> None:
    put(tmp_path, {"a/x.json": TEXT, "x.json": b"another"})
    (found,) = in_folder(tmp_path, source(recorded("a/x.json"))).files("data")
    assert found.local == tmp_path / "a/x.json"


def test_a_missing_file_says_what_to_fetch_from_where_and_where_to_put_it(tmp_path: Path) -> None:
    (tmp_path / "a/x.json").mkdir(parents=True)
    files = in_folder(tmp_path, source(recorded("a/x.json")))
    with pytest.raises(SourceMissingError) as caught:
        files.files("data")
    one_line(caught, "a/x.json: ", "https://github.com/org/data", COMMIT, tmp_path / "a/x.json")


@pytest.mark.parametrize("exists", [True, False])
def test_the_folder_has_to_be_one(tmp_path: Path, *, exists: bool) -> None:
    path = tmp_path / "copy"
    if exists:
        path.write_bytes(TEXT)
    with pytest.raises(SourceMissingError) as caught:
        in_folder(path, source(recorded("x.json")))
    one_line(caught, path, "file" if exists else "no such folder", "https://github.com/org/data", COMMIT)


def test_missing_files_can_be_findings(tmp_path: Path) -> None:
    put(tmp_path, {"b.json": TEXT})
    files = in_folder(tmp_path, source(recorded("a.json"), recorded("b.json"), SourceFile(pattern="c/*.csv")))
    assert [file.path for file in files.files("data", missing="finding")] == ["b.json"]
    assert files.missing("data") == ("a.json", "c/*.csv")
    assert [(each.code, each.where) for each in files.findings] == [
        ("missing-file", "a.json"),
        ("missing-file", "c/*.csv"),
    ]
    assert str(tmp_path) not in str(files.findings)
    with pytest.raises(SourceMissingError, match=r"^a\.json: "):
        files.files("data")


def test_another_hash_is_refused(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": b"changed"})
    wanted = recorded("x.json")
    with pytest.raises(SourceHashError) as caught:
        in_folder(tmp_path, source(wanted)).files("data")
    one_line(
        caught,
        tmp_path / "x.json",
        hashlib.sha256(b"changed").hexdigest(),
        wanted.sha256,
        "--unverified",
        COMMIT,
    )
    assert caught.value.exit_code == 1


def test_another_length_is_refused_where_no_hash_is_recorded(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": b"changed"})
    with pytest.raises(SourceHashError, match=r"7 bytes.*recorded is unknown \(9 bytes\)"):
        in_folder(tmp_path, source(SourceFile(path="x.json", bytes=9))).files("data")


def test_an_unverified_copy_is_unpinned_and_leaves_a_finding(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": b"changed", "y.json": TEXT})
    files = in_folder(tmp_path, source(recorded("x.json"), recorded("y.json")), verify=False)
    changed, same = files.files("data")
    assert (changed.pinned, changed.revision) == (False, "")
    assert (same.pinned, same.revision) == (True, COMMIT)
    assert [(each.code, each.where, each.severity) for each in files.findings] == [
        ("unverified-copy", "x.json", "warning")
    ]
    assert str(tmp_path) not in str(files.findings)


@pytest.mark.parametrize(
    ("file", "revision", "unknown"),
    [(SourceFile(path="x.json"), COMMIT, "sha256"), (recorded("x.json"), None, "revision")],
)
def test_an_incomplete_record_leaves_a_finding(
    tmp_path: Path, file: SourceFile, revision: str | None, unknown: str
) -> None:
    put(tmp_path, {"x.json": TEXT})
    files = in_folder(tmp_path, source(file, revision=revision))
    (found,) = files.files("data")
    assert (found.pinned, found.revision) == (False, "")
    (finding,) = files.findings
    assert (finding.code, finding.where) == ("unpinned-source", "x.json")
    assert f"no {unknown} is recorded" in finding.message
    assert "mensrea pin" in finding.message


def test_hashes_may_be_recorded_in_capitals(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": TEXT})
    file = recorded("x.json")
    (found,) = in_folder(tmp_path, source(replace(file, sha256=str(file.sha256).upper()))).files("data")
    assert found.pinned


@pytest.mark.parametrize(
    ("pattern", "place", "expected"),
    [
        ("data/*.json", "data/", ["data/a.json", "data/b.json"]),
        ("data/*.json", "", ["data/a.json", "data/b.json"]),
        ("*/*.json", "data/", ["data/a.json", "data/b.json"]),
        ("*/?.json", "", ["sub/c.json"]),
        ("*/[ab].json", "", ["a.json", "b.json"]),
        ("**/*.json", "", ["a.json", "b.json", "sub/c.json"]),
        ("**/*.json", "data/", ["data/a.json", "data/b.json", "data/sub/c.json"]),
        ("data/**/c.json", "data/", ["data/sub/c.json"]),
    ],
)
def test_patterns_find_files_sorted(tmp_path: Path, pattern: str, place: str, expected: list[str]) -> None:
    put(tmp_path, {f"{place}{name}": TEXT for name in ("b.json", "a.json", "sub/c.json", "d.csv")})
    (tmp_path / place / "folder.json").mkdir()
    files = in_folder(tmp_path, source(SourceFile(pattern=pattern)))
    found = files.files("data")
    assert [file.path for file in found] == expected
    assert [file.local.name for file in found] == [path.rpartition("/")[2] for path in expected]


def test_a_file_named_and_matched_comes_once_with_its_record(tmp_path: Path) -> None:
    put(tmp_path, {"a.json": TEXT, "b.json": TEXT})
    files = in_folder(tmp_path, source(SourceFile(pattern="*.json"), recorded("b.json")))
    assert [(file.path, file.pinned) for file in files.files("data")] == [("a.json", False), ("b.json", True)]


def test_one_file_never_stands_for_two(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": TEXT})
    files = in_folder(tmp_path, source(SourceFile(path="train/x.json"), SourceFile(path="test/x.json")))
    with pytest.raises(SourceMissingError) as caught:
        files.files("data")
    one_line(caught, tmp_path / "x.json", "train/x.json", "test/x.json", tmp_path / "data")


def test_sources_that_collide_have_a_folder_each(tmp_path: Path) -> None:
    put(tmp_path, {"one/x.json": b"1", "two/x.json": b"2"})
    sources = source(SourceFile(path="x.json"), name="one"), source(SourceFile(path="x.json"), name="two")
    files = in_folder(tmp_path, *sources)
    assert [files.files(name)[0].local.read_bytes() for name in ("one", "two")] == [b"1", b"2"]


def test_a_git_lfs_pointer_is_not_the_file(tmp_path: Path) -> None:
    put(tmp_path, {"x.bin": POINTER})
    with pytest.raises(SourceMissingError) as caught:
        in_folder(tmp_path, source(recorded("x.bin"))).files("data")
    one_line(caught, tmp_path / "x.bin", "Git LFS pointer", "git lfs pull")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": TEXT})
    (tmp_path / "x.json").chmod(0)
    with pytest.raises(SourceMissingError, match=r"x\.json: can't be read \(Permission denied\)"):
        in_folder(tmp_path, source(recorded("x.json"))).files("data")


def test_the_copy_is_never_changed(tmp_path: Path) -> None:
    put(tmp_path, {"a/x.json": TEXT})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    in_folder(tmp_path, source(recorded("a/x.json"))).files("data")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_files_are_read_once(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": TEXT})
    files = in_folder(tmp_path, source(SourceFile(path="x.json")))
    first = files.files("data")
    (tmp_path / "x.json").unlink()
    assert files.files("data") is first
    assert files.fetched == first
    assert codes(files) == ["unpinned-source"]


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(SchemaError, match=r"no source 'other' is recorded; there are data"):
        SourceFiles({"data": source(recorded("x.json"))}).files("other")


def test_files_can_be_handed_to_another_process(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": TEXT})
    files = in_folder(tmp_path, source(recorded("x.json")))
    found = files.files("data")
    assert pickle.loads(pickle.dumps(files)).files("data") == found


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a/b.json", "a/*.json", True),
        ("a/b/c.json", "a/*.json", False),
        ("c.json", "**/*.json", True),
        ("a/b/c.json", "a/**/c.json", True),
        ("a/c.json", "a/**/c.json", True),
        ("a/b.json", "a/?.json", True),
        ("a/b.json", "A/b.json", False),
        ("a/b", "a", False),
        ("a", "a/b", False),
    ],
)
def test_patterns(path: str, pattern: str, *, expected: bool) -> None:
    assert matches(path, pattern) is expected


NAMES = st.text("ab.", min_size=1, max_size=3)


@given(st.lists(NAMES, min_size=1, max_size=4), st.integers(0, 3))
def test_a_pattern_made_from_a_path_matches_it(parts: list[str], place: int) -> None:
    path = "/".join(parts)
    place = min(place, len(parts) - 1)
    for wildcard in ("*", "**", f"{parts[place][0]}*"):
        assert matches(path, "/".join([*parts[:place], wildcard, *parts[place + 1 :]]))
    assert matches(path, "**")
