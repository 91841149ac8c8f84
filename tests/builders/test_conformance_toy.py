"""Adding a dataset takes new files only: a copy of the package gets one, and nothing else is edited."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mensrea.testing.conformance_checks import HEADINGS

PACKAGE = Path(__file__).parents[2]
MOST_LINES = 90
SHOW = """
import json, sys
from datasets import load_dataset
rows = load_dataset(sys.argv[1], "sums")
print(json.dumps({split: rows[split].to_list() for split in rows}))
"""

BUILDER = '''\
"""Toy: sums made here, and riddles as published."""

from __future__ import annotations

from collections.abc import Iterator

from .assemble import Item
from .base import DatasetBuilder, Plan, Shard
from .identity import content_id
from .imports import Columns
from .readers import read_any


class Toy(DatasetBuilder):
    """Makes sums, and imports riddles from one file a shard."""

    def plan(self) -> Plan:
        """Two shards of sums a split, or one for each file of riddles."""
        if self.entry.row == "riddle":
            return Plan({"train": [{"paths": [path]} for path in self.paths("riddles")]})
        return Plan({"train": [{"first": 0}, {"first": 5}], "test": [{"first": 10}]})

    def produce(self, split: str, shard: Shard) -> Iterator[Item]:
        """Five sums, or the riddles of a file."""
        del split
        return self._riddles(shard) if self.entry.row == "riddle" else self._sums(shard)

    def _sums(self, shard: Shard) -> Iterator[Item]:
        for number in range(shard["first"], shard["first"] + 5):
            terms = [number, number + 1]
            yield {"id": content_id(self.stem, terms), "terms": terms, "total": sum(terms)}

    def _riddles(self, shard: Shard) -> Iterator[Item]:
        columns = Columns({"riddle": str, "answer": str})
        for where, record in read_any(shard["paths"]):
            row = columns.read(record, where)
            yield {"id": content_id(self.stem, (row["riddle"], row["answer"])), **row}
        yield from columns.findings()
'''
TEST = '''\
"""Toy conforms."""

from typing import ClassVar

from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import write_jsonl


def riddle(number):
    return {"riddle": f"What has {number} legs?", "answer": f"{number // 4} tables"}


class TestToy(DatasetConformance):
    stem = "toy"
    sizes: ClassVar = {"sums": {"train": 10, "test": 5}, "original": {"train": 5}}

    @classmethod
    def make_source(cls, folder):
        write_jsonl(folder / "a.jsonl", [riddle(4), riddle(8)])
        write_jsonl(folder / "b.jsonl", [riddle(12), riddle(16), riddle(20)])
        return folder

    @classmethod
    def insert_row(cls, source):
        write_jsonl(source / "b.jsonl", [riddle(24), riddle(12), riddle(16), riddle(20)])
'''
SOURCES = """\
[[source]]
name = "riddles"
host = "hub"
repository = "nobody/riddles"
licence = "mit"

[[source.file]]
pattern = "*.jsonl"
"""
CARD = """\
---
title: Toy
summary: Sums and riddles, for a test.
paper: {title: A Paper, arxiv: "2501.00001", year: 2025, authors: [Ada Lovelace]}
version: 1.0.0
tier: open
licence: mit
licence_note: ""
languages: [en]
tasks: [text-generation]
tags: [toy]
configs:
  sums:
    description: Sums of two neighbours.
    row: sum
    origin: procedural
    licence: mit
    splits: {train: 10, test: 5}
    offline: true
  original:
    description: Riddles as published.
    row: riddle
    origin: upstream
    licence: mit
    splits: {train: null}
    sources: [riddles]
rai: {dataUseCases: Tests.}
changes: {"1.0.0": First.}
citation: "@misc{toy}"
---
"""
ID = {"type": "string", "pattern": "^toy-[0-9a-f]{16}$", "description": "Identity, derived from the content."}


def text(description, **more):
    return {"type": "string", "description": description, **more}


def number(description):
    return {"type": "integer", "format": "int16", "description": description}


def row(origin, **properties):
    own = {"id": ID, "source": text("How the row came to be.", const=origin), **properties}
    return {"type": "object", "additionalProperties": False, "required": list(own), "properties": own}


SCHEMA = {
    "$defs": {
        "sum": row(
            "procedural",
            terms={"type": "array", "items": {"type": "integer", "format": "int16"}, "description": "Terms."},
            total=number("Their sum."),
        ),
        "riddle": row("upstream", riddle=text("The riddle."), answer=text("The answer.")),
    }
}
FILES = {
    "builders/toy.py": BUILDER,
    "builders/toy.sources.toml": SOURCES,
    "cards/toy.md": CARD + "".join(f"\n## {section}\n\nSums.\n" for section in HEADINGS),
    "schemas/toy.schema.json": json.dumps(SCHEMA, indent=2),
    "tests/builders/test_toy.py": TEST,
}


def copy_package(target):
    """What Git would keep of the checkout."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(listing, cwd=PACKAGE, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("the package isn't a Git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = PACKAGE / name
        if name and path.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / name)


def hashes(folder):
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A folder with a copy of the package, to which the toy was added."""
    folder = tmp_path_factory.mktemp("workshop")
    package = folder / "mensrea"
    copy_package(package)
    before = hashes(package)
    assert not set(FILES) & set(before)
    for name, content in FILES.items():
        (package / name).write_text(content, encoding="utf-8")
    yield folder
    after = hashes(package)
    assert {name: after.get(name) for name in before} == before, "an existing file was edited"


def run(folder, *command):
    environment = {**os.environ, "PYTHONPATH": str(folder), "HF_UPDATE_DOWNLOAD_COUNTS": "0", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env={**environment, "HF_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_its_python_is_short():
    assert sum(len(FILES[name].splitlines()) for name in FILES if name.endswith(".py")) <= MOST_LINES


@pytest.mark.slow
def test_it_is_listed_built_and_loaded(workshop):
    listed = run(workshop, "-m", "mensrea", "list")
    assert [line.split() for line in listed.stdout.splitlines() if line.startswith("toy ")] == [
        ["toy", "sums", "procedural", "15", "1.0.0", "open", "yes"],
        ["toy", "original", "upstream", "?", "1.0.0", "open", "no"],
    ]
    built = run(workshop, "-m", "mensrea", "build", "toy")
    assert (built.returncode, built.stderr) == (0, "")
    assert "toy sums 1.0.0: train 10, test 5 rows" in built.stdout
    loaded = json.loads(run(workshop, "-c", SHOW, "dist/toy").stdout)
    assert [each["total"] for each in loaded["train"]] == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    assert {each["source"] for each in loaded["test"]} == {"procedural"}


@pytest.mark.slow
def test_it_conforms(workshop):
    test = workshop / "mensrea" / "tests" / "builders" / "test_toy.py"
    ended = run(workshop, "-m", "pytest", "-q", "-c", workshop / "mensrea" / "pyproject.toml", test)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " skipped" not in ended.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_id_in_two_of_its_shards_stops_the_build(workshop, tmp_path, workers):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(
            '{"riddle": "What has 4 legs?", "answer": "A table."}\n', encoding="utf-8"
        )
    command = ("build", "toy", "--source", tmp_path, "--out", tmp_path / "dist", "--workers", workers)
    ended = run(workshop, "-m", "mensrea", *command)
    assert ended.returncode == 1
    assert ended.stderr.startswith("mensrea: toy: id toy-")
    assert "occurs 2 times, expected once" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "dist" / "toy").exists()
