"""The layout's rules: folders, packages, and the direction of imports."""

import ast
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mensrea.builders.registry import builder_class
from mensrea.builders.sources import load_sources
from mensrea.cards import find_card, stems
from mensrea.schemas import load_row_schema

ROOT = Path(__file__).parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
PACKAGES = [name.removeprefix("mensrea").removeprefix(".") for name in CONFIGURATION["packages"]]
# What each folder may import. `errors` is open to all, `testing` to none.
BELOW = {
    "schemas": set(),
    "models": {"schemas"},
    "scoring": {"schemas", "models"},
    "validation": {"schemas", "models", "scoring"},
    "generation": {"schemas", "models", "scoring", "validation"},
    "cards": {"schemas", "models", "scoring", "validation"},
}
BELOW["builders"] = {*BELOW["cards"], "generation", "cards"}
BELOW["loading"] = BELOW["publishing"] = {*BELOW["builders"], "builders"}
BELOW["training"] = {*BELOW["loading"], "loading"}
BELOW["integrations"] = {*BELOW["training"], "publishing", "training"}
BELOW["testing"] = set(BELOW) - {"testing"}
BELOW[""] = set(BELOW) - {"testing"}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package.replace(".", "/")).glob("*.py")):
            yield package, path


each_module = pytest.mark.parametrize(
    ("package", "path"), list(modules()), ids=lambda value: getattr(value, "stem", value)
)


def imported_folders(package: str, path: Path) -> Iterator[str]:
    """The first folder of every relative import that leaves the module's own."""
    depth = len(package.split(".")) if package else 0
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth + 1:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)


@each_module
def test_imports_point_one_way(package: str, path: Path) -> None:
    folders = {name for name in imported_folders(package, path) if name in BELOW}
    assert folders <= BELOW[package.split(".", maxsplit=1)[0]]


@each_module
def test_no_module_imports_a_folder_absolutely(package: str, path: Path) -> None:
    del package
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        assert not {name.split(".")[0] for name in names} & {*BELOW, "mensrea"}


def test_every_folder_of_modules_is_a_package() -> None:
    outside = {"tests", "benchmarks", "docs", "dist", "build"}
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for path in ROOT.glob("*/**/__init__.py")
        if not path.relative_to(ROOT).parts[0].startswith(".")
    }
    inside = {name for name in folders if name.split("/")[0] not in outside}
    assert inside == {name.replace(".", "/") for name in PACKAGES if name}


@pytest.mark.parametrize("stem", stems())
def test_a_stem_means_the_same_in_every_folder(stem: str) -> None:
    card = find_card(stem)
    sources = load_sources(stem)
    assert builder_class(stem).stem == stem
    for config in (*card.configs.values(), *card.families):
        assert load_row_schema(stem, config.row).stem == stem
        assert set(config.sources) <= set(sources)


def test_every_dataset_has_an_original_config() -> None:
    assert all("original" in find_card(stem).configs for stem in stems())


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_data_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    # A copy: the build leaves folders beside what it reads.
    left_out = shutil.ignore_patterns(".*", "build", "dist", "tests", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=left_out)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for package, path in modules():
        assert f"mensrea/{package.replace('.', '/')}/{path.name}".replace("//", "/") in names
    for stem in stems():
        assert f"mensrea/cards/{stem}.md" in names
        assert f"mensrea/schemas/{stem}.schema.json" in names
        assert f"mensrea/builders/{stem}.sources.toml" in names
    assert "mensrea/py.typed" in names
