"""The worked example of CONTRIBUTING.md does what it says, with nothing but what it prints."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
FILES = {
    "schemas/riddles.schema.json",
    "cards/riddles.md",
    "builders/riddles.sources.toml",
    "builders/riddles.py",
    "validation/rules/pages/MR891.md",
    "validation/riddles.py",
    "tests/builders/test_riddles.py",
}
RIDDLES = (
    '{"question": "What has keys and opens no door?", "answer": "A piano."}\n'
    '{"question": "What gets wetter as it dries?", "answer": "A towel."}\n'
    '{"question": "What walks on four legs, then two, then three?", "answer": null}\n'
)
_BLOCK = re.compile(r"(.*?)^```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"`([\w./]+/[\w.]+\.\w+)`")


def example() -> Mapping[str, str]:
    """The text of each file that the example prints, by the first path that stands before it."""
    guide = (PACKAGE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = guide.partition("\n## Add a dataset\n")[2].partition("\n## Add a rule\n")[0]
    found: dict[str, str] = {}
    for before, block in _BLOCK.findall(section):
        path = _PATH.search(before)
        assert path, f"no path stands before {block[:60]!r}"
        found[path[1]] = block
    return found


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package, to which the example was added."""
    folder = tmp_path_factory.mktemp("workshop")
    package = folder / "mensrea"
    package.mkdir()
    for path in PACKAGE.glob("*"):
        if (path / "__init__.py").exists():
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(path, package / path.name, copy_function=os.symlink, ignore=hidden)
        elif path.suffix == ".py" or path.name == "pyproject.toml":
            shutil.copy(path, package)
    for name, text in example().items():
        assert not (package / name).exists(), f"{name} is there already"
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    source = folder / "copy" / "data"
    source.mkdir(parents=True)
    (source / "riddles.jsonl").write_text(RIDDLES, encoding="utf-8")
    return folder


def start(folder: Path, *command: object) -> subprocess.Popen[str]:
    own = {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "80", "HF_HOME": str(folder / "home")}
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, command)],
        cwd=folder,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> str:
    """What a command that worked printed."""
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, out + err
    return out


def test_it_prints_these_files():
    assert set(example()) == FILES


@pytest.mark.slow
def test_it_builds_validates_and_conforms(workshop: Path):
    test = workshop / "mensrea" / "tests" / "builders" / "test_riddles.py"
    settings = workshop / "mensrea" / "pyproject.toml"
    conforms = start(workshop, "pytest", "-q", "-p", "no:cacheprovider", "-c", settings, test)
    built = end(start(workshop, "mensrea", "build", "riddles", "--source", "copy"))
    assert "riddles original 1.0.0: test 3 rows" in built
    assert "missing-answer" in built
    report = json.loads(end(start(workshop, "mensrea", "validate", "dist/riddles", "--format", "json")))
    assert (report["ok"], report["rows"]) == (True, 3)
    assert {"duplicate-id", "duplicate-text", "mojibake"} <= set(report["rules"])
    assert "A riddle was published without an answer." in end(
        start(workshop, "mensrea", "explain", "missing-answer")
    )
    outcome = end(conforms).splitlines()
    assert " passed" in outcome[-1]
    skipped = [line for line in outcome if line.startswith("SKIPPED")]
    assert all(line.endswith("no config is procedural") for line in skipped), skipped
