"""CoT2: reference models that were trained anew beside published accuracies."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import SourceFormatError, SourceMissingError
from mensrea.scoring.clusters import clustered_wilson
from mensrea.scoring.crossed import crossed_mean
from mensrea.scoring.reproduce import Reproduction, reproduce
from mensrea.training.outcome import Figures, Result
from mensrea.training.report import Machine, TrainingReport
from mensrea.training.settings import Arm, Policy, Recipe, Training, find_recipe

STEM = "cot2"


def lines_of(found: Reproduction) -> dict[str, Any]:
    return {f"{line.check.place} {line.what}": line for paper in found.papers for line in paper.lines}


def test_models_trained_anew_are_held_to_their_intervals():
    lines = lines_of(reproduce(stems=[STEM]))
    assert lines["tuned cot2, d = 32, 3 seeds"].status == "equal"
    assert lines["tuned coconut, d = 32, 3 seeds"].status == "explained"
    assert lines["paper's setup cot2, d = 32, 3 seeds"].cells[0].recomputed > 98.9
    assert lines["paper's setup cot2, d = 24, 1 seed"].status == "equal"
    assert lines["paper's setup coconut, d = 32, 1 seed"].status == "explained"
    assert not any(line.status == "open" for line in lines.values())
    (gained,) = lines["table 1, GRPO grpo-k3, d = 24, 3 seeds, points"].cells
    assert gained.recomputed > 8


def trained(name: str, seed: int, correct: int, *, width: int = 24) -> Result:
    """A model that solved so many of 200 problems, ten a cluster, cluster after cluster."""
    whole, rest = divmod(correct, 10)
    counts = [10] * whole + [rest] * bool(rest)
    clusters = tuple((right, 10) for right in counts + [0] * (20 - len(counts)))
    figures = Figures(correct, 200, clusters, 0, (0.5,), (0.5,))
    splits = {"validation": figures, "test": figures}
    return Result(name, "", "", 1, width, seed, 100, 1, 1.0, [(1, 0.5, 0.5)], splits)


def made_by(recipe: Recipe, result: Result) -> Result:
    """With the method, layers, supervision and epochs that the recipe has."""
    arms = {each.name: (each.method, each.supervision, each.training.epochs) for each in recipe.arms}
    policies = {each.name: ("grpo", each.start, each.epochs) for each in recipe.policies}
    method, supervision, epochs = {**arms, **policies}[result.name]
    return replace(result, layers=recipe.layers, method=method, supervision=supervision, epochs=epochs)


def report_in(folder: Path, *results: Result, recipe: str = "paper-1l-d24", **members: Any) -> None:
    """Write the report of a run of a shipped recipe, or of one that was changed."""
    folder.mkdir(parents=True)
    version = members.pop("version", "1.1.0")
    machine = Machine("cpu", "x86_64", "2.13.0", 1)
    whole = replace(find_recipe(recipe), **{"seeds": tuple({each.seed for each in results}), **members})
    report = TrainingReport(whole, tuple(made_by(whole, each) for each in results), machine, version)
    (folder / "report.json").write_bytes(report.as_bytes())


def test_reports_of_runs_fill_in_what_was_not_measured(tmp_path):
    for seed, correct in ((1, 196), (2, 198)):
        soft = trained("cot2", seed, correct, width=32)
        report_in(tmp_path / f"cot2/{seed}", soft, recipe="paper-2l")
    found = reproduce(tmp_path, [STEM])
    line = lines_of(found)["paper's setup cot2, d = 32, 2 seeds"]
    assert line.status == "equal"
    assert line.cells[0].recomputed == pytest.approx(98.5)
    assert line.cells[0].interval.method == "crossed-wilson"
    assert found.counts["open"] == 52
    assert not found.fails


def test_one_seeds_interval_is_over_clusters(tmp_path):
    report_in(tmp_path / "cot2/a", trained("discrete", 1, 100))
    (cell,) = lines_of(reproduce(tmp_path, [STEM]))["paper's setup 1 layer: discrete, d = 24, 1 seed"].cells
    expected = clustered_wilson([0] * 10 + [10] * 10, [10] * 20)
    assert (cell.interval.low, cell.interval.high) == pytest.approx((100 * expected.low, 100 * expected.high))
    assert cell.interval.high - cell.interval.low > 40  # of independent problems it would be 14


def test_gains_are_of_the_same_seeds(tmp_path):
    report_in(tmp_path / "cot2/a", trained("discrete", 1, 100))
    policies = trained("grpo-k1", 2, 120), trained("grpo-k3", 1, 150)
    report_in(tmp_path / "cot2/b", *policies)
    lines = lines_of(reproduce(tmp_path, [STEM]))
    assert lines["paper's setup grpo-k1, d = 24, points"].status == "open"
    (gained,) = lines["paper's setup grpo-k3, d = 24, 1 seed, points"].cells
    assert gained.recomputed == pytest.approx(25)
    expected = crossed_mean([[0] * 10 + [10] * 5 + [0] * 5], [10] * 20)
    assert (gained.interval.low, gained.interval.high) == pytest.approx(
        (100 * expected.low, 100 * expected.high)
    )


def test_a_model_that_two_reports_have_is_refused(tmp_path):
    report_in(tmp_path / "cot2/a", trained("discrete", 1, 100), trained("discrete", 2, 90))
    report_in(tmp_path / "cot2/b", trained("discrete", 2, 40), trained("discrete", 3, 90))
    with pytest.raises(
        SourceFormatError, match=r"b/report.json: another .* has other figures of discrete, d = 24, seed 2"
    ):
        reproduce(tmp_path, [STEM])


def test_policies_may_be_in_reports_of_their_own(tmp_path):
    start = trained("discrete", 1, 100)
    report_in(tmp_path / "cot2/a", start, trained("grpo-k1", 1, 120))
    slower = replace(start, seconds=9.0)
    report_in(tmp_path / "cot2/b", slower, trained("grpo-k3", 1, 150))
    report_in(tmp_path / "cot2/c", trained("discrete", 2, 90))
    lines = lines_of(reproduce(tmp_path, [STEM]))
    assert lines["paper's setup 1 layer: discrete, d = 24, 2 seeds"].cells[0].recomputed == 47.5
    assert lines["paper's setup grpo-k1, d = 24, 1 seed, points"].cells[0].recomputed == pytest.approx(10)
    assert lines["paper's setup grpo-k3, d = 24, 1 seed, points"].cells[0].recomputed == pytest.approx(25)


def test_recipes_of_ones_own_are_left_out(tmp_path):
    report_in(tmp_path / "cot2/a", trained("cot2", 1, 100), name="mine")
    report_in(tmp_path / "cot2/b", trained("cot2", 2, 100), name="mine", samples=0)
    report_in(tmp_path / "cot2/c", trained("discrete", 2, 90))
    found = reproduce(tmp_path, [STEM])
    assert found.counts["open"] == 52


def test_a_folder_without_reports_of_it_says_that_facts_ship(tmp_path):
    found, shipped = reproduce(tmp_path, [STEM]), reproduce(stems=[STEM])
    assert found.papers[0].lines == shipped.papers[0].lines
    assert "arXiv 2505.23648; there is no cot2/, so the facts that ship\n" in found.as_text()
    assert "there is no" not in shipped.as_text()
    report_in(tmp_path / "cot2/a", trained("discrete", 1, 100))
    anew = reproduce(tmp_path, [STEM])
    assert "there is no" not in anew.as_text()
    assert [each.as_dict()["papers"][0]["shipped"] for each in (found, shipped, anew)] == [True, True, False]


@pytest.mark.parametrize("folder", ["nowhere", "deep"])
def test_without_a_report_the_folder_is_named(tmp_path, folder):
    report_in(tmp_path / "deep/cot2/a/b", trained("discrete", 1, 100))
    with pytest.raises(SourceMissingError, match=rf"{folder}/cot2: there is no report in it; expected fold"):
        reproduce(tmp_path / folder, [STEM])


def test_reports_on_two_releases_are_refused(tmp_path):
    report_in(tmp_path / "cot2/a", trained("discrete", 1, 100))
    report_in(tmp_path / "cot2/b", trained("discrete", 2, 90), version="2.0.0")
    with pytest.raises(
        SourceFormatError, match=r"paper-1l-d24 was run on release 2\.0\.0 here and on 1\.1\.0"
    ):
        reproduce(tmp_path, [STEM])


def test_seeds_with_other_chains_are_refused(tmp_path):
    report_in(tmp_path / "cot2/a", trained("discrete", 1, 100))
    drawn = trained("discrete", 2, 90)
    chains = replace(
        drawn.splits["test"], samples=32, solved={"1.0": ((3,) * 10,) * 20}, majority={"1.0": 0.5}
    )
    report_in(tmp_path / "cot2/b", replace(drawn, splits={**drawn.splits, "test": chains}))
    with pytest.raises(
        SourceFormatError, match=r"reports of paper-1l-d24: discrete, d = 24: seeds have other sampled chains"
    ):
        reproduce(tmp_path, [STEM])


def test_a_run_may_leave_out_arms_and_choose_seeds_and_widths(tmp_path):
    arms = find_recipe("paper-2l").arms
    chosen = {"seeds": (7,), "widths": (16,), "arms": (replace(arms[0], widths=(16,)), arms[3])}
    report_in(tmp_path / "cot2/a", trained("cot2", 7, 100, width=16), recipe="paper-2l", **chosen)
    assert "paper's setup cot2, d = 16, 1 seed" in lines_of(reproduce(tmp_path, [STEM]))


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"layers": 2}, "layers"),
        ({"config": "mnns-5x13"}, "config"),
        ({"temperatures": (2.0,)}, "temperatures"),
        ({"arms": (Arm("cot2", "cot2", Training(rate=3e-3, batch=128, epochs=100), "mnns-4x9"),)}, "'cot2'"),
        ({"policies": (Policy("grpo-k1", "discrete", rate=1.0),)}, "'grpo-k1'"),
    ],
)
def test_what_was_trained_otherwise_is_no_shipped_recipe(tmp_path, members, named):
    report_in(tmp_path / "cot2/mine", trained("cot2", 1, 100), **members)
    with pytest.raises(
        SourceFormatError, match=rf"mine/report.json: {named} isn't that of the recipe paper-1l"
    ):
        reproduce(tmp_path, [STEM])


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b'{"recipe": {"name": "x"}, "rows": [{}]}', b'{"recipe": ']
)
def test_what_is_no_training_report_is_named(tmp_path, content):
    report = tmp_path / "cot2/mine/report.json"
    report.parent.mkdir(parents=True)
    report.write_bytes(content)
    with pytest.raises(SourceFormatError, match=r"mine/report.json: is no .*expected the report.json of"):
        reproduce(tmp_path, [STEM])
