"""`mensrea run cot2 --recipe`: from a release to a report, and what its options refuse."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mensrea import BuildOptions, build_release, cli
from mensrea.cli_train import Chosen, narrowed
from mensrea.errors import UsageError

pytest.importorskip("torch")
from mensrea.training.report_json import read_report
from mensrea.training.settings import recipe_names, recipe_of

RECIPE = """
title = "Small"
config = "mnns-3x4"
layers = 1
heads = 2
widths = [4, 8]
seeds = [0, 1]
every = 1

[training]
rate = 1e-2
batch = 16
epochs = 2

[[arm]]
name = "soft"
method = "cot2"
supervision = "mnns-3x4"

[[arm]]
name = "hard"
method = "discrete"

[[policy]]
name = "better"
start = "hard"
epochs = 1
"""

Ran = Callable[[str], tuple[int, str, str]]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build_release("cot2", configs=["mnns-3x4"], out=out, options=BuildOptions())
    return out / "cot2"


@pytest.fixture
def train(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Ran:
    """Runs the verb in this process, in a folder of the test's own that holds `small.toml`."""
    (tmp_path / "small.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)

    def ran(line: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mensrea", "run", *line.split(), "--release", str(release)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


@pytest.mark.slow
def test_a_recipe_is_trained_measured_and_reported(train: Ran, tmp_path: Path) -> None:
    code, out, err = train("cot2 --recipe small.toml --out run")
    assert (code, err.count("epoch")) == (0, 2 * (2 + 2))
    assert max(map(len, out.splitlines())) <= 80
    report = read_report(tmp_path / "run/report.json")
    assert {(each.name, each.width, each.seeds) for each in report.rows} == {
        (name, width, (0, 1)) for name in ("soft", "hard", "better") for width in (4, 8)
    }
    said = " ".join(out.split())
    total = report.rows[0].total
    for each in report.baselines:
        assert each.items == total
        assert (
            f"{each.name} {100 * each.right / total:.1f} % {each.right:g}/{total} {each.description}" in said
        )
    assert {"majority", "parity"} <= {each.name for each in report.baselines}
    assert "wrote run/report.json" in said
    assert "Baselines on test" in (tmp_path / "run/report.html").read_text()
    again, out_again, err_again = train("cot2 --recipe small.toml --out run")
    assert (again, out_again, err_again) == (0, out, "")


def test_json_is_all_that_is_printed(train: Ran, tmp_path: Path) -> None:
    code, out, _ = train("cot2 --recipe small.toml --widths 8 --seeds 7 --arms hard --format json")
    assert code == 0
    document = json.loads(out)
    assert [(each["name"], each["width"], each["seeds"]) for each in document["rows"]] == [("hard", 8, [7])]
    assert json.loads((tmp_path / "runs/cot2-small/report.json").read_bytes()) == document


def test_widths_choose_among_those_that_an_arm_has_for_itself() -> None:
    own = RECIPE.replace('method = "discrete"', 'method = "discrete"\nwidths = [4, 16]')
    recipe = recipe_of("own", tomllib.loads(own), "here")
    chosen = Chosen("own", "cpu", None, widths="16")
    assert [(each.name, each.widths) for each in narrowed(recipe, chosen).arms] == [
        ("soft", ()),
        ("hard", (16,)),
    ]
    with pytest.raises(UsageError, match="--widths: no arm of own has one; they have 4, 16"):
        narrowed(replace(recipe, arms=recipe.arms[1:]), replace(chosen, widths="8"))
    fewer = narrowed(recipe, replace(chosen, widths="8"))
    assert ([each.name for each in fewer.arms], fewer.policies) == (["soft"], ())


def test_a_policy_brings_the_arm_that_it_starts_from(train: Ran) -> None:
    code, out, _ = train("cot2 --recipe small.toml --widths 4 --seeds 1 --arms better --format json")
    document: dict[str, Any] = json.loads(out)
    assert (code, [each["name"] for each in document["rows"]]) == (0, ["hard", "better"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cogtest --recipe small.toml", "cogtest: has no reference models; there are some for cot2"),
        ("cot2 --recipe tiny", f"there is no recipe 'tiny'; there are {', '.join(recipe_names())}"),
        ("cot2 --recipe small.toml --widths 5", "--widths 5: expected a multiple of 2, the recipe's heads"),
        ("cot2 --recipe small.toml --widths 0", "--widths 0: expected a multiple of 2, the recipe's heads"),
        (
            "cot2 --recipe small.toml --seeds 1,1",
            "--seeds is '1,1', expected different numbers such as 1,2,3",
        ),
        (
            "cot2 --recipe small.toml --seeds one",
            "--seeds is 'one', expected different numbers such as 1,2,3",
        ),
        (
            "cot2 --recipe small.toml --arms soft,loud",
            "--arms: small has no 'loud'; it has soft, hard, better",
        ),
        (
            "cot2 --recipe small.toml --limit 3 --temperature 0.5",
            "--temperature, --limit: only with --model, not with --recipe; leave out",
        ),
        ("cot2 --recipe small.toml --seed 0", "--seed: only with --model, not with --recipe; leave out"),
        (
            "cot2 --model scripted/x.py --seeds 1 --device cpu",
            "--device, --seeds: only with --recipe, not with --model; leave out",
        ),
        ("cot2 --recipe small.toml --device meta", "--device meta: can't be used here"),
        ("cot2 --recipe small.toml --seeds 1,01", "--seeds is '1,01', expected different numbers"),
        (
            "cot2 --recipe small.toml --seeds 9223372036854775808",
            "--seeds is '9223372036854775808', expected",
        ),
        ("cot2 --recipe small.toml --device abacus", "--device abacus: can't be used here"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(train: Ran, tmp_path: Path, line: str, message: str) -> None:
    code, out, err = train(line)
    assert (code, out) == (2, "")
    assert err.startswith(f"mensrea: {message}")
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_another_recipe_in_the_same_folder_is_refused(train: Ran, tmp_path: Path) -> None:
    assert train("cot2 --recipe small.toml --widths 4 --seeds 0 --arms hard --out run")[0] == 0
    before = (tmp_path / "run/report.json").read_bytes()
    code, out, err = train("cot2 --recipe small.toml --widths 4 --seeds 1 --arms hard --out run")
    message = "mensrea: run: a run with other seeds was begun here; choose another --out\n"
    assert (code, out, err) == (2, "", message)
    assert (tmp_path / "run/report.json").read_bytes() == before
