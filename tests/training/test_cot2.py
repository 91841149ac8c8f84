"""From a release to tasks."""

from pathlib import Path
from typing import Any

import pytest
from mensrea.builders.release import BuildOptions, build_release

torch: Any = pytest.importorskip("torch")
from mensrea.errors import UnknownConfigError, UnknownSplitError, UsageError  # noqa: E402 (needs torch)
from mensrea.training.cot2 import load_task  # noqa: E402

from .made import mnns  # noqa: E402


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    configs = ["mnns-3x4", "mnns-3x4-minabs2", "mnns-2x9", "prosqa-3", "prontoqa-3"]
    build_release("cot2", configs=configs, out=out, options=BuildOptions(rows=20))
    return out / "cot2"


def test_mnns_tasks_are_those_of_their_digits(release: Path) -> None:
    whole = mnns(3, 4, budget="minabs2")
    places = {tuple(prompt): place for place, prompt in enumerate(whole.prompts.tolist())}
    found: list[int] = []
    for split in ("train", "validation", "test"):
        task = load_task("mnns-3x4", split, ["mnns-3x4", "mnns-3x4-minabs2"], path=release)
        rows = [places[tuple(prompt)] for prompt in task.prompts.tolist()]
        assert task.vocabulary == whole.vocabulary
        assert torch.equal(task.answers, whole.answers[rows])
        assert torch.equal(task.traces, whole.traces[rows])
        for name, same in (("mnns-3x4", "all"), ("mnns-3x4-minabs2", "minabs2")):
            assert torch.allclose(task.targets[name], whole.targets[same][rows])
        found += rows
    assert sorted(found) == [*range(64)]


@pytest.mark.parametrize("config", ["prosqa-3", "prontoqa-3"])
def test_graph_tasks_of_all_splits_fit_one_model(config: str, release: Path) -> None:
    tasks = [
        load_task(config, split, ["reach", "frontier", "reach"], path=release)
        for split in ("train", "validation", "test")
    ]
    assert len({task.vocabulary for task in tasks}) == len({task.positions for task in tasks}) == 1
    for task in tasks:
        assert [*task.targets] == ["reach", "frontier"]
        assert task.steps == 4
        assert task.follows(task.traces, torch.arange(len(task))).all()
        assert torch.equal(task.traces[:, -1], task.answers)
        for targets in task.targets.values():
            assert torch.allclose(targets.sum(-1), torch.ones(len(task), 4))
            reached = targets.gather(2, task.traces[..., None])
            solvable = task.traces[:, 0] != task.prompts[:, -1]
            assert (reached[solvable] > 0).all()


def test_supervision_of_other_problems_is_refused(release: Path) -> None:
    with pytest.raises(UsageError, match=r"^mnns-2x9: has other problems than mnns-3x4; name "):
        load_task("mnns-3x4", "train", ["mnns-2x9"], path=release)
    with pytest.raises(UsageError, match=r"^mnns-3x4: no supervision of prosqa-3; name one of "):
        load_task("prosqa-3", "train", ["mnns-3x4"], path=release)


@pytest.mark.parametrize("config", ["mnns", "mnns-3x", "prosqua", "prosqa-2"])
def test_unknown_problems_are_named(config: str, release: Path) -> None:
    with pytest.raises(UnknownConfigError, match=f"{config!r}"):
        load_task(config, "train", ["reach"], path=release)


def test_an_unknown_split_is_named(release: Path) -> None:
    with pytest.raises(UnknownSplitError, match="'dev'"):
        load_task("mnns-3x4", "dev", [], path=release)
