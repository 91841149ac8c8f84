"""A recipe's run: stopped or killed anywhere, it comes to the same results."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

torch: Any = pytest.importorskip("torch")
from mensrea.errors import (  # noqa: E402 (needs torch)
    RunError,
    RunLockedError,
    RunStoppedError,
    StorageError,
    UsageError,
)
from mensrea.training import session  # noqa: E402
from mensrea.training.outcome import Result  # noqa: E402
from mensrea.training.session import TrainingFolder, groups_of, run_recipe  # noqa: E402
from mensrea.training.settings import Recipe, find_recipe  # noqa: E402

from .made import mnns, same  # noqa: E402

RECIPE = """
title = "Everything, tiny"
config = "mnns-2x3"
layers = 1
heads = 1
widths = [8]
seeds = [0, 1]
every = 1
samples = 3

[training]
rate = 1e-2
batch = 4
epochs = 3
dropout = 0.1

[[arm]]
name = "soft"
method = "cot2"
supervision = "all"

[[arm]]
name = "hidden"
method = "coconut"

[[arm]]
name = "hard"
method = "discrete"

[[arm]]
name = "none"
method = "no-cot"
epochs = 2

[[policy]]
name = "better"
start = "hard"
tokens = 2
rollouts = 4
penalty = 0.1
dropout = 0.1
batch = 4
epochs = 3

[[policy]]
name = "drawn"
start = "soft"
thought = "dirichlet"
rollouts = 4
batch = 4
epochs = 2
"""

CHILD = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
import made
from mensrea.training import checkpoints, session
from mensrea.training.settings import find_recipe
checkpoints._SAVED_AFTER = 0.0
session.load_task = lambda *given, **options: made.mnns(2, 3)
pause = sys.argv[3]

def say(line):
    print(line, flush=True)
    if line.startswith(pause):
        sys.stdin.readline()

session.run_recipe(find_recipe(sys.argv[1]), session.TrainingFolder(Path(sys.argv[2])), say=say)
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    """The recipe, read of a file; problems are made instead of loaded."""
    task = mnns(2, 3)
    monkeypatch.setattr(session, "load_task", lambda *_, **__: task)
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield find_recipe(str(path))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def timeless(results: list[Result]) -> list[Result]:
    return [replace(each, seconds=0.0) for each in results]


def weights(folder: Path) -> dict[str, Any]:
    """What the checkpoints of a run hold, without times."""
    return {path.name: torch.load(path, weights_only=True)["course"] for path in sorted(folder.glob("*.pt"))}


def test_arms_of_the_same_training_are_one_ensemble(recipe: Recipe) -> None:
    wide = replace(recipe, widths=(8, 4), arms=(*recipe.arms[:3], replace(recipe.arms[3], widths=(16,))))
    groups = groups_of(wide)
    assert [(each.name, each.width, [arm.name for arm in each.arms]) for each in groups] == [
        ("d8-soft+hard", 8, ["soft", "hard"]),
        ("d4-soft+hard", 4, ["soft", "hard"]),
        ("d8-hidden", 8, ["hidden"]),
        ("d4-hidden", 4, ["hidden"]),
        ("d16-none", 16, ["none"]),
    ]
    members = groups[0].members([5, 6])
    assert [(each.arm.name, each.seed) for each in members] == [
        ("soft", 5), ("soft", 6), ("hard", 5), ("hard", 6),
    ]  # fmt: skip


def test_shared_arms_of_shipped_recipes_have_checkpoints_of_their_own() -> None:
    for name in ("paper-2l", "sweep-2l-d32"):
        names = [group.name for group in groups_of(find_recipe(name))]
        assert len(set(names)) == len(names)


def test_everything_that_a_recipe_names_is_trained(recipe: Recipe, tmp_path: Path) -> None:
    told: list[str] = []
    folder = tmp_path / "run"
    results = run_recipe(recipe, TrainingFolder(folder), say=told.append)
    assert [(each.name, each.method, each.supervision, each.seed, each.epochs) for each in results] == [
        (*arm, seed, epochs)
        for arm, epochs in (
            (("soft", "cot2", "all"), 3),
            (("hard", "discrete", ""), 3),
            (("better", "grpo", "hard"), 3),
            (("drawn", "grpo", "soft"), 2),
            (("hidden", "coconut", ""), 3),
            (("none", "no-cot", ""), 2),
        )
        for seed in (0, 1)
    ]
    for each in results:
        assert {*each.splits} == {"validation", "test"}
        assert each.splits["test"].total == 9
        assert each.splits["test"].accuracy == each.curve[-1][2] == each.splits["validation"].accuracy
        assert {*each.splits["test"].solved} == ({"1.0"} if each.name == "hard" else set())
        assert [point[0] for point in each.curve] == [*range(each.method != "grpo", each.epochs + 1)]
        assert each.seconds > 0
    written = orjson.loads((folder / "results.json").read_bytes())
    assert written == orjson.loads(orjson.dumps([asdict(each) for each in results]))
    assert {path.name for path in folder.iterdir()} == {
        "run.json", "results.json", "d8-soft+hard.pt", "d8-hidden.pt", "d8-none.pt", "d8-better.pt",
        "d8-drawn.pt", "training.lock",
    }  # fmt: skip
    assert re.fullmatch(r"d8 epoch 1: soft \d+\.\d  hard \d+\.\d", told[0])
    again: list[str] = []
    assert timeless(run_recipe(recipe, TrainingFolder(folder), say=again.append)) == timeless(results)
    assert not again


def test_policies_start_from_the_weights_of_their_arm(recipe: Recipe, tmp_path: Path) -> None:
    run_recipe(recipe, TrainingFolder(tmp_path / "run"))
    held = weights(tmp_path / "run")
    for name, part in (("d8-better.pt", slice(2, 4)), ("d8-drawn.pt", slice(0, 2))):
        arms = {key: each[part] for key, each in held["d8-soft+hard.pt"]["model"].items()}
        assert same(held[name]["start"], arms)
        assert not same(held[name]["model"], arms)


def test_a_run_that_is_stopped_after_every_epoch_comes_to_the_same(recipe: Recipe, tmp_path: Path) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    expected = run_recipe(recipe, TrainingFolder(whole))
    stops, found, asked = list[str](), list[Result](), False

    def stop(_: str) -> None:
        nonlocal asked
        if not asked:
            os.kill(os.getpid(), signal.SIGTERM)
        asked = True

    for _ in range(20):
        asked = False
        try:
            found = run_recipe(recipe, TrainingFolder(pieces), say=stop)
        except RunStoppedError as error:
            stops.append(str(error))
        else:
            break
    # An epoch that ends a part is followed by the first of the next: 2 + 2 + 1 + 2 + 1 stops at most.
    assert len(stops) >= 6
    assert all(re.fullmatch(rf"{pieces}: stopped after epoch \d", each) for each in stops)
    assert timeless(found) == timeless(expected)
    assert same(weights(pieces), weights(whole))


def interrupted(number: signal.Signals, pause: str, recipe: Path, folder: Path) -> tuple[int, str]:
    """Send a signal to a run that tells of a point, before it saves; its exit status and last line."""
    command = [sys.executable, "-c", CHILD, recipe, folder, pause]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith(pause):
                break
        child.send_signal(number)
        _, errors = child.communicate("\n", timeout=100)
    return child.returncode, errors.rstrip("\n").rpartition("\n")[2]


@pytest.mark.slow
def test_a_process_that_is_asked_to_stop_saves_first(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    code, line = interrupted(signal.SIGTERM, "d8 epoch 2: soft", tmp_path / "tiny.toml", folder)
    assert (code, line) == (1, f"mensrea.errors.RunStoppedError: {folder}: stopped after epoch 2")
    assert {name: each["epoch"] for name, each in weights(folder).items()} == {"d8-soft+hard.pt": 2}
    found = run_recipe(recipe, TrainingFolder(folder))
    assert timeless(found) == timeless(run_recipe(recipe, TrainingFolder(tmp_path / "whole")))
    assert same(weights(folder), weights(tmp_path / "whole"))


@pytest.mark.slow
def test_a_process_that_is_killed_loses_what_it_had_not_saved(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    code, _ = interrupted(signal.SIGKILL, "d8 epoch 2: better", tmp_path / "tiny.toml", folder)
    assert code == -signal.SIGKILL
    assert {name: each["epoch"] for name, each in weights(folder).items()} == {
        "d8-soft+hard.pt": 3, "d8-better.pt": 1,
    }  # fmt: skip
    assert not (folder / "results.json").exists()
    found = run_recipe(recipe, TrainingFolder(folder))
    assert timeless(found) == timeless(run_recipe(recipe, TrainingFolder(tmp_path / "whole")))
    assert same(weights(folder), weights(tmp_path / "whole"))


def test_a_second_signal_does_not_wait(recipe: Recipe, tmp_path: Path) -> None:
    def twice(_: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        run_recipe(recipe, TrainingFolder(tmp_path / "run"), say=twice)
    assert not weights(tmp_path / "run")


def test_two_runs_do_not_train_in_one_folder(recipe: Recipe, tmp_path: Path) -> None:
    folder, told = tmp_path / "run", list[str]()

    def meddle(_: str) -> None:
        with pytest.raises(RunLockedError) as caught:
            run_recipe(recipe, TrainingFolder(folder))
        told.append(str(caught.value))

    found = run_recipe(recipe, TrainingFolder(folder), say=meddle)
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    assert {*told} == {f"{folder}: {holder} works on this run; let it end or stop it"}
    assert timeless(found) == timeless(run_recipe(recipe, TrainingFolder(folder)))


def test_settings_without_a_recipe_are_refused(recipe: Recipe, tmp_path: Path) -> None:
    settings = {"recipe": [], "problems": "", "format": 1}
    (tmp_path / "run.json").write_bytes(orjson.dumps(settings))
    with pytest.raises(RunError, match=r"run\.json"):
        run_recipe(recipe, TrainingFolder(tmp_path))


def test_another_recipe_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    short = replace(recipe, arms=recipe.arms[3:], policies=())
    run_recipe(short, TrainingFolder(folder))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(UsageError) as caught:
        run_recipe(replace(short, seeds=(0, 2)), TrainingFolder(folder))
    assert str(caught.value).startswith(f"{folder}: a run with other seeds was begun here")
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_of_other_files_is_left_alone(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").touch()
    with pytest.raises(StorageError, match=r"holds other files, such as thesis\.tex"):
        run_recipe(recipe, TrainingFolder(tmp_path / "run"))
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.tex"]


def test_a_damaged_checkpoint_stops_a_run(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    short = replace(recipe, arms=recipe.arms[3:], policies=())
    expected = run_recipe(short, TrainingFolder(folder))
    path = folder / "d8-none.pt"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match=rf"^{path}: can't be read as a checkpoint"):
        run_recipe(short, TrainingFolder(folder))
    path.unlink()
    assert timeless(run_recipe(short, TrainingFolder(folder))) == timeless(expected)
