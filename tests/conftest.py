"""What tests of several folders share: a dataset of their own, and the command in child processes."""

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parent.parent
TOY = Path(__file__).parent / "toy"
COMMAND = Path(sys.executable).parent / "mensrea"
_HOME = tempfile.TemporaryDirectory(prefix="mensrea-tests-")

# `datasets` reads these when it is imported: what tests load stays out of the user's caches.
os.environ.update(
    HF_HOME=_HOME.name,
    HF_DATASETS_CACHE=f"{_HOME.name}/datasets",
    HF_HUB_CACHE=f"{_HOME.name}/hub",
    HF_UPDATE_DOWNLOAD_COUNTS="0",
    HF_HUB_DISABLE_TELEMETRY="1",
    MENSREA_CACHE=f"{_HOME.name}/mensrea",
)

Row = dict[str, Any]
TEXTS: Sequence[Row] = [{"id": f"text-{number}", "text": f"Text {number}."} for number in range(4)]


def pytest_sessionfinish() -> None:
    _HOME.cleanup()


def picture(shade: int = 0, side: int = 2) -> Row:
    """An image as the rows of `toy` spell it."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 0, 0)).save(buffer, "PNG")
    return {"base64": base64.b64encode(buffer.getvalue()).decode()}


CHATS: Sequence[Row] = [
    {
        "id": "chat-0",
        "messages": [
            {"role": "user", "content": "Add 1 and 2.", "arguments": None},
            {"role": "assistant", "content": None, "arguments": {"b": [2, None], "a": 1}},
        ],
        "grid": [[1, -2], [], [3]],
        "place": {"x": 1.5, "tags": ["near", ""]},
        "payload": {"text": "é \u2028", "list": [1, 2.5, "x", None, True]},
        "score": 7,
        "weight": 0.25,
        "safe": True,
    },
    {
        "id": "chat-1",
        "messages": [],
        "grid": [],
        "place": {"x": None, "tags": []},
        "payload": None,
        "score": None,
        "weight": 0,
        "safe": None,
    },
    {
        "id": "chat-2",
        "messages": [{"role": "user", "content": "", "arguments": {}}],
        "grid": [[]],
        "place": {"x": -0.0, "tags": ["é"]},
        "payload": "text",
        "score": 0,
        "weight": 1,
        "safe": False,
    },
]


def pictures() -> list[Row]:
    """Rows of the config `pictures`."""
    return [
        {
            "id": f"picture-{number}",
            "image": picture(number),
            "thumbnail": picture(number + 100) if number else None,
            "crops": [picture(number + each) for each in range(number)],
            "figure": {"caption": "A figure.", "drawing": picture(9)},
        }
        for number in range(3)
    ]


def write_rows(root: Path, config: str, rows: Sequence[Row], split: str = "train", shard: int = 0) -> Path:
    """Write a shard of a toy config below `root`."""
    path = root / config / f"{split}-{shard}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


class Toy:
    """The dataset of tests/toy, with rows, card and schema that a test may change.

    Attributes:
        root: A folder of this test's own.
        out: Where releases are built.
        release: Where its release is built.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "dist"
        self.release = self.out / "toy"
        self.card = root / "cards" / "toy.md"
        self.schema = root / "schemas" / "toy.schema.json"
        for path in (self.card, self.schema):
            path.parent.mkdir()
            shutil.copy(TOY / path.name, path)
        self.write("text", TEXTS[:3])
        self.write("text", TEXTS[3:], "test")
        self.write("chat", CHATS)
        self.write("pictures", pictures())

    def write(self, config: str, rows: Sequence[Row], split: str = "train", shard: int = 0) -> None:
        """Give a config these rows."""
        write_rows(self.root / "rows", config, rows, split, shard)

    def edit(self, path: Path, old: str, new: str) -> None:
        """Replace text in the card or the schema."""
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        self.forget()

    def version(self, version: str) -> None:
        """Set the card's version."""
        from mensrea.cards import find_card

        current = find_card("toy").version
        self.edit(self.card, f"version: {current}", f"version: {version}")
        self.edit(self.card, f'"{current}": Everything.', f'"{version}": Everything.')

    def forget(self) -> None:
        """Have card, schema and builder read anew."""
        from mensrea.cards import load_card
        from mensrea.schemas import load_row_schema

        load_card.cache_clear()
        load_row_schema.cache_clear()
        sys.modules.pop("mensrea.builders.toy", None)

    def build(self, *configs: str, out: Path | None = None, **options: Any) -> Any:
        """Build a release; the config `text` if none is named."""
        from mensrea.builders.release import BuildOptions, build_release

        return build_release("toy", configs=configs, out=out or self.out, options=BuildOptions(**options))


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """A dataset `toy` that the package takes for one of its own."""
    import mensrea.builders

    root = tmp_path / "toy"
    root.mkdir()
    toy = Toy(root)
    monkeypatch.setenv("TOY_ROWS", str(root / "rows"))
    monkeypatch.setattr(mensrea.builders, "__path__", [*mensrea.builders.__path__, str(TOY)])
    monkeypatch.setattr("mensrea.cards.catalogue._FOLDER", toy.card.parent)
    for module in ("mensrea.schemas.row", "mensrea.builders.documents"):
        monkeypatch.setattr(f"{module}.schema_path", lambda stem: toy.schema.parent / f"{stem}.schema.json")
    toy.forget()
    yield toy
    toy.forget()


@pytest.fixture
def shipped_schemas(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The schemas of the package, whatever stand-ins other tests use."""
    import mensrea.schemas

    monkeypatch.setattr("mensrea.schemas.row.schema_path", mensrea.schemas.schema_path)
    mensrea.schemas.load_row_schema.cache_clear()
    yield
    mensrea.schemas.load_row_schema.cache_clear()


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for `PYTHONPATH`: the package with the dataset `toy` added, as a contributor adds one."""
    root = tmp_path_factory.mktemp("laboratory")
    for path in PACKAGE.glob("*"):
        if path.suffix in {".py", ".typed"} or (path / "__init__.py").exists():
            _link(path, root / "mensrea" / path.name)
    for name, folder in (("toy.md", "cards"), ("toy.py", "builders"), ("toy.schema.json", "schemas")):
        (root / "mensrea" / folder / name).symlink_to(TOY / name)
    return root


def _link(path: Path, target: Path) -> None:
    """Folders of links, so that what Python compiles lands beside the links."""
    if path.is_dir():
        for each in path.iterdir():
            if each.name != "__pycache__":
                _link(each, target / each.name)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path)


@dataclass(frozen=True)
class Ended:
    """How a child process ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that a failed command says."""
        assert self.err.startswith("mensrea: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert self.err.endswith("\n")
        return self.err.rstrip("\n")


@dataclass(frozen=True)
class Shell:
    """Runs the `mensrea` command, with the dataset `toy` where `rows` is given."""

    laboratory: Path
    cwd: Path

    def environment(self, rows: Path | None = None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a child process."""
        own = {} if rows is None else {"PYTHONPATH": str(self.laboratory), "TOY_ROWS": str(rows)}
        plain = {"NO_COLOR": "1", "COLUMNS": "80", "PYTHONWARNINGS": "error"}
        return {**os.environ, **plain, **own, **(more or {})}

    def start(
        self,
        *command: object,
        rows: Path | None = None,
        more: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            [COMMAND, *map(str, command)],
            env=self.environment(rows, more),
            cwd=cwd or self.cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *command: object, **options: Any) -> Ended:
        """Run the command to its end."""
        return self.end(self.start(*command, **options))

    def run_all(self, *commands: Sequence[object], **options: Any) -> list[Ended]:
        """Run several commands at the same time."""
        return [self.end(process) for process in [self.start(*each, **options) for each in commands]]

    def end(self, process: subprocess.Popen[str]) -> Ended:
        """Wait for a process."""
        out, err = process.communicate(timeout=100)
        return Ended(process.returncode, out, err)


@pytest.fixture
def shell(laboratory: Path, tmp_path: Path) -> Shell:
    """Child processes that start in a folder of this test's own."""
    return Shell(laboratory, tmp_path)


@pytest.fixture(scope="session")
def hashes() -> Callable[[Path], dict[str, str]]:
    """From a folder to the sha256 of every file below it."""

    def listed(folder: Path) -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return listed
