"""Baselines that a build counts: the same for any number of processes, in the manifest and on the card."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mensrea.builders.diff import diff_releases
from mensrea.builders.verify import verify_release
from mensrea.cards.manifest import read_manifest
from mensrea.validation.shortcuts.base import Shortcut, commonest

MODULE = """
from .base import Shortcut, commonest

SHORTCUTS = (Shortcut("majority", "always {choice} | as in {split}", commonest("text"), ("text",)),)
"""
SHORTCUT = Shortcut("majority", "always {choice} | as in {split}", commonest("text"))


@pytest.fixture
def counted(toy: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The toy dataset with a shortcut for its config `text`, whose training rows come in three shards."""
    monkeypatch.setattr(
        "mensrea.builders.release.shortcuts_of",
        lambda stem, config: (SHORTCUT,) if (stem, config) == ("toy", "text") else (),
    )
    for shard, texts in enumerate((["a", "b", "c"], ["b", "a"], ["b"])):
        rows = [{"id": f"{shard}-{number}", "text": text} for number, text in enumerate(texts)]
        toy.write("text", rows, shard=shard)
    toy.write("text", [{"id": "a", "text": "b"}, {"id": "b", "text": "a"}], "test")
    return toy


def test_the_manifest_holds_what_was_counted_and_the_release_is_valid(counted: Any) -> None:
    counted.build("text", "chat")
    configs = read_manifest(counted.release).configs
    found = configs["text"].shortcuts["majority"]
    assert found.rule == "always b | as in train"
    assert {split: (each.right, each.rows) for split, each in found.splits.items()} == {
        "train": (3, 6),
        "test": (1, 2),
    }
    assert (found.whole.right, found.whole.rows) == (4, 8)
    assert configs["chat"].shortcuts == {}
    assert list(verify_release(counted.release)) == []


def test_the_card_prints_a_table_for_each_config_that_has_them(counted: Any) -> None:
    counted.build("text", "chat")
    text = (counted.release / "README.md").read_text(encoding="utf-8")
    section = text.partition("\n## Shortcut baselines\n")[2].partition("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("###")] == ["### `text`"]
    assert (
        "| `majority` | always b &#124; as in train | 0.500 [0.188, 0.812], 3 of 6 "
        "| 0.500 [0.095, 0.905], 1 of 2 | 0.500 [0.215, 0.785], 4 of 8 |"
    ) in section


def test_a_card_without_shortcuts_has_no_such_section(toy: Any) -> None:
    toy.build("text")
    assert "Shortcut baselines" not in (toy.release / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_module_is_enough_and_processes_change_no_byte(
    counted: Any, shell: Any, tmp_path: Path, hashes: Callable[[Path], dict[str, str]]
) -> None:
    counted.build("text")
    package = tmp_path / "laboratory"
    shutil.copytree(shell.laboratory, package, symlinks=True)
    (package / "mensrea" / "validation" / "shortcuts" / "toy.py").write_text(MODULE, encoding="utf-8")
    running = [
        shell.start(
            *("build", "toy", "--out", tmp_path / str(workers), "--workers", workers),
            rows=counted.root / "rows",
            more={"PYTHONPATH": str(package), "PYTHONHASHSEED": str(workers)},
        )
        for workers in (1, 2)
    ]
    assert [shell.end(each).code for each in running] == [0, 0]
    for workers in (1, 2):
        assert hashes(tmp_path / str(workers) / "toy") == hashes(counted.release)


def test_a_config_that_is_carried_over_keeps_its_baselines(counted: Any) -> None:
    counted.build("text")
    before = read_manifest(counted.release).configs["text"]
    counted.build("chat")
    assert read_manifest(counted.release).configs["text"] == before


def test_other_baselines_of_equal_rows_are_a_patch(counted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted.build("text", out=counted.root / "old")
    other = replace(SHORTCUT, rule="another rule")
    monkeypatch.setattr("mensrea.builders.release.shortcuts_of", lambda *_: (other,))
    counted.build("text", out=counted.root / "new")
    diff = diff_releases(counted.root / "old" / "toy", counted.root / "new" / "toy")
    assert (diff.rows, diff.required) == ({}, "patch")
    assert diff.lines == ["config text: schema text, sources, seed, options, findings or shortcuts changed"]


def test_a_release_of_before_can_still_be_compared(counted: Any) -> None:
    counted.build("text", out=counted.root / "old")
    path = counted.root / "old" / "toy" / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["configs"]["text"]["shortcuts"]
    path.write_text(json.dumps(document), encoding="utf-8")
    counted.build("text")
    assert diff_releases(counted.root / "old" / "toy", counted.release).required == "patch"
