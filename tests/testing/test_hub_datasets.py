"""`load_dataset` against the double, in child processes: `HF_ENDPOINT` is read when the client is imported.

The classes at the end hold the client's traps as facts; a release of `datasets` that mends one fails here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mensrea.testing import Fault, LocalHub

DATA = "data/train.parquet"
CARD = """---
configs:
- config_name: small
  data_files: [{split: train, path: data/train.parquet}]
- config_name: whole
  default: true
  data_files: [{split: train, path: data/*.parquet}]
---
"""
CHILD = """
import json, sys, time
waits = []
time.sleep = waits.append
from datasets import load_dataset

def attempt(arguments):
    waits.clear()
    try:
        rows = load_dataset(**arguments, split="train")
        outcome = {"rows": len(list(rows))}
    except Exception as error:
        outcome = {"error": type(error).__name__, "message": str(error)}
    return {**outcome, "waits": [wait for wait in waits if wait >= 1]}

print(json.dumps([attempt(arguments) for arguments in json.loads(sys.argv[1])]))
"""

Outcome = dict[str, Any]


def parquet(rows: int) -> bytes:
    buffer = BytesIO()
    pq.write_table(pa.table({"id": [f"row-{index}" for index in range(rows)]}), buffer)
    return buffer.getvalue()


def load(hub: LocalHub, home: Path, *attempts: dict[str, Any], token: str | None = None) -> list[Outcome]:
    """Return what became of each `load_dataset` call, made one after the other in one child process."""
    home.mkdir(exist_ok=True)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(attempts)],
        env={**os.environ, **hub.environment(home, token=token)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1])


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        yield hub


def add_versions(hub: LocalHub, name: str = "org/name") -> str:
    """Publish version 1 with three rows, version 2 with five, and a branch with seven."""
    first = hub.add_repository(name, {"README.md": CARD, DATA: parquet(3)}, tags=("v1",))
    hub.add_commit(name, {DATA: parquet(5), "data/more.parquet": parquet(2)})
    hub.tag(name, "v2")
    hub.add_commit(name, {DATA: parquet(7)}, branch="next")
    return first


@pytest.mark.slow
def test_revisions_configs_streams_and_paths_load(
    hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "a token of the developer's own")
    first = add_versions(hub)
    attempts: list[tuple[dict[str, Any], int]] = [
        ({"name": "small"}, 5),
        ({}, 7),
        ({"name": "small", "revision": "v1"}, 3),
        ({"name": "small", "revision": first}, 3),
        ({"name": "small", "revision": "next"}, 7),
        ({"name": "small", "revision": "v1", "streaming": True}, 3),
        ({"revision": "v2", "streaming": True}, 7),
        ({"path": "parquet", "data_files": {"train": "hf://datasets/org/name@v2/data/*.parquet"}}, 7),
    ]
    outcomes = load(hub, tmp_path, *({"path": "org/name", **arguments} for arguments, _ in attempts))
    assert outcomes == [{"rows": rows, "waits": []} for _, rows in attempts]
    assert {seen.status for seen in hub.requests if seen.range} == {206, 302}
    assert {seen.token for seen in hub.requests} == {None}


@pytest.mark.slow
def test_each_fault_has_its_own_outcome(hub: LocalHub, tmp_path: Path) -> None:
    faults: dict[str, tuple[Fault, str | None, int | None]] = {
        "wrong": (Fault.wrong_content(), DATA, None),
        "truncated": (Fault.truncated(50), DATA, None),
        "cut-once": (Fault.interrupted(50), DATA, 1),
        "cut-always": (Fault.interrupted(50), DATA, None),
        "cut-stream": (Fault.interrupted(50), DATA, 1),
        "unauthorized": (Fault.unauthorized(), None, None),
        "denied": (Fault.gated(), None, None),
        "absent": (Fault.repository_not_found(), None, None),
        "unversioned": (Fault.revision_not_found(), None, None),
        "incomplete": (Fault.entry_not_found(), DATA, None),
        "limited-thrice": (Fault.too_many_requests(), None, 3),
        "limited": (Fault.too_many_requests(), None, None),
        "failing": (Fault.server_error(500), None, None),
    }
    for name, (fault, path, times) in faults.items():
        hub.add_repository(f"org/{name}", {"README.md": CARD, DATA: parquet(3)})
        hub.misbehave(f"org/{name}", fault, path=path, times=times)
    attempts = ({"path": f"org/{name}", "streaming": name == "cut-stream"} for name in faults)
    outcomes = load(hub, tmp_path, *attempts)
    found = [(outcome.get("error", outcome.get("rows")), outcome["waits"]) for outcome in outcomes]
    assert dict(zip(faults, found, strict=True)) == {
        "wrong": ("ArrowInvalid", []),
        "truncated": ("OSError", []),
        "cut-once": (3, [1]),
        "cut-always": ("RemoteProtocolError", [1] * 5),
        "cut-stream": (3, [1]),
        "unauthorized": ("HfHubHTTPError", []),
        "denied": ("DatasetNotFoundError", []),
        "absent": ("DatasetNotFoundError", []),
        "unversioned": ("DatasetNotFoundError", []),
        "incomplete": ("FileNotFoundError", []),
        "limited-thrice": (3, [1, 1]),
        "limited": ("FileNotFoundError", [1] * 5),
        "failing": ("FileNotFoundError", [1, 2, 4, 8, 8]),
    }


@pytest.mark.slow
def test_access_decides(hub: LocalHub, tmp_path: Path) -> None:
    for name in ("gated", "hidden", "moved"):
        add_versions(hub, f"org/{name}")
    hub.gate("org/gated", readers=("secret",))
    hub.hide("org/hidden", readers=("secret",))
    hub.move("org/moved", "lab/moved")
    paths = [{"path": f"org/{name}", "revision": "v1"} for name in ("gated", "hidden", "moved")]
    gated, hidden, moved = load(hub, tmp_path / "stranger", *paths)
    assert "must be authenticated" in gated["message"]
    assert "doesn't exist" in hidden["message"]
    assert moved["rows"] == 3
    readable = load(hub, tmp_path / "reader", *paths, token="secret")
    assert readable == [{"rows": 3, "waits": []}] * 3


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalHub, Path]]:
    home = tmp_path_factory.mktemp("home")
    with LocalHub() as hub:
        add_versions(hub)
        attempts = [{"path": "org/name", "name": "small", "revision": name} for name in ("v1", "main", "v77")]
        first, second, unknown = load(hub, home, *attempts)
        assert (first["rows"], second["rows"]) == (3, 5)
        assert unknown["error"] == "DatasetNotFoundError"
        yield hub, home


class TestAnotherCachedRevisionIsServed:
    """Without the Hub, `load_dataset` serves the newest cached revision, whatever revision was asked for."""

    @pytest.mark.slow
    def test_when_the_hub_is_down(self, cached: tuple[LocalHub, Path]) -> None:
        hub, home = cached
        hub.stop()
        # Even version 1, which is in the cache, is passed over; version 77 has never existed.
        outcomes = load(
            hub,
            home,
            {"path": "org/name", "name": "small", "revision": "v1"},
            {"path": "org/name", "name": "small", "revision": "v77"},
            {"path": "org/name", "name": "small", "revision": "v77", "streaming": True},
        )
        hub.start()
        assert outcomes == [{"rows": 5, "waits": [1, 2, 4, 8, 8]}] * 3

    def test_when_access_is_withdrawn(self, cached: tuple[LocalHub, Path]) -> None:
        hub, home = cached
        hub.gate("org/name")
        outcomes = load(hub, home, {"path": "org/name", "name": "small", "revision": "v1"})
        hub.publish("org/name")
        assert outcomes == [{"rows": 5, "waits": []}]


def test_a_local_folder_shadows_the_repository(hub: LocalHub, tmp_path: Path) -> None:
    add_versions(hub)
    folder = tmp_path / "org" / "name"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# Mine\n")
    (folder / "train.parquet").write_bytes(parquet(1))
    assert load(hub, tmp_path, {"path": "org/name", "revision": "v1"}) == [{"rows": 1, "waits": []}]
    assert hub.requests == []
