"""Records of upstream files: what they may hold, and that every shipped one can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mensrea.builders import sources
from mensrea.builders.sources import Source, SourceFile, load_sources, sources_path
from mensrea.errors import SchemaError

STEMS = sorted(
    path.name.removesuffix(".sources.toml") for path in sources_path("x").parent.glob("*.sources.toml")
)

COMPLETE = """
[[source]]
name = "data"
host = "hub"
repository = "org/name"
revision = "0123456789012345678901234567890123456789"
licence = "mit"
access = "gated"

[[source.file]]
path = "train.json"
bytes = 3
sha256 = "00"

[[source.file]]
pattern = "extra/*.json"
lfs = true
"""


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `load_sources("stem")` looks."""
    path = tmp_path / "stem.sources.toml"
    monkeypatch.setattr(sources, "sources_path", {"stem": path}.__getitem__)
    return path


def test_a_dataset_without_a_record_has_no_sources(record: Path) -> None:
    assert not record.exists()
    assert load_sources("stem") == {}


def test_every_member_is_read(record: Path) -> None:
    record.write_text(COMPLETE)
    assert load_sources("stem") == {
        "data": Source(
            name="data",
            host="hub",
            repository="org/name",
            licence="mit",
            files=(
                SourceFile(path="train.json", bytes=3, sha256="00"),
                SourceFile(pattern="extra/*.json", lfs=True),
            ),
            revision="0123456789012345678901234567890123456789",
            access="gated",
        )
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "data"', 'name = "data', r"stem\.sources\.toml: not valid TOML"),
        ('licence = "mit"', 'license = "mit"', r"'data': unknown member 'license'; expected .*licence"),
        ('licence = "mit"', "", r"'data': .*'licence'.* missing"),
        ("bytes = 3", "size = 3", r"'data': unknown member 'size'; expected .*bytes"),
        ('path = "train.json"', "", r"'data': a file has either a `path` or a `pattern`"),
        ('path = "train.json"', 'path = "a"\npattern = "b"', r"either a `path` or a `pattern`"),
    ],
)
def test_a_broken_record_is_refused_in_one_line(record: Path, old: str, new: str, expected: str) -> None:
    record.write_text(COMPLETE.replace(old, new))
    with pytest.raises(SchemaError, match=expected) as caught:
        load_sources("stem")
    assert "\n" not in str(caught.value)


def test_a_source_knows_its_page() -> None:
    assert Source("a", "hub", "org/name", "mit", ()).url == "https://huggingface.co/datasets/org/name"
    assert Source("a", "github", "org/name", "mit", ()).url == "https://github.com/org/name"


@pytest.mark.parametrize("stem", STEMS)
def test_a_shipped_record_can_be_used(stem: str) -> None:
    for source in load_sources(stem).values():
        assert source.host in {"github", "hub"}
        assert source.access in {"open", "gated"}
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", source.repository)
        assert source.files
        assert source.revision is None or re.fullmatch(r"[0-9a-f]{40}", source.revision)
        # GitHub files are fetched by commit and path alone.
        assert source.host == "hub" or (source.revision and all(file.path for file in source.files))
        for file in source.files:
            assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
            assert file.bytes is None or file.bytes > 0
            assert not file.name.startswith("/")
            assert ".." not in file.name.split("/")
