from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import mensrea.scoring
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import ResponseError, StorageError
from mensrea.scoring.base import Baseline
from mensrea.scoring.declared import Plurality, Rate
from mensrea.scoring.judgements import JUDGEMENTS
from mensrea.scoring.report_json import read_report, report_bytes, write_report
from mensrea.scoring.report_text import report_text

from .outcomes import SMALL, alike, counted, outcomes_of, report_of

SCHEMA = json.loads(
    (Path(mensrea.scoring.__file__).parent / "report.schema.json").read_text(encoding="utf-8")
)


def test_a_report_that_is_read_gives_the_same_bytes(tmp_path):
    report = report_of()
    write_report(report, tmp_path / "r.json")
    again = read_report(tmp_path / "r.json")
    assert report_bytes(again) == report_bytes(report)
    assert again.metrics == report.metrics
    assert again.samples.equals(report.samples)
    assert (again.subject, again.settings, again.cost) == (report.subject, report.settings, report.cost)


def test_what_items_share_comes_back(tmp_path):
    rows = [("a", "bad", "x"), ("b", "bad", "x"), ("c", "good", None), ("d", "bad", "y")]
    report = report_of(alike(rows), [Rate("bad", "", of=("bad",))])
    write_report(report, tmp_path / "r.json")
    document = json.loads(report_bytes(report))
    jsonschema_rs.validate(SCHEMA, document)
    assert document["samples"]["cluster"] == ["x", "x", None, "y"]
    again = read_report(tmp_path / "r.json")
    assert again.samples.equals(report.samples)
    assert "4 items form 3 clusters of like items." in " ".join(report_text(again).split())


def test_the_same_outcomes_give_the_same_bytes_whatever_their_order():
    assert report_bytes(report_of()) == report_bytes(report_of(SMALL.reverse()))


def test_a_report_fits_its_schema_and_every_member_is_described():
    judgements = pl.DataFrame([("a", 0, "x", "good", None)], dict(JUDGEMENTS), orient="row")
    document = json.loads(report_bytes(report_of(judgements=judgements)))
    jsonschema_rs.validate(SCHEMA, document)
    assert set(document) == set(SCHEMA["properties"])
    assert set(document) - set(SCHEMA["required"]) == {"baselines", "judgements"}
    assert set(document["metrics"][0]) == set(SCHEMA["$defs"]["metric"]["properties"])
    assert all("description" in each for each in SCHEMA["$defs"]["metric"]["properties"].values())


def test_judgements_come_back_in_order(tmp_path):
    rows = [("b", 0, "x", None, "judge-failed"), ("a", 0, "y", "good", None), ("a", 0, "x", "bad", None)]
    table = pl.DataFrame(rows, dict(JUDGEMENTS), orient="row")
    write_report(report_of(judgements=table), tmp_path / "r.json")
    again = read_report(tmp_path / "r.json").judgements
    assert again is not None
    assert again.rows() == [rows[1], rows[2], rows[0]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", 0, "x", "good", None), ("a", 0, "x", "bad", None)], "occurs twice"),
        ([("a", 0, "x", "good", "missing")], "both an outcome and a reason, or neither"),
        ([("a", 0, "x", None, None)], "both an outcome and a reason, or neither"),
    ],
)
def test_judgements_that_contradict_themselves_are_refused(rows, message, tmp_path):
    table = pl.DataFrame(rows, dict(JUDGEMENTS), orient="row")
    write_report(report_of(judgements=table), tmp_path / "r.json")
    with pytest.raises(ResponseError, match=message):
        read_report(tmp_path / "r.json")


def test_baselines_and_votes_come_back(tmp_path):
    votes = SMALL.with_columns(answer=pl.lit("x"))
    baselines = [Baseline("coin", "heads", 2.5, 5)]
    report = report_of(votes, [Plurality("vote@1", "A vote.", of=("good",), k=1)], baselines=baselines)
    document = json.loads(report_bytes(report))
    jsonschema_rs.validate(SCHEMA, document)
    assert "answer" not in document["samples"]["groups"]
    write_report(report, tmp_path / "r.json")
    again = read_report(tmp_path / "r.json")
    assert again.baselines == baselines
    assert again.samples.sort("id", "sample").equals(report.samples.select(again.samples.columns))


def test_a_report_of_before_baselines_can_be_read(tmp_path):
    assert read_report(changed(tmp_path, lambda each: each.pop("baselines"))).baselines == []


def test_samples_are_columns_on_one_line():
    lines = report_bytes(report_of()).decode().splitlines()
    (line,) = [each for each in lines if each.startswith('  "samples": ')]
    samples = json.loads(line.removeprefix('  "samples": '))
    assert samples["outcome"][:2] == ["bad", "good"]
    assert samples["groups"]["topic"][-1] is None


def test_a_report_of_nothing_can_be_read(tmp_path):
    write_report(report_of(SMALL.clear(), cost=None, findings=[]), tmp_path / "r.json")
    assert read_report(tmp_path / "r.json").headline[0].value is None


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=5, unique=True))
def test_whatever_ids_and_models_are_they_come_back(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("reports") / "r.json"
    models = [{"model": name, "parameters": {name: name}} for name in names]
    report = report_of(
        outcomes_of((name, 0, "bad") for name in names), [Rate("bad", "", of=("bad",))], models=models
    )
    write_report(report, path)
    again = read_report(path)
    assert again.samples["id"].to_list() == sorted(names, key=lambda name: name.encode())
    assert again.subject.models == models


def changed(tmp_path, change):
    document = json.loads(
        report_bytes(report_of(counted({"bad": 1, "good": 2}), [Rate("bad", "", of=("bad",))]))
    )
    change(document)
    path = tmp_path / "r.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda each: each.pop("format"), "is no report"),
        (lambda each: each.update(format=1), "is no report"),
        (
            lambda each: each.update(format="mensrea-report/2"),
            "has format mensrea-report/2, expected mensrea-report/1",
        ),
        (lambda each: each.pop("metrics"), 'at the top: "metrics" is a required property'),
        (lambda each: each["metrics"][0].update(coverage=7), "at metrics/0/coverage"),
        (lambda each: each["samples"]["id"].pop(), "contradicts itself"),
        (lambda each: each["samples"]["reason"].__setitem__(0, "missing"), "both an outcome and a reason"),
        (lambda each: each["samples"]["sample"].__setitem__(0, 2**70), "contradicts itself"),
        (lambda each: each["metrics"][0]["definition"].update(of=[]), "no class is counted"),
    ],
)
def test_a_file_that_is_no_report_is_said_to_be_none(tmp_path, change, message):
    path = changed(tmp_path, change)
    with pytest.raises(ResponseError) as caught:
        read_report(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_members_of_later_versions_are_passed_over(tmp_path):
    def change(document):
        document["later"] = document["metrics"][0]["later"] = document["release"]["later"] = 1

    assert read_report(changed(tmp_path, change)).headline[0].value == 1 / 3


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[1, 2]", b"null", b"\xff\xfe"])
def test_a_file_of_something_else(tmp_path, content):
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(ResponseError, match="mensrea score --out"):
        read_report(tmp_path / "r.json")


def test_a_file_that_isnt_there(tmp_path):
    with pytest.raises(ResponseError, match="No such file"):
        read_report(tmp_path / "r.json")
    with pytest.raises(StorageError, match="can't be written"):
        write_report(report_of(), tmp_path / "none" / "r.json")
