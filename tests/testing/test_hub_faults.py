"""What the Hub's own client makes of each fault: the table that our guards are written against."""

import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from httpx2 import ConnectError, RemoteProtocolError
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from mensrea.testing import Fault, LocalHub

NAME = "org/name"
LARGE, SMALL = "data/train.parquet", "README.md"
CONTENT = bytes(range(256)) * 4
FILES: dict[str, bytes] = {SMALL: b"# Rows\n", LARGE: CONTENT}
BACK_OFF = [1, 2, 4, 8, 8]

Download = Callable[[str], Path]


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        hub.add_repository(NAME, FILES)
        yield hub


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that the client would have slept between attempts; none are slept."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def api(hub: LocalHub) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=False)


@pytest.fixture
def download(api: HfApi, tmp_path: Path) -> Download:
    return lambda path: Path(api.hf_hub_download(NAME, path, repo_type="dataset", cache_dir=tmp_path))


def asked(hub: LocalHub) -> list[tuple[str, int]]:
    return [(seen.method, seen.status) for seen in hub.requests]


class TestContent:
    def test_a_small_interrupted_download_starts_again(
        self, hub: LocalHub, download: Download, waits: list[float]
    ) -> None:
        hub.misbehave(NAME, Fault.interrupted(100), path=LARGE)
        assert download(LARGE).read_bytes() == CONTENT
        assert waits == [1]
        assert [seen.range for seen in hub.requests] == [None, None, None]

    @pytest.mark.usefixtures("waits")
    def test_a_big_interrupted_download_resumes(self, hub: LocalHub, download: Download) -> None:
        # The client writes in pieces of 10 MiB, and resumes behind the last whole one.
        content = bytes(1000) * 11_000
        hub.add_commit(NAME, {LARGE: content})
        hub.misbehave(NAME, Fault.interrupted(10_600_000), path=LARGE)
        assert download(LARGE).read_bytes() == content
        assert [(seen.method, seen.status, seen.range) for seen in hub.requests] == [
            ("HEAD", 302, None),
            ("GET", 200, None),
            ("GET", 206, f"bytes={10 * 1024 * 1024}-"),
        ]

    def test_a_download_that_never_completes_fails(
        self, hub: LocalHub, download: Download, waits: list[float]
    ) -> None:
        hub.misbehave(NAME, Fault.interrupted(0), path=LARGE, times=None)
        with pytest.raises(RemoteProtocolError):
            download(LARGE)
        assert waits == [1] * 5

    @pytest.mark.parametrize(("path", "right"), FILES.items())
    def test_wrong_content_is_accepted(
        self, hub: LocalHub, download: Download, path: str, right: bytes
    ) -> None:
        hub.misbehave(NAME, Fault.wrong_content(), path=path)
        wrong = download(path).read_bytes()
        assert len(wrong) == len(right)
        assert wrong != right

    def test_wrong_content_lies_under_the_right_hash(self, hub: LocalHub, download: Download) -> None:
        hub.misbehave(NAME, Fault.wrong_content(), path=LARGE)
        blob = download(LARGE).resolve()
        assert blob.name == sha256(CONTENT).hexdigest() != sha256(blob.read_bytes()).hexdigest()

    def test_verification_finds_wrong_content(self, hub: LocalHub, api: HfApi, tmp_path: Path) -> None:
        hub.misbehave(NAME, Fault.wrong_content(), path=LARGE)
        api.snapshot_download(NAME, repo_type="dataset", cache_dir=tmp_path)
        verified = api.verify_repo_checksums(NAME, repo_type="dataset", cache_dir=tmp_path)
        assert [mismatch["path"] for mismatch in verified.mismatches] == [LARGE]

    @pytest.mark.parametrize("path", [LARGE, SMALL])
    def test_truncated_content_is_an_error(self, hub: LocalHub, download: Download, path: str) -> None:
        hub.misbehave(NAME, Fault.truncated(5), path=path)
        with pytest.raises(OSError, match="Consistency check failed"):
            download(path)

    @pytest.mark.parametrize("path", [LARGE, SMALL])
    def test_truncated_content_is_accepted_where_its_announcement_lies_too(
        self, hub: LocalHub, download: Download, path: str
    ) -> None:
        hub.misbehave(NAME, Fault.truncated(5), path=path, times=None, methods=("GET", "HEAD"))
        assert download(path).stat().st_size == 5


class TestRefusals:
    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (Fault.unauthorized(), HfHubHTTPError),
            (Fault.gated(), GatedRepoError),
            (Fault.repository_not_found(), RepositoryNotFoundError),
            (Fault.revision_not_found(), RevisionNotFoundError),
            (Fault.entry_not_found(), RemoteEntryNotFoundError),
        ],
    )
    def test_a_denial_is_final(
        self, hub: LocalHub, download: Download, waits: list[float], fault: Fault, error: type[Exception]
    ) -> None:
        hub.misbehave(NAME, fault, times=None)
        with pytest.raises(error) as caught:
            download(LARGE)
        assert type(caught.value) is error
        assert (waits, len(hub.requests)) == ([], 1)

    def test_a_rate_limit_is_waited_out(self, hub: LocalHub, download: Download, waits: list[float]) -> None:
        hub.misbehave(NAME, Fault.too_many_requests(retry_after=7), path=LARGE, times=3)
        assert download(LARGE).read_bytes() == CONTENT
        assert waits == [8, 8]
        assert asked(hub) == [("HEAD", 429)] * 3 + [("HEAD", 302), ("GET", 200)]

    def test_an_error_of_the_server_is_retried(
        self, hub: LocalHub, download: Download, waits: list[float]
    ) -> None:
        hub.misbehave(NAME, Fault.server_error(500), path=LARGE)
        hub.misbehave(NAME, Fault.server_error(503), path=LARGE)
        assert download(LARGE).read_bytes() == CONTENT
        assert waits == [1]
        assert asked(hub) == [("HEAD", 500), ("HEAD", 503), ("HEAD", 302), ("GET", 200)]

    @pytest.mark.parametrize(
        ("fault", "waited"),
        [
            (Fault.too_many_requests(), [1] * 5),
            (Fault.server_error(500), BACK_OFF),
            (Fault.server_error(), BACK_OFF),
        ],
    )
    def test_patience_ends(
        self, hub: LocalHub, download: Download, waits: list[float], fault: Fault, waited: list[float]
    ) -> None:
        hub.misbehave(NAME, fault, times=None)
        with pytest.raises(LocalEntryNotFoundError) as caught:
            download(LARGE)
        assert isinstance(caught.value.__cause__, HfHubHTTPError)
        assert waits == waited

    def test_an_error_in_the_middle_is_not_retried(self, hub: LocalHub, download: Download) -> None:
        hub.misbehave(NAME, Fault.server_error(), path=LARGE, methods=("GET",))
        with pytest.raises(HfHubHTTPError, match="503"):
            download(LARGE)

    def test_information_is_not_retried_but_listings_are(
        self, hub: LocalHub, api: HfApi, waits: list[float]
    ) -> None:
        hub.misbehave(NAME, Fault.server_error(), times=None)
        with pytest.raises(HfHubHTTPError):
            api.dataset_info(NAME)
        assert waits == []
        with pytest.raises(HfHubHTTPError):
            list(api.list_repo_tree(NAME, repo_type="dataset"))
        assert waits == BACK_OFF

    def test_a_stalled_answer_times_out_and_is_asked_for_again(
        self, hub: LocalHub, api: HfApi, tmp_path: Path, waits: list[float]
    ) -> None:
        hub.misbehave(NAME, Fault.stalled(30), path=LARGE)
        found = api.hf_hub_download(NAME, LARGE, repo_type="dataset", cache_dir=tmp_path, etag_timeout=0.1)
        assert Path(found).read_bytes() == CONTENT
        assert waits == []

    def test_behaving_again_forgets_the_faults(self, hub: LocalHub, download: Download) -> None:
        hub.misbehave(NAME, Fault.gated(), times=None)
        hub.behave()
        assert download(LARGE).read_bytes() == CONTENT


class TestDown:
    def test_an_empty_cache_costs_23_seconds_of_retries(
        self, hub: LocalHub, download: Download, waits: list[float]
    ) -> None:
        hub.stop()
        with pytest.raises(LocalEntryNotFoundError) as caught:
            download(LARGE)
        assert isinstance(caught.value.__cause__, ConnectError)
        assert waits == BACK_OFF
        assert sum(waits) == 23

    def test_a_cached_file_is_found_at_once(
        self, hub: LocalHub, download: Download, waits: list[float]
    ) -> None:
        download(LARGE)
        hub.stop()
        assert download(LARGE).read_bytes() == CONTENT
        assert waits == []

    @pytest.mark.usefixtures("waits")
    def test_a_snapshot_is_of_the_revision_asked_for_or_an_error(
        self, hub: LocalHub, api: HfApi, tmp_path: Path
    ) -> None:
        hub.tag(NAME, "v1.0.0")
        cached = api.snapshot_download(NAME, repo_type="dataset", revision="v1.0.0", cache_dir=tmp_path)
        hub.stop()
        found = api.snapshot_download(NAME, repo_type="dataset", revision="v1.0.0", cache_dir=tmp_path)
        assert found == cached
        with pytest.raises(LocalEntryNotFoundError):
            api.snapshot_download(NAME, repo_type="dataset", revision="v2.0.0", cache_dir=tmp_path)
