"""A build that is killed, interrupted, locked out or out of space: the release that was there stays."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
from mensrea.builders import workspace
from mensrea.builders.verify import verify_release
from mensrea.builders.workspace import replacing
from mensrea.cards.manifest import read_manifest
from mensrea.errors import StorageError

Hashes = Callable[[Path], dict[str, str]]
OLD = [{"id": f"text-{number}", "text": f"Text {number}."} for number in range(3)]
NEW = [*OLD, {"id": "text-9", "text": "Another."}]
LARGE = [{"id": f"large-{number}", "text": os.urandom(500).hex()} for number in range(4_000)]

# The command, with one function that touches a file and waits to be killed.
CHILD = """
import os, time
from pathlib import Path
from mensrea.builders import workspace
from mensrea.cli import main

def stop(*_):
    Path(os.environ["MARKER"]).touch()
    time.sleep(120)

def stopping_after(function, when=lambda *_: True):
    def wrapped(*arguments):
        result = function(*arguments)
        if when(*arguments):
            stop()
        return result
    return wrapped

def renaming(until):
    workspace._exchange = lambda *_: False
    Path.rename = stopping_after(Path.rename, lambda path, _: path.name == until)

MOMENT
main()
"""
MOMENTS = {
    "before the files are durable": "workspace._sync = stop",
    "before the swap": "workspace._swap = stop",
    "after the swap": "workspace._swap = stopping_after(workspace._swap)",
    "between the renames": "renaming('toy')",
    "after the renames": "renaming('.toy.building')",
}
SWAPPED = {"after the swap", "after the renames"}


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if path.exists():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    pytest.fail(f"{path} never came")


def litter(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir() if path.name != "toy")


def texts(release: Path) -> list[str]:
    return pq.read_table(release / "text" / "train-00000-of-00001.parquet")["id"].to_pylist()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.fixture
def world(toy: Any, shell: Any) -> Any:
    """A release of three rows, and a fourth row that the next build adds."""
    toy.write("text", OLD)
    toy.build()
    toy.write("text", NEW)
    toy.shell = shell
    toy.flags = ("build", "toy", "--overwrite", "--out", str(toy.out))
    return toy


@pytest.mark.slow
def test_a_build_killed_at_any_moment_leaves_a_release_and_the_next_one_cleans_up(
    world: Any, hashes: Hashes, tmp_path: Path
) -> None:
    before = hashes(world.release)
    children: dict[str, tuple[subprocess.Popen[str], Path, Path]] = {}
    for number, (moment, patch) in enumerate(MOMENTS.items()):
        out, marker = tmp_path / f"out-{number}", tmp_path / f"marker-{number}"
        shutil.copytree(world.out, out)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD.replace("MOMENT", patch), *world.flags, "--out", str(out)],
            env=world.shell.environment(world.root / "rows", {"MARKER": str(marker)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children[moment] = (child, out, marker)
    for moment, (child, out, marker) in children.items():
        wait_for(marker, child)
        kill(child)
        if moment == "between the renames":
            assert not (out / "toy").exists()
        elif moment in SWAPPED:
            assert texts(out / "toy") == [row["id"] for row in NEW]
        else:
            assert hashes(out / "toy") == before
        if (out / "toy").exists():
            assert list(verify_release(out / "toy")) == []
        assert litter(out), moment
        world.build(out=out, overwrite=True)
        assert litter(out) == [], moment
        assert texts(out / "toy") == [row["id"] for row in NEW]


def test_what_a_kill_between_two_renames_set_aside_comes_back(toy: Any) -> None:
    toy.build()
    toy.release.rename(toy.out / ".toy.previous")
    (toy.out / ".toy.building").mkdir()
    toy.write("text", [*OLD, {"!": "fail"}])
    with pytest.raises(ZeroDivisionError):
        toy.build()
    assert list(verify_release(toy.release)) == []
    assert litter(toy.out) == []


@pytest.mark.slow
def test_a_build_killed_while_rows_are_made_leaves_neither_litter_nor_processes(
    world: Any, hashes: Hashes, tmp_path: Path
) -> None:
    before = hashes(world.release)
    for shard in (1, 2, 3):
        world.write("text", [{"!": "wait", "touch": str(tmp_path / str(shard))}], shard=shard)
    process = world.shell.start(*world.flags, "--workers", 2, rows=world.root / "rows")
    wait_for(tmp_path / "1", process)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2
    kill(process)
    assert hashes(world.release) == before
    assert litter(world.out) == [".toy.building", ".toy.lock"]
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    for shard in (1, 2, 3):
        world.write("text", [], shard=shard)
    world.build(overwrite=True)
    assert litter(world.out) == []
    assert texts(world.release) == [row["id"] for row in NEW]


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "send"), [(1, os.kill), (2, os.kill), (2, os.killpg)])
def test_ctrl_c_is_one_line_and_code_130(
    world: Any, hashes: Hashes, tmp_path: Path, workers: int, send: Callable[[int, int], None]
) -> None:
    before = hashes(world.release)
    for shard in (1, 2, 3):
        world.write("text", [{"!": "wait", "touch": str(tmp_path / str(shard))}], shard=shard)
    process = world.shell.start(
        *world.flags, "--workers", workers, rows=world.root / "rows", start_new_session=True
    )
    wait_for(tmp_path / "1", process)
    family = psutil.Process(process.pid).children(recursive=True)
    started = time.monotonic()
    send(process.pid, signal.SIGINT)
    ended = world.shell.end(process)
    assert time.monotonic() - started < 10
    assert ended.code == 130
    assert "interrupted" in ended.error
    assert ended.out == ""
    assert hashes(world.release) == before
    assert litter(world.out) == []
    assert psutil.wait_procs(family, timeout=10)[1] == []


@pytest.mark.slow
def test_a_worker_that_is_killed_is_one_line(world: Any, hashes: Hashes) -> None:
    before = hashes(world.release)
    for shard in (1, 2, 3):
        world.write("text", [{"!": "die"}], shard=shard)
    ended = world.shell.run(*world.flags, "--workers", 2, rows=world.root / "rows")
    assert ended.code == 2
    assert "a process that makes rows was killed" in ended.error
    assert hashes(world.release) == before
    assert litter(world.out) == []


def test_a_second_build_of_the_same_release_is_refused_at_once(
    world: Any, hashes: Hashes, tmp_path: Path
) -> None:
    before = hashes(world.release)
    world.write("text", [{"!": "wait", "touch": str(tmp_path / "waiting")}], shard=1)
    first = world.shell.start(*world.flags, rows=world.root / "rows")
    wait_for(tmp_path / "waiting", first)
    started = time.monotonic()
    with pytest.raises(StorageError, match="another process is building it"):
        world.build(overwrite=True)
    assert time.monotonic() - started < 10  # the other build waits for 120
    assert (world.out / ".toy.building").exists()
    world.write("text", [], shard=1)
    world.build(out=tmp_path / "other")
    kill(first)
    assert hashes(world.release) == before


def test_of_many_builds_at_once_one_is_inside_at_a_time(tmp_path: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from mensrea.builders.workspace import replacing
from mensrea.errors import StorageError
target, inside, won = Path(sys.argv[1]), Path(sys.argv[1] + ".inside"), 0
end = time.monotonic() + 2
while time.monotonic() < end:
    try:
        with replacing(target) as folder:
            inside.touch(exist_ok=False)
            (folder / "file").write_text("whole")
            inside.unlink()
            won += 1
    except StorageError:
        pass
print(won)
"""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "toy")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    won = [int(child.communicate()[0]) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sum(won) > 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy"]


@contextmanager
def mounted(path: Path, options: str) -> Generator[Path]:
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting a file system takes privileges that this machine doesn't give: {done.stderr}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_one_line_and_leaves_the_release(
    toy: Any, shell: Any, hashes: Hashes, tmp_path: Path, workers: int
) -> None:
    with mounted(tmp_path / "disk", "size=2m") as disk:
        toy.build(out=disk)
        before = hashes(disk / "toy")
        toy.write("text", LARGE)
        toy.write("text", [{**row, "id": f"more-{row['id']}"} for row in LARGE], shard=1)
        ended = shell.run(
            *("build", "toy", "--out", disk, "--overwrite", "--workers", workers), rows=toy.root / "rows"
        )
        assert ended.code == 2
        assert f"{disk / 'toy'}: no space left on the disk" in ended.error
        assert hashes(disk / "toy") == before
        assert litter(disk) == []


def test_a_disk_that_fills_at_any_moment_leaves_the_release(toy: Any, hashes: Hashes, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=256k") as disk:
        toy.build(out=disk)
        before = hashes(disk / "toy")
        ballast = disk / "ballast"
        toy.write("text", LARGE[:40])
        outcomes = []
        for free in range(0, 2**18, 2**11):
            ballast.write_bytes(b"")
            room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            ballast.write_bytes(bytes(max(0, room - free)))
            outcomes.append(outcome(toy, disk))
            if outcomes[-1] == "built":
                break
            assert "no space left" in outcomes[-1]
            assert hashes(disk / "toy") == before
            assert sorted(path.name for path in disk.iterdir()) == ["ballast", "toy"]
        assert len(outcomes) > 5
        assert outcomes[-1] == "built"
        assert list(verify_release(disk / "toy")) == []


def outcome(toy: Any, out: Path) -> str:
    try:
        toy.build(out=out, overwrite=True)
    except StorageError as error:
        return str(error)
    return "built"


def test_a_file_system_that_may_only_be_read_is_one_line(toy: Any, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=64k,ro") as disk:
        with pytest.raises(StorageError, match=r"can't be written \(Read-only file system\)"):
            toy.build(out=disk)
        with pytest.raises(StorageError, match="Read-only"):
            toy.build(out=disk / "below")


@pytest.mark.parametrize(
    "place", ["file", "file/below", "/proc", "/proc/below", "/dev/null", "x" * 300, "loop"]
)
def test_an_out_that_cannot_be_written_is_one_line(toy: Any, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("A file.")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError) as caught:
        toy.build(out=tmp_path / place)
    assert str(caught.value).startswith(f"{tmp_path / place / 'toy'}: can't be written (")
    assert "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "A file."


def test_where_folders_cannot_be_exchanged_they_are_renamed(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "_exchange", lambda *_: False)
    world.build(overwrite=True)
    assert texts(world.release) == [row["id"] for row in NEW]
    assert list(verify_release(world.release)) == []
    assert litter(world.out) == []


def test_a_rename_that_fails_puts_the_release_back(
    world: Any, hashes: Hashes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hashes(world.release)
    original = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == ".toy.building":
            raise OSError(5, "Input/output error")
        return original(self, target)

    monkeypatch.setattr(workspace, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(StorageError, match="Input/output error"):
        world.build(overwrite=True)
    assert hashes(world.release) == before
    assert litter(world.out) == []


def test_an_exchange_is_one_step_and_says_when_it_cannot(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not workspace._exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("this system can't exchange two folders")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["other"]
    with pytest.raises(FileNotFoundError):
        workspace._exchange(tmp_path / "one", tmp_path / "absent")


def test_an_exception_removes_what_was_built_and_frees_the_lock(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "toy"
    with pytest.raises(ZeroDivisionError), replacing(target) as folder:
        (folder / "file").write_text(str(1 // 0))
    assert list(target.parent.iterdir()) == []
    with replacing(target) as folder:
        (folder / "file").touch()
    assert [path.name for path in target.parent.rglob("*")] == ["toy", "file"]


def test_readers_never_miss_the_release_while_it_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "toy"
    with replacing(target) as folder:
        (folder / "file").write_text("whole")
    program = """
import sys
while True:
    with open(sys.argv[1]) as file:
        assert file.read() == "whole"
"""
    reader = subprocess.Popen(
        [sys.executable, "-c", program, str(target / "file")], stderr=subprocess.PIPE, text=True
    )
    for _ in range(50):
        with replacing(target) as folder:
            (folder / "file").write_text("whole")
    assert reader.poll() is None, reader.communicate()[1]
    kill(reader)


def test_the_manifest_of_a_replaced_release_is_the_new_one(world: Any) -> None:
    world.version("1.1.0")
    world.build()
    assert read_manifest(world.release).version == "1.1.0"
