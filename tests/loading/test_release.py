"""`mensrea.load`: what it finds, what it refuses, and the traps of plain `load_dataset` that it avoids.

Each trap is shown first. A release of `datasets` that mends one fails here.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import mensrea
import pytest
from mensrea.errors import (
    ReleaseCorruptError,
    ReleaseNotFoundError,
    ReleaseVersionError,
    StorageError,
    UnknownConfigError,
    UnknownDatasetError,
    UnknownSplitError,
    UsageError,
)
from mensrea.loading.items import load_items
from mensrea.testing import Fault, LocalHub

TRAIN = ["Text 0.", "Text 1.", "Text 2."]
OTHER = ["Text 2.", "Text 1.", "Text 0."]
NINE = [{"id": f"nine-{number}", "text": text} for number, text in enumerate(OTHER)]
SHARD = "text/train-00000-of-00001.parquet"
CHILD = """
import json, os, sys, time, warnings
time.sleep = lambda seconds: None
from datasets import load_dataset
import mensrea

def attempt(path=None, **arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if path is None:
                rows = mensrea.load(**{"stem": "toy", "config": "text", "split": "train", **arguments})
            else:
                rows = load_dataset(path, "text", split="train", **arguments)
            outcome = {"rows": [row["text"] for row in rows]}
        except Exception as error:
            outcome = {"error": type(error).__name__, "message": str(error)}
    own = [each for each in caught if each.category.__module__.startswith("mensrea")]
    places = {each.filename for each in own}
    return {**outcome, "warnings": [str(each.message) for each in own], "places": sorted(places)}

print(json.dumps([attempt(**arguments) for arguments in json.loads(sys.argv[1])]))
"""

Outcome = dict[str, Any]


def texts(*values: str) -> list[dict[str, str]]:
    return [{"id": f"text-{number}", "text": value} for number, value in enumerate(values)]


def plain(release: Path, split: str = "train", **options: Any) -> list[str]:
    from datasets import load_dataset

    return [row["text"] for row in load_dataset(str(release), "text", split=split, **options)]  # type: ignore[index]


def loaded(split: str = "train", **options: Any) -> list[str]:
    config = options.pop("config", "text")
    return [row["text"] for row in mensrea.load("toy", config, split, **options)]  # type: ignore[index]


def rebuild_in_place(toy: Any, rows: list[dict[str, str]]) -> None:
    """Build again with other rows, under the same card, and give every file the time that it had."""
    times = {path: path.stat().st_mtime_ns for path in toy.release.rglob("*") if path.is_file()}
    card = (toy.release / "README.md").read_text()
    toy.write("text", rows)
    toy.build("text", overwrite=True)
    (toy.release / "README.md").write_text(card)
    for path, time in times.items():
        os.utime(path, ns=(time, time))


def garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 4 :] = bytes(255 - value for value in content[len(content) // 4 :])
    path.write_bytes(content)


@pytest.fixture(autouse=True)
def _arrow_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of `datasets` of this test's own, since the library tells folders of one name not apart."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "arrow")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own, and a working directory without releases."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("MENSREA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class TestAReleaseIsFound:
    def test_at_a_path_of_any_form(self, toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        toy.build("text", "chat")
        monkeypatch.chdir(toy.root)
        for path in (toy.release, str(toy.release), Path("dist/toy"), "dist/toy", "./dist/../dist/toy/"):
            assert loaded(path=path) == TRAIN
        assert len(mensrea.load("toy", "chat", "train", path="dist/toy")) == 3  # type: ignore[arg-type]

    def test_in_dist_of_the_working_directory(
        self, toy: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        toy.build("chat")
        monkeypatch.chdir(toy.root)
        assert len(mensrea.load("toy", "chat", "train")) == 3  # type: ignore[arg-type]
        assert not cache.exists()

    def test_in_the_cache_where_it_is_built_once(
        self, toy: Any, cache: Path, hashes: Callable[[Path], Mapping[str, str]]
    ) -> None:
        assert loaded() == TRAIN
        built = hashes(cache)
        toy.write("text", texts("Later."))
        assert loaded(version="1.0.0") == TRAIN
        assert hashes(cache) == built
        assert len(list(cache.glob("releases/1.0.0-*/toy/manifest.json"))) == 1
        assert not list(Path().iterdir())

    def test_in_the_cache_only_if_the_schema_is_the_same(self, toy: Any, cache: Path) -> None:
        assert loaded() == TRAIN
        toy.write("text", texts(*OTHER))
        toy.edit(toy.schema, "Some text.", "A text.")
        assert loaded(streaming=True) == OTHER
        toy.edit(toy.schema, "A text.", "Some text.")
        assert loaded(streaming=True) == TRAIN
        assert len(list(cache.glob("releases/*/toy"))) == 2

    def test_in_the_cache_only_if_the_card_has_its_version(self, toy: Any, cache: Path) -> None:
        assert loaded() == TRAIN
        toy.version("1.0.1")
        toy.write("text", texts(*OTHER))
        assert loaded() == OTHER
        assert len(list(cache.glob("releases/*/toy"))) == 2

    @pytest.mark.usefixtures("cache")
    def test_for_a_member_of_a_family(self) -> None:
        rows = mensrea.load("cot2", "mnns-3x9", version="1.1.0")
        assert set(rows) == {"train", "validation", "test"}
        assert sum(map(len, rows.values())) == 9**3  # type: ignore[union-attr, arg-type]
        both = mensrea.load("cot2", "mnns-2x9", "all")
        assert len(both) == 9**2  # type: ignore[arg-type]

    @pytest.mark.slow
    def test_for_several_processes_at_once(self, toy: Any, shell: Any, tmp_path: Path) -> None:
        environment = shell.environment(
            toy.root / "rows",
            {"MENSREA_CACHE": str(tmp_path / "cache"), "HF_DATASETS_CACHE": str(tmp_path / "arrow")},
        )
        children = [start([{}], environment, tmp_path) for _ in range(3)]
        assert [outcomes(child) for child in children] == [[silent(TRAIN)]] * 3


class TestARequestIsRefused:
    def test_with_the_nearest_name(self, toy: Any) -> None:
        toy.build("text")
        with pytest.raises(UnknownDatasetError, match="did you mean 'toy'"):
            mensrea.load("toys")
        with pytest.raises(UnknownConfigError, match=r"did you mean 'text'.*text, chat, pictures"):
            mensrea.load("toy", "tekst")
        with pytest.raises(UnknownSplitError, match="no split 'validation'; it has train, test"):
            loaded("validation", path=toy.release)

    @pytest.mark.parametrize("split", ["", "train+", "[:2]", "train[:200%]", "train[:2", "train+x"])
    def test_for_what_is_no_slice(self, toy: Any, split: str) -> None:
        toy.build("text")
        with pytest.raises(UnknownSplitError):
            loaded(split, path=toy.release)

    @pytest.mark.parametrize("split", ["train[:2]", "train+test", "all"])
    def test_for_a_slice_to_stream(self, toy: Any, split: str) -> None:
        toy.build("text")
        with pytest.raises(UsageError, match="can't be streamed"):
            loaded(split, path=toy.release, streaming=True)

    def test_for_two_places(self, toy: Any) -> None:
        with pytest.raises(UsageError, match="path= and repository="):
            loaded(path=toy.release, repository="org/name")

    def test_for_another_version(self, toy: Any, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        toy.build("text")
        with pytest.raises(ReleaseVersionError, match=r"holds version 1\.0\.0 of toy, expected 1\.0\.1"):
            loaded(path=toy.release, version="1.0.1")
        monkeypatch.chdir(toy.root)
        with pytest.raises(ReleaseNotFoundError, match=r"no release of toy text 1\.0\.1"):
            loaded(version="1.0.1")
        assert not cache.exists()

    def test_for_another_dataset(self, toy: Any) -> None:
        toy.build("text")
        shutil.copytree(toy.release, toy.out / "other")
        manifest = toy.out / "other" / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"stem": "toy"', '"stem": "other"'))
        with pytest.raises(ReleaseVersionError, match="holds a release of other, expected toy"):
            loaded(path=toy.out / "other")

    def test_for_a_config_that_was_not_built(self, toy: Any) -> None:
        toy.build("text")
        with pytest.raises(UnknownConfigError, match="config chat isn't built; it holds text"):
            mensrea.load("toy", "chat", path=toy.release)
        with pytest.raises(UnknownConfigError, match="config chat isn't built; it holds text"):
            load_items("toy", "chat", path=toy.release)

    def test_where_no_release_is(self, toy: Any, cache: Path) -> None:
        for folder in (toy.root / "nowhere", toy.root, toy.card):
            with pytest.raises(ReleaseNotFoundError, match="no release here"):
                loaded(path=folder)
        with pytest.raises(ReleaseNotFoundError, match="mensrea build toy --config chat"):
            mensrea.load("toy", "chat")
        assert not cache.exists()

    @pytest.mark.usefixtures("toy")
    def test_where_the_cache_cannot_be_written(self, cache: Path) -> None:
        cache.write_text("a file is in the way")
        with pytest.raises(StorageError, match="choose another folder with MENSREA_CACHE"):
            loaded()


class TestWhatIsReturned:
    def test_slices_and_sums(self, toy: Any) -> None:
        toy.build("text")
        expected = {
            "train[:34%]": TRAIN[:1],
            "train[1:2]+test": [TRAIN[1], "Text 3."],
            "train[-1:]": TRAIN[2:],
            "all": [*TRAIN, "Text 3."],
        }
        assert {split: loaded(split, path=toy.release) for split in expected} == expected

    def test_every_split_if_none_is_named(self, toy: Any) -> None:
        from datasets import DatasetDict, IterableDatasetDict

        toy.build("text")
        for streaming, kind in ((False, DatasetDict), (True, IterableDatasetDict)):
            splits = mensrea.load("toy", "text", path=toy.release, streaming=streaming)
            assert isinstance(splits, kind)
            assert {str(name): len(list(rows)) for name, rows in splits.items()} == {"train": 3, "test": 1}

    def test_a_stream(self, toy: Any) -> None:
        from datasets import IterableDataset

        toy.build("text")
        rows = mensrea.load("toy", "text", "test", path=toy.release, streaming=True)
        assert isinstance(rows, IterableDataset)
        assert [row["text"] for row in rows] == ["Text 3."]

    def test_the_first_config_if_none_is_named(self, toy: Any) -> None:
        toy.build("text", "chat")
        assert set(mensrea.load("toy", path=toy.release)) == {"train", "test"}

    def test_rows_of_every_kind(self, toy: Any) -> None:
        toy.build("text", "chat", "pictures")
        chats = mensrea.load("toy", "chat", "train", path=toy.release)
        assert chats[0]["payload"]["list"] == [1, 2.5, "x", None, True]  # type: ignore[index]
        pictures = mensrea.load("toy", "pictures", "train", path=toy.release)
        assert pictures[2]["image"].size == (2, 2)  # type: ignore[index]


class TestAStaleCacheIsNotServed:
    """`datasets` keys what it caches of a folder by the folder's name and the card's YAML.

    Where the card names the data files, neither path nor time nor content of these counts.
    """

    def test_after_a_build_with_the_same_times(self, toy: Any) -> None:
        toy.build("text")
        assert plain(toy.release) == loaded(path=toy.release) == TRAIN
        rebuild_in_place(toy, texts(*OTHER))
        assert plain(toy.release) == TRAIN  # the trap
        with pytest.warns(mensrea.StaleCacheWarning, match=r"other rows of text \(train\)") as caught:
            assert loaded(path=toy.release) == OTHER
        assert [each.filename for each in caught] == [__file__]
        assert loaded(path=toy.release) == OTHER
        assert plain(toy.release) == OTHER

    def test_of_another_folder_of_that_name(self, toy: Any) -> None:
        toy.build("text")
        assert plain(toy.release) == TRAIN
        toy.write("text", texts(*OTHER))
        other = toy.build("text", out=toy.root / "elsewhere").path
        shutil.copy(toy.release / "README.md", other)
        assert plain(other) == TRAIN  # the trap
        with pytest.warns(mensrea.StaleCacheWarning):
            assert loaded(path=other) == OTHER
        with pytest.warns(mensrea.StaleCacheWarning):
            assert loaded(path=toy.release) == TRAIN

    def test_while_its_rows_are_in_use(self, toy: Any) -> None:
        toy.build("text")
        before = mensrea.load("toy", "text", "train", path=toy.release)
        rebuild_in_place(toy, texts(*OTHER))
        with pytest.warns(mensrea.StaleCacheWarning):
            assert loaded(path=toy.release) == OTHER
        assert before["text"][:] == TRAIN  # type: ignore[index]

    def test_in_a_slice_of_another_split(self, toy: Any) -> None:
        toy.build("text")
        assert plain(toy.release, "test") == ["Text 3."]
        rebuild_in_place(toy, texts(*OTHER))
        with pytest.warns(mensrea.StaleCacheWarning):
            assert loaded("train[:1]+test", path=toy.release) == ["Text 2.", "Text 3."]

    def test_in_a_stream(self, toy: Any) -> None:
        toy.build("text")
        assert plain(toy.release) == TRAIN
        rebuild_in_place(toy, texts(*OTHER))
        assert loaded(path=toy.release, streaming=True) == OTHER


class TestDamageIsFound:
    @pytest.mark.parametrize("streaming", [False, True])
    def test_in_a_file(self, toy: Any, *, streaming: bool) -> None:
        toy.build("text")
        garble(toy.release / SHARD)
        with pytest.raises(ReleaseCorruptError, match=f"{SHARD}: missing or changed since it was built"):
            loaded(path=toy.release, streaming=streaming)

    @pytest.mark.parametrize("streaming", [False, True])
    def test_where_a_file_is_missing(self, toy: Any, *, streaming: bool) -> None:
        toy.build("text")
        (toy.release / SHARD).unlink()
        with pytest.raises(ReleaseCorruptError, match=f"{SHARD}: missing or changed since it was built"):
            loaded("test", path=toy.release, streaming=streaming)

    def test_in_rows_of_another_release(self, toy: Any) -> None:
        toy.build("text")
        toy.write("text", texts(*OTHER))
        toy.build("text", out=toy.root / "other")
        shutil.copy(toy.root / "other" / "toy" / SHARD, toy.release / SHARD)
        assert plain(toy.release) == OTHER
        with pytest.raises(ReleaseCorruptError, match=f"{SHARD}: missing or changed"):
            loaded(path=toy.release)

    def test_in_the_digest_of_the_manifest(self, toy: Any) -> None:
        manifest = toy.build("text").path / "manifest.json"
        document = json.loads(manifest.read_text())
        document["configs"]["text"]["splits"]["train"]["digest"] = "0" * 64
        manifest.write_text(json.dumps(document))
        with pytest.raises(ReleaseCorruptError, match=r"rows of text \(train\) don't have the manifest's"):
            loaded(path=toy.release)

    @pytest.mark.parametrize("name", ["manifest.json", "README.md"])
    def test_in_a_document(self, toy: Any, name: str) -> None:
        toy.build("text")
        (toy.release / name).write_text("---\nconfigs: [\n---\n")
        with pytest.raises(ReleaseCorruptError) as raised:
            loaded(path=toy.release)
        assert "\n" not in str(raised.value)

    @pytest.mark.usefixtures("toy")
    def test_in_the_cache_and_mended_there(self, cache: Path) -> None:
        assert loaded() == TRAIN
        garble(next(cache.glob(f"releases/*/toy/{SHARD}")))
        with pytest.raises(ReleaseCorruptError, match="removed from the cache, so load it again"):
            loaded(streaming=True)
        assert loaded() == TRAIN
        next(cache.glob("releases/*/toy/manifest.json")).write_text("{")
        assert loaded() == TRAIN


def start(attempts: list[Outcome], environment: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
    """Have a child process make these calls: of `load_dataset` where a `path` is given, else of ours."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(attempts)],
        env={**environment, "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcomes(child: subprocess.Popen[str]) -> list[Outcome]:
    out, err = child.communicate(timeout=100)
    assert child.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def silent(rows: list[str]) -> Outcome:
    return {"rows": rows, "warnings": [], "places": []}


def kinds(found: list[Outcome]) -> list[Any]:
    """The rows or the exception of each call; every message is one line and speaks of no option."""
    for each in found:
        assert "\n" not in each.get("message", "")
        assert "--source" not in each.get("message", "")
    return [each.get("error", each.get("rows")) for each in found]


class Published:
    """A Hub with the releases 1.0.0 and 1.1.0 of `toy` in `org/name`, and a home folder for its clients."""

    def __init__(self, hub: LocalHub, toy: Any, shell: Any, home: Path) -> None:
        self.hub, self._shell, self._home, self._rows = hub, shell, home, toy.root / "rows"
        home.mkdir()
        toy.build("text", "chat")
        hub.add_repository("org/name", toy.release, tags=("v1.0.0",))
        toy.write("text", [*texts(*OTHER), {"id": "text-4", "text": "Text 4."}])
        toy.version("1.1.0")
        toy.build("text", "chat", overwrite=True)
        hub.add_commit("org/name", toy.release)
        hub.tag("org/name", "v1.1.0")
        hub.tag("org/name", "v2.0.0")
        self.release = toy.release

    def start(self, attempts: list[Outcome], **more: str) -> subprocess.Popen[str]:
        environment = self._shell.environment(self._rows, {**self.hub.environment(self._home), **more})
        return start(attempts, environment, self._home)

    def attempt(self, *attempts: Outcome, **more: str) -> list[Outcome]:
        return outcomes(self.start(list(attempts), **more))


NEWER = [*OTHER, "Text 4."]
OURS: Outcome = {"repository": "org/name"}
PLAIN: Outcome = {"path": "org/name"}
FIRST = {"version": "1.0.0"}


@pytest.fixture
def published(toy: Any, shell: Any, tmp_path: Path) -> Iterator[Published]:
    with LocalHub() as hub:
        yield Published(hub, toy, shell, tmp_path / "home")


@pytest.mark.slow
def test_no_other_version_is_served_without_the_hub(published: Published) -> None:
    online = published.attempt(
        OURS | FIRST,
        OURS,
        PLAIN | {"revision": "v1.0.0"},
        PLAIN | {"revision": "v1.1.0"},
        OURS | {"version": "2.0.0"},
        OURS | {"version": "3.0.0"},
    )
    assert online[:2] == [silent(TRAIN), silent(NEWER)]
    assert kinds(online)[2:] == [TRAIN, NEWER, "ReleaseVersionError", "SourceMovedError"]
    published.hub.stop()
    attempts = [
        PLAIN | {"revision": "v1.0.0"},
        PLAIN | {"revision": "v77"},
        OURS | FIRST,
        OURS | {"version": "1.1.0"},
        OURS,
        OURS | {"version": "3.0.0"},
        OURS | FIRST | {"config": "chat"},
        OURS | {"config": "chat"},
        {"repository": "org/other"},
        {"repository": "org/other", "version": "1.0.0"},
    ]
    down, offline = published.start(attempts), published.start(attempts, HF_HUB_OFFLINE="1")
    for found in (outcomes(down), outcomes(offline)):
        unavailable = "SourceUnavailableError"
        assert kinds(found) == [NEWER, NEWER, TRAIN, NEWER, NEWER, *[unavailable] * 5]
        assert found[2] == silent(TRAIN)
        assert len(found[4]["warnings"]) == 1
        assert "1.1.0 from the cache" in found[4]["warnings"][0]
        assert found[4]["places"] == ["<string>"]


@pytest.mark.slow
def test_every_failure_of_the_hub_has_its_exception(published: Published) -> None:
    hub, release = published.hub, published.release
    faults: dict[str, tuple[Fault, str | None, int | None]] = {
        "wrong": (Fault.wrong_content(), SHARD, 1),
        "cut-once": (Fault.interrupted(50), SHARD, 1),
        "shorter": (Fault.truncated(50), SHARD, None),
        "denied": (Fault.gated(), None, None),
        "failing": (Fault.server_error(500), None, None),
        "limited": (Fault.too_many_requests(), None, None),
    }
    for name, (fault, path, times) in faults.items():
        hub.add_repository(f"org/{name}", release, tags=("v1.1.0",))
        hub.misbehave(f"org/{name}", fault, path=path, times=times)
    hub.add_repository("org/hidden", release, tags=("v1.1.0",))
    hub.hide("org/hidden")
    hub.add_repository("org/empty", {"README.md": "# Nothing"}, tags=("v1.1.0",))
    names = [
        "wrong",
        "wrong",
        "cut-once",
        "shorter",
        "denied",
        "failing",
        "limited",
        "hidden",
        "absent",
        "empty",
    ]
    attempts = [{"repository": f"org/{name}", "version": "1.1.0"} for name in names]
    newest = [{"repository": f"org/{name}"} for name in ("denied", "failing", "hidden")]
    found = published.attempt(
        *attempts,
        *newest,
        {"repository": "no name"},
        OURS | {"stem": "cot2", "config": "mnns-2x9"},
        OURS | FIRST | {"streaming": True},
        OURS | FIRST,
    )
    assert kinds(found) == [
        "ReleaseCorruptError",
        NEWER,  # what was damaged is downloaded again
        NEWER,
        "SourceUnavailableError",
        "SourceAccessError",
        "SourceUnavailableError",
        "SourceUnavailableError",
        "SourceMovedError",
        "SourceMovedError",
        "ReleaseNotFoundError",
        "SourceAccessError",
        "SourceUnavailableError",
        "SourceMovedError",
        "UsageError",
        "ReleaseVersionError",
        TRAIN,
        TRAIN,
    ]
    assert all(each["warnings"] == [] for each in found)


def test_a_folder_in_the_working_directory_is_not_the_repository(
    published: Published, tmp_path: Path
) -> None:
    shadow = tmp_path / "home" / "org" / "name"
    (shadow / "text").mkdir(parents=True)
    (shadow / "README.md").write_text(
        "---\nconfigs: [{config_name: text, data_files: [{split: train, path: text/*.parquet}]}]\n---\n"
    )
    test = published.release / "text" / "test-00000-of-00001.parquet"
    shutil.copy(test, shadow / "text" / "train.parquet")
    trap, ours = published.attempt(PLAIN | {"revision": "v1.0.0"}, OURS | FIRST)
    assert trap["rows"] == ["Text 3."]
    assert ours == silent(TRAIN)


@pytest.mark.slow
def test_access_that_is_withdrawn_leaves_only_the_version_that_is_cached(published: Published) -> None:
    assert published.attempt(OURS | FIRST, OURS) == [silent(TRAIN), silent(NEWER)]
    published.hub.gate("org/name")
    published.hub.misbehave("org/name", Fault.gated(), times=None)
    found = published.attempt(OURS | FIRST, OURS | {"version": "1.1.0"}, OURS)
    assert kinds(found) == [TRAIN, "SourceAccessError", "SourceAccessError"]


def test_a_config_is_loaded_without_the_files_of_the_first(toy: Any) -> None:
    toy.write("text-9", NINE)
    toy.build("text", "text-9")
    shutil.rmtree(toy.release / "text")
    assert loaded(path=toy.release, config="text-9") == OTHER
    assert loaded("train[:1]", path=toy.release, config="text-9") == OTHER[:1]
    with pytest.raises(ReleaseCorruptError, match=f"{SHARD}: missing or changed"):
        loaded(path=toy.release)


@pytest.mark.slow
def test_a_config_is_downloaded_alone(toy: Any, shell: Any, tmp_path: Path) -> None:
    toy.write("text-9", NINE)
    toy.build("text", "text-9")
    request = OURS | FIRST | {"config": "text-9"}
    with LocalHub() as hub:
        hub.add_repository("org/name", toy.release, tags=("v1.0.0",))
        environment = shell.environment(toy.root / "rows", hub.environment(tmp_path / "home"))
        child = start([request, request | {"streaming": True}, OURS | FIRST], environment, tmp_path)
        assert outcomes(child) == [silent(OTHER), silent(OTHER), silent(TRAIN)]
        order = [seen.target for seen in hub.requests if ".parquet" in seen.target]
        assert "text-9" in order[0]


@pytest.mark.slow
def test_a_folder_needs_no_network(toy: Any, shell: Any) -> None:
    toy.build("text")
    more = {
        "HF_HUB_OFFLINE": "1",
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_DATASETS_CACHE": f"{toy.root}/arrow",
    }
    environment = shell.environment(toy.root / "rows", more)
    assert outcomes(start([{"streaming": True}, {}], environment, toy.root)) == [silent(TRAIN)] * 2
