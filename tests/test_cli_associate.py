"""`mensrea associate`: reports, labels and responses from files, and what it says and writes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from mensrea import cli
from mensrea.builders.cogtest_own import own_rows
from mensrea.scoring.cogtest import CogTest
from mensrea.scoring.declared import Rate
from mensrea.scoring.habits import HABITS
from mensrea.scoring.judgements import JUDGEMENTS
from mensrea.scoring.report import Release, Report, Subject, make_report
from mensrea.scoring.report_json import write_report
from mensrea.scoring.responses import write_responses

SHOWN = Rate("shown", "Share that shows it.", of=("present",))
INDEX = list(own_rows("harmbench"))
RESPONSE = {
    "dataset": "cogtest",
    "config": "harmbench",
    "version": "2.0.0",
    "probe": "",
    "sample": 0,
    "model": "openai/a",
    "parameters": {},
    "text": "An answer.",
    "finish": "stop",
    "refusal": None,
    "failure": None,
    "usage": None,
    "prompt_digest": "d1",
}


def report_on(
    responses: pl.DataFrame, *, model: str = "openai/a", config: str = "harmbench", lost: int = 0
) -> Report:
    """All habits judged on each response; the first habit shows wherever the reasoning is long."""
    random = np.random.default_rng(0)
    judged: list[tuple[Any, ...]] = []
    for place, (ident, reasoning) in enumerate(responses.select("id", "reasoning").iter_rows()):
        for habit in HABITS:
            shows = len(reasoning) > 300 if habit == HABITS[0] else random.random() < 0.5
            found = (None, "judge-failed") if place < lost else ("present" if shows else "absent", None)
            judged.append((ident, 0, habit, *found))
    table = pl.DataFrame(judged, dict(JUDGEMENTS), orient="row")
    firsts = table.unique(["id", "sample"], keep="first", maintain_order=True).drop("question")
    outcomes = firsts.with_columns(value=pl.lit(None, pl.Float64), habit=pl.lit(None, pl.String))
    subject = Subject(
        "cogtest",
        1,
        CogTest.outcomes,
        Release("cogtest", config, "test", "2.0.0", "abc"),
        "responses",
        [{"model": model, "parameters": {}}],
        [{"name": "cogtest/habit", "version": 1, "model": "openai/judge"}],
    )
    return make_report(subject, [SHOWN], outcomes, judgements=table)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report, its responses, and labels that depend on length alone."""
    folder = tmp_path_factory.mktemp("associate")
    random = np.random.default_rng(1)
    lengths = np.exp(random.normal(6, 1, len(INDEX))).astype(int) + 1
    harmful = random.random(len(INDEX)) < 1 / (1 + np.exp(-2 * (np.log(lengths) - 6)))
    reasoning = ["x" * each for each in lengths]
    responses = pl.DataFrame({"id": [each["id"] for each in INDEX], "reasoning": reasoning})
    write_responses(folder / "responses.jsonl", [{**RESPONSE, **row} for row in responses.to_dicts()])
    write_report(report_on(responses), folder / "report.json")
    write_report(report_on(responses, model="openai/b", lost=3), folder / "second.json")
    labels = pl.DataFrame(
        {
            "id": [each["behaviour_id"] for each in INDEX],
            "label": ["harmful" if each else "harmless" for each in harmful],
        }
    )
    labels.write_csv(folder / "labels.csv")
    ours = labels.with_columns(pl.Series("id", [each["id"] for each in INDEX]))
    ours.write_parquet(folder / "ours.parquet")
    pl.concat([labels, ours]).write_ndjson(folder / "twice.jsonl")
    return folder


@pytest.fixture
def associate(files: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs the verb in this process, in the folder of the files."""

    def ran(line: str) -> tuple[int, str, str]:
        monkeypatch.chdir(files)
        monkeypatch.setattr("sys.argv", ["mensrea", "associate", *line.split()])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


def test_the_index_is_hashes_of_200_behaviours():
    assert len(INDEX) == len({each["sha256"] for each in INDEX}) == 200
    assert {len(each["sha256"]) for each in INDEX} == {64}
    assert len({each["category"] for each in INDEX}) == 6


def test_labels_by_harmbench_s_ids_give_tables_and_matches(associate, files):
    code, out, _ = associate("report.json --labels labels.csv --lengths responses.jsonl --out found.json")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "harmful responses against the others" in out
    assert "like length and the same category" in out
    assert "wrote found.json" in out
    found = json.loads((files / "found.json").read_bytes())
    assert [each["habit"] for each in found["rows"]] == list(HABITS)
    first = found["rows"][0]
    assert first["table"]["labelled"] + first["table"]["unlabelled"] == 200
    assert first["holm"] < 0.001
    assert first["matched"]["of_labelled"] + first["matched"]["of_unlabelled"] == 200
    # Only the bin in which 300 lies tells anything, and there is nothing in it but length.
    assert first["holm_matched"] is None or first["holm_matched"] > 0.05


def test_labels_by_our_ids_give_the_same(associate):
    results = []
    for labels in ("labels.csv", "ours.parquet"):
        code, out, _ = associate(f"report.json --labels {labels} --format json")
        assert code == 0
        results.append(json.loads(out))
    assert results[0] == results[1]
    assert results[0]["rows"][0]["matched"] is None
    assert "pass --lengths" in results[0]["findings"][-1]


def test_several_models_are_pooled_and_what_was_lost_is_said(associate):
    line = "report.json second.json --labels labels.csv --labels ours.parquet --question persisting"
    code, out, _ = associate(f"{line} --format json")
    assert code == 0
    found = json.loads(out)
    assert [each["model"] for each in found["rows"]] == ["openai/a", "openai/b", "all models"]
    assert found["rows"][1]["unscored"] == {"judge-failed": 3}
    assert found["rows"][2]["odds"]["method"] == "gee"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("report.json --labels labels.csv --labels labels.csv", "--labels: 2 files for 1 reports"),
        ("report.json --labels labels.csv --question persist", "habits: 'persist' wasn't judged"),
        ("report.json --labels twice.jsonl", "has several; give one"),
        ("report.json --labels labels.csv --label bad", "expected 'bad' and another one"),
        ("report.json --labels nowhere.csv", "nowhere.csv"),
        ("report.json", "--labels"),
        ("labels.csv --labels labels.csv", "labels.csv"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(associate, line, said):
    code, out, err = associate(line)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_the_verb_has_help(associate):
    assert os.linesep in associate("--help")[1]
