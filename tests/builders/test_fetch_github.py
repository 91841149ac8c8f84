"""Upstream files of GitHub repositories, fetched over real HTTP from a local double."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
from mensrea.builders.download import Retries, asked_wait, download
from mensrea.builders.fetch import FetchedFile, SourceFiles
from mensrea.builders.sources import Source, SourceFile
from mensrea.errors import (
    MensreaError,
    SchemaError,
    SourceAccessError,
    SourceHashError,
    SourceMissingError,
    SourceMovedError,
    SourceUnavailableError,
    StorageError,
)
from mensrea.testing.hub import Fault, LocalHub

PATH = "data/train set.jsonl"
TEXT = b"".join(b'{"row": %d}\n' % number for number in range(20_000))
PAGE = "https://github.com/org/name"


class Upstream:
    """One repository, and a cache to fetch into."""

    def __init__(self, hub: LocalHub, cache: Path) -> None:
        files = {PATH: TEXT, "small.json": b"{}", "large.bin": b"binary"}
        self.hub = hub
        self.cache = cache
        self.commit = hub.add_repository("org/name", files, kind="github", large_files=("*.bin",))
        hub.requests.clear()

    @property
    def target(self) -> Path:
        return self.cache / "github" / "org" / "name" / self.commit / PATH

    @property
    def part(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part")

    def files(self, *files: SourceFile, revision: str | None = "") -> SourceFiles:
        commit = self.commit if revision == "" else revision
        files = files or (recorded(PATH),)
        source = Source("data", "github", "org/name", "mit", files, revision=commit)
        return SourceFiles({"data": source}, cache_dir=self.cache, progress=False)

    def fetch(self, *files: SourceFile, revision: str | None = "") -> tuple[FetchedFile, ...]:
        return self.files(*files, revision=revision).files("data")

    def left(self) -> set[str]:
        """Names of the files in the cache."""
        return {path.name for path in self.cache.rglob("*") if path.is_file() and path.suffix != ".lock"}


def recorded(path: str, content: bytes = TEXT, *, lfs: bool = False) -> SourceFile:
    return SourceFile(path=path, bytes=len(content), sha256=hashlib.sha256(content).hexdigest(), lfs=lfs)


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    monkeypatch.setattr(SourceFiles, "retries", Retries(attempts=3, wait=0.001, patience=1.0))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with LocalHub() as hub:
        monkeypatch.setenv("MENSREA_GITHUB_RAW", hub.endpoint)
        monkeypatch.setenv("MENSREA_GITHUB_MEDIA", f"{hub.endpoint}/media")
        yield Upstream(hub, tmp_path / "cache")


@contextmanager
def refused(kind: type[MensreaError], *pieces: str) -> Generator[None]:
    with pytest.raises(kind) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message
    assert all(piece in message for piece in pieces), message


def test_a_file_is_fetched_once_and_then_taken_from_the_cache(upstream: Upstream) -> None:
    (found,) = upstream.fetch()
    assert found.local == upstream.target
    assert found.local.read_bytes() == TEXT
    assert (found.bytes, found.sha256) == (len(TEXT), hashlib.sha256(TEXT).hexdigest())
    assert (found.revision, found.pinned) == (upstream.commit, True)
    assert [each.method for each in upstream.hub.requests] == ["GET"]
    assert upstream.fetch() == (found,)
    assert len(upstream.hub.requests) == 1
    assert upstream.left() == {"train set.jsonl"}


def test_lfs_objects_come_from_the_media_server(upstream: Upstream) -> None:
    (found,) = upstream.fetch(recorded("large.bin", b"binary", lfs=True))
    assert found.local.read_bytes() == b"binary"
    assert upstream.hub.requests[0].target.startswith("/media/org/name/")


@pytest.mark.parametrize("file", [SourceFile(path="large.bin"), recorded("large.bin", b"binary")])
def test_a_git_lfs_pointer_is_refused(upstream: Upstream, file: SourceFile) -> None:
    with refused(SourceMissingError, "large.bin", PAGE, "Git LFS pointer", "`lfs = true`"):
        upstream.fetch(file)
    assert upstream.left() == set()


def test_an_unrecorded_hash_leaves_a_finding(upstream: Upstream) -> None:
    files = upstream.files(SourceFile(path="small.json"))
    (found,) = files.files("data")
    assert (found.revision, found.pinned) == (upstream.commit, False)
    assert [each.code for each in files.findings] == ["unpinned-source"]


def test_an_interrupted_download_goes_on_where_it_stopped(upstream: Upstream) -> None:
    upstream.hub.misbehave("org/name", Fault.interrupted(after=100_000))
    (found,) = upstream.fetch()
    assert found.local.read_bytes() == TEXT
    assert [each.range for each in upstream.hub.requests] == [None, "bytes=100000-"]


def test_another_run_goes_on_where_the_last_one_stopped(upstream: Upstream) -> None:
    upstream.hub.misbehave("org/name", Fault.interrupted(after=50_000), times=3)
    with refused(SourceUnavailableError, PATH, PAGE, upstream.commit, "--source DIR"):
        upstream.fetch()
    assert upstream.part.read_bytes() == TEXT[:150_000]
    assert upstream.fetch()[0].pinned
    assert upstream.hub.requests[-1].range == "bytes=150000-"


def test_a_whole_part_is_not_fetched_again(upstream: Upstream) -> None:
    upstream.target.parent.mkdir(parents=True)
    upstream.part.write_bytes(TEXT)
    assert upstream.fetch()[0].local.read_bytes() == TEXT
    assert [(each.range, each.status) for each in upstream.hub.requests] == [(f"bytes={len(TEXT)}-", 416)]


@pytest.mark.parametrize("part", [b"other bytes", TEXT + b"more"], ids=["wrong", "too long"])
def test_a_part_that_does_not_fit_is_dropped(upstream: Upstream, part: bytes) -> None:
    upstream.target.parent.mkdir(parents=True)
    upstream.part.write_bytes(part)
    assert upstream.fetch()[0].local.read_bytes() == TEXT
    assert upstream.hub.requests[-1].range is None
    assert upstream.left() == {"train set.jsonl"}


def test_a_server_without_ranges_starts_over(tmp_path: Path) -> None:
    from mensrea.testing.hub_http import HttpServer, Response

    part = tmp_path / "file.part"
    part.write_bytes(b"other bytes")
    server = HttpServer(lambda _request: Response(200, {}, TEXT))
    server.start()
    try:
        content, _ = download(server.endpoint, part, retries=Retries(), progress=False)
    finally:
        server.stop()
    assert content.sha256 == hashlib.sha256(TEXT).hexdigest()
    assert part.read_bytes() == TEXT


@pytest.mark.parametrize("fault", [Fault.wrong_content(), Fault.truncated(keep=10)], ids=["wrong", "short"])
def test_other_bytes_are_refused_and_not_kept(upstream: Upstream, fault: Fault) -> None:
    upstream.hub.misbehave("org/name", fault)
    with refused(SourceHashError, PATH, PAGE, hashlib.sha256(TEXT).hexdigest(), "mensrea pin"):
        upstream.fetch()
    assert upstream.left() == set()
    assert upstream.fetch()[0].pinned


def test_a_corrupt_cached_file_is_fetched_again(upstream: Upstream) -> None:
    (found,) = upstream.fetch()
    found.local.write_bytes(TEXT[:-1] + b"!")
    assert upstream.fetch() == (found,)
    assert found.local.read_bytes() == TEXT
    assert len(upstream.hub.requests) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(upstream: Upstream, status: int) -> None:
    fault = Fault.too_many_requests() if status == 429 else Fault.server_error(status)
    upstream.hub.misbehave("org/name", fault, times=2)
    assert upstream.fetch()[0].pinned
    assert [each.status for each in upstream.hub.requests] == [status, status, 200]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault.too_many_requests(), "HTTP 429 Too Many Requests"), (Fault.server_error(), "HTTP 503")],
)
def test_a_lasting_failure_ends_after_a_bounded_number_of_tries(
    upstream: Upstream, fault: Fault, reason: str
) -> None:
    upstream.hub.misbehave("org/name", fault, times=None)
    with refused(SourceUnavailableError, PATH, PAGE, upstream.commit, reason, "--source DIR"):
        upstream.fetch()
    assert len(upstream.hub.requests) == 3


def test_a_server_that_asks_for_a_long_wait_is_given_up_at_once(upstream: Upstream) -> None:
    upstream.hub.misbehave("org/name", Fault.too_many_requests(retry_after=3600), times=None)
    with refused(SourceUnavailableError, "429", "asks to wait 3600 s"):
        upstream.fetch()
    assert len(upstream.hub.requests) == 1


def test_a_wait_that_the_server_asks_for_is_kept(upstream: Upstream) -> None:
    upstream.hub.misbehave("org/name", Fault.too_many_requests(retry_after=1))
    start = time.monotonic()
    assert upstream.fetch()[0].pinned
    assert time.monotonic() - start >= 1.0


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("7", 7, 7),
        ("", 0, 0),
        ("soon", 0, 0),
        (100.0, 60, 101),
        (formatdate(0, usegmt=True), 0, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | float, low: float, high: float) -> None:
    import httpx2

    if isinstance(value, float):  # seconds from now, as a date
        value = formatdate(time.time() + value, usegmt=True)
    request = httpx2.Request("GET", "http://localhost")
    response = httpx2.Response(429, headers={"Retry-After": str(value)}, request=request)
    assert low <= asked_wait(httpx2.HTTPStatusError("", request=request, response=response)) <= high


def test_a_server_that_is_down_says_what_to_do(upstream: Upstream) -> None:
    upstream.hub.stop()
    with pytest.raises(SourceUnavailableError) as caught:
        upstream.fetch()
    assert caught.value.retryable
    with refused(SourceUnavailableError, PATH, PAGE, upstream.commit, "refused", "--source DIR"):
        upstream.fetch()


@pytest.mark.parametrize("fault", [Fault.unauthorized(), Fault.gated()], ids=["401", "403"])
def test_a_refusal_is_not_repeated(upstream: Upstream, fault: Fault) -> None:
    upstream.hub.misbehave("org/name", fault, times=None)
    with refused(SourceAccessError, PATH, PAGE, "refuses access", "--source DIR"):
        upstream.fetch()
    assert len(upstream.hub.requests) == 1


def test_what_is_not_there_was_moved(upstream: Upstream) -> None:
    with refused(SourceMovedError, "gone.json", PAGE, upstream.commit, "--source DIR"):
        upstream.fetch(SourceFile(path="gone.json"))
    with refused(SourceMovedError, PATH, PAGE, "0" * 40):
        upstream.fetch(revision="0" * 40)
    assert len(upstream.hub.requests) == 2


def test_what_is_not_there_can_be_a_finding(upstream: Upstream) -> None:
    files = upstream.files(SourceFile(path="gone.json"), recorded(PATH))
    assert [each.path for each in files.files("data", missing="finding")] == [PATH]
    assert files.missing("data") == ("gone.json",)
    assert [(each.code, each.where) for each in files.findings] == [("missing-file", "gone.json")]


def test_a_renamed_repository_is_followed_with_a_finding(upstream: Upstream) -> None:
    upstream.hub.move("org/name", "elsewhere/new-name")
    files = upstream.files()
    assert files.files("data")[0].pinned
    (finding,) = files.findings
    assert (finding.code, finding.where) == ("moved-repository", PAGE)
    assert "elsewhere/new-name" in finding.message


@pytest.mark.parametrize("revision", [None, "main", "0123abc"])
def test_a_commit_is_needed(upstream: Upstream, revision: str | None) -> None:
    with refused(SchemaError, "'data'", "commit hash"):
        upstream.fetch(revision=revision)
    assert upstream.hub.requests == []


def test_patterns_cannot_be_listed(upstream: Upstream) -> None:
    with refused(SchemaError, "'data'", "*.json", "--source DIR"):
        upstream.fetch(SourceFile(pattern="*.json"))


def test_offline_only_the_cached_revision_is_used(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = upstream.fetch()
    newer = upstream.hub.add_commit("org/name", {PATH: TEXT + b"{}"})
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert upstream.fetch() == (found,)
    with refused(SourceUnavailableError, PATH, PAGE, newer, "HF_HUB_OFFLINE", "--source DIR"):
        upstream.fetch(SourceFile(path=PATH), revision=newer)
    assert len(upstream.hub.requests) == 1


def test_the_cache_folder_can_be_chosen(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source("data", "github", "org/name", "mit", (recorded(PATH),), revision=upstream.commit)
    places = {
        "MENSREA_CACHE": upstream.cache / "own",
        "XDG_CACHE_HOME": upstream.cache / "shared" / "mensrea",
    }
    monkeypatch.delenv("MENSREA_CACHE", raising=False)
    for variable, folder in reversed(places.items()):
        monkeypatch.setenv(variable, str(upstream.cache / folder.relative_to(upstream.cache).parts[0]))
        (found,) = SourceFiles({"data": source}, progress=False).files("data")
        assert found.local == folder / "github" / "org" / "name" / upstream.commit / PATH


def test_addresses_in_messages_hold_no_secrets(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    address = upstream.hub.endpoint.replace("//", "//user:secret@")
    monkeypatch.setenv("MENSREA_GITHUB_RAW", address)
    upstream.hub.misbehave("org/name", Fault.server_error(), times=3)
    for _ in range(2):
        with pytest.raises(SourceUnavailableError) as caught:
            upstream.fetch()
        assert "secret" not in str(caught.value)
        upstream.hub.stop()


CHILD = """
    import sys
    from pathlib import Path
    from mensrea.builders.fetch import SourceFiles
    from mensrea.builders.sources import Source, SourceFile

    cache, commit, path, sha256 = sys.argv[1:]
    files = (SourceFile(path=path, sha256=sha256),)
    source = Source("data", "github", "org/name", "mit", files, revision=commit)
    print(SourceFiles({"data": source}, cache_dir=Path(cache)).files("data")[0].sha256)
"""


def test_two_processes_at_once_fetch_it_once(upstream: Upstream) -> None:
    upstream.hub.misbehave("org/name", Fault.stalled(0.5))
    expected = hashlib.sha256(TEXT).hexdigest()
    arguments = [sys.executable, "-W", "error", "-c", textwrap.dedent(CHILD)]
    arguments += [str(upstream.cache), upstream.commit, PATH, expected]
    children = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ends = [child.communicate(timeout=30) for child in children]
    assert ends == [(f"{expected}\n", "")] * 2
    assert [each.status for each in upstream.hub.requests] == [200]


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


def test_a_full_disk_is_named(upstream: Upstream, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as cache:
        upstream.cache = cache
        with refused(StorageError, "no space left on the disk", "MENSREA_CACHE"):
            upstream.fetch()
        assert not upstream.target.exists()


def test_a_cache_that_cannot_be_written_is_named(upstream: Upstream, tmp_path: Path) -> None:
    upstream.cache = tmp_path / "file"
    upstream.cache.write_bytes(b"")
    reason = os.strerror(errno.ENOTDIR)
    with refused(StorageError, str(upstream.cache), reason, "MENSREA_CACHE"):
        upstream.fetch()
