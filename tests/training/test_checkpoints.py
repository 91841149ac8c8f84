"""Checkpoints: when they are written, and what is said of one that can't be read."""

import pickle
import time
from pathlib import Path
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.errors import RunError, RunStoppedError  # noqa: E402 (needs torch)
from mensrea.training import checkpoints  # noqa: E402
from mensrea.training.checkpoints import Checkpoint  # noqa: E402
from mensrea.training.course import Course, Member  # noqa: E402
from mensrea.training.session import TrainingFolder  # noqa: E402

from .made import arm, mnns, same, shape_of, stored  # noqa: E402

TASK = mnns(2, 3)


def course(width: int = 4) -> Course:
    return Course([Member(arm("soft", epochs=3), 0)], shape_of(TASK, width=width), TASK, TASK)


class Asked:
    """Whether a stop was asked for."""

    def __init__(self, after: int = 99) -> None:
        self.calls, self.after = 0, after

    def __call__(self) -> bool:
        self.calls += 1
        return self.calls > self.after


def checkpoint(folder: Path, made: Course, stop: Asked | None = None) -> Checkpoint:
    return Checkpoint(TrainingFolder(folder), "d4-soft", made, stop or Asked(), torch.device("cpu"))


def finished(folder: Path) -> Path:
    """The checkpoint of a course that was trained to its end."""
    made = course()
    saved = checkpoint(folder, made)
    saved.load()
    made.run(1, saved)
    return folder / saved.name


def test_a_course_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    made = course()
    saved = checkpoint(tmp_path, made, Asked(after=1))
    saved.load()
    with pytest.raises(RunStoppedError, match=rf"^{tmp_path}: stopped after epoch 2$"):
        made.run(1, saved)
    resumed = course()
    again = checkpoint(tmp_path, resumed)
    again.load()
    assert resumed.epoch == 2
    assert again.seconds == saved.seconds > 0
    assert same(stored(resumed.state()), stored(made.state()))
    resumed.run(1, again)
    assert again.seconds > saved.seconds
    whole = course()
    whole.run(1)
    assert resumed.curve == whole.curve
    assert same(resumed.model.state_dict(), whole.model.state_dict())


def test_without_a_checkpoint_a_course_begins(tmp_path: Path) -> None:
    made = course()
    checkpoint(tmp_path, made).load()
    assert made.epoch == 0
    assert not [*tmp_path.iterdir()]


def test_it_is_written_every_minute_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, now = course(), 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    saved = checkpoint(tmp_path, made)
    saved.load()
    found: list[bool] = []

    def between() -> None:
        nonlocal now
        now += 35
        saved()
        found.append(bool([*tmp_path.glob("d4-soft.pt")]))
        (tmp_path / "d4-soft.pt").unlink(missing_ok=True)

    made.run(1, between)
    assert found == [False, True, True]
    assert saved.seconds == 105


def test_a_stop_at_the_end_is_no_stop(tmp_path: Path) -> None:
    made = course()
    saved = checkpoint(tmp_path, made, Asked(after=2))
    saved.load()
    made.run(1, saved)
    assert made.is_done


def test_no_part_of_a_checkpoint_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_SAVED_AFTER", 0.0)
    finished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["d4-soft.pt"]


def torn(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def other(state: Any) -> Any:
    return lambda whole: (torch.save(state, "other.pt"), Path("other.pt").read_bytes(), whole)[1]


@pytest.mark.parametrize(
    "damage",
    [
        torn,
        lambda whole: whole[:-1],
        lambda _: b"",
        lambda _: b"{}",
        lambda _: pickle.dumps({"course": 1}, protocol=2),
        lambda _: b"PK\x03\x04 no archive",
        other([1, 2]),
        other(torch.zeros(3)),
        other({"course": {}}),
        other({"course": {"model": {}}, "seconds": 1.0}),
        other({"course": 3, "seconds": 1.0}),
    ],
    ids=[
        "torn", "short", "empty", "json", "pickle", "zip", "list", "tensor", "bare", "lacking",
        "number",
    ],
)  # fmt: skip
def test_a_torn_or_foreign_file_is_named(
    damage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = finished(tmp_path / "run")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RunError) as caught:
        checkpoint(tmp_path / "run", course()).load()
    message = str(caught.value)
    assert message.startswith(f"{path}: can't be read as a checkpoint (")
    assert message.endswith("); remove it")
    assert "\n" not in message


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = finished(tmp_path)
    with pytest.raises(RunError, match=r"can't be read as a checkpoint \(Error\(s\) in loading") as caught:
        checkpoint(tmp_path, course(width=8)).load()
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_checkpoint_without_its_time_is_refused(tmp_path: Path) -> None:
    path = finished(tmp_path)
    state = torch.load(path, weights_only=True)
    del state["seconds"]
    torch.save(state, path)
    with pytest.raises(RunError, match="'seconds'"):
        checkpoint(tmp_path, course()).load()


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    path, proof = finished(tmp_path), tmp_path / "proof"

    class Harmful:
        def __reduce__(self) -> Any:
            return Path.touch, (proof,)

    torch.save({"course": Harmful(), "seconds": 1.0}, path)
    with pytest.raises(RunError, match="can't be read as a checkpoint"):
        checkpoint(tmp_path, course()).load()
    assert not proof.exists()
