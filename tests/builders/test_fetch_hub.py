"""Upstream files of the Hub, fetched by its real client from a local double."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub.constants import DOWNLOAD_CHUNK_SIZE
from mensrea.builders.download import Retries
from mensrea.builders.fetch import FetchedFile, SourceFiles
from mensrea.builders.sources import Source, SourceFile
from mensrea.errors import (
    MensreaError,
    SchemaError,
    SourceAccessError,
    SourceHashError,
    SourceMovedError,
    SourceUnavailableError,
    StorageError,
)
from mensrea.testing.hub import Fault, LocalHub

TEXT = b"".join(b'{"row": %d}\n' % number for number in range(20_000))
TABLE = b"PAR1" + bytes(range(256)) * 500
FILES = {"data/train.jsonl": TEXT, "data/a.parquet": TABLE, "data/b.parquet": b"PAR1b", "README.md": b"#"}
PAGE = "https://huggingface.co/datasets/org/name"


class Upstream:
    """One dataset repository, and a cache to fetch into."""

    def __init__(self, hub: LocalHub, cache: Path) -> None:
        self.hub = hub
        self.cache = cache
        self.repository = "org/name"
        self.commit = hub.add_repository("org/name", FILES, tags=("v1",))
        hub.requests.clear()

    def files(self, *files: SourceFile, revision: str | None = "") -> SourceFiles:
        commit = self.commit if revision == "" else revision
        files = files or (recorded("data/train.jsonl"),)
        source = Source("data", "hub", self.repository, "mit", files, revision=commit)
        return SourceFiles({"data": source}, cache_dir=self.cache, progress=False)

    def fetch(self, *files: SourceFile, revision: str | None = "") -> tuple[FetchedFile, ...]:
        return self.files(*files, revision=revision).files("data")

    def cached(self) -> set[bytes]:
        """Contents of the files in the cache."""
        return {path.read_bytes() for path in (self.cache / "hub").glob("datasets--*/blobs/*")}


def recorded(path: str) -> SourceFile:
    return SourceFile(path=path, bytes=len(FILES[path]), sha256=hashlib.sha256(FILES[path]).hexdigest())


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    monkeypatch.setattr(SourceFiles, "retries", Retries(attempts=3, wait=0.001, patience=1.0))
    # The Hub's client waits for up to 23 seconds in all, and that can't be configured.
    sleep = time.sleep

    def nap(seconds: float) -> None:
        sleep(min(seconds, 0.01))

    monkeypatch.setattr(time, "sleep", nap)
    for variable in ("HF_HUB_OFFLINE", "HF_TOKEN", "MENSREA_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    with LocalHub(page_size=2) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield Upstream(hub, tmp_path / "cache")


@contextmanager
def refused(kind: type[MensreaError], *pieces: str) -> Generator[None]:
    with pytest.raises(kind) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message
    assert all(piece in message for piece in pieces), message


@pytest.mark.parametrize("path", ["data/train.jsonl", "data/a.parquet"], ids=["regular", "large"])
def test_a_file_is_fetched_once_and_then_taken_from_the_cache(upstream: Upstream, path: str) -> None:
    (found,) = upstream.fetch(recorded(path))
    assert found.local.read_bytes() == FILES[path]
    assert found.local.is_relative_to(upstream.cache)
    assert (found.bytes, found.sha256) == (len(FILES[path]), hashlib.sha256(FILES[path]).hexdigest())
    assert (found.revision, found.pinned) == (upstream.commit, True)
    upstream.hub.requests.clear()
    assert upstream.fetch(recorded(path)) == (found,)
    assert upstream.hub.requests == []


def test_an_unrecorded_revision_is_the_head_for_every_file(upstream: Upstream) -> None:
    files = upstream.files(recorded("data/train.jsonl"), SourceFile(pattern="data/*.parquet"), revision=None)
    found = files.files("data")
    assert [each.path for each in found] == ["data/train.jsonl", "data/a.parquet", "data/b.parquet"]
    assert {(each.revision, each.pinned) for each in found} == {(upstream.commit, False)}
    assert {each.code for each in files.findings} == {"unpinned-source"}
    asked = [each.target for each in upstream.hub.requests if "/resolve/" in each.target]
    assert all(upstream.commit in target for target in asked)


@pytest.mark.parametrize("pattern", ["data/*.parquet", "**/*.parquet", "data/?.par*"])
def test_patterns_become_paths(upstream: Upstream, pattern: str) -> None:
    found = upstream.fetch(SourceFile(pattern=pattern))
    assert [each.path for each in found] == ["data/a.parquet", "data/b.parquet"]


@pytest.mark.parametrize("pattern", ["other/*.parquet", "*.parquet"])
def test_a_pattern_that_fits_nothing_was_moved(upstream: Upstream, pattern: str) -> None:
    with refused(SourceMovedError, pattern, PAGE, upstream.commit):
        upstream.fetch(SourceFile(pattern=pattern))


def test_an_interrupted_download_goes_on_where_it_stopped(upstream: Upstream) -> None:
    content = bytes(DOWNLOAD_CHUNK_SIZE + 2_000)
    commit = upstream.hub.add_commit("org/name", {"big.bin": content})
    upstream.hub.misbehave("org/name", Fault.interrupted(after=DOWNLOAD_CHUNK_SIZE + 1_000), path="big.bin")
    assert upstream.fetch(SourceFile(path="big.bin"), revision=commit)[0].local.read_bytes() == content
    ranges = [each.range for each in upstream.hub.requests if each.method == "GET" and each.range]
    # The Hub's client keeps whole chunks only.
    assert ranges == [f"bytes={DOWNLOAD_CHUNK_SIZE}-"]


@pytest.mark.parametrize("path", ["data/train.jsonl", "data/a.parquet"], ids=["regular", "large"])
@pytest.mark.parametrize("known", [True, False], ids=["recorded", "unrecorded"])
def test_other_bytes_are_refused_and_not_kept(upstream: Upstream, path: str, *, known: bool) -> None:
    file = recorded(path) if known else SourceFile(path=path)
    upstream.hub.misbehave("org/name", Fault.wrong_content(), path=path, times=None)
    with refused(SourceHashError, path, PAGE, file.sha256 or "unknown", "mensrea pin"):
        upstream.fetch(file)
    assert upstream.cached() == set()
    upstream.hub.behave()
    assert upstream.fetch(file)[0].local.read_bytes() == FILES[path]


@pytest.mark.parametrize("path", ["data/train.jsonl", "data/a.parquet"], ids=["regular", "large"])
def test_a_short_transfer_is_not_kept(upstream: Upstream, path: str) -> None:
    upstream.hub.misbehave("org/name", Fault.truncated(keep=10), path=path)
    with refused(SourceUnavailableError, path, PAGE, "size"):
        upstream.fetch(recorded(path))
    assert upstream.cached() == set()


@pytest.mark.parametrize("path", ["data/train.jsonl", "data/a.parquet"], ids=["regular", "large"])
@pytest.mark.parametrize("known", [True, False], ids=["recorded", "unrecorded"])
def test_a_corrupt_cached_file_is_fetched_again(upstream: Upstream, path: str, *, known: bool) -> None:
    file = recorded(path) if known else SourceFile(path=path)
    (found,) = upstream.fetch(file)
    found.local.resolve().write_bytes(b"corrupt")
    assert upstream.fetch(file) == (found,)
    assert found.local.read_bytes() == FILES[path]


def test_a_wrong_record_does_not_cost_another_download(upstream: Upstream) -> None:
    upstream.fetch(recorded("data/a.parquet"))
    upstream.hub.requests.clear()
    with refused(SourceHashError, "data/a.parquet", "f" * 64):
        upstream.fetch(SourceFile(path="data/a.parquet", sha256="f" * 64))
    assert upstream.hub.requests == []
    assert upstream.cached() == {TABLE}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(upstream: Upstream, status: int) -> None:
    fault = Fault.too_many_requests() if status == 429 else Fault.server_error(status)
    upstream.hub.misbehave("org/name", fault, times=2)
    upstream.hub.misbehave("org/name", fault, path="data/a.parquet", times=4)
    assert upstream.fetch(recorded("data/a.parquet"))[0].pinned


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault.too_many_requests(), "HTTP 429 Too Many Requests"), (Fault.server_error(), "HTTP 503")],
)
@pytest.mark.parametrize("path", [None, "data/train.jsonl"], ids=["repository", "file"])
def test_a_lasting_failure_ends_after_a_bounded_number_of_tries(
    upstream: Upstream, fault: Fault, reason: str, path: str | None
) -> None:
    upstream.hub.misbehave("org/name", fault, path=path, times=None)
    with refused(SourceUnavailableError, "data/train.jsonl", PAGE, upstream.commit, reason, "--source DIR"):
        upstream.fetch()
    assert len(upstream.hub.requests) < 12


def test_a_server_that_is_down_says_what_to_do(upstream: Upstream) -> None:
    upstream.hub.stop()
    with refused(
        SourceUnavailableError, "data/train.jsonl", PAGE, upstream.commit, "refused", "--source DIR"
    ):
        upstream.fetch()


def test_a_server_that_is_down_is_not_needed_for_what_is_cached(upstream: Upstream) -> None:
    found = upstream.fetch()
    upstream.hub.stop()
    assert upstream.fetch() == found


@pytest.mark.parametrize("token", [None, "hf_secret"])
def test_a_gated_repository_says_where_to_ask(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    upstream.hub.gate("org/name", readers=("hf_reader",))
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(SourceAccessError) as caught:
        upstream.fetch()
    assert f"request access at {PAGE}" in str(caught.value)
    assert "hf auth login" in str(caught.value)
    assert "hf_secret" not in str(caught.value)
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    assert upstream.fetch()[0].pinned


@pytest.mark.parametrize("path", [None, "data/train.jsonl"], ids=["repository", "file"])
def test_a_wrong_token_is_told_from_a_missing_repository(upstream: Upstream, path: str | None) -> None:
    upstream.hub.misbehave("org/name", Fault.unauthorized(), path=path, times=None)
    with refused(SourceAccessError, "401", PAGE, "hf auth login"):
        upstream.fetch()


@pytest.mark.parametrize("token", [None, "hf_wrong"])
def test_a_private_repository_may_be_a_missing_one(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    upstream.hub.hide("org/name")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with refused(SourceMovedError, PAGE, "doesn't exist, or is private", "hf auth login", "--source DIR"):
        upstream.fetch()


def test_what_is_not_there_was_moved(upstream: Upstream) -> None:
    with refused(SourceMovedError, "gone.json", PAGE, upstream.commit, "--source DIR"):
        upstream.fetch(SourceFile(path="gone.json"))
    with refused(SourceMovedError, PAGE, f"no revision {'0' * 40}", "--source DIR"):
        upstream.fetch(revision="0" * 40)
    upstream.repository = "org/other"
    with refused(SourceMovedError, "org/other", "doesn't exist", "--source DIR"):
        upstream.fetch()


def test_what_is_not_there_can_be_a_finding(upstream: Upstream) -> None:
    files = upstream.files(SourceFile(path="gone.json"), recorded("README.md"), SourceFile(pattern="x/*"))
    assert [each.path for each in files.files("data", missing="finding")] == ["README.md"]
    assert files.missing("data") == ("gone.json", "x/*")
    assert [each.code for each in files.findings] == ["missing-file"] * 2


def test_a_missing_repository_is_never_a_finding(upstream: Upstream) -> None:
    upstream.repository = "org/other"
    with refused(SourceMovedError, "org/other"):
        upstream.files().files("data", missing="finding")


@pytest.mark.parametrize("path", ["data/train.jsonl", "data/a.parquet"], ids=["regular", "large"])
def test_a_renamed_repository_is_followed_with_a_finding(upstream: Upstream, path: str) -> None:
    upstream.hub.move("org/name", "elsewhere/new-name")
    files = upstream.files(recorded(path))
    assert files.files("data")[0].pinned
    (finding,) = files.findings
    assert (finding.code, finding.where) == ("moved-repository", PAGE)
    assert "elsewhere/new-name" in finding.message


@pytest.mark.parametrize("revision", ["main", "v1", "0123abc"])
def test_a_revision_that_can_move_is_refused(upstream: Upstream, revision: str) -> None:
    with refused(SchemaError, "'data'", revision, "full commit hash"):
        upstream.fetch(revision=revision)
    assert upstream.hub.requests == []


def test_a_name_that_is_none_is_refused(upstream: Upstream) -> None:
    upstream.repository = "org/na me"
    with refused(SchemaError, "'data'", "org/na me"):
        upstream.fetch()


def test_offline_only_the_cached_revision_is_used(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = upstream.fetch()
    newer = upstream.hub.add_commit("org/name", {"data/train.jsonl": TEXT + b"{}"})
    upstream.hub.requests.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert upstream.fetch() == found
    path = SourceFile(path="data/train.jsonl")
    for files, revision, lack in (
        (path, newer, "this revision isn't cached"),
        (path, None, "no revision is recorded"),
        (SourceFile(pattern="data/*"), upstream.commit, "HF_HUB_OFFLINE"),
    ):
        with refused(SourceUnavailableError, PAGE, revision or "", "HF_HUB_OFFLINE", lack, "--source DIR"):
            upstream.fetch(files, revision=revision)
    assert upstream.hub.requests == []


def test_without_a_server_no_other_revision_stands_in(upstream: Upstream) -> None:
    upstream.fetch()
    upstream.fetch(revision=None)
    newer = upstream.hub.add_commit("org/name", {"data/train.jsonl": TEXT + b"{}"})
    upstream.hub.stop()
    for revision in (newer, None):
        with refused(SourceUnavailableError, PAGE, "--source DIR"):
            upstream.fetch(SourceFile(path="data/train.jsonl"), revision=revision)


CHILD = """
    import sys
    from pathlib import Path
    from mensrea.builders.fetch import SourceFiles
    from mensrea.builders.sources import Source, SourceFile

    commit, path, sha256 = sys.argv[1:]
    files = (SourceFile(path=path, sha256=sha256),)
    source = Source("data", "hub", "org/name", "mit", files, revision=commit)
    found = SourceFiles({"data": source}).files("data")[0]
    print(found.sha256, found.local)
"""


def test_two_processes_at_once_use_the_shared_cache_of_the_hub(upstream: Upstream, tmp_path: Path) -> None:
    upstream.hub.misbehave("org/name", Fault.stalled(0.3), path="data/a.parquet", methods=("GET",))
    file = recorded("data/a.parquet")
    arguments = [sys.executable, "-W", "error", "-c", textwrap.dedent(CHILD), upstream.commit, file.path]
    environment = {**os.environ, **upstream.hub.environment(tmp_path / "home")}
    children = [
        subprocess.Popen(
            [*arguments, str(file.sha256)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [child.communicate(timeout=30) for child in children]
    local = tmp_path / "home/hub/datasets--org--name/snapshots" / upstream.commit / file.path
    assert ends == [(f"{file.sha256} {local}\n", "")] * 2


@contextmanager
def small_disk(path: Path) -> Generator[Path]:
    """A file system of 64 kB."""
    path.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], check=False).returncode:
        pytest.skip("mounting isn't allowed here")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


@pytest.mark.filterwarnings("ignore:Not enough free disk space")
def test_a_full_disk_is_named(upstream: Upstream, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as cache:
        upstream.cache = cache
        with refused(StorageError, "no space left on the disk", "MENSREA_CACHE"):
            upstream.fetch(recorded("data/a.parquet"))


def test_a_cache_that_cannot_be_written_is_named(upstream: Upstream, tmp_path: Path) -> None:
    upstream.cache = tmp_path / "file"
    upstream.cache.write_bytes(b"")
    with refused(StorageError, str(upstream.cache), "MENSREA_CACHE"):
        upstream.fetch()
