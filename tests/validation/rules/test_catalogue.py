"""Every code has a page, and a page can be found and read."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import mensrea
import pytest
from mensrea.errors import SchemaError, UsageError
from mensrea.validation.rules import catalogue

ROOT = Path(str(mensrea.__file__)).parent
PAGES = ROOT / "validation" / "rules" / "pages"
FOLDERS = ("builders", "cards", "generation", "loading", "schemas", "validation")
MAKERS = {"Finding", "_error", "error", "_note"}
CODE = re.compile(r"[a-z0-9*]+(-[a-z0-9*]+)+")


def emitted() -> Iterator[tuple[str, str]]:
    """Every code in the package's source, as a glob where a part is computed, and where it stands."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for code in _codes(node):
                    if CODE.fullmatch(code):
                        yield code, f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def _codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in MAKERS:
            yield _text(node.args[0])
    if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
        yield _text(node.value.elts[0])
    if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "name" and node.value:
        yield _text(node.value)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join("*" if isinstance(part, ast.FormattedValue) else _text(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_code_that_is_emitted_has_a_page():
    names = {info.name for info in catalogue.all_rules()}
    codes = dict(emitted())
    assert {
        "identical-files",
        "no-*-marker",
        "pos-after-neg",
        "unpinned-source",
        "stray-file",
    } <= codes.keys()
    without = {code: at for code, at in codes.items() if not any(fnmatchcase(name, code) for name in names)}
    assert not without


def severities() -> Iterator[tuple[str, str]]:
    """Every code that builders emit, with its severity there."""
    for path in sorted((ROOT / "builders").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or not (codes := [*_codes(node)])
                or not CODE.fullmatch(codes[0])
            ):
                continue
            given = [_text(each) for each in [*node.args, *(each.value for each in node.keywords)]]
            is_error = isinstance(node.func, ast.Name) and node.func.id in {"error", "_error"}
            stated = [each for each in given[1:] if each in {"error", "warning", "note"}]
            yield codes[0], "error" if is_error else (stated or ["warning"])[0]


def test_a_page_gives_a_severity_that_builders_emit():
    emitted: dict[str, set[str]] = defaultdict(set)
    for code, severity in severities():
        emitted[code].add(severity)
    assert emitted["no-licence"] == {"note"}
    assert emitted["row-count"] == {"error", "warning"}
    wrong = {
        info.number: (info.severity, found)
        for info in catalogue.all_rules()
        for code, found in emitted.items()
        if fnmatchcase(info.name, code) and info.severity not in found
        if "*" not in code or info.number > "MR8"
    }
    assert not wrong


def test_pages_are_named_by_their_numbers_and_their_names_are_unique():
    rules = catalogue.all_rules()
    assert [info.number for info in rules] == sorted(path.stem for path in PAGES.iterdir())
    assert len({info.name for info in rules}) == len(rules)
    assert all(path.suffix == ".md" for path in PAGES.iterdir())


@pytest.mark.parametrize("path", sorted(PAGES.iterdir()), ids=lambda path: path.stem)
def test_a_page_says_something_and_fits_the_terminal(path):
    info = catalogue.find_rule(path.stem)
    assert info.summary.endswith(".")
    assert "\n" not in info.summary
    assert len(info.page) > 100
    text = catalogue.explain(path.stem)
    assert text.startswith(f"{info.number} {info.name} ({info.severity})\n\n")
    code = {f"    {line}" for line in info.page.splitlines()}
    assert not [line for line in text.splitlines() if len(line) > 80 and line not in code]


def test_a_rule_is_found_by_number_and_by_name():
    by_number = catalogue.find_rule("mr201")
    assert by_number == catalogue.find_rule("duplicate-id") == catalogue.find_rule(" Duplicate-ID ")
    assert (by_number.number, by_number.name, by_number.severity) == ("MR201", "duplicate-id", "error")
    assert catalogue.number_of("duplicate-id") == "MR201"
    assert catalogue.number_of("of-my-own") == ""


def test_an_unknown_rule_is_told_with_the_nearest_names():
    with pytest.raises(UsageError, match=r"no rule 'duplicate-ids'; the nearest are duplicate-id \(MR201\)"):
        catalogue.find_rule("duplicate-ids")
    with pytest.raises(UsageError, match="numbers like MR201"):
        catalogue.find_rule("MR999")


@pytest.fixture
def pages(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "_FOLDER", tmp_path)
    for cached in (catalogue._by_name, catalogue._read):
        cached.cache_clear()
    yield tmp_path
    for cached in (catalogue._by_name, catalogue._read):
        cached.cache_clear()


def page(number="MR101", name="a-rule", severity="error", prose="Prose."):
    front = f"---\ncode: {number}\nname: {name}\nseverity: {severity}\nsummary: One.\n---\n"
    return f"{front}\n{prose}\n"


def test_explaining_wraps_prose_and_leaves_code_as_it_is(pages):
    long = "word " * 40
    code = "x = " + "1" * 100 + "\n\n  - no item"
    prose = f"{long}\n\n## Head\n\n- {long}\n- second\n\n```python\n{code}\n```\n{long}"
    (pages / "MR101.md").write_text(page(prose=prose), encoding="utf-8")
    lines = catalogue.explain("a-rule").splitlines()
    wrapped = [line for line in lines if "word" in line]
    assert max(map(len, wrapped)) <= 80
    assert sum(line.count("word") for line in wrapped) == 120
    assert [line.startswith("  word") for line in wrapped].count(True) >= 2
    assert "Head" in lines
    assert "- second" in lines
    start = lines.index("    x = " + "1" * 100)
    assert lines[start + 1 : start + 3] == ["", "      - no item"]
    assert not any("```" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("MR101", page(number="MR102"), "code: found 'MR102'"),
        ("MR101", page(name="A rule"), "kebab-case"),
        ("MR101", page(severity="fatal"), "severity: found 'fatal'"),
        ("MR101", "prose alone", "front matter"),
        ("MR101", "---\ncode: `x`\n---\nprose", "MR101.md: not YAML"),
    ],
)
def test_a_broken_page_is_told(pages, name, text, message):
    (pages / f"{name}.md").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=message):
        catalogue.all_rules()


def test_two_pages_of_one_name_are_told(pages):
    (pages / "MR101.md").write_text(page(), encoding="utf-8")
    (pages / "MR102.md").write_text(page(number="MR102"), encoding="utf-8")
    with pytest.raises(SchemaError, match="a-rule belongs to MR101"):
        catalogue.all_rules()


def test_explaining_needs_no_heavy_library():
    program = (
        "import sys; from mensrea.validation.rules.catalogue import explain\n"
        "explain('MR101'); print({'pyarrow', 'polars', 'numpy', 'datasets'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_looking_up_a_number_reads_one_page(pages):
    (pages / "MR101.md").write_text(page(), encoding="utf-8")
    (pages / "MR102.md").write_text("broken", encoding="utf-8")
    assert catalogue.find_rule("MR101").name == "a-rule"
