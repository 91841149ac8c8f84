"""Recording upstream files: what is written, what is kept, and what is never overwritten."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from mensrea.builders import pin as module
from mensrea.builders import sources
from mensrea.builders.download import Retries
from mensrea.builders.fetch import SourceFiles
from mensrea.builders.pin import pin
from mensrea.builders.sources import load_sources
from mensrea.errors import (
    SchemaError,
    SourceHashError,
    SourceMovedError,
    SourceUnavailableError,
    StorageError,
    UnknownDatasetError,
)
from mensrea.testing.hub import Fault, LocalHub

FILES = {"train.json": b"{}\n", "parts/a.parquet": b"PAR1a", "parts/b.parquet": b"PAR1b"}
RECORD = """\
# Upstream files of this dataset.
# `mensrea pin stem` writes this file.

[[source]]
name = "one"
host = "hub"
repository = "org/one"
licence = "mit"
access = "open"

# What the card calls the training set.
[[source.file]]
path = "train.json"

[[source.file]]
pattern = "parts/*.parquet"

# A second source,
# with a remark of two lines.
[[source]]
name = "two"
host = "github"
repository = "org/two"
revision = "COMMIT"
licence = "unknown"

[[source.file]]
path = "large.bin"
lfs = true
"""


class Checkout:
    """A dataset's record, and the servers that its files lie on."""

    def __init__(self, path: Path, hub: LocalHub) -> None:
        self.path = path
        self.hub = hub
        self.one = hub.add_repository("org/one", FILES)
        self.two = hub.add_repository(
            "org/two", {"large.bin": b"binary"}, kind="github", large_files=("*.bin",)
        )
        self.write(RECORD)

    def write(self, text: str) -> str:
        self.path.write_text(text.replace("COMMIT", self.two))
        return self.text

    @property
    def text(self) -> str:
        return self.path.read_text()

    def pin(self, *, local: Path | None = None, force: bool = False) -> list[str]:
        cache = self.path.parent / "cache"
        return pin("stem", local=local, force=force, cache_dir=cache, progress=False)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    path = tmp_path / "stem.sources.toml"
    monkeypatch.setattr(SourceFiles, "retries", Retries(attempts=2, wait=0.001))

    def place(stem: str) -> Path:
        return tmp_path / f"{stem}.sources.toml"

    for each in (sources, module):
        monkeypatch.setattr(each, "sources_path", place)
    for variable in ("HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    with LocalHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("MENSREA_GITHUB_RAW", hub.endpoint)
        monkeypatch.setenv("MENSREA_GITHUB_MEDIA", f"{hub.endpoint}/media")
        yield Checkout(path, hub)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_everything_is_recorded(checkout: Checkout) -> None:
    lines = checkout.pin()
    one, two = load_sources("stem").values()
    assert (one.revision, two.revision) == (checkout.one, checkout.two)
    assert [(file.path, file.bytes, file.sha256, file.pattern) for file in one.files] == [
        (path, len(content), sha256(content), "") for path, content in FILES.items()
    ]
    assert [(file.sha256, file.lfs) for file in two.files] == [(sha256(b"binary"), True)]
    assert lines == [
        f"one: revision {checkout.one}",
        f"one: train.json: 3 bytes, sha256 {sha256(FILES['train.json'])[:12]}...",
        "one: parts/*.parquet stands for 2 files",
        f"one: parts/a.parquet: 5 bytes, sha256 {sha256(b'PAR1a')[:12]}...",
        f"one: parts/b.parquet: 5 bytes, sha256 {sha256(b'PAR1b')[:12]}...",
        f"two: large.bin: 6 bytes, sha256 {sha256(b'binary')[:12]}...",
    ]


def test_the_written_record_is_tidy_and_keeps_its_comments(checkout: Checkout) -> None:
    checkout.pin()
    head, rest = RECORD[: RECORD.index('path = "train')], RECORD[RECORD.index("# A second") :]
    assert checkout.text.startswith(
        head.replace('"org/one"\n', f'"org/one"\nrevision = "{checkout.one}"\n').replace(
            "COMMIT", checkout.two
        )
        + f'path = "train.json"\nbytes = 3\nsha256 = "{sha256(FILES["train.json"])}"\n\n[[source.file]]\n'
    )
    assert rest[: rest.index("lfs")].replace("COMMIT", checkout.two) in checkout.text
    assert [path.name for path in checkout.path.parent.iterdir() if path.is_file()] == [checkout.path.name]


def test_pinning_again_changes_nothing(checkout: Checkout) -> None:
    checkout.pin()
    before = checkout.text, checkout.path.stat().st_mtime_ns
    checkout.hub.add_commit("org/one", {"train.json": b"newer", "parts/c.parquet": b"PAR1c"})
    assert checkout.pin() == ["stem.sources.toml: nothing changed; every file is as recorded"]
    assert (checkout.text, checkout.path.stat().st_mtime_ns) == before


def test_the_mode_of_the_record_stays(checkout: Checkout) -> None:
    checkout.path.chmod(0o640)
    checkout.pin()
    assert checkout.path.stat().st_mode & 0o777 == 0o640


def test_another_hash_is_overwritten_only_by_force(checkout: Checkout) -> None:
    text = checkout.write(RECORD.replace('"train.json"\n', f'"train.json"\nsha256 = "{"0" * 64}"\n'))
    with pytest.raises(SourceHashError) as caught:
        checkout.pin()
    assert "\n" not in str(caught.value)
    for piece in ("train.json", "0" * 64, sha256(FILES["train.json"]), "mensrea pin stem --force"):
        assert piece in str(caught.value)
    assert checkout.text == text
    checkout.pin(force=True)
    assert load_sources("stem")["one"].files[0].sha256 == sha256(FILES["train.json"])


@pytest.mark.parametrize("force", [False, True])
def test_damaged_bytes_are_never_recorded(checkout: Checkout, *, force: bool) -> None:
    text = checkout.text
    checkout.hub.misbehave("org/one", Fault.wrong_content(), path="parts/b.parquet", times=None)
    with pytest.raises(SourceHashError, match=r"parts/b\.parquet"):
        checkout.pin(force=force)
    assert checkout.text == text


def test_nothing_is_recorded_unless_everything_can_be(checkout: Checkout) -> None:
    text = checkout.write(RECORD.replace('"large.bin"', '"gone.bin"'))
    with pytest.raises(SourceMovedError, match=r"gone\.bin"):
        checkout.pin()
    checkout.hub.stop()
    with pytest.raises(SourceUnavailableError):
        checkout.pin()
    assert checkout.text == text


def test_a_github_source_needs_a_revision(checkout: Checkout) -> None:
    checkout.write(RECORD.replace('revision = "COMMIT"\n', ""))
    with pytest.raises(SchemaError, match=r"'two'.*record a full commit hash"):
        checkout.pin()


def test_a_renamed_repository_is_reported(checkout: Checkout) -> None:
    checkout.hub.move("org/one", "org/new")
    (line,) = [line for line in checkout.pin() if "is now called" in line]
    assert line.startswith("one: https://huggingface.co/datasets/org/one: is now called org/new")
    assert load_sources("stem")["one"].repository == "org/one"


def test_a_local_copy_gives_hashes_and_no_revision(checkout: Checkout, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "parts").mkdir(parents=True)
    (copy / "parts/a.parquet").write_bytes(b"PAR1a")
    (copy / "large.bin").write_bytes(b"binary")
    lines = checkout.pin(local=copy)
    one, two = load_sources("stem").values()
    assert one.revision is None
    assert [(file.name, file.sha256) for file in one.files] == [
        ("train.json", None),
        ("parts/a.parquet", sha256(b"PAR1a")),
    ]
    assert [(file.path, file.bytes, file.lfs) for file in two.files] == [("large.bin", 6, True)]
    assert any(line.startswith("one: train.json: missing") for line in lines)
    assert "one: no revision recorded, since a local copy doesn't say which it is" in lines
    assert checkout.hub.requests == []


def test_a_local_copy_never_overwrites_a_hash_unasked(checkout: Checkout, tmp_path: Path) -> None:
    checkout.pin()
    (tmp_path / "train.json").write_bytes(b"changed")
    text = checkout.text
    with pytest.raises(SourceHashError, match=r"train\.json: .*mensrea pin stem --force"):
        checkout.pin(local=tmp_path)
    assert checkout.text == text
    checkout.pin(local=tmp_path, force=True)
    assert load_sources("stem")["one"].files[0].sha256 == sha256(b"changed")
    assert load_sources("stem")["one"].files[1].sha256 == sha256(b"PAR1a")


def test_a_pattern_that_fits_nothing_in_a_local_copy_stays(checkout: Checkout, tmp_path: Path) -> None:
    before = tomllib.loads(checkout.text)
    (tmp_path / "copy").mkdir()
    assert "one: parts/*.parquet stands for 0 files" in checkout.pin(local=tmp_path / "copy")
    assert tomllib.loads(checkout.text) == before


def test_a_dataset_without_a_record_is_unknown(checkout: Checkout) -> None:
    assert checkout.path.exists()
    with pytest.raises(UnknownDatasetError, match=r"^other: .*builders/other\.sources\.toml"):
        pin("other")


def test_a_record_that_cannot_be_written_stays(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    text = checkout.text
    copy = checkout.path.parent / "copy"
    copy.mkdir()
    (copy / "train.json").write_bytes(b"{}")

    def fail(_self: Path, _target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(StorageError, match=r"can't be written \(Permission denied\)"):
            checkout.pin(local=copy)
    assert checkout.text == text
    assert [path.name for path in checkout.path.parent.iterdir() if path.is_file()] == [checkout.path.name]
