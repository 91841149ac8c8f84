import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from huggingface_hub import HfApi, HfFileSystem
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile
from hypothesis import given
from hypothesis import strategies as st
from mensrea.testing import Fault, LocalHub
from mensrea.testing.hub_content import content_response
from mensrea.testing.hub_http import HttpServer, Request, Response

NAME = "org/name"
LARGE = "data/train.parquet"
FILES: dict[str, bytes | str] = {
    "README.md": "# Rows\n",
    LARGE: b"PAR1" * 100,
    "data/über 100 %.txt": "one\ntwo\n",
    "empty.txt": "",
}


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        hub.add_repository(NAME, FILES, tags=("v1.0.0",))
        yield hub


@pytest.fixture
def api(hub: LocalHub) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=False)


def encoded(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def ask(hub: LocalHub, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    address = urlsplit(hub.endpoint)
    connection = HTTPConnection(address.hostname or "", address.port)
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


class TestDownload:
    @pytest.mark.parametrize("path", FILES)
    def test_a_file_arrives_whole(self, api: HfApi, tmp_path: Path, path: str) -> None:
        found = api.hf_hub_download(NAME, path, repo_type="dataset", cache_dir=tmp_path)
        assert Path(found).read_bytes() == encoded(FILES[path])

    def test_a_branch_a_tag_and_a_commit_name_a_revision(
        self, hub: LocalHub, api: HfApi, tmp_path: Path
    ) -> None:
        first = hub.add_repository("org/other", {"a.txt": "1"}, kind="model", tags=("v1",))
        second = hub.add_commit("org/other", {"a.txt": "2"})
        hub.add_commit("org/other", {"a.txt": "3"}, branch="feature/x")
        revisions = "v1", first, None, "main", second, "feature/x"
        found = [
            api.hf_hub_download("org/other", "a.txt", revision=name, cache_dir=tmp_path) for name in revisions
        ]
        assert [Path(path).read_text() for path in found] == ["1", "1", "2", "2", "2", "3"]

    def test_a_large_file_is_kept_under_its_sha256(self, hub: LocalHub, api: HfApi, tmp_path: Path) -> None:
        found = Path(api.hf_hub_download(NAME, LARGE, repo_type="dataset", cache_dir=tmp_path))
        assert found.resolve().name == sha256(encoded(FILES[LARGE])).hexdigest()
        assert [(seen.method, seen.status, seen.server) for seen in hub.requests] == [
            ("HEAD", 302, "hub"),
            ("GET", 200, "storage"),
        ]

    def test_the_token_stays_on_the_hub(self, hub: LocalHub, api: HfApi, tmp_path: Path) -> None:
        hub.gate(NAME, readers=("secret",))
        for path in FILES:
            api.hf_hub_download(NAME, path, repo_type="dataset", cache_dir=tmp_path, token="secret")
        assert {(seen.server, seen.token) for seen in hub.requests} == {("hub", "secret"), ("storage", None)}

    def test_a_snapshot_holds_every_file(self, hub: LocalHub, api: HfApi, tmp_path: Path) -> None:
        hub.add_commit(NAME, {"later.txt": "later", "empty.txt": None})
        folder = Path(api.snapshot_download(NAME, repo_type="dataset", revision="v1.0.0", cache_dir=tmp_path))
        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        assert {name: path.read_bytes() for name, path in found.items()} == {
            name: encoded(content) for name, content in FILES.items()
        }

    def test_checksums_verify(self, api: HfApi, tmp_path: Path) -> None:
        api.snapshot_download(NAME, repo_type="dataset", cache_dir=tmp_path)
        verified = api.verify_repo_checksums(NAME, repo_type="dataset", cache_dir=tmp_path)
        assert (verified.checked_count, verified.mismatches) == (len(FILES), [])

    def test_the_file_system_globs_and_reads_ranges(self, hub: LocalHub) -> None:
        files = HfFileSystem(endpoint=hub.endpoint, token=False, skip_instance_cache=True)
        found = files.glob(f"datasets/{NAME}@v1.0.0/**/*.parquet")
        assert found == [f"datasets/{NAME}@v1.0.0/{LARGE}"]
        assert files.read_block(found[0], 2, 4) == b"R1PA"
        assert hub.requests[-1].range is not None

    def test_a_folder_and_a_path_can_be_published(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "rows.jsonl").write_text("{}\n")
        with LocalHub() as hub:
            hub.add_repository("org/folder", tmp_path)
            hub.add_repository("org/path", {"renamed.jsonl": tmp_path / "data" / "rows.jsonl"})
            api = HfApi(endpoint=hub.endpoint, token=False)
            assert api.list_repo_files("org/folder", repo_type="dataset") == ["data/rows.jsonl"]
            assert api.list_repo_files("org/path", repo_type="dataset") == ["renamed.jsonl"]


class TestInformation:
    def test_information_names_the_commit_and_the_files(self, hub: LocalHub, api: HfApi) -> None:
        commit = hub.add_commit(NAME, {"later.txt": "later"})
        information = api.dataset_info(NAME, files_metadata=True)
        sizes = {sibling.rfilename: sibling.size for sibling in information.siblings or []}
        assert information.sha == commit
        assert sizes == {**{name: len(content) for name, content in FILES.items()}, "later.txt": 5}
        assert api.dataset_info(NAME, revision="v1.0.0").sha != commit

    def test_kinds_have_their_own_addresses(self, hub: LocalHub, api: HfApi) -> None:
        model = hub.add_repository("org/model", FILES, kind="model")
        space = hub.add_repository("org/space", FILES, kind="space", tags=("v1",))
        assert api.model_info("org/model").sha == model
        assert api.space_info("org/space", revision="v1").sha == space
        with pytest.raises(RepositoryNotFoundError):
            api.dataset_info("org/model")

    def test_a_tree_lists_folders_and_files(self, api: HfApi) -> None:
        flat = {entry.path: type(entry).__name__ for entry in api.list_repo_tree(NAME, repo_type="dataset")}
        deep = [entry.path for entry in api.list_repo_tree(NAME, repo_type="dataset", recursive=True)]
        below = [entry.path for entry in api.list_repo_tree(NAME, "data", repo_type="dataset")]
        assert flat == {"README.md": "RepoFile", "data": "RepoFolder", "empty.txt": "RepoFile"}
        assert deep == ["README.md", "data", LARGE, "data/über 100 %.txt", "empty.txt"]
        assert below == [LARGE, "data/über 100 %.txt"]

    def test_a_missing_folder_is_an_error(self, api: HfApi) -> None:
        with pytest.raises(EntryNotFoundError):
            list(api.list_repo_tree(NAME, "nowhere", repo_type="dataset"))

    def test_a_long_tree_comes_in_pages(self) -> None:
        files = {f"{index:03}.txt": "" for index in range(25)}
        with LocalHub(page_size=10) as hub:
            hub.add_repository(NAME, files)
            listed = HfApi(endpoint=hub.endpoint, token=False).list_repo_files(NAME, repo_type="dataset")
            assert listed == list(files)
            assert len(hub.requests) == 3

    def test_paths_are_described(self, api: HfApi) -> None:
        folder, file = api.get_paths_info(NAME, ["data", LARGE, "nowhere"], repo_type="dataset")
        content = encoded(FILES[LARGE])
        assert isinstance(file, RepoFile)
        assert file.lfs is not None
        assert (folder.path, file.size) == ("data", len(content))
        assert file.lfs.sha256 == sha256(content).hexdigest()

    def test_references_and_history(self, hub: LocalHub, api: HfApi) -> None:
        first = api.dataset_info(NAME).sha
        second = hub.add_commit(NAME, {"later.txt": "later"}, title="Add later rows")
        hub.tag(NAME, "v1.1.0")
        references = api.list_repo_refs(NAME, repo_type="dataset")
        history = api.list_repo_commits(NAME, repo_type="dataset")
        assert {tag.name: tag.target_commit for tag in references.tags} == {"v1.0.0": first, "v1.1.0": second}
        assert {branch.name: branch.target_commit for branch in references.branches} == {"main": second}
        assert [(commit.commit_id, commit.title) for commit in history] == [
            (second, "Add later rows"),
            (first, "Initial commit"),
        ]

    def test_a_tag_can_move(self, hub: LocalHub, api: HfApi) -> None:
        commit = hub.add_commit(NAME, {"later.txt": "later"})
        hub.tag(NAME, "v1.0.0", commit)
        assert api.dataset_info(NAME, revision="v1.0.0").sha == commit

    def test_commits_are_reproducible(self) -> None:
        hubs = LocalHub(), LocalHub()
        assert len({hub.add_repository(NAME, FILES) for hub in hubs}) == 1


class TestAccess:
    def test_a_gated_repository_lists_but_does_not_serve(self, hub: LocalHub, api: HfApi) -> None:
        hub.gate(NAME, readers=("secret",))
        assert api.dataset_info(NAME).gated == "manual"
        assert api.list_repo_files(NAME, repo_type="dataset")
        with pytest.raises(GatedRepoError):
            api.auth_check(NAME, repo_type="dataset")
        api.auth_check(NAME, repo_type="dataset", token="secret")

    @pytest.mark.parametrize(("token", "status"), [("", 401), ("someone", 403)])
    def test_a_gated_download_is_denied(
        self, hub: LocalHub, api: HfApi, tmp_path: Path, token: str, status: int
    ) -> None:
        hub.gate(NAME)
        with pytest.raises(GatedRepoError) as caught:
            api.hf_hub_download(NAME, LARGE, repo_type="dataset", cache_dir=tmp_path, token=token or False)
        assert caught.value.response.status_code == status

    @pytest.mark.parametrize(("token", "status"), [("", 401), ("someone", 404)])
    def test_a_hidden_repository_seems_not_to_exist(
        self, hub: LocalHub, api: HfApi, token: str, status: int
    ) -> None:
        hub.hide(NAME, readers=("secret",))
        for name in (NAME, "org/nowhere"):
            with pytest.raises(RepositoryNotFoundError) as caught:
                api.dataset_info(name, token=token or False)
            assert caught.value.response.status_code == status
        assert api.dataset_info(NAME, token="secret").private

    def test_publishing_lifts_every_restriction(self, hub: LocalHub, api: HfApi) -> None:
        hub.hide(NAME)
        hub.publish(NAME)
        assert api.dataset_info(NAME).private is False

    def test_an_unknown_revision_is_an_error(self, api: HfApi) -> None:
        with pytest.raises(RevisionNotFoundError):
            api.dataset_info(NAME, revision="v9 ü")

    def test_a_moved_repository_redirects(self, hub: LocalHub, api: HfApi, tmp_path: Path) -> None:
        hub.move(NAME, "other/renamed")
        found = api.hf_hub_download(NAME, LARGE, repo_type="dataset", cache_dir=tmp_path)
        assert Path(found).read_bytes() == FILES[LARGE]
        assert hub.requests[0].status == 307
        assert api.dataset_info(NAME).id == "other/renamed"
        assert api.get_paths_info(NAME, LARGE, repo_type="dataset")


class TestGitHub:
    @pytest.fixture
    def commit(self, hub: LocalHub) -> str:
        return hub.add_repository("lab/code", FILES, kind="github", tags=("v1",), large_files=("*.parquet",))

    def test_raw_files_by_branch_tag_and_commit(self, hub: LocalHub, commit: str) -> None:
        for revision in ("main", "v1", commit, "refs/heads/main", "refs/tags/v1"):
            status, headers, body = ask(hub, f"/lab/code/{revision}/README.md")
            assert (status, body) == (200, b"# Rows\n")
            assert headers["etag"]

    @pytest.mark.usefixtures("commit")
    def test_a_large_file_is_a_pointer_except_as_media(self, hub: LocalHub) -> None:
        content = encoded(FILES[LARGE])
        pointer = ask(hub, f"/lab/code/main/{LARGE}")[2].decode()
        assert f"oid sha256:{sha256(content).hexdigest()}\nsize {len(content)}\n" in pointer
        assert ask(hub, f"/media/lab/code/main/{LARGE}")[2] == content

    @pytest.mark.usefixtures("commit")
    def test_a_download_resumes(self, hub: LocalHub) -> None:
        path, content = f"/media/lab/code/main/{LARGE}", encoded(FILES[LARGE])
        etag = ask(hub, path, "HEAD")[1]["etag"]
        status, headers, body = ask(hub, path, Range="bytes=390-", If_Range=etag)
        assert (status, body, headers["content-range"]) == (206, content[390:], "bytes 390-399/400")
        assert ask(hub, path, Range="bytes=390-", If_Range='"stale"')[0] == 200
        assert ask(hub, path, Range="bytes=400-")[0] == 416

    @pytest.mark.usefixtures("commit")
    @pytest.mark.parametrize(
        "path",
        [
            "lab/none/main/README.md",
            "lab/code/v9/README.md",
            "lab/code/main/none",
            "media/lab/code/main/none",
        ],
    )
    def test_what_is_missing_is_404(self, hub: LocalHub, path: str) -> None:
        assert ask(hub, f"/{path}")[0] == 404

    @pytest.mark.usefixtures("commit")
    def test_a_moved_repository_redirects_for_good(self, hub: LocalHub) -> None:
        hub.move("lab/code", "lab/renamed")
        status, headers, _ = ask(hub, "/lab/code/main/README.md")
        assert (status, headers["location"]) == (301, "/lab/renamed/main/README.md")


class TestLifetime:
    def test_it_comes_back_at_the_same_address(self, hub: LocalHub, api: HfApi) -> None:
        endpoint = hub.endpoint
        api.dataset_info(NAME)
        hub.stop()
        with pytest.raises(ConnectionRefusedError):
            ask(hub, "/")
        hub.start()
        assert hub.endpoint == endpoint
        assert ask(hub, f"/api/datasets/{NAME}")[0] == 200

    def test_stopping_hangs_up_and_leaves_no_thread(self) -> None:
        before = threading.active_count()
        hub = LocalHub()
        hub.start()
        hub.start()
        connection = HTTPConnection(hub.endpoint.removeprefix("http://"))
        connection.request("GET", "/")
        assert connection.getresponse().read()
        hub.stop()
        hub.stop()
        assert connection.sock.recv(1) == b""
        connection.close()
        deadline = time.monotonic() + 60
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threading.active_count() == before

    def test_stopping_ends_a_stall(self, hub: LocalHub) -> None:
        hub.misbehave(NAME, Fault.stalled(60))
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(ask, hub, f"/api/datasets/{NAME}")
            while not hub.requests:
                time.sleep(0.01)
            hub.stop()
            with suppress(OSError):
                answer.result(timeout=5)

    def test_a_client_may_hang_up(self, hub: LocalHub, capfd: pytest.CaptureFixture[str]) -> None:
        hub.add_repository("lab/code", {"big.bin": bytes(20_000_000)}, kind="github")
        connection = HTTPConnection(hub.endpoint.removeprefix("http://"))
        connection.request("GET", "/lab/code/main/big.bin")
        connection.close()
        hub.stop()
        assert capfd.readouterr() == ("", "")

    def test_a_bug_in_the_double_is_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        def application(_request: Request) -> Response:
            return Response(status=1 // 0)

        server = HttpServer(application)
        server.start()
        connection = HTTPConnection(server.endpoint.removeprefix("http://"))
        connection.request("GET", "/")
        with pytest.raises(RemoteDisconnected):
            connection.getresponse()
        connection.close()
        server.stop()
        assert "ZeroDivisionError" in capfd.readouterr().err

    def test_it_has_no_address_before_it_starts(self) -> None:
        with pytest.raises(RuntimeError, match="start"):
            _ = LocalHub().endpoint

    def test_unknown_addresses_are_404(self, hub: LocalHub) -> None:
        assert ask(hub, "/api/whatever")[0] == 404
        assert ask(hub, f"/api/datasets/{NAME}/whatever", "DELETE")[0] == 404

    def test_many_clients_at_once(self, hub: LocalHub) -> None:
        hub.misbehave(NAME, Fault.too_many_requests(), times=5)
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(lambda _: ask(hub, f"/api/datasets/{NAME}")[0], range(64)))
        assert (statuses.count(429), statuses.count(200)) == (5, 59)
        assert len(hub.requests) == 64


class TestMistakes:
    def test_they_are_named(self, hub: LocalHub) -> None:
        with pytest.raises(ValueError, match="taken"):
            hub.add_repository(NAME, FILES)
        with pytest.raises(ValueError, match="owner/name"):
            hub.add_repository("name", FILES)
        with pytest.raises(ValueError, match="owner/name"):
            hub.move(NAME, "renamed")
        with pytest.raises(ValueError, match="org/nowhere"):
            hub.add_commit("org/nowhere", FILES)
        with pytest.raises(ValueError, match="v9"):
            hub.tag(NAME, "v2", "v9")
        with pytest.raises(ValueError, match="typo"):
            hub.misbehave(NAME, Fault.wrong_content(), path="typo.parquet")
        with pytest.raises(ValueError, match="times"):
            hub.misbehave(NAME, Fault.wrong_content(), times=0)


@given(content=st.binary(max_size=20), first=st.integers(0, 25), last=st.none() | st.integers(0, 25))
def test_a_range_is_a_slice(content: bytes, first: int, last: int | None) -> None:
    asked = f"bytes={first}-{'' if last is None else last}"
    response = content_response(Request("GET", "/", {"range": asked}), content, "tag", {})
    expected = content[first : None if last is None else last + 1]
    assert (response.status, response.body) == ((206, expected) if expected else (416, b""))


@given(content=st.binary(max_size=20), length=st.integers(0, 25))
def test_a_suffix_range_is_the_tail(content: bytes, length: int) -> None:
    response = content_response(Request("GET", "/", {"range": f"bytes=-{length}"}), content, "tag", {})
    expected = content[max(0, len(content) - length) :]
    assert (response.status, response.body) == ((206, expected) if expected else (416, b""))


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=0-1,3-4", "lines=1-2"])
def test_what_is_no_single_range_gets_everything(asked: str) -> None:
    response = content_response(Request("GET", "/", {"range": asked}), b"content", "tag", {})
    assert (response.status, response.body) == (200, b"content")
